//! The provider's keys (RFC 7517), and signatures checked with them (RFC 7518 3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// Keys that are kept.
const KEYS_MAX: usize = 32;

/// How tokens may be signed. `none` and secrets that both sides know are not among them (RFC 8725 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

/// The keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    name: Option<String>,
    key: PublicKey,
}

#[derive(Clone, Debug)]
enum PublicKey {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point (SEC 1 2.3.3).
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct WireKeys {
    keys: Vec<WireKey>,
}

#[derive(Deserialize)]
struct WireKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Reads a set of keys (RFC 7517 5); those of kinds that are not known are left out.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let wire: WireKeys = serde_json::from_slice(octets).ok()?;
        let keys = wire.keys.into_iter().filter_map(WireKey::read);
        Some(Self(keys.take(KEYS_MAX).collect()))
    }

    /// Whether there is a key of this name.
    pub(crate) fn has(&self, name: Option<&str>) -> bool {
        self.0.iter().any(|key| key.is_named(name))
    }

    /// Whether one of the keys that are meant made the signature.
    pub(crate) fn verify(
        &self,
        algorithm: Algorithm,
        name: Option<&str>,
        signed: &[u8],
        signature: &[u8],
    ) -> bool {
        self.0
            .iter()
            .filter(|key| key.is_named(name))
            .any(|key| key.key.verify(algorithm, signed, signature))
    }
}

impl Key {
    fn is_named(&self, name: Option<&str>) -> bool {
        name.is_none_or(|name| self.name.as_deref() == Some(name))
    }
}

impl WireKey {
    fn read(self) -> Option<Key> {
        if self.used_for.is_some_and(|used_for| used_for != "sig") {
            return None;
        }
        let octets = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            // RFC 7518 6.3.1.
            ("RSA", _) => PublicKey::Rsa {
                modulus: octets(self.n)?,
                exponent: octets(self.e)?,
            },
            // RFC 7518 6.2.1: coordinates have their full length.
            ("EC", Some("P-256")) => {
                let mut point = vec![4];
                point.extend(octets(self.x)?);
                point.extend(octets(self.y)?);
                PublicKey::P256(point)
            }
            _ => return None,
        };
        Some(Key {
            name: self.kid,
            key,
        })
    }
}

impl PublicKey {
    /// RFC 8725 3.1: a key is good for the algorithm of its kind alone.
    fn verify(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { modulus, exponent }, Algorithm::Rs256) => RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            .is_ok(),
            (Self::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(signed, signature)
                    .is_ok()
            }
            _ => false,
        }
    }
}
