//! A private key that signs for a domain.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

/// Octets of a key file; 8192 bits of RSA have 6,400.
const PEM_OCTETS_MAX: usize = 16_384;
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
    /// The system has no random numbers, or no memory.
    #[error("no key could be made")]
    NotMade,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private key. It is wiped when it goes, and nothing prints it but [`SigningKey::to_pem`].
pub struct SigningKey {
    pair: Pair,
    /// PKCS #8 (RFC 5958).
    der: Zeroizing<Vec<u8>>,
    /// As `p=` has it.
    public: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, [secret])", self.algorithm())
    }
}

impl SigningKey {
    /// Makes a key; the random octets are the library's own, from the system.
    ///
    /// # Errors
    ///
    /// When the system gives none.
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        match kind {
            // RFC 8301 3.2: signers use at least 2048 bits.
            KeyKind::Rsa => RsaKeyPair::generate(KeySize::Rsa2048)
                .map_err(|_| KeyError::NotMade)
                .and_then(Self::of_rsa),
            KeyKind::Ed25519 => Ed25519KeyPair::generate()
                .map_err(|_| KeyError::NotMade)
                .and_then(Self::of_ed25519),
        }
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
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der())
                .map_err(|_| KeyError::Unreadable)
                .and_then(Self::of_rsa),
            PrivateKeyDer::Pkcs8(der) => {
                let octets = der.secret_pkcs8_der();
                match Ed25519KeyPair::from_pkcs8_maybe_unchecked(octets) {
                    Ok(pair) => Self::of_ed25519(pair),
                    Err(_) => RsaKeyPair::from_pkcs8(octets)
                        .map_err(|_| KeyError::Unreadable)
                        .and_then(Self::of_rsa),
                }
            }
            _ => Err(KeyError::Unreadable),
        }
    }

    fn of_rsa(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Unreadable)?;
        let der = Zeroizing::new(der.as_ref().to_vec());
        // RFC 6376 3.6.1 names RFC 8017's bare key; its erratum 3017 and everybody's practice wrap it as RFC 5280 4.1 does.
        let public: PublicKeyX509Der<'_> =
            (pair.public_key().as_der()).map_err(|_| KeyError::Unreadable)?;
        let public = public.as_ref().to_vec();
        let pair = Pair::Rsa(pair);
        Ok(Self { pair, der, public })
    }

    fn of_ed25519(pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        let der = pair.to_pkcs8v1().map_err(|_| KeyError::Unreadable)?;
        let der = Zeroizing::new(der.as_ref().to_vec());
        let public = pair.public_key().as_ref().to_vec();
        let pair = Pair::Ed25519(pair);
        Ok(Self { pair, der, public })
    }

    /// The key as a file holds it.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(STANDARD.encode(&self.der));
        let mut text = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str("-----END PRIVATE KEY-----\n");
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
        format!(
            "v=DKIM1; k={}; p={}",
            self.kind().as_str(),
            STANDARD.encode(&self.public)
        )
    }

    pub(super) fn sign(&self, octets: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    octets,
                    &mut signature,
                )
                .ok()?;
                Some(signature)
            }
            // RFC 8463 3: the hash is what is signed, and not the octets.
            Pair::Ed25519(pair) => {
                let hash = digest(&SHA256, octets);
                Some(pair.sign(hash.as_ref()).as_ref().to_vec())
            }
        }
    }
}
