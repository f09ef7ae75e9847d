//! Text in disguise: quoted-printable, percent signs, character sets other than UTF-8.
#![warn(clippy::indexing_slicing, clippy::panic)]

use encoding_rs::Encoding;

/// Decodes quoted-printable (RFC 2045 6.7); what is no code stays as it is.
pub(crate) fn unquote(value: &[u8]) -> Vec<u8> {
    decode_hex(value, b'=')
}

/// Decodes the percent signs of a URI (RFC 3986 2.1); what is no code stays as it is.
pub(crate) fn unpercent(value: &str) -> Vec<u8> {
    decode_hex(value.as_bytes(), b'%')
}

fn decode_hex(value: &[u8], sign: u8) -> Vec<u8> {
    let digit = |octet: &u8| {
        char::from(*octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        let code = match (first, after) {
            (first, [high, low, ..]) if *first == sign => digit(high).zip(digit(low)),
            _ => None,
        };
        match code {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// Text of a named character set; without a name UTF-8 where it is that, otherwise what Windows of western Europe wrote.
pub(crate) fn decode(octets: &[u8], charset: Option<&str>) -> String {
    let named = charset.and_then(|name| Encoding::for_label(name.trim().as_bytes()));
    match (named, str::from_utf8(octets)) {
        (Some(encoding), Err(_)) => encoding.decode_without_bom_handling(octets).0.into_owned(),
        (Some(encoding), Ok(_)) if !encoding.is_ascii_compatible() => {
            encoding.decode_without_bom_handling(octets).0.into_owned()
        }
        (_, Ok(text)) => text.to_owned(),
        (None, Err(_)) => encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(octets)
            .0
            .into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_code_stays() {
        assert_eq!(unquote(b"=C3=BC=3d=G1=A="), "ü==G1=A=".as_bytes());
        assert_eq!(unpercent("%41%zz%"), b"A%zz%");
    }

    #[test]
    fn character_sets() {
        assert_eq!(decode(b"J\xf6rg", None), "Jörg");
        assert_eq!(decode(b"J\xf6rg", Some("iso-8859-1")), "Jörg");
        assert_eq!(decode("Jörg".as_bytes(), Some("no-such-set")), "Jörg");
        assert_eq!(decode(b"h\0i\0", Some("utf-16le")), "hi");
    }
}
