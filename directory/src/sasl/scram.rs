//! SCRAM-SHA-256 (RFC 5802, RFC 7677): both sides prove that they know the password, neither shows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::ScramVerifier;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::ChannelBinding;
use super::plain::check_authzid;
use crate::password::hmac;
use crate::random::Random;
use crate::signed_in::SignInError;

/// Octets of the nonce a client sends; libraries send 18 to 48.
const CLIENT_NONCE_OCTETS_MAX: usize = 256;
/// Random octets of the server's part of the nonce, before Base64.
const SERVER_NONCE_OCTETS: usize = 18;
/// Octets of the name of a channel binding type.
const BINDING_NAME_OCTETS_MAX: usize = 64;

/// What the client says about channel binding (RFC 5802 7 `gs2-cbind-flag`).
#[derive(Clone, Debug, PartialEq, Eq)]
enum BindingFlag {
    /// `n`: it cannot.
    No,
    /// `y`: it could, but believes the server cannot.
    Unoffered,
    /// `p`: it does, with this type.
    Bound(String),
}

/// RFC 5802 7 `client-first-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFirst {
    flag: BindingFlag,
    /// `gs2-header`, as it was sent.
    gs2_header: String,
    /// `client-first-message-bare`, as it was sent.
    bare: String,
    pub(super) name: String,
    pub(super) nonce: String,
}

impl ClientFirst {
    pub(super) fn parse(message: &[u8]) -> Result<Self, SignInError> {
        let text = str::from_utf8(message).map_err(|_| SignInError::Malformed)?;
        let parsed = parse_first(text).ok_or(SignInError::Malformed)?;
        let (first, authzid) = parsed;
        check_authzid(&authzid, &first.name)?;
        Ok(first)
    }

    /// Whether what the client says about channel binding fits the mechanism it chose and what was offered to it.
    pub(super) fn check_binding(
        &self,
        plus: bool,
        binding: &ChannelBinding,
    ) -> Result<(), SignInError> {
        let fits = match &self.flag {
            // RFC 5802 6: `p` with the mechanism that binds and never without, with a type that the server has.
            BindingFlag::Bound(name) => plus && binding.data(name).is_some(),
            // RFC 5802 6: a client that could bind but was not offered it, although it was: somebody in between
            // took the offer away.
            BindingFlag::Unoffered => !plus && !binding.is_available(),
            BindingFlag::No => !plus,
        };
        if fits {
            Ok(())
        } else {
            Err(SignInError::Refused)
        }
    }
}

fn parse_first(text: &str) -> Option<(ClientFirst, String)> {
    // RFC 5802 7: gs2-header = gs2-cbind-flag "," [ authzid ] ","
    let (flag, rest) = text.split_once(',')?;
    let (authzid, bare) = rest.split_once(',')?;
    let gs2_header = &text[..text.len() - bare.len()];
    let flag = match flag {
        "n" => BindingFlag::No,
        "y" => BindingFlag::Unoffered,
        _ => BindingFlag::Bound(binding_name(flag.strip_prefix("p=")?)?.to_owned()),
    };
    let authzid = match authzid {
        "" => String::new(),
        _ => saslname(authzid.strip_prefix("a=")?)?,
    };
    // RFC 5802 5.1: a message that begins with `m` wants an extension we do not know, and must fail.
    let mut attributes = bare.split(',');
    let name = saslname(attributes.next()?.strip_prefix("n=")?)?;
    let nonce = attributes.next()?.strip_prefix("r=")?;
    let is_nonce = !nonce.is_empty() && nonce.len() <= CLIENT_NONCE_OCTETS_MAX;
    if !is_nonce || !nonce.bytes().all(is_printable) || !attributes.all(is_extension) {
        return None;
    }
    let first = ClientFirst {
        flag,
        gs2_header: gs2_header.to_owned(),
        bare: bare.to_owned(),
        name,
        nonce: nonce.to_owned(),
    };
    Some((first, authzid))
}

/// RFC 5802 7 `cb-name`: letters, digits, dots and hyphens.
fn binding_name(text: &str) -> Option<&str> {
    let fits = !text.is_empty() && text.len() <= BINDING_NAME_OCTETS_MAX;
    let known = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'.' || octet == b'-';
    (fits && text.bytes().all(known)).then_some(text)
}

/// RFC 5802 5.1 `saslname`: `=2C` and `=3D` stand for `,` and `=`, and nothing else begins with `=`.
fn saslname(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once('=') {
        name.push_str(before);
        let (code, after) = escaped.split_at_checked(2)?;
        name.push(match code {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        rest = after;
    }
    name.push_str(rest);
    (!name.is_empty() && !name.contains('\0')).then_some(name)
}

/// RFC 5802 7 `printable`: visible ASCII but the comma.
fn is_printable(octet: u8) -> bool {
    matches!(octet, 0x21..=0x2b | 0x2d..=0x7e)
}

/// RFC 5802 7 `attr-val`: a letter, `=`, and a value that is not empty.
fn is_extension(attribute: &str) -> bool {
    matches!(attribute.as_bytes(), [letter, b'=', value, ..] if letter.is_ascii_alphabetic() && *value != 0)
}

/// RFC 5802 7 `client-final-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFinal {
    /// What `c=` stood for.
    binding: Vec<u8>,
    pub(super) nonce: String,
    proof: [u8; 32],
    /// `client-final-message-without-proof`, as it was sent.
    without_proof: String,
}

impl ClientFinal {
    pub(super) fn parse(message: &[u8]) -> Result<Self, SignInError> {
        str::from_utf8(message)
            .ok()
            .and_then(parse_final)
            .ok_or(SignInError::Malformed)
    }

    /// Whether the client saw the same connection and sent the same header. RFC 5802 5.1: `c` holds the header of its
    /// first message and, if it binds, the data of the type it named.
    pub(super) fn is_bound_as(&self, first: &ClientFirst, binding: &ChannelBinding) -> bool {
        let data = match &first.flag {
            BindingFlag::Bound(name) => binding.data(name).unwrap_or_default(),
            BindingFlag::No | BindingFlag::Unoffered => &[],
        };
        let expected = [first.gs2_header.as_bytes(), data].concat();
        bool::from(self.binding.ct_eq(&expected))
    }
}

fn parse_final(text: &str) -> Option<ClientFinal> {
    // RFC 5802 7: the proof comes last.
    let (without_proof, proof) = text.rsplit_once(",p=")?;
    let mut attributes = without_proof.split(',');
    let binding = BASE64.decode(attributes.next()?.strip_prefix("c=")?).ok()?;
    let nonce = attributes.next()?.strip_prefix("r=")?;
    if !nonce.bytes().all(is_printable) || !attributes.all(is_extension) {
        return None;
    }
    Some(ClientFinal {
        binding,
        nonce: nonce.to_owned(),
        proof: BASE64.decode(proof).ok()?.try_into().ok()?,
        without_proof: without_proof.to_owned(),
    })
}

/// RFC 5802 5.1: the nonce of the exchange begins with the client's and goes on with ours.
pub(super) fn nonce(client_nonce: &str, random: &Random) -> String {
    let ours: [u8; SERVER_NONCE_OCTETS] = random.bytes();
    format!("{client_nonce}{}", BASE64.encode(ours))
}

/// RFC 5802 7 `server-first-message`.
pub(super) fn server_first(nonce: &str, verifier: &ScramVerifier) -> String {
    let salt = BASE64.encode(&verifier.salt);
    format!("r={nonce},s={salt},i={}", verifier.iterations)
}

/// The signature that proves the server, if the client proved itself. RFC 5802 3: the proof hides the client's key
/// under its signature; the key taken out must be the one whose hash is stored.
pub(super) fn prove(
    first: &ClientFirst,
    server_first: &str,
    last: &ClientFinal,
    verifier: &ScramVerifier,
) -> Option<[u8; 32]> {
    let message: [&[u8]; 5] = [
        first.bare.as_bytes(),
        b",",
        server_first.as_bytes(),
        b",",
        last.without_proof.as_bytes(),
    ];
    let signature = hmac(&verifier.stored_key, &message);
    let mut client_key = last.proof;
    for (octet, mask) in client_key.iter_mut().zip(signature) {
        *octet ^= mask;
    }
    let stored = Sha256::digest(client_key);
    let is_right = bool::from(stored.as_slice().ct_eq(&verifier.stored_key));
    let signature = hmac(&verifier.server_key, &message);
    is_right.then_some(signature)
}

/// RFC 5802 7 `server-final-message` with the `verifier`.
pub(super) fn server_final(signature: [u8; 32]) -> Vec<u8> {
    format!("v={}", BASE64.encode(signature)).into_bytes()
}

#[cfg(test)]
mod tests;
