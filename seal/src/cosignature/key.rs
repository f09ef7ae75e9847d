//! A witness's key: under which name, id and algorithm it cosigns.
//!
//! The text form of the public half is `name+id+base64`, as of every key of a note.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use ml_dsa::{EncodedVerifyingKey, Keypair as _, MlDsa44};

use super::{message_subtree, message_v1};
use crate::note::key::{KEY_NAME_BYTES_LIMIT, key_id};
use crate::{Checkpoint, KeyError, KeyId, KeyName, NoteError};

/// How a witness signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CosignatureKind {
    /// Ed25519 (RFC 8032): understood everywhere.
    Ed25519,
    /// ML-DSA-44 (FIPS 204): holds against quantum computers, too.
    MlDsa44,
}

impl CosignatureKind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::MlDsa44 => "ML-DSA-44",
        }
    }

    /// tlog-cosignature, "Format": the type bytes of the two.
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x04,
            Self::MlDsa44 => 0x06,
        }
    }
}

/// The public half: checks cosignatures. Its text form is `name+id+base64`.
#[derive(Clone)]
pub struct WitnessKey {
    name: KeyName,
    id: KeyId,
    public: Public,
}

#[derive(Clone)]
enum Public {
    Ed25519(ed25519_dalek::VerifyingKey),
    MlDsa44(Box<ml_dsa::VerifyingKey<MlDsa44>>),
}

impl WitnessKey {
    /// The key with this name and these bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if there are too few or too many bytes; [`KeyError::Weak`] if they are no point of the curve,
    /// or one for which anybody can make signatures.
    pub fn new(name: KeyName, kind: CosignatureKind, public: &[u8]) -> Result<Self, KeyError> {
        let public = match kind {
            CosignatureKind::Ed25519 => {
                let bytes = public.try_into().map_err(|_| KeyError::Malformed)?;
                let key =
                    ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Weak)?;
                if key.is_weak() {
                    return Err(KeyError::Weak);
                }
                Public::Ed25519(key)
            }
            CosignatureKind::MlDsa44 => {
                let bytes = EncodedVerifyingKey::<MlDsa44>::try_from(public)
                    .map_err(|_| KeyError::Malformed)?;
                Public::MlDsa44(Box::new(ml_dsa::VerifyingKey::decode(&bytes)))
            }
        };
        Ok(Self::from_parts(name, public))
    }

    /// The witness's name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// How it signs.
    #[must_use]
    pub const fn kind(&self) -> CosignatureKind {
        match self.public {
            Public::Ed25519(_) => CosignatureKind::Ed25519,
            Public::MlDsa44(_) => CosignatureKind::MlDsa44,
        }
    }

    /// The bytes of the public key: 32 or 1,312.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        match &self.public {
            Public::Ed25519(key) => key.as_bytes().to_vec(),
            Public::MlDsa44(key) => key.encode().to_vec(),
        }
    }

    pub(super) fn has_signed(&self, checkpoint: &Checkpoint, time: u64, content: &[u8]) -> bool {
        match &self.public {
            // RFC 8032 5.1.7; strict, so that no second signature can be made from a given one.
            Public::Ed25519(key) => {
                ed25519_dalek::Signature::from_slice(content).is_ok_and(|signature| {
                    let message = message_v1(checkpoint, time);
                    key.verify_strict(&message, &signature).is_ok()
                })
            }
            // FIPS 204 5.3: with an empty context.
            Public::MlDsa44(key) => {
                let message = message_subtree(checkpoint, self.name.as_str(), time);
                let signature = ml_dsa::Signature::<MlDsa44>::try_from(content);
                match (message, signature) {
                    (Some(message), Ok(signature)) => {
                        key.verify_with_context(&message, &[], &signature)
                    }
                    _ => false,
                }
            }
        }
    }

    fn from_parts(name: KeyName, public: Public) -> Self {
        let mut key = Self {
            name,
            id: KeyId::from(0),
            public,
        };
        key.id = key_id(&key.name, key.kind().byte(), &key.public());
        key
    }
}

impl PartialEq for WitnessKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.kind() == other.kind() && self.public() == other.public()
    }
}

impl Eq for WitnessKey {}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({}+{})", self.name, self.id)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.kind().byte()][..], &self.public()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, STANDARD.encode(typed))
    }
}

impl FromStr for WitnessKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.len() > KEY_TEXT_BYTES_LIMIT {
            return Err(KeyError::Malformed);
        }
        // Names have no plus, but base64 may.
        let mut fields = text.splitn(3, '+');
        let mut next = || fields.next().ok_or(KeyError::Malformed);
        let (name, id, base64) = (next()?, next()?, next()?);
        let bytes = STANDARD.decode(base64).map_err(|_| KeyError::Malformed)?;
        let (byte, public) = bytes.split_first().ok_or(KeyError::Malformed)?;
        let kind = [CosignatureKind::Ed25519, CosignatureKind::MlDsa44]
            .into_iter()
            .find(|kind| kind.byte() == *byte)
            .ok_or(KeyError::Algorithm(*byte))?;
        let key = Self::new(name.parse()?, kind, public)?;
        if id == key.id.to_string() {
            Ok(key)
        } else {
            Err(KeyError::Id)
        }
    }
}

/// Both halves: cosigns. The secret is wiped when the key is dropped.
pub struct WitnessSigningKey {
    secret: Secret,
    verifier: WitnessKey,
}

enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    MlDsa44(Box<ml_dsa::SigningKey<MlDsa44>>),
}

impl WitnessSigningKey {
    /// The key with this name that comes from a seed (RFC 8032 5.1.5, FIPS 204 5.1), which is used for nothing else; the caller
    /// wipes its own copy.
    // tlog-cosignature, "Ed25519 signed message": each Ed25519 witness has a key of its own, since its name is not signed.
    #[must_use]
    pub fn from_seed(name: KeyName, kind: CosignatureKind, seed: &[u8; 32]) -> Self {
        let (secret, public) = match kind {
            CosignatureKind::Ed25519 => {
                let secret = Box::new(ed25519_dalek::SigningKey::from_bytes(seed));
                let public = Public::Ed25519(secret.verifying_key());
                (Secret::Ed25519(secret), public)
            }
            CosignatureKind::MlDsa44 => {
                let secret = Box::new(ml_dsa::SigningKey::from_seed(&(*seed).into()));
                let public = Public::MlDsa44(Box::new(secret.verifying_key()));
                (Secret::MlDsa44(secret), public)
            }
        };
        Self {
            secret,
            verifier: WitnessKey::from_parts(name, public),
        }
    }

    /// The public half, to hand out.
    #[must_use]
    pub const fn verifier(&self) -> &WitnessKey {
        &self.verifier
    }

    pub(super) fn sign(&self, checkpoint: &Checkpoint, time: u64) -> Result<Vec<u8>, NoteError> {
        match &self.secret {
            Secret::Ed25519(secret) => Ok(secret
                .sign(&message_v1(checkpoint, time))
                .to_bytes()
                .to_vec()),
            Secret::MlDsa44(secret) => {
                let message = message_subtree(checkpoint, self.verifier.name.as_str(), time)
                    .ok_or(NoteError::Malformed("the name of the log is too long"))?;
                let signature = ml_dsa::Signer::try_sign(&**secret, &message)
                    .map_err(|_| NoteError::Malformed("this cannot be signed"))?;
                Ok(signature.encode().to_vec())
            }
        }
    }
}

impl fmt::Debug for WitnessSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WitnessSigningKey")
            .field("secret", &format_args!("[secret]"))
            .field("verifier", &format_args!("{:?}", self.verifier))
            .finish()
    }
}

/// Longest text of a key: the name, the id, 1,313 bytes in base64, and the plus signs.
const KEY_TEXT_BYTES_LIMIT: usize = KEY_NAME_BYTES_LIMIT + 8 + 1_752 + 2;

/// Keys whose cosignatures hostile input may pretend to have.
pub(super) fn known() -> [WitnessKey; 2] {
    [CosignatureKind::Ed25519, CosignatureKind::MlDsa44].map(|kind| {
        let name = KeyName::from_static("fuzz.example/w");
        WitnessSigningKey::from_seed(name, kind, &[7; 32]).verifier
    })
}

/// Feeds hostile text to the parser of keys.
pub(super) fn fuzz(text: &str) {
    if let Ok(key) = text.parse::<WitnessKey>() {
        assert_eq!(key.to_string(), text, "a witness's key has one spelling");
    }
}
