//! Header fields: where they lie, and the text and addresses in them, each worked out once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use mail_parser::parsers::MessageStream;
use mail_parser::{ContentType, DateTime, HeaderValue};
use memchr::{memchr, memmem};

use super::address::{self, Mailbox};
use crate::limits::{FIELD_OCTETS_MAX, FIELDS_MAX};

/// One field, or lines in a header that are none.
#[derive(Debug)]
pub(crate) struct Field {
    raw: Raw,
    /// Octets of the name; 0: no field.
    name: usize,
    /// Where the value begins in the raw field.
    value: usize,
    /// The text where it differs from the octets.
    text: OnceCell<Option<Box<str>>>,
    /// The text in capitals where that differs.
    upper: OnceCell<Option<Box<str>>>,
    addresses: OnceCell<Box<[Mailbox]>>,
}

#[derive(Debug)]
enum Raw {
    At(Range<usize>),
    Made(Box<[u8]>),
}

impl Field {
    fn new(raw: Raw, octets: &[u8]) -> Self {
        let (name, value) = name_and_value(octets).unwrap_or((0, octets.len()));
        Self {
            raw,
            name,
            value,
            text: OnceCell::new(),
            upper: OnceCell::new(),
            addresses: OnceCell::new(),
        }
    }

    pub(crate) fn made(octets: &[u8]) -> Self {
        Self::new(Raw::Made(octets.into()), octets)
    }

    pub(crate) fn raw<'a>(&'a self, octets: &'a [u8]) -> &'a [u8] {
        match &self.raw {
            Raw::At(range) => octets.get(range.clone()).unwrap_or_default(),
            Raw::Made(made) => made,
        }
    }
}

/// The fields of the header section at the beginning of `range`, and where it ends (before its empty line).
pub(crate) fn read(octets: &[u8], range: Range<usize>) -> (Vec<Field>, usize) {
    let mut fields = Vec::new();
    let mut at = range.start;
    while let Some(rest) = octets.get(at..range.end).filter(|rest| !rest.is_empty()) {
        if empty_line(rest).is_some() {
            break;
        }
        let length = if fields.len() < FIELDS_MAX {
            field_length(rest)
        } else {
            // What is too much stays in the message, unseen.
            header_length(rest)
        };
        let raw = Raw::At(at..at + length);
        fields.push(if fields.len() < FIELDS_MAX {
            Field::new(raw, &rest[..length])
        } else {
            Field::new(raw, b"")
        });
        at += length;
    }
    (fields, at)
}

/// Length of the empty line that `rest` begins with. RFC 5322 2.1 wants CRLF; imported mail often has LF alone.
pub(crate) fn empty_line(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

fn line_length(rest: &[u8]) -> usize {
    memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)
}

/// RFC 5322 2.2.3: a line that begins with white space continues the one before.
fn field_length(rest: &[u8]) -> usize {
    let mut end = line_length(rest);
    while matches!(rest.get(end), Some(b' ' | b'\t')) {
        end += line_length(&rest[end..]);
    }
    end
}

fn header_length(rest: &[u8]) -> usize {
    let mut end = 0;
    while end < rest.len() && empty_line(&rest[end..]).is_none() {
        end += line_length(&rest[end..]);
    }
    end
}

/// Length of the name, and where the value begins.
fn name_and_value(field: &[u8]) -> Option<(usize, usize)> {
    let colon = memchr(b':', field)?;
    // RFC 5322 4.5: white space before the colon is obsolete, but to be accepted.
    let name = field[..colon].trim_ascii_end();
    let named = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    named.then_some((name.len(), colon + 1))
}

/// A header section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'a> {
    octets: &'a [u8],
    fields: &'a [Field],
}

impl<'a> Header<'a> {
    pub(crate) fn new(octets: &'a [u8], fields: &'a [Field]) -> Self {
        Self { octets, fields }
    }

    /// How many fields there are.
    pub(crate) fn len(self) -> usize {
        self.fields.len()
    }

    /// All fields, from the top.
    pub(crate) fn all(self) -> impl DoubleEndedIterator<Item = FieldView<'a>> {
        let fields = self.fields.iter().enumerate();
        fields.map(move |(place, field)| FieldView {
            place,
            octets: self.octets,
            field,
        })
    }

    /// The fields of one name, from the top. RFC 5228 2.4.2.2: letter case aside.
    pub(crate) fn named(self, name: &str) -> impl DoubleEndedIterator<Item = FieldView<'a>> {
        self.all().filter(move |field| field.is_named(name))
    }

    pub(crate) fn first(self, name: &str) -> Option<FieldView<'a>> {
        self.named(name).next()
    }
}

/// A field of a header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldView<'a> {
    /// Its place among all fields.
    pub(crate) place: usize,
    octets: &'a [u8],
    field: &'a Field,
}

impl<'a> FieldView<'a> {
    pub(crate) fn raw(self) -> &'a [u8] {
        self.field.raw(self.octets)
    }

    pub(crate) fn is_named(self, name: &str) -> bool {
        self.field.name == name.len()
            && self.name().eq_ignore_ascii_case(name.as_bytes())
            && !name.is_empty()
    }

    fn name(self) -> &'a [u8] {
        self.raw().get(..self.field.name).unwrap_or_default()
    }

    fn value(self) -> &'a [u8] {
        bounded(self.raw().get(self.field.value..).unwrap_or_default())
    }

    /// The value without folding and white space around it, its encoded words decoded (RFC 5228 2.7.2, 5.7).
    pub(crate) fn text(self) -> &'a str {
        let text = self.field.text.get_or_init(|| match text(self.value()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text.into()),
        });
        match text {
            Some(text) => text,
            None => str::from_utf8(self.value().trim_ascii()).unwrap_or_default(),
        }
    }

    /// The text with the letters of ASCII as capitals.
    pub(crate) fn upper(self) -> &'a str {
        let text = self.text();
        let upper = self.field.upper.get_or_init(|| {
            let differs = text.bytes().any(|byte| byte.is_ascii_lowercase());
            differs.then(|| text.to_ascii_uppercase().into())
        });
        upper.as_deref().unwrap_or(text)
    }

    pub(crate) fn addresses(self) -> &'a [Mailbox] {
        self.field
            .addresses
            .get_or_init(|| address::mailboxes(self.value()))
    }

    /// RFC 5322 3.3, obsolete forms included.
    pub(crate) fn date(self) -> Option<DateTime> {
        let text = self.value();
        // RFC 5260 4: behind the last `;`, as in `Received`, or the whole.
        let text = memchr::memrchr(b';', text).map_or(text, |at| &text[at + 1..]);
        match structured(text, |stream| stream.parse_date()) {
            HeaderValue::DateTime(date) if date.is_valid() => Some(date),
            _ => None,
        }
    }

    /// RFC 2045 5.1, RFC 2183 2: a value with parameters.
    pub(crate) fn content_type(self) -> Option<ContentType<'a>> {
        content_type(self.value())
    }
}

/// A value with parameters.
pub(crate) fn content_type(value: &[u8]) -> Option<ContentType<'_>> {
    match structured(value, |stream| stream.parse_content_type()) {
        HeaderValue::ContentType(content_type) => Some(content_type),
        _ => None,
    }
}

/// Unstructured text, with the encoded words of RFC 2047 decoded; borrowed if it is the trimmed value itself.
fn text(value: &[u8]) -> Cow<'_, str> {
    if memmem::find(value, b"=?").is_some()
        && let HeaderValue::Text(text) = structured(value, |stream| stream.parse_unstructured())
    {
        return Cow::Owned(clean(text.trim()).into_owned());
    }
    let value = value.trim_ascii();
    if memchr(b'\n', value).is_some() {
        // RFC 5322 2.2.3: unfolding removes the line end and keeps the white space.
        let unfolded = String::from_utf8_lossy(value).replace(['\r', '\n'], "");
        return Cow::Owned(clean(&unfolded).into_owned());
    }
    match String::from_utf8_lossy(value) {
        Cow::Borrowed(text) => clean(text),
        Cow::Owned(text) => Cow::Owned(clean(&text).into_owned()),
    }
}

/// Text without controls: they become spaces, so that no decoded word can break a line.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let is_control = |byte: u8| byte == 0x7f || (byte < b' ' && byte != b'\t');
    if text.bytes().any(is_control) {
        Cow::Owned(text.replace(|c: char| c == '\u{7f}' || (c < ' ' && c != '\t'), " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// RFC 5322 3.6.8: printable characters of ASCII but the colon.
pub(crate) fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 76
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b':')
}

/// Runs one of the field parsers of `mail-parser`, which want a line end behind the value.
pub(crate) fn structured<'v>(
    value: &'v [u8],
    parse: for<'x> fn(&mut MessageStream<'x>) -> HeaderValue<'x>,
) -> HeaderValue<'v> {
    if value.ends_with(b"\n") {
        return parse(&mut MessageStream::new(value));
    }
    let mut owned = Vec::with_capacity(value.len() + 1);
    owned.extend_from_slice(value);
    owned.push(b'\n');
    parse(&mut MessageStream::new(&owned)).into_owned()
}

/// At most [`FIELD_OCTETS_MAX`] of a value, cut between words where there are any.
fn bounded(value: &[u8]) -> &[u8] {
    if value.len() <= FIELD_OCTETS_MAX {
        return value;
    }
    let head = &value[..FIELD_OCTETS_MAX];
    &head[..memchr::memrchr2(b' ', b',', head).unwrap_or(head.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(header: &str, name: &str) -> Vec<String> {
        let (fields, _) = read(header.as_bytes(), 0..header.len());
        let header = Header::new(header.as_bytes(), &fields);
        header
            .named(name)
            .map(|field| field.text().to_owned())
            .collect()
    }

    #[test]
    fn text_is_unfolded_and_decoded() {
        let header = "Subject :  one\r\n two \r\nsubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?q?_an?=\r\nSUBJECT:\r\nno field\r\n\r\nSubject: body";
        assert_eq!(texts(header, "subject"), ["one two", "Grüße an", ""]);
        assert!(texts(header, "").is_empty());
        assert_eq!(
            texts("X: =?utf-8?q?a=0D=0ABcc:_b?=\r\n", "x"),
            ["a  Bcc: b"]
        );
        assert_eq!(
            texts("X: \u{1}a", "x"),
            ["a".to_owned()].map(|a| format!(" {a}"))
        );
    }

    #[test]
    fn capitals_are_kept_beside_the_text() {
        let header = b"X: aB\n";
        let (fields, _) = read(header, 0..header.len());
        let field = Header::new(header, &fields).first("x").unwrap();
        assert_eq!((field.text(), field.upper()), ("aB", "AB"));
    }

    #[test]
    fn too_many_fields_stay_in_the_message() {
        let header = "A: b\r\n".repeat(FIELDS_MAX + 5) + "\r\nbody";
        let (fields, end) = read(header.as_bytes(), 0..header.len());
        assert_eq!(fields.len(), FIELDS_MAX + 1);
        assert_eq!(&header[end..], "\r\nbody");
        assert_eq!(texts(&header, "a").len(), FIELDS_MAX);
    }

    #[test]
    fn dates_stand_alone_or_behind_a_semicolon() {
        let header = b"Received: by x; Wed, 7 Dec 2005 05:08:02 -0500\r\n";
        let (fields, _) = read(header, 0..header.len());
        let date = Header::new(header, &fields)
            .first("received")
            .unwrap()
            .date()
            .unwrap();
        assert_eq!(date.to_timestamp(), 1_133_950_082);
    }
}
