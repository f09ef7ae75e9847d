//! Characters, names and references of XML 1.0, and the encoding of a document.

use quick_xml::events::BytesDecl;

use crate::codec::fault::Fault;

/// The text of a body without its byte order mark, once it is known to be UTF-8 of characters that XML allows.
pub(crate) fn decode_document(body: &[u8]) -> Result<&str, Fault> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // XML 1.0 appendix F.1: how UTF-16 and UTF-32 begin, with and without a byte order mark.
    let foreign: [&[u8]; 4] = [b"\xfe\xff", b"\xff\xfe", b"\0", b"<\0"];
    if foreign.iter().any(|begin| body.starts_with(begin)) {
        return Err(Fault::Encoding);
    }
    let text = std::str::from_utf8(body).map_err(|_| Fault::Encoding)?;
    match text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
        None => Ok(text),
        Some((at, _)) => Err(Fault::Syntax {
            at,
            what: "a character that XML does not allow",
        }),
    }
}

/// The declared encoding must be UTF-8 or the part of it that is US-ASCII.
pub(super) fn check_encoding(declaration: &BytesDecl<'_>) -> Result<(), Fault> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name))
            if name.eq_ignore_ascii_case(b"utf-8") || name.eq_ignore_ascii_case(b"us-ascii") =>
        {
            Ok(())
        }
        Some(_) => Err(Fault::Encoding),
    }
}

/// XML 1.0 `Char`.
pub(crate) fn is_xml_char(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => c >= ' ',
    }
}

/// The character of a reference, without `&` and `;`: predefined or a number (XML 1.0, 4.1 and 4.6).
pub(super) fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(code).filter(|c| is_xml_char(*c))
}

/// Namespaces in XML 1.0 `QName`: one or two `NCName`s. Beyond ASCII every letter and sign of a name is taken.
pub(super) fn is_qname(name: &str) -> bool {
    match name.split_once(':') {
        Some((prefix, local)) => is_ncname(prefix) && is_ncname(local),
        None => is_ncname(name),
    }
}

fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    let goes_on = |c: char| begins(c) || c.is_ascii_digit() || matches!(c, '-' | '.');
    characters.next().is_some_and(begins) && characters.all(goes_on)
}
