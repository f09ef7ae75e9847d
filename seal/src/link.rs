//! A link: the sealed head of one entry, naming its stream, its place in it, its payload's hash
//! and the link before it.
//!
//! Invariant: one link has one encoding, of fixed length, and two links that differ in any field
//! differ in their encoding.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

use crate::Hash;

/// The sealed head of one entry in one stream's hash chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The stream (for a mail store: the account) the entry belongs to.
    pub stream: u64,
    /// Place of the entry in its stream; the first is 1.
    pub number: u64,
    /// When the entry was written, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// [`Link::hash`] of the link before it in its stream; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// [`Hash::of`] the payload's bytes; stays when the payload is dropped.
    pub payload: Hash,
}

impl Link {
    /// Length of an encoded link in bytes.
    ///
    /// With the tree's leaf byte it fills two SHA-256 blocks, as short as the two hashes allow.
    pub const BYTES: usize = TAG.len() + 8 + 8 + 8 + 2 * Hash::BYTES;

    /// The canonical bytes: tag, stream, number, time (each big-endian), previous, payload.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, TAG);
        put(&mut rest, &self.stream.to_be_bytes());
        put(&mut rest, &self.number.to_be_bytes());
        put(&mut rest, &self.at_ms.to_be_bytes());
        put(&mut rest, self.previous.as_bytes());
        put(&mut rest, self.payload.as_bytes());
        bytes
    }

    /// Reads what [`Link::encode`] writes.
    ///
    /// # Errors
    /// [`LinkError::Length`] or [`LinkError::Tag`]; everything else is a link.
    pub fn decode(bytes: &[u8]) -> Result<Self, LinkError> {
        let bytes: &[u8; Self::BYTES] = bytes
            .try_into()
            .map_err(|_| LinkError::Length { found: bytes.len() })?;
        let mut rest = bytes.as_slice();
        if take(&mut rest) != Some(*TAG) {
            return Err(LinkError::Tag);
        }
        let short = LinkError::Length { found: bytes.len() };
        Ok(Self {
            stream: u64::from_be_bytes(take(&mut rest).ok_or(short)?),
            number: u64::from_be_bytes(take(&mut rest).ok_or(short)?),
            at_ms: i64::from_be_bytes(take(&mut rest).ok_or(short)?),
            previous: Hash::from_bytes(take(&mut rest).ok_or(short)?),
            payload: Hash::from_bytes(take(&mut rest).ok_or(short)?),
        })
    }

    /// The link's hash: what the next link of the stream names, and the leaf hash in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::leaf(&self.encode())
    }

    /// Whether these bytes are the payload that was sealed.
    #[must_use]
    pub fn seals(&self, payload: &[u8]) -> bool {
        Hash::of(payload) == self.payload
    }
}

/// Why bytes are not a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not [`Link::BYTES`] long.
    #[error("a link is {expected} bytes long, these are {found}", expected = Link::BYTES)]
    Length {
        /// Bytes that were given.
        found: usize,
    },
    /// The bytes do not begin with the tag of this version of a link.
    #[error("these bytes are not a link of a version known here")]
    Tag,
}

/// Says what the bytes are, and in which version; so no other bytes we hash can pass for a link.
const TAG: &[u8; 16] = b"seal.link.v1\0\0\0\0";

/// Writes at the beginning of the buffer and leaves the rest.
fn put(rest: &mut &mut [u8], bytes: &[u8]) {
    if let Some(place) = rest.split_off_mut(..bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Reads from the beginning of the buffer and leaves the rest.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}

/// Feeds hostile bytes to the decoder.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(link) = Link::decode(input) {
        assert_eq!(link.encode().as_slice(), input, "a link has one encoding");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            stream: 7,
            number: 0x0102_0304_0506_0708,
            at_ms: -2,
            previous: Hash::of(b"previous"),
            payload: Hash::of(b"payload"),
        }
    }

    #[test]
    fn the_encoding_is_as_documented_and_comes_back() {
        let bytes = link().encode();
        assert_eq!(bytes.len(), 104);
        assert_eq!(&bytes[..16], b"seal.link.v1\0\0\0\0");
        assert_eq!(bytes[16..24], [0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(bytes[24..32], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(bytes[32..40], [255, 255, 255, 255, 255, 255, 255, 254]);
        assert_eq!(&bytes[40..72], Hash::of(b"previous").as_bytes());
        assert_eq!(&bytes[72..], Hash::of(b"payload").as_bytes());
        assert_eq!(Link::decode(&bytes), Ok(link()));
    }

    #[test]
    fn the_hash_is_pinned() {
        // Computed with another implementation of SHA-256: changing this breaks every stored chain.
        let pinned = "91f7bdca372137dec981ff861315e5839b7f66e81f9fe535b9c2c20d350d64f4";
        assert_eq!(link().hash().to_string(), pinned);
    }

    #[test]
    fn other_bytes_are_refused() {
        let bytes = link().encode();
        assert_eq!(
            Link::decode(&bytes[1..]),
            Err(LinkError::Length { found: 103 })
        );
        assert_eq!(Link::decode(&[]), Err(LinkError::Length { found: 0 }));
        let mut other = bytes;
        other[11] = b'2';
        assert_eq!(Link::decode(&other), Err(LinkError::Tag));
    }

    #[test]
    fn a_payload_is_known_by_its_hash() {
        assert!(link().seals(b"payload"));
        assert!(!link().seals(b"Payload"));
    }
}
