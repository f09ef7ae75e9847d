//! Text: the encodings of logs and exports, turned into UTF-8 piece by piece.

use std::borrow::Cow;

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How a text is written.
#[derive(Debug)]
pub enum Writing {
    /// UTF-8, or what can be read as such: octets pass unchanged.
    Utf8,
    /// UTF-16; the decoder keeps what is cut between two pieces.
    Utf16(Box<Decoder>),
}

impl Writing {
    /// Tells from the first octets how a text is written, and how many octets of mark to skip.
    #[must_use]
    pub fn of(head: &[u8]) -> (Self, usize) {
        let (encoding, mark): (&'static Encoding, usize) = match Encoding::for_bom(head) {
            Some((encoding, mark)) => (encoding, mark),
            None if looks_like_utf16(head, 1) => (UTF_16LE, 0),
            None if looks_like_utf16(head, 0) => (UTF_16BE, 0),
            None => (UTF_8, 0),
        };
        if encoding == UTF_8 {
            (Self::Utf8, mark)
        } else {
            (
                Self::Utf16(Box::new(encoding.new_decoder_without_bom_handling())),
                mark,
            )
        }
    }

    /// Whether octets need no turning.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        matches!(self, Self::Utf8)
    }

    /// Appends a piece, as UTF-8; `last` tells that none follows.
    pub fn append(&mut self, piece: &[u8], last: bool, to: &mut Vec<u8>) {
        match self {
            Self::Utf8 => to.extend_from_slice(piece),
            Self::Utf16(decoder) => {
                let mut rest = piece;
                let mut room = [0_u8; 4_096];
                loop {
                    let (result, read, written, _) = decoder.decode_to_utf8(rest, &mut room, last);
                    to.extend_from_slice(&room[..written]);
                    rest = &rest[read..];
                    if result == CoderResult::InputEmpty {
                        return;
                    }
                }
            }
        }
    }
}

/// A whole text as UTF-8.
#[must_use]
pub fn whole(octets: &[u8]) -> Cow<'_, str> {
    let (mut writing, mark) = Writing::of(octets);
    if writing.is_utf8() {
        return String::from_utf8_lossy(&octets[mark..]);
    }
    let mut turned = Vec::with_capacity(octets.len());
    writing.append(&octets[mark..], true, &mut turned);
    Cow::Owned(String::from_utf8_lossy(&turned).into_owned())
}

/// Whether every other octet of the head is zero, as in UTF-16 without a mark.
fn looks_like_utf16(head: &[u8], zero_at: usize) -> bool {
    let head = &head[..head.len().min(64)];
    head.len() >= 8
        && head
            .chunks_exact(2)
            .all(|pair| pair[zero_at] == 0 && pair[1 - zero_at] != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_is_read_with_and_without_mark_in_pieces() {
        for (with_mark, big) in [(true, false), (false, false), (true, true), (false, true)] {
            let mut octets = Vec::new();
            let text = "#Software: Microsoft Exchange Server\r\nÄ";
            for unit in with_mark
                .then_some(0xfeff)
                .into_iter()
                .chain(text.encode_utf16())
            {
                octets.extend_from_slice(&if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                });
            }
            assert_eq!(whole(&octets), text);
            let (mut writing, mark) = Writing::of(&octets);
            let mut turned = Vec::new();
            for piece in octets[mark..].chunks(3) {
                writing.append(piece, false, &mut turned);
            }
            writing.append(b"", true, &mut turned);
            assert_eq!(turned, text.as_bytes());
        }
        assert_eq!(whole(b"\xef\xbb\xbfplain"), "plain");
    }
}
