//! Tag lists: `name=value; name=value`, the form of DKIM signatures, DKIM keys, ARC fields and DMARC records.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

/// Tags of one list; RFC 6376 defines 15, and extensions added few.
const TAGS_MAX: usize = 64;

/// What a tag list says, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tags<'a>(Vec<(&'a str, &'a str)>);

/// Why something is no tag list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TagFault {
    #[error("it is no list of tags")]
    Malformed,
    #[error("a tag stands there twice")]
    Twice,
    #[error("it has too many tags")]
    TooMany,
}

impl<'a> Tags<'a> {
    /// `tag-list` of RFC 6376 3.2.
    pub(crate) fn read(text: &'a str) -> Result<Self, TagFault> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        let mut specs = text.split(';').peekable();
        while let Some(spec) = specs.next() {
            let is_last = specs.peek().is_none();
            let trimmed = trim(spec);
            // RFC 6376 3.2: one semicolon may end the list.
            if trimmed.is_empty() && is_last && !tags.is_empty() {
                break;
            }
            let (name, value) = trimmed.split_once('=').ok_or(TagFault::Malformed)?;
            let (name, value) = (trim(name), trim(value));
            if !is_tag_name(name) || !value.bytes().all(is_value_octet) {
                return Err(TagFault::Malformed);
            }
            // RFC 6376 3.2: a list with a tag twice is invalid as a whole. Names are case-sensitive.
            if tags.iter().any(|(known, _)| *known == name) {
                return Err(TagFault::Twice);
            }
            if tags.len() == TAGS_MAX {
                return Err(TagFault::TooMany);
            }
            tags.push((name, value));
        }
        Ok(Self(tags))
    }

    /// The value of a tag; folding white space may be within.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    /// The name and value that stand first.
    pub(crate) fn first(&self) -> Option<(&'a str, &'a str)> {
        self.0.first().copied()
    }
}

/// `tag-name` of RFC 6376 3.2.
fn is_tag_name(name: &str) -> bool {
    let mut octets = name.bytes();
    octets
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && octets.all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
}

/// `VALCHAR` and folding white space of RFC 6376 3.2, with the UTF-8 of RFC 8616 3.
fn is_value_octet(octet: u8) -> bool {
    matches!(octet, b'!'..=b':' | b'<'..=b'~' | b' ' | b'\t' | b'\r' | b'\n' | 0x80..)
}

/// Without white space at both ends.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// Without white space anywhere (RFC 6376 2.8 FWS in base64 and lists).
pub(crate) fn compact(text: &str) -> String {
    text.chars()
        .filter(|character| !matches!(character, ' ' | '\t' | '\r' | '\n'))
        .collect()
}

/// Words between colons.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(':').map(trim)
}

/// A number of at most 12 digits (RFC 6376 3.5 `t=`, `x=`).
pub(crate) fn number(text: &str) -> Option<u64> {
    let is_number =
        (1..=12).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Feeds arbitrary octets to the parser.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(tags) = Tags::read(text)
    {
        assert!(tags.first().is_some());
        assert!(tags.0.len() <= TAGS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_its_white_space() {
        let tags = Tags::read(" v = 1 ;\r\n\ta=rsa-sha256; b=ab\r\n cd; x=;").unwrap();
        assert_eq!(tags.first(), Some(("v", "1")));
        assert_eq!(tags.get("b"), Some("ab\r\n cd"));
        assert_eq!(tags.get("x"), Some(""));
        assert_eq!(tags.get("A"), None);
        assert_eq!(compact("ab\r\n cd"), "abcd");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            "", ";", "v", "v=1;;a=2", "=1", "1v=1", "v=1; v=2", "v=\u{1}",
        ] {
            assert!(Tags::read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn numbers_have_an_end() {
        assert_eq!(number("0117"), Some(117));
        assert_eq!(number("-1"), None);
        assert_eq!(number(""), None);
        assert_eq!(number("9999999999999"), None);
    }
}
