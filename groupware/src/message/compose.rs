//! A message written from its header fields and parts: what a client that knows no MIME hands in (RFC 8621 4.6).
//!
//! [`Draft::write`] is pure and takes whatever it is given: control characters become spaces, texts that need it are
//! encoded, lines are folded, a transfer encoding is chosen for each part. So what comes out is a message, though
//! perhaps one with half an address in it: drafts are like that. Boundaries come out of a hash of what the caller names as
//! unique, not from a clock.

mod encoding;
mod field;
mod parameter;
mod word;

use encoding::Encoded;
pub(crate) use encoding::base64_lines;
pub(crate) use field::date;
pub use field::{Field, FieldError, FieldValue, Group, Mailbox, check_name};
use parameter::write_parameters;

/// Octets in a line, without its end, that are aimed at (RFC 5322 2.1.1).
const LINE_OCTETS: usize = 76;
/// Octets in a line, without its end, that are never exceeded where it can be helped (RFC 5322 2.1.1).
const LINE_OCTETS_MAX: usize = 998;

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its header fields in their order, without those of its outermost part.
    pub fields: Vec<Field>,
    /// The outermost part.
    pub body: NewPart,
}

/// A part to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPart {
    /// Its media type, such as `text/plain`, in lower case.
    pub media_type: String,
    /// Parameters of the media type beyond those that follow from the rest.
    pub parameters: Vec<(String, String)>,
    /// `Content-Disposition` (RFC 2183).
    pub disposition: Option<String>,
    /// The name of the file.
    pub name: Option<String>,
    /// `Content-ID` without its angle brackets.
    pub id: Option<String>,
    /// `Content-Language`.
    pub languages: Vec<String>,
    /// `Content-Location`.
    pub location: Option<String>,
    /// Other fields of its header.
    pub fields: Vec<Field>,
    /// What is in it.
    pub content: NewContent,
}

/// What is in a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewContent {
    /// A text; it is written as UTF-8, its lines with the ends that mail has.
    Text(String),
    /// Octets, as they are once decoded.
    Octets(Vec<u8>),
    /// Other parts.
    Parts(Vec<NewPart>),
}

impl Default for NewContent {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Draft {
    /// The message. `unique` is what no other message has; it need not be secret.
    #[must_use]
    pub fn write(&self, unique: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(1_024 + self.body.octets() * 4 / 3);
        for field in &self.fields {
            field.write(&mut message);
        }
        let has_version = |field: &Field| field.is("MIME-Version");
        if !self.fields.iter().any(has_version) {
            // RFC 2045 4: required at the top of every message that is MIME.
            message.extend_from_slice(b"MIME-Version: 1.0\r\n");
        }
        let mut boundaries = Boundaries::new(unique);
        self.body.write(&mut message, &mut boundaries);
        message
    }
}

impl NewPart {
    /// A part with this text.
    #[must_use]
    pub fn text(subtype: &str, text: impl Into<String>) -> Self {
        Self {
            media_type: format!("text/{subtype}"),
            content: NewContent::Text(text.into()),
            ..Self::default()
        }
    }

    /// A part with other parts.
    #[must_use]
    pub fn multipart(subtype: &str, parts: Vec<Self>) -> Self {
        Self {
            media_type: format!("multipart/{subtype}"),
            content: NewContent::Parts(parts),
            ..Self::default()
        }
    }

    /// Octets of what is in it, before they are encoded.
    #[must_use]
    pub fn octets(&self) -> usize {
        match &self.content {
            NewContent::Text(text) => text.len(),
            NewContent::Octets(octets) => octets.len(),
            NewContent::Parts(parts) => parts.iter().map(Self::octets).sum(),
        }
    }

    /// Its header, the empty line, and its body without a line end behind it where it is a multipart's.
    fn write(&self, out: &mut Vec<u8>, boundaries: &mut Boundaries) {
        let mut parameters = self.parameters.clone();
        let said = |parameters: &[(String, String)], name: &str| {
            parameters
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        let content = match &self.content {
            NewContent::Text(text) => {
                parameters.retain(|(name, _)| !name.eq_ignore_ascii_case("charset"));
                parameters.insert(0, ("charset".into(), "utf-8".into()));
                Content::Single(Encoded::text(text))
            }
            NewContent::Octets(octets) if self.is_message() => {
                Content::Single(Encoded::identity(octets))
            }
            NewContent::Octets(octets) => Content::Single(Encoded::octets(octets)),
            NewContent::Parts(parts) => {
                // RFC 2046 5.1: whatever was said of the boundary, it is ours.
                parameters.retain(|(name, _)| !name.eq_ignore_ascii_case("boundary"));
                let boundary = boundaries.next();
                parameters.push(("boundary".into(), boundary.clone()));
                Content::Parts(parts, boundary)
            }
        };
        if let Some(name) = &self.name
            && !said(&parameters, "name")
        {
            // RFC 2183 2.3 has the name in the disposition; older readers look here.
            parameters.push(("name".into(), name.clone()));
        }
        write_parameters(out, "Content-Type", &self.media_type, &parameters);
        if self.disposition.is_some() || self.name.is_some() {
            let kind = self.disposition.as_deref().unwrap_or("attachment");
            let name = self
                .name
                .iter()
                .map(|name| ("filename".into(), name.clone()));
            write_parameters(out, "Content-Disposition", kind, &name.collect::<Vec<_>>());
        }
        if let Some(id) = &self.id {
            Field::new("Content-ID", FieldValue::MessageIds(vec![id.clone()])).write(out);
        }
        if !self.languages.is_empty() {
            let languages = self.languages.join(", ");
            Field::new("Content-Language", FieldValue::Text(languages)).write(out);
        }
        if let Some(location) = &self.location {
            Field::new("Content-Location", FieldValue::Text(location.clone())).write(out);
        }
        for field in &self.fields {
            field.write(out);
        }
        match content {
            Content::Single(encoded) => encoded.write(out),
            Content::Parts(parts, boundary) => write_parts(out, parts, &boundary, boundaries),
        }
    }

    /// RFC 2046 5.2.1: a message within, and what is said of one, is not encoded.
    fn is_message(&self) -> bool {
        self.media_type.starts_with("message/")
    }
}

enum Content<'p> {
    Single(Encoded<'p>),
    Parts(&'p [NewPart], String),
}

/// RFC 2046 5.1.1: each part behind its boundary; the line end before a boundary belongs to it.
fn write_parts(out: &mut Vec<u8>, parts: &[NewPart], boundary: &str, boundaries: &mut Boundaries) {
    out.extend_from_slice(b"\r\n");
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        part.write(out, boundaries);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
}

/// The boundaries of one message. RFC 2045 6.7: `=_` stands in no encoded body.
struct Boundaries {
    hasher: blake3::Hasher,
    count: u32,
}

impl Boundaries {
    fn new(unique: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("Wachpost boundary of a message");
        hasher.update(unique);
        Self { hasher, count: 0 }
    }

    fn next(&mut self) -> String {
        self.count += 1;
        self.hasher.update(&self.count.to_be_bytes());
        format!("=_{}", &self.hasher.finalize().to_hex().as_str()[..24])
    }
}

/// For fuzzing: a message made of any bytes is read again as what was written.
///
/// # Panics
/// If it is not.
pub fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (subject, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let (name, body) = rest.split_once('\n').unwrap_or((rest, ""));
    let from = vec![Mailbox {
        name: Some(name.to_owned()),
        address: subject.to_owned(),
    }];
    let file = NewPart {
        media_type: "application/octet-stream".into(),
        name: Some(name.to_owned()),
        content: NewContent::Octets(input.to_vec()),
        ..NewPart::default()
    };
    let draft = Draft {
        fields: vec![
            Field::new("From", FieldValue::Addresses(from)),
            Field::new("Subject", FieldValue::Text(subject.to_owned())),
        ],
        body: NewPart::multipart("mixed", vec![NewPart::text("plain", body), file]),
    };
    let message = draft.write(input);
    let parsed = super::parse(&message);
    let meta = model::EmailMeta::decode(&parsed.meta).expect("what was encoded is decoded");
    assert_eq!(meta.parts.len(), 3, "the parts that were written");
    let octets = super::part::decoded(&message, &meta.parts[2]).expect("an encoding of ours");
    assert!(*octets == *input, "the octets that were written");
}

#[cfg(test)]
mod tests;
