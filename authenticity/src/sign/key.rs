//! A private key that signs for a domain.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256, SigningKey as _};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer};
use zeroize::Zeroizing;

use super::rsa;

/// Octets of a key file; 8192 bits of RSA have 6,400.
const PEM_OCTETS_MAX: usize = 16_384;
/// PKCS #8 of an Ed25519 key up to its 32 octets (RFC 8410 7).
const ED25519_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// `AlgorithmIdentifier` of RSA (RFC 3279 2.3.1): OID and NULL.
const RSA_IDENTIFIER: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA: everybody knows it. New ones have 2048 bits (RFC 8301 3.2).
    Rsa,
    /// Ed25519: short and quick; not everybody knows it (RFC 8463).
    Ed25519,
}

impl KeyKind {
    /// `k=` of a key record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not PEM, or of another kind, or damaged.
    #[error(
        "it is no private key of RSA (PKCS #1 or #8, 2048 bits or more) or Ed25519 (PKCS #8) in PEM"
    )]
    Unreadable,
    /// The domain or the selector.
    #[error("a domain or selector is no name of letters, digits, hyphens and dots")]
    Name,
    /// No key, or more than anybody needs.
    #[error("a domain signs with one to four keys")]
    Count,
    /// The random numbers do not make a key.
    #[error("no key could be made")]
    NotMade,
}

enum Pair {
    Rsa(Box<RsaKey<Sha256>>),
    Ed25519(Box<Ed25519Key>),
}

/// A private key. It is wiped when it goes, and nothing prints it but [`SigningKey::to_pem`].
pub struct SigningKey {
    pair: Pair,
    /// PKCS #1 for RSA, PKCS #8 for Ed25519.
    der: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, [secret])", self.algorithm())
    }
}

impl SigningKey {
    /// Makes a key from random octets.
    ///
    /// # Errors
    ///
    /// When the octets are not random.
    pub fn generate(kind: KeyKind, random: &mut dyn FnMut(&mut [u8])) -> Result<Self, KeyError> {
        let der = match kind {
            KeyKind::Rsa => rsa::generate(random).ok_or(KeyError::NotMade)?,
            KeyKind::Ed25519 => {
                let mut seed = Zeroizing::new([0_u8; 32]);
                random(&mut seed[..]);
                Zeroizing::new([&ED25519_PREFIX[..], &seed[..]].concat())
            }
        };
        Self::from_der(kind, der)
    }

    /// Reads a key: PKCS #1 or PKCS #8 in PEM.
    ///
    /// # Errors
    ///
    /// When it is none that signs.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text.len() > PEM_OCTETS_MAX {
            return Err(KeyError::Unreadable);
        }
        match PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| KeyError::Unreadable)? {
            PrivateKeyDer::Pkcs1(der) => Self::from_der(
                KeyKind::Rsa,
                Zeroizing::new(der.secret_pkcs1_der().to_vec()),
            ),
            PrivateKeyDer::Pkcs8(der) => {
                let octets = Zeroizing::new(der.secret_pkcs8_der().to_vec());
                if let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(&octets) {
                    let pair = Pair::Ed25519(Box::new(key));
                    return Ok(Self { pair, der: octets });
                }
                let inner = rsa::inner_of_pkcs8(&octets).ok_or(KeyError::Unreadable)?;
                Self::from_der(KeyKind::Rsa, Zeroizing::new(inner.to_vec()))
            }
            _ => Err(KeyError::Unreadable),
        }
    }

    fn from_der(kind: KeyKind, der: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let pair = match kind {
            KeyKind::Rsa => {
                let key = PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der.as_slice()));
                Pair::Rsa(Box::new(
                    RsaKey::from_key_der(key).map_err(|_| KeyError::Unreadable)?,
                ))
            }
            KeyKind::Ed25519 => Pair::Ed25519(Box::new(
                Ed25519Key::from_pkcs8_maybe_unchecked_der(&der)
                    .map_err(|_| KeyError::Unreadable)?,
            )),
        };
        Ok(Self { pair, der })
    }

    /// The key as a file holds it.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        let label = match self.kind() {
            KeyKind::Rsa => "RSA PRIVATE KEY",
            KeyKind::Ed25519 => "PRIVATE KEY",
        };
        let encoded = Zeroizing::new(STANDARD.encode(&self.der));
        let mut text = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str(&format!("-----END {label}-----\n"));
        text
    }

    /// RSA or Ed25519.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.pair {
            Pair::Rsa(_) => KeyKind::Rsa,
            Pair::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// `a=` of a signature.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// The key record for the DNS (RFC 6376 3.6.1, RFC 8463 4).
    #[must_use]
    pub fn dns_text(&self) -> String {
        let public = match &self.pair {
            Pair::Rsa(key) => subject_public_key_info(&key.public_key()),
            Pair::Ed25519(key) => key.public_key(),
        };
        format!(
            "v=DKIM1; k={}; p={}",
            self.kind().as_str(),
            STANDARD.encode(public)
        )
    }

    pub(super) fn sign(&self, octets: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(key) => key.sign(octets).ok(),
            Pair::Ed25519(key) => key.sign(octets).ok(),
        }
    }
}

/// RFC 6376 3.6.1 names RFC 8017's bare key; its erratum 3017 and everybody's practice wrap it as RFC 5280 4.1 does.
fn subject_public_key_info(public: &[u8]) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend_from_slice(public);
    let mut content = RSA_IDENTIFIER.to_vec();
    content.extend(rsa::element(0x03, &bits));
    rsa::element(0x30, &content)
}
