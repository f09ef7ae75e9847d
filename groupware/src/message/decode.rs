//! The content transfer encodings and charsets, read leniently (RFC 2045 6).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;
use memchr::memchr2;

/// Value of each octet in base64; 64 and above: none (RFC 2045 6.8, table 1).
const BASE64: [u8; 256] = {
    let mut table = [0xff; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64_u8 {
        table[letters[value as usize] as usize] = value;
        value += 1;
    }
    table
};

/// Decodes base64.
///
/// RFC 2045 6.8: what is not of the alphabet is passed over. Padding ends a group, so that texts
/// that were encoded one after the other are read as well.
pub(crate) fn base64(encoded: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(encoded.len() / 4 * 3 + 3);
    let (mut group, mut count) = (0_u32, 0_u32);
    let mut rest = encoded;
    loop {
        while let (0, [a, b, c, d, tail @ ..]) = (count, rest) {
            let [a, b, c, d] = [*a, *b, *c, *d].map(|byte| BASE64[usize::from(byte)]);
            if a | b | c | d >= 64 {
                break;
            }
            let word = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
            let [_, bytes @ ..] = word.to_be_bytes();
            octets.extend_from_slice(&bytes);
            rest = tail;
        }
        let Some((byte, tail)) = rest.split_first() else {
            break;
        };
        rest = tail;
        let value = BASE64[usize::from(*byte)];
        if value < 64 {
            group = group << 6 | u32::from(value);
            count += 1;
        }
        if count == 4 || *byte == b'=' {
            flush(group, count, &mut octets);
            (group, count) = (0, 0);
        }
    }
    flush(group, count, &mut octets);
    octets
}

/// Writes the whole octets of a group of up to four letters.
fn flush(group: u32, letters: u32, octets: &mut Vec<u8>) {
    let whole = letters.saturating_sub(1) as usize;
    let [_, bytes @ ..] = (group << (6 * (4 - letters))).to_be_bytes();
    octets.extend(bytes.iter().take(whole));
}

/// Decodes quoted-printable.
///
/// RFC 2045 6.7: white space at the end of a line is no part of the text; an equals sign that
/// begins no code stays as it is.
pub(crate) fn quoted_printable(encoded: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    // Up to here the text was encoded, so that white space before belongs to it.
    let mut fixed = 0;
    while let Some(run) = memchr2(b'=', b'\n', rest) {
        octets.extend_from_slice(&rest[..run]);
        let found = rest[run];
        rest = &rest[run + 1..];
        if found == b'\n' {
            end_line(&mut octets, fixed);
            continue;
        }
        if let Some(octet) = hex_octet(rest) {
            octets.push(octet);
            fixed = octets.len();
            rest = &rest[2..];
        } else if let Some(length) = soft_break(rest) {
            fixed = octets.len();
            rest = &rest[length..];
        } else {
            octets.push(b'=');
        }
    }
    octets.extend_from_slice(rest);
    octets
}

/// Ends a line: without the white space before, with the line end that was there.
fn end_line(octets: &mut Vec<u8>, fixed: usize) {
    let carriage_return = octets.len() > fixed && octets.last() == Some(&b'\r');
    if carriage_return {
        octets.pop();
    }
    while octets.len() > fixed && matches!(octets.last(), Some(b' ' | b'\t')) {
        octets.pop();
    }
    octets.extend_from_slice(if carriage_return { b"\r\n" } else { b"\n" });
}

/// Length of white space and line end behind an equals sign (RFC 2045 6.7 rule 5).
fn soft_break(rest: &[u8]) -> Option<usize> {
    let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t'));
    let blank = blank.count();
    match &rest[blank..] {
        [b'\r', b'\n', ..] => Some(blank + 2),
        [b'\n', ..] => Some(blank + 1),
        [b'\r'] => Some(blank + 1),
        [] => Some(blank),
        _ => None,
    }
}

fn hex_octet(rest: &[u8]) -> Option<u8> {
    let digit = |byte: u8| Some(char::from(byte).to_digit(16)?.to_le_bytes()[0]);
    match rest {
        [high, low, ..] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// The text of octets in a charset. Never fails: unreadable octets become U+FFFD, and octets in
/// no or an unknown charset are taken for UTF-8, or else Windows-1252.
pub(crate) fn charset_text<'a>(octets: &'a [u8], charset: Option<&str>) -> Cow<'a, str> {
    let charset = charset.map_or("us-ascii", str::trim);
    let encoding = Encoding::for_label(charset.as_bytes());
    // What calls itself ASCII or Latin 1 is UTF-8 often enough.
    let perhaps_utf_8 = encoding.is_none_or(|known| known == UTF_8 || known == WINDOWS_1252);
    let text = match encoding {
        None if charset_decoder(charset.as_bytes()).is_some() => {
            charset_decoder(charset.as_bytes())
                .map_or(Cow::Borrowed(""), |decode| Cow::Owned(decode(octets)))
        }
        _ if perhaps_utf_8 && str::from_utf8(octets).is_ok() => String::from_utf8_lossy(octets),
        known => {
            known
                .unwrap_or(WINDOWS_1252)
                .decode_without_bom_handling(octets)
                .0
        }
    };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) => Cow::Owned(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_through_noise() {
        assert_eq!(base64(b"SGFs\r\nbG8="), b"Hallo");
        assert_eq!(base64(b"SGFsbG8"), b"Hallo");
        assert_eq!(base64(b"SG!Fs\0bG8=SGFsbG8="), b"HalloHallo");
        assert_eq!(base64(b"===="), b"");
        assert_eq!(base64(b"A"), b"");
    }

    #[test]
    fn quoted_printable_follows_its_rules() {
        let cases: [(&[u8], &[u8]); 8] = [
            (b"a=3Db=\r\nc", b"a=bc"),
            (b"a =20 \t\r\nb", b"a  \r\nb"),
            (b"a= \t\nb", b"ab"),
            (b"a=\r", b"a"),
            (b"a=", b"a"),
            (b"a=g1=e4", b"a=g1\xe4"),
            (b"  \r\n\n", b"\r\n\n"),
            (b"x=0D=0A\n", b"x\r\n\n"),
        ];
        for (encoded, decoded) in cases {
            assert_eq!(quoted_printable(encoded), decoded, "{encoded:?}");
        }
    }

    #[test]
    fn charsets_are_decoded_and_lies_are_seen_through() {
        assert_eq!(charset_text(b"\xe4", Some("iso-8859-1")), "ä");
        assert_eq!(charset_text("ä".as_bytes(), Some("us-ascii")), "ä");
        assert_eq!(charset_text(b"\xe4", None), "ä");
        assert_eq!(charset_text(b"\xe4", Some("nonsense")), "ä");
        assert_eq!(charset_text(b"\x83n", Some("Shift_JIS")), "ハ");
        assert_eq!(charset_text(b"+AOQ-", Some("utf-7")), "ä");
        assert_eq!(charset_text(b"\xc3", Some("utf-8")), "\u{fffd}");
    }
}
