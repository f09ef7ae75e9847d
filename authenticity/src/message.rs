//! A message as its fields and body, byte for byte as it came.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, HeaderValue};

use crate::domain;

/// Fields that are looked at; a message with more is none that a person or a program wrote.
const FIELDS_MAX: usize = 2_000;
/// Addresses of `From` that are looked at.
const AUTHORS_MAX: usize = 50;

/// One field with its line ends and folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Before the colon, with white space if there is any.
    pub(crate) name: &'a [u8],
    /// After the colon, with the line end.
    pub(crate) value: &'a [u8],
    /// All of it.
    pub(crate) whole: &'a [u8],
}

impl<'a> Field<'a> {
    /// RFC 5322 2.2: case does not matter; white space before the colon is obsolete (4.5).
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name
            .trim_ascii_end()
            .eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value as text, when it is UTF-8.
    pub(crate) fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.value).ok()
    }
}

/// Fields and body of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) fields: Vec<Field<'a>>,
    /// Octets before the empty line.
    pub(crate) header_octets: usize,
    pub(crate) body: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Splits a message at its empty line.
    pub(crate) fn split(message: &'a [u8]) -> Self {
        let mut parts = Self::default();
        let mut rest = message;
        while let Some((field, after)) = next_field(rest) {
            rest = after;
            if parts.fields.len() == FIELDS_MAX {
                break;
            }
            // A line without a colon is no field; nobody signs it, and nobody shows it.
            if let Some(field) = field {
                parts.fields.push(field);
            }
        }
        parts.header_octets = message.len().saturating_sub(rest.len());
        // RFC 5322 2.1: the empty line belongs to neither.
        parts.body = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))
            .unwrap_or(rest);
        parts
    }

    /// All fields of a name, in the order of the message.
    pub(crate) fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Field<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }

    /// The domains of all authors, each once and in the comparable form; what is none is `None`.
    pub(crate) fn author_domains(&self) -> Vec<Option<String>> {
        let mut domains = Vec::new();
        for field in self.named("From") {
            let value = MessageStream::new(field.value).parse_address();
            for address in addresses(&value).take(AUTHORS_MAX) {
                let domain = address
                    .address
                    .as_deref()
                    .and_then(domain::of_address)
                    .and_then(domain::normal);
                if !domains.contains(&domain) {
                    domains.push(domain);
                }
            }
        }
        domains
    }
}

/// The domain of a message's author, in A-labels and lower case; nothing when there are several, or none.
#[must_use]
pub fn author_domain(message: &[u8]) -> Option<String> {
    match Parts::split(message).author_domains().as_slice() {
        [Some(domain)] => Some(domain.clone()),
        _ => None,
    }
}

fn addresses<'v>(value: &'v HeaderValue<'_>) -> Box<dyn Iterator<Item = &'v Addr<'v>> + 'v> {
    match value {
        HeaderValue::Address(Address::List(list)) => Box::new(list.iter()),
        HeaderValue::Address(Address::Group(groups)) => {
            Box::new(groups.iter().flat_map(|group| group.addresses.iter()))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// The next field with its folded lines, and what follows; nothing at the empty line and at the end.
pub(crate) fn next_field(message: &[u8]) -> Option<(Option<Field<'_>>, &[u8])> {
    if message.is_empty() || message.starts_with(b"\r\n") || message.starts_with(b"\n") {
        return None;
    }
    let mut end = 0_usize;
    loop {
        let rest = message.get(end..)?;
        end = end.checked_add(line_octets(rest))?;
        // RFC 5322 2.2.3: a line that begins with white space continues the field.
        if !matches!(message.get(end), Some(b' ' | b'\t')) {
            break;
        }
    }
    let (whole, after) = message.split_at_checked(end)?;
    let field = memchr::memchr(b':', whole).and_then(|colon| {
        let (name, value) = whole.split_at_checked(colon)?;
        let value = value.get(1..)?;
        (!name.contains(&b'\n')).then_some(Field { name, value, whole })
    });
    Some((field, after))
}

/// Octets up to the line end, with it.
fn line_octets(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |at| at.saturating_add(1))
}

/// Feeds arbitrary octets to the parser.
pub(crate) fn fuzz(input: &[u8]) {
    let parts = Parts::split(input);
    let in_fields: usize = parts.fields.iter().map(|field| field.whole.len()).sum();
    assert!(in_fields.saturating_add(parts.body.len()) <= input.len());
    parts.author_domains();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_folds_and_the_body_its_lines() {
        let parts = Parts::split(b"A: 1\r\n 2\r\nB : x\r\nno field\r\n\r\nbody\r\n\r\n");
        assert_eq!(parts.fields.len(), 2);
        assert_eq!(parts.fields[0].value, b" 1\r\n 2\r\n");
        assert!(parts.fields[1].is("b"));
        assert_eq!(parts.body, b"body\r\n\r\n");
        assert_eq!(Parts::split(b"A: 1").fields[0].whole, b"A: 1");
        assert_eq!(Parts::split(b"\r\nx").body, b"x");
    }

    #[test]
    fn authors_are_named_by_their_domains() {
        let domains = |text: &str| Parts::split(text.as_bytes()).author_domains();
        assert_eq!(
            domains("From: Anna <anna@Example.ORG>, ben@example.org\r\n\r\n"),
            [Some("example.org".into())]
        );
        assert_eq!(
            domains("From: a@b.example\r\nFrom: c@d.example\r\n\r\n").len(),
            2
        );
        assert_eq!(domains("Subject: x\r\n\r\n"), []);
    }
}
