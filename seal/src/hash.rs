//! A hash: 32 bytes of SHA-256, and the three ways in which the tree and the chain make one.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; Self::BYTES]);

impl Hash {
    /// Length of a hash in bytes.
    pub const BYTES: usize = 32;

    /// All bytes zero: what the first link of a stream names as the link before it.
    pub const ZERO: Self = Self([0; Self::BYTES]);

    /// The root of a tree without leaves.
    // RFC 6962 2.1: the hash of an empty list is the hash of an empty string.
    pub const EMPTY_ROOT: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// Takes bytes that are a hash already.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// SHA-256 of the bytes as they are; this is how a payload is hashed.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of a leaf of the tree with this content.
    #[must_use]
    pub fn leaf(content: &[u8]) -> Self {
        // RFC 6962 2.1: a leaf is hashed with a zero byte in front, so that it cannot pass for a node.
        let mut hasher = Sha256::new();
        hasher.update([0x00]);
        hasher.update(content);
        Self(hasher.finalize().into())
    }

    /// The hash of a node of the tree with these two children.
    #[must_use]
    pub fn node(left: &Self, right: &Self) -> Self {
        // RFC 6962 2.1: a node is hashed with a one byte in front.
        let mut content = [0x01; 1 + 2 * Self::BYTES];
        let (_, children) = content.split_at_mut(1);
        let (first, second) = children.split_at_mut(Self::BYTES);
        first.copy_from_slice(&left.0);
        second.copy_from_slice(&right.0);
        Self(Sha256::digest(content).into())
    }

    /// The hash in standard base64 with padding, as checkpoints write it.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`Hash::to_base64`] writes; any other spelling of the same bytes is refused.
    ///
    /// # Errors
    /// [`HashError`] if the text is anything else than the base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, HashError> {
        if text.len() != BASE64_CHARACTERS {
            return Err(HashError);
        }
        let bytes = STANDARD.decode(text).map_err(|_| HashError)?;
        Self::try_from(bytes.as_slice())
    }
}

/// Not a hash: the wrong length, or characters that do not belong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 hash")]
pub struct HashError;

impl From<[u8; Self::BYTES]> for Hash {
    fn from(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashError;

    fn try_from(bytes: &[u8]) -> Result<Self, HashError> {
        bytes.try_into().map(Self).map_err(|_| HashError)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    /// 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    /// The first four bytes: enough to tell hashes apart in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(")?;
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("..)")
    }
}

impl FromStr for Hash {
    type Err = HashError;

    /// Reads 64 hexadecimal digits of either case.
    fn from_str(text: &str) -> Result<Self, HashError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != Self::BYTES || !rest.is_empty() {
            return Err(HashError);
        }
        let mut bytes = [0; Self::BYTES];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

/// The value of one hexadecimal digit.
fn digit(character: u8) -> Result<u8, HashError> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        b'A'..=b'F' => Ok(character - b'A' + 10),
        _ => Err(HashError),
    }
}

/// Characters in the padded base64 of 32 bytes.
const BASE64_CHARACTERS: usize = 44;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(Hash::of(b""), Hash::EMPTY_ROOT);
    }

    #[test]
    fn both_spellings_come_back() {
        let hash = Hash::of(b"abc");
        assert_eq!(
            hash.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(hash.to_string().to_uppercase().parse(), Ok(hash));
        assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        assert_eq!(format!("{hash:?}"), "Hash(ba7816bf..)");
    }

    #[test]
    fn other_spellings_are_refused() {
        let hex = Hash::of(b"abc").to_string();
        assert!(hex[1..].parse::<Hash>().is_err());
        assert!(format!("{hex}0").parse::<Hash>().is_err());
        assert!(format!("{hex}00").parse::<Hash>().is_err());
        assert!(hex.replace('b', "+").parse::<Hash>().is_err());
        assert!(hex.replacen("ba", "\u{e4}", 1).parse::<Hash>().is_err());
        // The last character carries two bits that must be zero.
        let base64 = Hash::ZERO.to_base64();
        assert!(Hash::from_base64(&base64.replace("A=", "B=")).is_err());
        assert!(Hash::from_base64(base64.trim_end_matches('=')).is_err());
        assert!(Hash::from_base64("AAAA").is_err());
    }
}
