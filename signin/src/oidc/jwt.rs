//! Signed tokens of the provider (RFC 7519, RFC 7515 3.1 compact form).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use serde_json::{Map, Value};

use crate::provider::{Algorithm, Keys};
use crate::settings::{Claim, Provider};

/// Octets of a token.
const TOKEN_OCTETS_MAX: usize = 16 * 1_024;
/// How far the provider's clock may be from ours, in seconds.
const SKEW_SECONDS: i64 = 60;
/// How old a token may be, in seconds: it was made for us a moment ago.
const AGE_SECONDS_MAX: i64 = 15 * 60;

/// A token that was not verified yet.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    /// Which key it is signed with, if it says so (RFC 7515 4.1.4).
    pub(super) key: Option<String>,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        if text.len() > TOKEN_OCTETS_MAX {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let header = object(header)?;
        // RFC 7515 4.1.11: what has to be understood and is not makes the token invalid.
        if header.contains_key("crit") {
            return None;
        }
        Some(Self {
            algorithm: Algorithm::parse(header.get("alg")?.as_str()?)?,
            key: header.get("kid").and_then(Value::as_str).map(str::to_owned),
            claims: object(claims)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// The address that the token names, if it is the provider's word, for us, for this way, and fresh
    /// (OpenID Connect Core 1.0 3.1.3.7).
    pub(super) fn verified_address(
        &self,
        keys: &Keys,
        provider: &Provider,
        nonce: &str,
        now: Timestamp,
    ) -> Result<String, &'static str> {
        let signed = self.signed.as_bytes();
        if !keys.verify(self.algorithm, self.key.as_deref(), signed, &self.signature) {
            return Err("the signature is not the provider's");
        }
        if self.text("iss") != Some(provider.issuer.as_str()) {
            return Err("it is of another issuer");
        }
        self.check_audience(&provider.client_id)?;
        if self.text("nonce") != Some(nonce) {
            return Err("it was made for another way");
        }
        self.check_time(now)?;
        match &provider.claim {
            Claim::VerifiedEmail => {
                let verified = self.claims.get("email_verified");
                // Some providers write it as text.
                let is_verified = verified == Some(&Value::Bool(true))
                    || verified.and_then(Value::as_str) == Some("true");
                let email = self.text("email").filter(|_| is_verified);
                email.ok_or("it has no verified e-mail address")
            }
            Claim::Other(name) => self
                .text(name)
                .ok_or("it has not the claim that is configured"),
        }
        .map(str::to_owned)
    }

    fn check_audience(&self, client: &str) -> Result<(), &'static str> {
        let (is_for_us, is_for_others) = match self.claims.get("aud") {
            Some(Value::String(one)) => (one == client, false),
            Some(Value::Array(all)) => (
                all.iter().any(|one| one.as_str() == Some(client)),
                all.len() > 1,
            ),
            _ => (false, false),
        };
        let party = self.text("azp");
        if !is_for_us {
            Err("it is for somebody else")
        } else if party.is_some_and(|party| party != client) || (is_for_others && party.is_none()) {
            Err("it was given to somebody else")
        } else {
            Ok(())
        }
    }

    fn check_time(&self, now: Timestamp) -> Result<(), &'static str> {
        let now = now.0 / 1_000;
        let moment = |name: &str| self.claims.get(name).and_then(Value::as_f64);
        #[expect(clippy::cast_precision_loss, reason = "seconds of this age are exact")]
        let (soonest, latest) = ((now - SKEW_SECONDS) as f64, (now + SKEW_SECONDS) as f64);
        #[expect(clippy::cast_precision_loss, reason = "seconds of this age are exact")]
        let oldest = (now - AGE_SECONDS_MAX) as f64;
        match (moment("exp"), moment("iat")) {
            (Some(expires), _) if expires <= soonest => Err("it has expired"),
            (Some(_), Some(made)) if made > latest || made < oldest => Err("it is not of now"),
            (Some(_), Some(_)) => Ok(()),
            _ => Err("it does not say how long it is good"),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }
}
