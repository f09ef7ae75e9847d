//! Percent-encoding of one segment of a path (RFC 3986 2.1, 3.3).

use std::borrow::Cow;

use crate::codec::fault::Fault;

/// The text of a segment. Every `%` must begin two hexadecimal digits, and the octets must be UTF-8.
pub(in crate::codec) fn decode(segment: &str) -> Result<Cow<'_, str>, Fault> {
    if !segment.contains('%') {
        return Ok(Cow::Borrowed(segment));
    }
    let malformed = Fault::Href("a malformed `%`");
    let mut octets = Vec::with_capacity(segment.len());
    let mut parts = segment.split('%');
    octets.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(malformed)?;
        if !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return Err(malformed);
        }
        octets.push(u8::from_str_radix(digits, 16).map_err(|_| malformed)?);
        octets.extend_from_slice(rest.as_bytes());
    }
    match String::from_utf8(octets) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(_) => Err(Fault::Href("not in UTF-8")),
    }
}

/// Appends a segment with everything but RFC 3986 2.3 `unreserved` encoded.
///
/// `@` is encoded, too: some clients take what stands before it for a user name.
pub(super) fn encode(out: &mut String, segment: &str) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('0');
    for octet in segment.bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(octet));
        } else {
            out.push('%');
            out.push(digit(octet >> 4));
            out.push(digit(octet & 0x0f));
        }
    }
}

/// A text in which everything but RFC 3986 2.3 `unreserved` is encoded.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(&mut out, text);
    out
}
