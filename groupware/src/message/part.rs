//! Sections of a stored message: which octets IMAP's part numbers mean, and what they decode to (RFC 9051 6.4.5, RFC 3516).

use std::borrow::Cow;
use std::ops::Range;

use model::{EmailMeta, Encoding, Part};

use super::decode;
use super::field::{empty_line, first_field, name_and_value};

/// What of a section is asked for (RFC 9051 9, section-spec).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The message as a whole (empty path), or a part's body: `BODY[]`, `BODY[1.2]`.
    Body,
    /// The header section of a message with its empty line: `BODY[HEADER]`, `BODY[1.2.HEADER]`.
    Header,
    /// The body of a message: `BODY[TEXT]`, `BODY[1.2.TEXT]`.
    Text,
    /// The header section of a part with its empty line: `BODY[1.2.MIME]`.
    Mime,
}

/// Whether the named fields are wanted, or all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldFilter {
    /// `HEADER.FIELDS`.
    Only,
    /// `HEADER.FIELDS.NOT`.
    Not,
}

/// The part is encoded in a way that nobody here knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the part has an unknown content transfer encoding")]
pub struct UnknownEncoding;

/// The place in `meta.parts` of the part with this number; none if there is no such part.
///
/// RFC 9051 6.4.5.1: numbers count from 1 in a multipart; a message that is no multipart has
/// one part, its body; the numbers behind a message within count in that message. The empty path
/// is the message itself.
#[must_use]
pub fn find(path: &[u32], meta: &EmailMeta<'_>) -> Option<usize> {
    let mut body = Some(0);
    let mut at = 0;
    for number in path {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        let within = body?;
        at = if meta.parts.get(within)?.is_multipart() {
            meta.children(within).nth(place)?
        } else if place == 0 {
            within
        } else {
            return None;
        };
        let part = meta.parts.get(at)?;
        body = if part.message.is_some() && part.descendants > 0 {
            Some(at + 1)
        } else {
            Some(at).filter(|_| part.is_multipart())
        };
    }
    (at < meta.parts.len()).then_some(at)
}

/// The octets of a section; none if the message has no such section.
#[must_use]
pub fn section(path: &[u32], section: Section, meta: &EmailMeta<'_>) -> Option<Range<usize>> {
    let at = find(path, meta)?;
    let part = meta.parts.get(at)?;
    // RFC 9051 6.4.5.1: HEADER and TEXT are of messages only, MIME of numbered parts only.
    let message = if path.is_empty() {
        Some(part)
    } else if part.message.is_some() {
        meta.parts.get(at + 1)
    } else {
        None
    };
    Some(match section {
        Section::Body if path.is_empty() => header(part).start..body(part).end,
        Section::Body => body(part),
        Section::Mime if path.is_empty() => return None,
        Section::Mime => header(part),
        Section::Header => header(message?),
        Section::Text => body(message?),
    })
}

/// Place of a part's header in the message, its empty line included.
#[must_use]
pub fn header(part: &Part<'_>) -> Range<usize> {
    part.header_start as usize..part.body_start as usize
}

/// Place of a part's body in the message.
#[must_use]
pub fn body(part: &Part<'_>) -> Range<usize> {
    part.body_start as usize..part.body_end as usize
}

/// The fields of a header section that are named, or those that are not, as they stand, and the
/// empty line if the header has one.
///
/// RFC 9051 6.4.5.1: names are compared as a whole, letter case aside.
#[must_use]
pub fn header_fields(header: &[u8], filter: FieldFilter, names: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut rest = header;
    while !rest.is_empty() {
        if let Some(length) = empty_line(rest) {
            kept.extend_from_slice(&rest[..length]);
            break;
        }
        let field = first_field(rest);
        let is_named = name_and_value(field).is_some_and(|(name, _)| {
            names
                .iter()
                .any(|wanted| name.eq_ignore_ascii_case(wanted.as_ref()))
        });
        if is_named == (filter == FieldFilter::Only) {
            kept.extend_from_slice(field);
        }
        rest = &rest[field.len()..];
    }
    kept
}

/// The content of a part: its body without the transfer encoding. Broken encodings are read as far
/// as they can be; offsets beyond `message` give less or nothing.
///
/// # Errors
/// If the encoding is unknown (RFC 9051 7.1: `UNKNOWN-CTE`).
pub fn decoded<'m>(message: &'m [u8], part: &Part<'_>) -> Result<Cow<'m, [u8]>, UnknownEncoding> {
    let range = body(part);
    let end = range.end.min(message.len());
    let raw = message.get(range.start.min(end)..end).unwrap_or_default();
    // RFC 2045 6.4: containers are never encoded, whatever they say.
    if part.is_multipart() || part.message.is_some() {
        return Ok(Cow::Borrowed(raw));
    }
    match part.encoding {
        Encoding::SevenBit | Encoding::EightBit | Encoding::Binary => Ok(Cow::Borrowed(raw)),
        Encoding::Base64 => Ok(Cow::Owned(decode::base64(raw))),
        Encoding::QuotedPrintable => Ok(Cow::Owned(decode::quoted_printable(raw))),
        Encoding::Other(_) => Err(UnknownEncoding),
    }
}

/// Octets of a part's content, as [`decoded`] gives it (RFC 9051 6.4.5, `BINARY.SIZE`).
///
/// # Errors
/// If the encoding is unknown.
pub fn decoded_octets(message: &[u8], part: &Part<'_>) -> Result<usize, UnknownEncoding> {
    decoded(message, part).map(|content| content.len())
}

/// The text of a part: its content in its charset. Unreadable octets become U+FFFD.
///
/// # Errors
/// If the encoding is unknown.
pub fn decoded_text(message: &[u8], part: &Part<'_>) -> Result<String, UnknownEncoding> {
    let content = decoded(message, part)?;
    let charset = part
        .parameters
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map(|(_, value)| *value);
    Ok(decode::charset_text(&content, charset).into_owned())
}

/// For [`super::fuzz`]: the metadata reads back, its parts lie within the message and within each
/// other, and each section and content can be read.
pub(crate) fn check(message: &[u8], meta: &[u8]) {
    let meta = EmailMeta::decode(meta).expect("metadata reads back");
    let root = &meta.parts[0];
    assert_eq!((root.header_start, body(root).end), (0, message.len()));
    for (at, part) in meta.parts.iter().enumerate() {
        assert!(part.header_start <= part.body_start && part.body_start <= part.body_end);
        let children: Vec<usize> = meta.children(at).collect();
        let mut before = part.body_start;
        for child in &children {
            let child = &meta.parts[*child];
            assert!(before <= child.header_start && child.body_end <= part.body_end);
            before = child.body_end;
        }
        assert_eq!(
            part.is_multipart() || part.message.is_some(),
            !children.is_empty()
        );
        assert!(part.message.is_none() || children.len() == 1);
        let content = decoded(message, part);
        assert_eq!(
            content.is_err(),
            matches!(part.encoding, Encoding::Other(_)) && children.is_empty()
        );
    }
    check_paths(&meta, message);
}

/// Every part is found under the number it has.
fn check_paths(meta: &EmailMeta<'_>, message: &[u8]) {
    for which in [Section::Body, Section::Header, Section::Text] {
        let found = section(&[], which, meta).expect("a message has these sections");
        assert!(found.end <= message.len());
    }
    let mut waiting = vec![(Vec::new(), 0)];
    let mut found = 0;
    while let Some((path, body)) = waiting.pop() {
        let leaves: Vec<usize> = if meta.parts[body].is_multipart() {
            found += usize::from(body == 0 || meta.parts[body - 1].message.is_some());
            meta.children(body).collect()
        } else {
            vec![body]
        };
        for (number, at) in (1..).zip(leaves) {
            let mut path: Vec<u32> = path.clone();
            path.push(number);
            assert_eq!(find(&path, meta), Some(at), "{path:?}");
            found += 1;
            assert_eq!(
                section(&path, Section::Mime, meta),
                Some(header(&meta.parts[at]))
            );
            let fields = &message[header(&meta.parts[at])];
            let only = header_fields(fields, FieldFilter::Only, &["subject"]).len();
            let not = header_fields(fields, FieldFilter::Not, &["subject"]).len();
            assert!(only.max(not) <= fields.len() && only + not >= fields.len());
            if meta.parts[at].message.is_some() {
                assert!(section(&path, Section::Text, meta).is_some());
                waiting.push((path, at + 1));
            } else if meta.parts[at].is_multipart() {
                waiting.push((path, at));
            }
        }
    }
    assert_eq!(
        found,
        meta.parts.len(),
        "each part has a number, or is a message's multipart"
    );
}
