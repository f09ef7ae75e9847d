//! Xtext: the encoding of parameter values that may hold any octet (RFC 3461 4), and its sibling for addresses in
//! UTF-8 (RFC 6533 3).

use std::fmt::Write as _;

/// Decodes xtext. Nothing comes back for a malformed value, nor where the decoded text is not printable ASCII: RFC
/// 3461 4.4 allows no other for ENVID, and a line break hidden in an address would end up in a report's header.
#[must_use]
pub fn decode_xtext(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'+' => {
                let high = hex_digit(bytes.next()?)?;
                let low = hex_digit(bytes.next()?)?;
                (high << 4) | low
            }
            b'=' => return None,
            b'!'..=b'~' => byte,
            _ => return None,
        };
        if !(b' '..=b'~').contains(&decoded) {
            return None;
        }
        out.push(char::from(decoded));
    }
    Some(out)
}

/// Encodes printable ASCII, or any text as its UTF-8 octets, as xtext.
#[must_use]
pub fn encode_xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' => push_hex(&mut out, byte),
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => push_hex(&mut out, byte),
        }
    }
    out
}

/// Decodes `utf-8-addr-xtext` and `utf-8-addr-unitext`: characters stand for themselves, or as `\x{HEX}`.
pub(super) fn decode_utf8_address(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(escaped) = rest.strip_prefix("\\x{") {
            let (digits, after) = escaped.split_once('}')?;
            if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(is_upper_hex) {
                return None;
            }
            let decoded = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            if decoded.is_control() {
                return None;
            }
            out.push(decoded);
            rest = after;
            continue;
        }
        if matches!(first, '\\' | '+' | '=' | ' ') || first.is_control() {
            return None;
        }
        out.push(first);
        rest = rest.get(first.len_utf8()..)?;
    }
    Some(out)
}

/// Encodes an address as `utf-8-addr-xtext`, which is ASCII only.
pub(super) fn encode_utf8_address(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_graphic() && !matches!(character, '\\' | '+' | '=') {
            out.push(character);
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "\\x{{{:02X}}}", u32::from(character));
        }
    }
    out
}

fn push_hex(out: &mut String, byte: u8) {
    // Writing into a String cannot fail.
    let _ = write!(out, "+{byte:02X}");
}

/// RFC 3461 4: hexchar uses upper case digits only.
fn hex_digit(byte: u8) -> Option<u8> {
    if !is_upper_hex(byte) {
        return None;
    }
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

fn is_upper_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_and_encodes() {
        assert_eq!(decode_xtext("a+2Bb+3D").as_deref(), Some("a+b="));
        assert_eq!(encode_xtext("a+b= c"), "a+2Bb+3D+20c");
    }

    #[test]
    fn refuses_broken_and_hidden_line_ends() {
        for text in ["+", "+4", "+4g", "+2b", "a=b", "a+0D+0Ab", "a b", "+FF"] {
            assert_eq!(decode_xtext(text), None, "{text}");
        }
    }

    #[test]
    fn utf8_addresses() {
        assert_eq!(
            decode_utf8_address("j\\x{FC}rgen@example.org").as_deref(),
            Some("jürgen@example.org")
        );
        assert_eq!(decode_utf8_address("jürgen@x").as_deref(), Some("jürgen@x"));
        assert_eq!(encode_utf8_address("ü@x"), "\\x{FC}@x");
        for text in ["\\x{D}", "\\x{110000}", "\\x{}", "\\x{fc}", "\\y", "a=b"] {
            assert_eq!(decode_utf8_address(text), None, "{text}");
        }
    }
}
