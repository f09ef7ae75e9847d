//! Passkeys: what browsers and authenticators sign (W3C Web Authentication Level 2), read and checked.
//!
//! Attestation is neither asked for nor looked at: which make of authenticator somebody has is their affair.

mod authenticator;

mod cbor;

mod client;

mod key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{CredentialId, Passkey, PasskeyKey, PrincipalId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::challenge::CHALLENGE_MS;
use crate::settings::Settings;

use authenticator::AuthenticatorData;
use client::ClientData;

/// Octets of each part of what a browser sends: the largest is an attestation, which has a few thousand.
const PART_OCTETS_MAX: usize = 8_192;

/// What a browser says of a new passkey (WebAuthn 5.1 "RegistrationResponseJSON").
#[derive(Debug, Deserialize)]
pub(crate) struct Registration {
    response: RegistrationResponse,
}

#[derive(Debug, Deserialize)]
struct RegistrationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    attestation: String,
}

/// What a browser says when somebody shows a passkey (WebAuthn 5.1 "AuthenticationResponseJSON").
#[derive(Debug, Deserialize)]
pub(crate) struct Assertion {
    id: String,
    response: AssertionResponse,
}

#[derive(Debug, Deserialize)]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
    #[serde(rename = "userHandle")]
    user_handle: Option<String>,
}

/// A passkey that was made, and the challenge that it was made for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) challenge: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) key: PasskeyKey,
    pub(crate) counter: u32,
}

/// What was signed, before the signature is checked.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) challenge: Vec<u8>,
    pub(crate) name: Vec<u8>,
    /// Whose it is, if the authenticator says so.
    pub(crate) user: Option<PrincipalId>,
    pub(crate) counter: u32,
    /// Whether the authenticator asked for a PIN, a finger or a face.
    pub(crate) user_verified: bool,
    octets: Vec<u8>,
    signature: Vec<u8>,
}

impl Registration {
    /// Reads what a browser says (WebAuthn 7.1), all but whether the challenge is one of ours.
    pub(crate) fn read(&self, settings: &Settings) -> Option<Registered> {
        let client = ClientData::read(&decoded(&self.response.client_data)?)?;
        let attestation = decoded(&self.response.attestation)?;
        let data = AuthenticatorData::read(authenticator::of_attestation(&attestation)?)?;
        let fits = client.is_for("webauthn.create", settings)
            && data.is_for(settings.host())
            && data.user_present
            && data.user_verified;
        let made = data.made?;
        fits.then_some(Registered {
            challenge: client.challenge,
            name: made.name,
            key: made.key,
            counter: data.counter,
        })
    }
}

impl Assertion {
    /// Reads what a browser says (WebAuthn 7.2), all but whether the challenge is one of ours and the signature right.
    pub(crate) fn read(&self, settings: &Settings) -> Option<Signed> {
        let client_data = decoded(&self.response.client_data)?;
        let client = ClientData::read(&client_data)?;
        let mut octets = decoded(&self.response.authenticator_data)?;
        let data = AuthenticatorData::read(&octets)?;
        let fits = client.is_for("webauthn.get", settings)
            && data.is_for(settings.host())
            && data.user_present;
        if !fits {
            return None;
        }
        // WebAuthn 7.2 step 20: signed is the authenticator's data with the hash of the client's behind it.
        octets.extend(sha256(&client_data));
        Some(Signed {
            challenge: client.challenge,
            name: decoded(&self.id)?,
            user: self.user()?,
            counter: data.counter,
            user_verified: data.user_verified,
            octets,
            signature: decoded(&self.response.signature)?,
        })
    }

    fn user(&self) -> Option<Option<PrincipalId>> {
        let Some(handle) = self.response.user_handle.as_deref() else {
            return Some(None);
        };
        let octets = decoded(handle)?;
        if octets.is_empty() {
            return Some(None);
        }
        let number = u32::from_be_bytes(octets.try_into().ok()?);
        Some(Some(PrincipalId(number)))
    }
}

impl Signed {
    /// The passkey among these that signed.
    pub(crate) fn signer<'a>(
        &self,
        known: &'a [(CredentialId, Passkey)],
    ) -> Option<&'a (CredentialId, Passkey)> {
        known.iter().find(|(_, passkey)| {
            passkey.name == self.name && key::verify(&passkey.key, &self.octets, &self.signature)
        })
    }
}

/// What a browser is asked for to make a passkey (WebAuthn 5.4).
pub(crate) fn creation_options(
    settings: &Settings,
    challenge: &[u8],
    user: (PrincipalId, &str, &str),
    known: &[(CredentialId, Passkey)],
) -> Value {
    let (id, address, name) = user;
    let parameters: Vec<_> = key::ALGORITHMS
        .iter()
        .map(|algorithm| json!({ "type": "public-key", "alg": algorithm }))
        .collect();
    json!({
        "publicKey": {
            "rp": { "id": settings.host(), "name": settings.name },
            "user": {
                // WebAuthn 6.1 user handle: nothing that says who somebody is to others.
                "id": URL_SAFE_NO_PAD.encode(id.0.to_be_bytes()),
                "name": address,
                "displayName": name,
            },
            "challenge": URL_SAFE_NO_PAD.encode(challenge),
            "pubKeyCredParams": parameters,
            "timeout": CHALLENGE_MS,
            "excludeCredentials": descriptors(known),
            "authenticatorSelection": {
                "residentKey": "preferred",
                "userVerification": "required",
            },
            "attestation": "none",
        }
    })
}

/// What a browser is asked for to show a passkey (WebAuthn 5.5): one of these, or any if there are none.
pub(crate) fn request_options(
    settings: &Settings,
    challenge: &[u8],
    known: &[(CredentialId, Passkey)],
    verification: &str,
) -> Value {
    json!({
        "publicKey": {
            "challenge": URL_SAFE_NO_PAD.encode(challenge),
            "timeout": CHALLENGE_MS,
            "rpId": settings.host(),
            "allowCredentials": descriptors(known),
            "userVerification": verification,
        }
    })
}

fn descriptors(known: &[(CredentialId, Passkey)]) -> Vec<Value> {
    known
        .iter()
        .map(|(_, passkey)| {
            json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&passkey.name) })
        })
        .collect()
}

/// WebAuthn 5.1: octets travel in Base64 for URLs, without padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    if text.len() > PART_OCTETS_MAX {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, octets);
    digest
        .as_ref()
        .try_into()
        .expect("a SHA-256 hash has 32 octets")
}

/// Reads any bytes as each part of what a browser sends.
pub(crate) fn fuzz(input: &[u8], settings: &Settings) {
    if let Ok(assertion) = serde_json::from_slice::<Assertion>(input) {
        drop(assertion.read(settings));
    }
    if let Ok(registration) = serde_json::from_slice::<Registration>(input) {
        drop(registration.read(settings));
    }

    let _client = ClientData::read(input);
    let _data = AuthenticatorData::read(input);
    if let Some(data) = authenticator::of_attestation(input) {
        let _data = AuthenticatorData::read(data);
    }
    if let Some(key) = key::read(&mut cbor::Reader::new(input)) {
        assert!(!key::verify(&key, b"signed", b"not a signature"));
    }
}
