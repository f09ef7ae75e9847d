//! The transfer encoding of a part's body (RFC 2045 6), chosen by what is in it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{LINE_OCTETS, LINE_OCTETS_MAX};

/// A body with the encoding that it is written in.
pub(super) struct Encoded<'b> {
    name: &'static str,
    body: Cow<'b, [u8]>,
}

impl<'b> Encoded<'b> {
    /// A text: as it is where every server passes it on so, else quoted-printable or Base64, whichever is shorter.
    pub(super) fn text(text: &'b str) -> Self {
        let text = with_line_ends(text);
        if is_seven_bit(text.as_bytes()) {
            return Self {
                name: "7bit",
                body: match text {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                },
            };
        }
        let escaped = text.bytes().filter(|byte| !is_literal(*byte)).count();
        // An escaped octet takes three, Base64 takes four for each three.
        if escaped * 6 > text.len() {
            Self::base64(text.as_bytes())
        } else {
            Self {
                name: "quoted-printable",
                body: Cow::Owned(quoted_printable(&text)),
            }
        }
    }

    /// Octets of any kind.
    pub(super) fn octets(octets: &[u8]) -> Self {
        Self::base64(octets)
    }

    /// Octets that may not be encoded.
    pub(super) fn identity(octets: &'b [u8]) -> Self {
        let name = if octets.is_ascii() { "7bit" } else { "8bit" };
        Self {
            name,
            body: Cow::Borrowed(octets),
        }
    }

    fn base64(octets: &[u8]) -> Self {
        Self {
            name: "base64",
            body: Cow::Owned(base64_lines(octets).into_bytes()),
        }
    }

    /// The last field of the header, the empty line, and the body.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        // RFC 2045 6.1: without the field it is 7bit.
        if self.name != "7bit" {
            out.extend_from_slice(b"Content-Transfer-Encoding: ");
            out.extend_from_slice(self.name.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
    }
}

/// RFC 2046 4.1.1: a line of a text ends with CRLF, and neither of the two stands alone.
fn with_line_ends(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_lone = |at: usize| match bytes[at] {
        b'\n' => at == 0 || bytes[at - 1] != b'\r',
        _ => bytes.get(at + 1) != Some(&b'\n'),
    };
    if !memchr::memchr2_iter(b'\r', b'\n', bytes).any(is_lone) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(text.replace('\n', "\r\n"))
}

/// RFC 2045 2.7: short lines of ASCII without NUL.
fn is_seven_bit(octets: &[u8]) -> bool {
    octets.is_ascii()
        && !octets.contains(&0)
        && octets
            .split(|octet| *octet == b'\n')
            .all(|line| line.len() <= LINE_OCTETS_MAX)
}

/// RFC 2045 6.7 rule 2: what stands for itself, line ends included.
fn is_literal(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'<' | b'>'..=b'~')
}

/// RFC 2045 6.7.
fn quoted_printable(text: &str) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = Vec::with_capacity(text.len() * 5 / 4);
    for (place, line) in text.split("\r\n").enumerate() {
        if place > 0 {
            encoded.extend_from_slice(b"\r\n");
        }
        let mut column = 0;
        for (at, byte) in line.bytes().enumerate() {
            let is_last = at + 1 == line.len();
            // Rule 3: white space at the end of a line would be lost.
            let is_literal =
                is_literal(byte) && byte != b'\r' && byte != b'\n' && !(is_last && byte <= b' ');
            let width = if is_literal { 1 } else { 3 };
            // Rule 5: a line is broken before it is longer than 76, the sign for it included.
            if column + width > LINE_OCTETS - 1 {
                encoded.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if is_literal {
                encoded.push(byte);
            } else {
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                encoded.extend_from_slice(&[b'=', HEX[high], HEX[low]]);
            }
            column += width;
        }
    }
    encoded
}

/// Base64 in lines (RFC 2045 6.8), the last one ended, too.
pub(crate) fn base64_lines(content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / 38 + 2);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(LINE_OCTETS).unwrap_or((rest, ""));
        lines.push_str(line);
        lines.push_str("\r\n");
        rest = after;
    }
    lines
}
