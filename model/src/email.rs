//! What is known of an email besides its bytes: header fields, structure, preview; made once, at delivery.
//!
//! The types borrow from the bytes they are decoded from, because listing 50,000 envelopes decodes
//! 50,000 of them. Parts stand in preorder in one list, so that decoding never recurses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::DecodeError;

/// Encoded metadata of one email; parsing cuts what would make it larger.
pub const META_OCTETS_MAX: usize = 128 * 1024;
/// Parts of one message that are told apart; what lies beyond belongs to the last of them.
pub const MESSAGE_PARTS_MAX: usize = 1_000;
/// Levels of nested parts that are told apart.
pub const MESSAGE_PARTS_DEPTH_MAX: usize = 32;

/// The BLAKE3 hash of a message's bytes: names immutable bytes (RFC 8620 6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlobId(pub [u8; 32]);

impl BlobId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The name that is written so: 64 digits of base 16, in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = value(*high)? << 4 | value(*low)?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

/// A blob and where the engine keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// Its name.
    pub id: BlobId,
    /// The engine's number for its place, so that no table of hashes is needed to find it.
    pub at: u64,
}

/// What ties an email to its thread (RFC 8621 3): hashes, so that the index stays small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadKeys {
    /// Of its own `Message-ID` and of those it refers to, at most [`ThreadKeys::MESSAGE_IDS_MAX`].
    pub message_ids: Vec<u64>,
    /// Of its base subject (RFC 5256 2.1).
    pub subject: u64,
}

impl ThreadKeys {
    /// Message-IDs of one email that are looked at.
    pub const MESSAGE_IDS_MAX: usize = 16;
}

/// A mailbox of RFC 5322 3.4, or the start or end of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Address<'a> {
    /// One address.
    Email {
        /// The display name, decoded (RFC 2047).
        name: Option<&'a str>,
        /// `local-part@domain` as written, or what stood in its place.
        email: &'a str,
    },
    /// The addresses up to the matching end belong to this group.
    GroupStart(&'a str),
    /// The end of a group.
    GroupEnd,
}

/// The header fields that clients list, decoded (RFC 8621 4.1.3), and the preview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers<'a> {
    /// `Date` as a moment, seconds since 1970; none if it is absent or unreadable.
    pub sent_at: Option<i64>,
    /// `Date` as written, unfolded.
    #[serde(borrow)]
    pub date: Option<&'a str>,
    /// `Subject`.
    pub subject: Option<&'a str>,
    /// `From`.
    pub from: Vec<Address<'a>>,
    /// `Sender`; empty if absent.
    pub sender: Vec<Address<'a>>,
    /// `Reply-To`; empty if absent.
    pub reply_to: Vec<Address<'a>>,
    /// `To`.
    pub to: Vec<Address<'a>>,
    /// `Cc`.
    pub cc: Vec<Address<'a>>,
    /// `Bcc`.
    pub bcc: Vec<Address<'a>>,
    /// `In-Reply-To` as written, unfolded.
    pub in_reply_to: Option<&'a str>,
    /// `Message-ID` as written, with its angle brackets.
    pub message_id: Option<&'a str>,
    /// The first words of the text, at most 256 characters (RFC 8621 4.1.4, RFC 8970).
    pub preview: &'a str,
    /// Whether a client should show the sign for attachments (RFC 8621 4.1.4).
    pub has_attachment: bool,
}

/// How a part's body is encoded (RFC 2045 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding<'a> {
    /// `7bit`, also where nothing is said.
    #[default]
    SevenBit,
    /// `8bit`.
    EightBit,
    /// `binary`.
    Binary,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
    /// Something else, as written.
    Other(&'a str),
}

/// `Content-Disposition` (RFC 2183).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition<'a> {
    /// `inline`, `attachment`, or what was written.
    pub kind: &'a str,
    /// Its parameters, names as written, values decoded (RFC 2231).
    #[serde(borrow)]
    pub parameters: Vec<(&'a str, &'a str)>,
}

/// One part of a message (RFC 2046), in preorder: the message itself first, then what it contains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part<'a> {
    /// How many of the parts that follow are inside this one, at any depth.
    pub descendants: u32,
    /// `text` of `text/plain`, as written.
    pub kind: &'a str,
    /// `plain` of `text/plain`, as written.
    pub subtype: &'a str,
    /// Parameters of `Content-Type`, names as written, values decoded (RFC 2231).
    #[serde(borrow)]
    pub parameters: Vec<(&'a str, &'a str)>,
    /// `Content-ID` as written.
    pub id: Option<&'a str>,
    /// `Content-Description`, decoded.
    pub description: Option<&'a str>,
    /// `Content-Transfer-Encoding`.
    pub encoding: Encoding<'a>,
    /// `Content-Disposition`.
    pub disposition: Option<Disposition<'a>>,
    /// `Content-Language` (RFC 3282).
    pub languages: Vec<&'a str>,
    /// `Content-Location` (RFC 2557).
    pub location: Option<&'a str>,
    /// Offset in the message of the part's header.
    pub header_start: u32,
    /// Offset of its body: the header, with the empty line that ends it, lies between the two.
    pub body_start: u32,
    /// Offset behind its body.
    pub body_end: u32,
    /// Lines of its body as it stands, counted by line ends.
    pub lines: u32,
    /// For `message/rfc822` and `message/global`: the header fields of the message within.
    /// The message's own body is then the one child of this part.
    pub message: Option<Box<Headers<'a>>>,
}

impl Part<'_> {
    /// Whether it contains other parts as `multipart/*`.
    #[must_use]
    pub fn is_multipart(&self) -> bool {
        self.kind.eq_ignore_ascii_case("multipart")
    }

    /// Octets of its body as it stands.
    #[must_use]
    pub fn body_octets(&self) -> u32 {
        self.body_end.saturating_sub(self.body_start)
    }
}

/// All that is computed of a message at delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailMeta<'a> {
    /// The header fields and the preview.
    #[serde(borrow)]
    pub headers: Headers<'a>,
    /// The parts in preorder; the first is the message itself, so there is always one.
    pub parts: Vec<Part<'a>>,
}

impl<'a> EmailMeta<'a> {
    /// The canonical bytes.
    ///
    /// # Errors
    /// Refuses more than [`META_OCTETS_MAX`].
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let bytes = postcard::to_allocvec(self).map_err(|_| DecodeError::Malformed)?;
        if bytes.len() > META_OCTETS_MAX {
            Err(DecodeError::TooLong)
        } else {
            Ok(bytes)
        }
    }

    /// Reads what [`EmailMeta::encode`] wrote.
    ///
    /// # Errors
    /// Says if the bytes are too long, cut, or no tree of parts.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if bytes.len() > META_OCTETS_MAX {
            return Err(DecodeError::TooLong);
        }
        let meta: Self = postcard::from_bytes(bytes).map_err(|_| DecodeError::Malformed)?;
        if meta.is_tree() {
            Ok(meta)
        } else {
            Err(DecodeError::Malformed)
        }
    }

    /// The parts inside `parts[at]` that are its direct children, as places in `parts`.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = at
            + 1
            + self
                .parts
                .get(at)
                .map_or(0, |part| part.descendants as usize);
        let mut next = at + 1;
        std::iter::from_fn(move || {
            let child = next;
            let part = self.parts.get(child).filter(|_| child < end)?;
            next = child + 1 + part.descendants as usize;
            Some(child)
        })
    }

    /// Whether the counts of descendants nest, not too deep, with one root.
    fn is_tree(&self) -> bool {
        let mut ends: Vec<usize> = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            while ends.last() == Some(&at) {
                ends.pop();
            }
            let end = at + 1 + part.descendants as usize;
            let within = ends.last().map_or(self.parts.len(), |end| *end);
            if end > within || (ends.is_empty() && at > 0) || ends.len() >= MESSAGE_PARTS_DEPTH_MAX
            {
                return false;
            }
            ends.push(end);
        }
        !self.parts.is_empty()
    }
}

impl<'a> Headers<'a> {
    /// Reads only the header fields of what [`EmailMeta::encode`] wrote.
    ///
    /// # Errors
    /// Says if the bytes are cut or damaged.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        postcard::take_from_bytes(bytes)
            .map(|(headers, _)| headers)
            .map_err(|_| DecodeError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &str, descendants: u32) -> Part<'_> {
        Part {
            kind,
            descendants,
            ..Part::default()
        }
    }

    #[test]
    fn children_are_found_in_preorder() {
        let parts = vec![
            part("multipart", 4),
            part("multipart", 2),
            part("text", 0),
            part("text", 0),
            part("image", 0),
        ];
        let meta = EmailMeta {
            parts,
            ..EmailMeta::default()
        };
        assert_eq!(meta.children(0).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(meta.children(1).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(meta.children(4).count(), 0);
        let bytes = meta.encode().unwrap();
        assert_eq!(EmailMeta::decode(&bytes).unwrap(), meta);
        assert_eq!(Headers::decode(&bytes).unwrap(), meta.headers);
    }

    #[test]
    fn parts_that_do_not_nest_are_refused() {
        for descendants in [[1, 1, 0], [0, 0, 0], [2, 5, 0]] {
            let parts = descendants
                .into_iter()
                .map(|count| part("text", count))
                .collect();
            let bytes = EmailMeta {
                parts,
                ..EmailMeta::default()
            }
            .encode()
            .unwrap();
            assert_eq!(
                EmailMeta::decode(&bytes),
                Err(DecodeError::Malformed),
                "{descendants:?}"
            );
        }
    }
}
