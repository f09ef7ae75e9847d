//! The content transfer encodings and charsets, read leniently (RFC 2045 6).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;

/// How the content of a part stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transfer {
    Plain,
    Base64,
    QuotedPrintable,
    Unknown,
}

impl Transfer {
    /// RFC 2045 6.1: letter case aside.
    pub(crate) fn named(name: &str) -> Self {
        let name = name.split([' ', ';', '(']).next().unwrap_or_default();
        if name.eq_ignore_ascii_case("base64") {
            Self::Base64
        } else if name.eq_ignore_ascii_case("quoted-printable") {
            Self::QuotedPrintable
        } else if name.is_empty()
            || ["7bit", "8bit", "binary"]
                .iter()
                .any(|plain| name.eq_ignore_ascii_case(plain))
        {
            Self::Plain
        } else {
            Self::Unknown
        }
    }

    /// The content; none if it cannot be decoded.
    pub(crate) fn decode(self, encoded: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Plain => Some(Cow::Borrowed(encoded)),
            Self::Base64 => base64_decode(encoded).map(Cow::Owned),
            Self::QuotedPrintable => quoted_printable_decode(encoded).map(Cow::Owned),
            Self::Unknown => None,
        }
    }
}

/// The text of octets in a charset; none if nobody here knows it. Octets that say they are ASCII or say nothing are taken
/// for UTF-8, or else Windows-1252.
pub(crate) fn text<'a>(octets: &'a [u8], charset: Option<&str>) -> Option<Cow<'a, str>> {
    let charset = charset.map_or("us-ascii", str::trim);
    let known = Encoding::for_label(charset.as_bytes());
    if known.is_none()
        && let Some(decode) = charset_decoder(charset.as_bytes())
    {
        return Some(Cow::Owned(decode(octets)));
    }
    let perhaps_utf_8 = known.is_none_or(|known| known == UTF_8 || known == WINDOWS_1252);
    if perhaps_utf_8 && let Ok(text) = str::from_utf8(octets) {
        return Some(Cow::Borrowed(text.trim_start_matches('\u{feff}')));
    }
    known.map(|encoding| encoding.decode_without_bom_handling(octets).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_are_decoded() {
        assert_eq!(text(b"\xe4", Some("iso-8859-1")).unwrap(), "ä");
        assert_eq!(text(b"\xe4", None).unwrap(), "ä");
        assert_eq!(text("ä".as_bytes(), None).unwrap(), "ä");
        assert_eq!(text(b"+AOQ-", Some("utf-7")).unwrap(), "ä");
        assert_eq!(text(b"\xe4", Some("x-nobody")), None);
    }

    #[test]
    fn encodings_are_decoded() {
        assert_eq!(
            Transfer::named("BASE64").decode(b"SGFs\r\nbG8=").unwrap(),
            &b"Hallo"[..]
        );
        assert_eq!(
            Transfer::named("quoted-printable")
                .decode(b"a=3Db=\r\nc")
                .unwrap(),
            &b"a=bc"[..]
        );
        assert_eq!(Transfer::named("x-uue").decode(b"a"), None);
    }
}
