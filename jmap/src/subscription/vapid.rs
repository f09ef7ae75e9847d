//! VAPID (RFC 8292, RFC 9749): the key by which push services know who sends, and the signed words that it goes with.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

/// RFC 8292 2: at most 24 hours; half of that leaves room for clocks that differ.
const VALID_S: i64 = 12 * 3_600;

/// RFC 7515 3: the header of each token, which never changes: `{"typ":"JWT","alg":"ES256"}`.
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9";

/// The server's key for push services.
#[derive(Clone)]
pub struct VapidKey {
    pair: Arc<EcdsaKeyPair>,
    /// RFC 8292 2.1: who is to be told of trouble.
    contact: Arc<str>,
}

/// It is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no private key for P-256 in PKCS #8")]
pub struct NoKey;

impl VapidKey {
    /// A new key as PKCS #8 (RFC 5958), for [`VapidKey::from_pkcs8`].
    ///
    /// # Errors
    /// [`NoKey`] if the operating system gives no random bytes.
    pub fn generate() -> Result<Vec<u8>, NoKey> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| NoKey)
    }

    /// The key that was made by [`VapidKey::generate`]. `contact` is a `mailto:` or `https:` URI (RFC 8292 2.1).
    ///
    /// # Errors
    /// [`NoKey`]
    pub fn from_pkcs8(octets: &[u8], contact: &str) -> Result<Self, NoKey> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, octets, &random);
        Ok(Self {
            pair: Arc::new(pair.map_err(|_| NoKey)?),
            contact: contact.into(),
        })
    }

    /// RFC 9749 3: what clients hand to their push service.
    pub(crate) fn public_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// RFC 8292 3: the value of `Authorization` for a request to an origin, such as `https://push.example.org`.
    pub(crate) fn authorization(&self, origin: &str, now: Timestamp) -> Option<String> {
        let claims = json!({"aud": origin, "exp": now.seconds() + VALID_S, "sub": &*self.contact});
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signed = format!("{HEADER}.{claims}");
        let signature = self
            .pair
            .sign(&SystemRandom::new(), signed.as_bytes())
            .ok()?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        let key = self.public_text();
        Some(format!("vapid t={signed}.{signature}, k={key}"))
    }
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VapidKey")
            .field("contact", &self.contact)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_push_service_can_check_who_sends() {
        let key = VapidKey::generate().unwrap();
        let key = VapidKey::from_pkcs8(&key, "mailto:postmaster@example.org").unwrap();
        let now = Timestamp::from_seconds(1_000);
        let field = key.authorization("https://push.example.org", now).unwrap();
        let (token, public) = field
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .unwrap();
        assert_eq!(public, key.public_text());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = URL_SAFE_NO_PAD.decode(public).unwrap();
        assert_eq!((public.len(), public[0]), (65, 4));
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
            .verify(
                signed.as_bytes(),
                &URL_SAFE_NO_PAD.decode(signature).unwrap(),
            )
            .unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let read = |text| -> serde_json::Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
        };
        assert_eq!(read(header), json!({"typ": "JWT", "alg": "ES256"}));
        assert_eq!(
            read(claims),
            json!({"aud": "https://push.example.org", "exp": 44_200, "sub": "mailto:postmaster@example.org"})
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(VapidKey::from_pkcs8(b"x", "").unwrap_err(), NoKey);
    }
}
