//! A key: an Ed25519 key pair, or its public half, under the name and id that signed-note uses.
//!
//! The text forms are `name+id+base64` for the public and `PRIVATE+KEY+name+id+base64` for the
//! private half. A private key has no `Display`, and its `Debug` does not show it.

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
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The name of a key; by convention a URL without scheme, and for a log the same as its origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name written in our own code.
    pub(crate) fn from_static(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

impl FromStr for KeyName {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        // signed-note, "Format": not empty, no Unicode space, no plus; and as part of a note, no
        // control character.
        let bad =
            |character: char| character.is_whitespace() || character == '+' || character < ' ';
        if name.is_empty() || name.len() > KEY_NAME_BYTES_LIMIT || name.contains(bad) {
            return Err(KeyError::Name);
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Four bytes that tell keys of one name apart; no proof of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

impl KeyId {
    /// The bytes as they stand in a signature.
    #[must_use]
    pub const fn to_be_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl From<u32> for KeyId {
    fn from(id: u32) -> Self {
        Self(id)
    }
}

impl fmt::Display for KeyId {
    /// Eight lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The public half of a key: checks signatures. Its text form is `name+id+base64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// The key with this name and public key.
    ///
    /// # Errors
    /// [`KeyError::Weak`] if the bytes are no point of the curve, or one for which anybody can
    /// make signatures.
    pub fn new(name: KeyName, public: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(public).map_err(|_| KeyError::Weak)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self::from_parts(name, key))
    }

    /// The key's name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of the Ed25519 public key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether `signature` is this key's Ed25519 signature of the message.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // RFC 8032 5.1.7; strict, so that no second signature can be made from a given one.
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    fn from_parts(name: KeyName, key: ed25519_dalek::VerifyingKey) -> Self {
        let id = key_id(&name, ED25519, key.as_bytes());
        Self { name, id, key }
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let fields = Fields::parse(text)?;
        let key = Self::new(fields.name.clone(), &fields.key)?;
        fields.check_id(&key)?;
        Ok(key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode(typed(self.public()).as_slice());
        write!(f, "{}+{}+{key}", self.name, self.id)
    }
}

/// Both halves of a key: makes signatures. The secret is wiped when the key is dropped.
#[derive(Clone)]
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

impl SigningKey {
    /// The key with this name whose Ed25519 seed (RFC 8032 5.1.5) are these 32 bytes.
    ///
    /// A new key is made from 32 fresh random bytes; the caller wipes its own copy.
    #[must_use]
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::from_parts(name, secret.verifying_key());
        Self { secret, verifier }
    }

    /// Reads what [`SigningKey::to_secret_text`] writes; space around it is ignored.
    ///
    /// # Errors
    /// [`KeyError`] if it is something else; the error does not tell the text.
    pub fn from_secret_text(text: &str) -> Result<Self, KeyError> {
        let fields = text
            .trim()
            .strip_prefix(PRIVATE)
            .ok_or(KeyError::Malformed)?;
        let fields = Fields::parse(fields)?;
        let key = Self::from_seed(fields.name.clone(), &fields.key);
        fields.check_id(&key.verifier)?;
        Ok(key)
    }

    /// `PRIVATE+KEY+name+id+base64`, for the file that only the signing process can read.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.secret.to_bytes());
        let key = Zeroizing::new(STANDARD.encode(typed(&seed).as_slice()));
        let (name, id) = (&self.verifier.name, self.verifier.id);
        Zeroizing::new(format!("{PRIVATE}{name}+{id}+{}", key.as_str()))
    }

    /// The public half, to hand out.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The Ed25519 signature of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("secret", &format_args!("[secret]"))
            .field("verifier", &format_args!("{}", self.verifier))
            .finish()
    }
}

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty, too long, or has spaces, control characters or `+` in it.
    #[error("a key name has 1 to {KEY_NAME_BYTES_LIMIT} bytes and no space or plus")]
    Name,
    /// Not of the form of a key.
    #[error("not a key: `name+id+base64` expected")]
    Malformed,
    /// A key of another type than is wanted there.
    #[error(
        "a key of type {0:#04x}, which is not wanted here: a log has one of type 0x01 (Ed25519), a witness one of type \
         0x04 (Ed25519) or 0x06 (ML-DSA-44)"
    )]
    Algorithm(u8),
    /// Name, id and key do not belong together: something was mistyped or exchanged.
    #[error("the key's id does not fit its name and bytes")]
    Id,
    /// Not a public key that can be trusted to tell signatures apart.
    #[error("not a usable public key")]
    Weak,
}

/// The three fields that both text forms share.
struct Fields<'t> {
    name: KeyName,
    id: &'t str,
    key: Zeroizing<[u8; 32]>,
}

impl<'t> Fields<'t> {
    fn parse(text: &'t str) -> Result<Self, KeyError> {
        if text.len() > KEY_TEXT_BYTES_LIMIT {
            return Err(KeyError::Malformed);
        }
        // Names have no plus, but base64 may.
        let mut fields = text.splitn(3, '+');
        let mut next = || fields.next().ok_or(KeyError::Malformed);
        let (name, id, base64) = (next()?, next()?, next()?);
        let bytes = Zeroizing::new(STANDARD.decode(base64).map_err(|_| KeyError::Malformed)?);
        let (algorithm, key) = bytes.split_first().ok_or(KeyError::Malformed)?;
        if *algorithm != ED25519 {
            return Err(KeyError::Algorithm(*algorithm));
        }
        let key = key.try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self {
            name: name.parse()?,
            id,
            key: Zeroizing::new(key),
        })
    }

    fn check_id(&self, key: &VerifierKey) -> Result<(), KeyError> {
        if self.id == key.id.to_string() {
            Ok(())
        } else {
            Err(KeyError::Id)
        }
    }
}

/// The signature type byte and the key.
fn typed(key: &[u8; 32]) -> Zeroizing<[u8; 33]> {
    let mut bytes = Zeroizing::new([ED25519; 33]);
    if let Some((_, place)) = bytes.split_first_chunk_mut::<1>() {
        place.copy_from_slice(key);
    }
    bytes
}

/// signed-note, "Signatures": the first four bytes of the hash of name, newline, type and public
/// key.
pub(crate) fn key_id(name: &KeyName, kind: u8, public: &[u8]) -> KeyId {
    let mut hasher = Sha256::new();
    hasher.update(name.as_str());
    hasher.update([b'\n', kind]);
    hasher.update(public);
    let [a, b, c, d, ..]: [u8; 32] = hasher.finalize().into();
    KeyId(u32::from_be_bytes([a, b, c, d]))
}

/// signed-note, "Signature types": Ed25519 over the text.
const ED25519: u8 = 0x01;

/// What the text form of a private key begins with.
const PRIVATE: &str = "PRIVATE+KEY+";

/// Longest key name in bytes; ours, as signed-note has no bound. A host name has at most 253
/// (RFC 1035 2.3.4).
pub(crate) const KEY_NAME_BYTES_LIMIT: usize = 512;

/// Longest text of a key: the name, the id, 33 bytes in base64, and the plus signs.
const KEY_TEXT_BYTES_LIMIT: usize = KEY_NAME_BYTES_LIMIT + 8 + 44 + 2;

/// Feeds hostile text to the parsers of keys.
pub(crate) fn fuzz(text: &str) {
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text, "a verifier key has one spelling");
    }
    if let Ok(key) = SigningKey::from_secret_text(text) {
        assert_eq!(
            key.to_secret_text().as_str(),
            text.trim(),
            "a key has one spelling"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The keys of the tests of Go's golang.org/x/mod/sumdb/note.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER_SECRET: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

    #[test]
    fn published_keys_come_back() {
        assert_eq!(PETER.parse::<VerifierKey>().unwrap().to_string(), PETER);
        let key = SigningKey::from_secret_text(PETER_SECRET).unwrap();
        assert_eq!(key.verifier().to_string(), PETER);
        assert_eq!(key.to_secret_text().as_str(), PETER_SECRET);
        let zero = SigningKey::from_seed(KeyName::from_static("EnochRoot"), &[0; 32]);
        assert_eq!(zero.verifier().to_string(), ENOCH);
    }

    #[test]
    fn a_newline_at_the_end_of_the_key_file_is_fine() {
        assert!(SigningKey::from_secret_text(&format!("{PETER_SECRET}\n")).is_ok());
    }

    #[test]
    fn every_piece_and_every_changed_byte_of_a_key_is_refused() {
        for start in 0..PETER.len() {
            for end in start + 1..=PETER.len() {
                let piece = &PETER[start..end];
                assert!(
                    piece == PETER || piece.parse::<VerifierKey>().is_err(),
                    "{piece}"
                );
            }
        }
        for text in [PETER, PETER_SECRET] {
            for at in 0..text.len() {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] += 1;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(changed.parse::<VerifierKey>().is_err(), "{changed}");
                assert!(SigningKey::from_secret_text(&changed).is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn other_kinds_of_keys_are_refused() {
        let other = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(other.parse::<VerifierKey>(), Err(KeyError::Algorithm(0x65)));
        let long = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==";
        assert_eq!(long.parse::<VerifierKey>(), Err(KeyError::Malformed));
        // The neutral point of the curve: everything would be signed by it.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let name = KeyName::from_static("a");
        assert_eq!(VerifierKey::new(name, &neutral), Err(KeyError::Weak));
    }

    #[test]
    fn names_have_bounds() {
        for bad in [
            "",
            "a b",
            "a+b",
            "a\u{a0}b",
            "a\nb",
            "a\0b",
            &"x".repeat(513),
        ] {
            assert_eq!(bad.parse::<KeyName>(), Err(KeyError::Name), "{bad:?}");
        }
        assert!("x".repeat(512).parse::<KeyName>().is_ok());
        assert!("m\u{fc}ller.example/log".parse::<KeyName>().is_ok());
    }

    #[test]
    fn a_signing_key_does_not_print_its_secret() {
        let key = SigningKey::from_secret_text(PETER_SECRET).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains("[secret]"), "{shown}");
        assert!(!shown.contains("AYEKFALV"), "{shown}");
        let seed = format!("{:?}", key.secret.to_bytes());
        assert!(!shown.contains(seed.trim_matches(['[', ']'])), "{shown}");
    }
}
