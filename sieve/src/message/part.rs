//! The parts of a message (RFC 2046 5.1), with their places in its octets.

use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

use memchr::memmem::Finder;

use super::decode::{self, Transfer};
use super::field::{self, Field, Header};
use super::html;
use crate::limits::{PART_DEPTH_MAX, PART_TEXT_OCTETS_MAX, PARTS_MAX};

/// One part.
#[derive(Debug)]
pub(crate) struct Part {
    start: usize,
    body: Range<usize>,
    descendants: usize,
    kind: Kind,
    /// The media type in small letters: `text/plain`.
    media: Box<str>,
    charset: Option<Box<str>>,
    transfer: Transfer,
    fields: OnceCell<Vec<Field>>,
    content: OnceCell<Rc<str>>,
    plain: OnceCell<Rc<str>>,
    /// The plain text in capitals.
    upper: OnceCell<Rc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Leaf,
    /// The header of the message within.
    Message(Range<usize>),
    Multipart {
        prologue: Range<usize>,
        epilogue: Range<usize>,
    },
}

/// What of a part's content is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartText {
    /// RFC 5173 5.2: decoded, in Unicode where it is text.
    Content,
    /// RFC 5173 5.3: without the mark-up of HTML.
    Plain,
}

impl Part {
    /// Header and body.
    pub(crate) fn whole(&self) -> Range<usize> {
        self.start..self.body.end
    }

    pub(crate) fn body(&self) -> Range<usize> {
        self.body.clone()
    }

    /// How many parts behind this one lie within it.
    pub(crate) fn descendants(&self) -> usize {
        self.descendants
    }

    pub(crate) fn media(&self) -> &str {
        &self.media
    }

    pub(crate) fn is_text(&self) -> bool {
        self.media.starts_with("text/")
    }

    pub(crate) fn fields(&self, octets: &[u8]) -> &[Field] {
        self.fields
            .get_or_init(|| field::read(octets, self.start..self.body.start).0)
    }

    /// The strings that `body :content` compares (RFC 5173 5.2).
    pub(crate) fn pieces(&self, octets: &[u8]) -> Vec<Rc<str>> {
        let text = |range: &Range<usize>| {
            let octets = octets.get(range.clone()).unwrap_or_default();
            Rc::from(String::from_utf8_lossy(cut(octets)))
        };
        match &self.kind {
            Kind::Leaf => vec![self.content(octets, PartText::Content)],
            Kind::Message(header) => vec![text(header)],
            Kind::Multipart { prologue, epilogue } => vec![text(prologue), text(epilogue)],
        }
    }

    /// [`PartText::Plain`] with the letters of ASCII as capitals.
    pub(crate) fn upper(&self, octets: &[u8]) -> Rc<str> {
        let upper = self.upper.get_or_init(|| {
            let plain = self.content(octets, PartText::Plain);
            if plain.bytes().any(|byte| byte.is_ascii_lowercase()) {
                plain.to_ascii_uppercase().into()
            } else {
                plain
            }
        });
        Rc::clone(upper)
    }

    /// The content in Unicode; empty if it cannot be decoded.
    pub(crate) fn content(&self, octets: &[u8], which: PartText) -> Rc<str> {
        let content = self.content.get_or_init(|| {
            let encoded = octets.get(self.body.clone()).unwrap_or_default();
            let Some(decoded) = self.transfer.decode(encoded) else {
                return Rc::from("");
            };
            let decoded = cut(&decoded);
            if self.is_text() {
                decode::text(decoded, self.charset.as_deref())
                    .map_or_else(|| Rc::from(""), Rc::from)
            } else {
                Rc::from(String::from_utf8_lossy(decoded))
            }
        });
        if which == PartText::Content || &*self.media != "text/html" {
            return Rc::clone(content);
        }
        let plain = self.plain.get_or_init(|| html::text_of(content).into());
        Rc::clone(plain)
    }
}

fn cut(octets: &[u8]) -> &[u8] {
    &octets[..octets.len().min(PART_TEXT_OCTETS_MAX)]
}

/// The parts of a message, itself first.
pub(crate) fn read(octets: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    add(octets, 0..octets.len(), "text/plain", 0, &mut parts);
    parts
}

/// Adds the part that is `range`, and those within it.
fn add(
    octets: &[u8],
    range: Range<usize>,
    default_media: &str,
    depth: usize,
    parts: &mut Vec<Part>,
) {
    let (fields, header_end) = field::read(octets, range.clone());
    let rest = &octets[header_end..range.end];
    let body = header_end + field::empty_line(rest).unwrap_or(0)..range.end;
    let header = Header::new(octets, &fields);
    let content_type = header
        .first("content-type")
        .and_then(|field| field.content_type());
    let media = content_type.as_ref().map_or_else(
        || default_media.to_owned(),
        |content_type| {
            let subtype = content_type.c_subtype.as_deref().unwrap_or_default();
            format!("{}/{subtype}", content_type.c_type).to_ascii_lowercase()
        },
    );
    let attribute = |name: &str| {
        content_type
            .as_ref()
            .and_then(|value| value.attribute(name))
            .map(str::to_owned)
    };
    let charset = attribute("charset");
    let boundary = attribute("boundary");
    let transfer = header
        .first("content-transfer-encoding")
        .map_or("", |field| field.text());
    let transfer = Transfer::named(transfer);
    drop(content_type);

    let place = parts.len();
    parts.push(Part {
        start: range.start,
        body: body.clone(),
        descendants: 0,
        kind: Kind::Leaf,
        media: media.as_str().into(),
        charset: charset.map(Into::into),
        transfer,
        fields: OnceCell::from(fields),
        content: OnceCell::new(),
        plain: OnceCell::new(),
        upper: OnceCell::new(),
    });
    if depth >= PART_DEPTH_MAX {
        return;
    }
    let kind = if let (true, Some(boundary)) = (media.starts_with("multipart/"), boundary) {
        // RFC 2046 5.1.5: in a digest, parts are messages unless they say otherwise.
        let default = if media == "multipart/digest" {
            "message/rfc822"
        } else {
            "text/plain"
        };
        let split = split(octets, body, boundary.as_bytes());
        for child in split.children {
            if parts.len() < PARTS_MAX {
                add(octets, child, default, depth + 1, parts);
            }
        }
        Kind::Multipart {
            prologue: split.prologue,
            epilogue: split.epilogue,
        }
    } else if matches!(media.as_str(), "message/rfc822" | "message/global")
        && transfer == Transfer::Plain
    {
        if parts.len() < PARTS_MAX {
            add(octets, body.clone(), "text/plain", depth + 1, parts);
        }
        let header_end = parts
            .get(place + 1)
            .map_or(body.end, |part| part.body.start);
        Kind::Message(body.start..header_end)
    } else {
        Kind::Leaf
    };
    let descendants = parts.len() - place - 1;
    if let Some(part) = parts.get_mut(place) {
        part.kind = kind;
        part.descendants = descendants;
    }
}

struct Split {
    prologue: Range<usize>,
    children: Vec<Range<usize>>,
    epilogue: Range<usize>,
}

/// RFC 2046 5.1.1: the parts between the delimiter lines; the line end before a delimiter belongs to it.
fn split(octets: &[u8], body: Range<usize>, boundary: &[u8]) -> Split {
    let mut split = Split {
        prologue: body.clone(),
        children: Vec::new(),
        epilogue: body.end..body.end,
    };
    let delimiter = [b"--", boundary].concat();
    let finder = Finder::new(&delimiter);
    let mut child = None;
    let mut at = body.start;
    while let Some(found) = octets.get(at..body.end).and_then(|rest| finder.find(rest)) {
        let start = at + found;
        at = start + delimiter.len();
        let begins_line = start == body.start || octets.get(start - 1) == Some(&b'\n');
        let rest = &octets[at..body.end];
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest[..end].trim_ascii_end();
        let closes = line.starts_with(b"--");
        if !begins_line || !(closes || line.trim_ascii().is_empty()) {
            continue;
        }
        let before = line_end_before(octets, start).max(body.start);
        match child.take() {
            None => split.prologue = body.start..before,
            Some(from) => split.children.push(from..before.max(from)),
        }
        at += end;
        if closes {
            split.epilogue = at..body.end;
            return split;
        }
        if split.children.len() >= PARTS_MAX {
            break;
        }
        child = Some(at);
    }
    // RFC 2046 5.1.2: a multipart that is not closed ends with what holds it.
    if let Some(from) = child {
        split.children.push(from..body.end);
    }
    split
}

/// Where the line end before a delimiter begins.
fn line_end_before(octets: &[u8], delimiter: usize) -> usize {
    match octets.get(..delimiter) {
        Some([.., b'\r', b'\n']) => delimiter - 2,
        Some([.., b'\n']) => delimiter - 1,
        _ => delimiter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NESTED: &str = "Content-Type: multipart/mixed; boundary=o\r\n\r\npro\r\n--o\r\nContent-Type: multipart/alternative; boundary=\"oo\"\r\n\r\n--oo\r\n\r\na\r\n--oo\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<b>=E4</b>\r\n--oo--\r\nepi\r\n--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nb\r\n--o--\r\nend\r\n";

    #[test]
    fn parts_are_found_with_those_within_them() {
        let parts = read(NESTED.as_bytes());
        let seen: Vec<(&str, usize)> = parts
            .iter()
            .map(|part| (part.media(), part.descendants()))
            .collect();
        assert_eq!(
            seen,
            [
                ("multipart/mixed", 5),
                ("multipart/alternative", 2),
                ("text/plain", 0),
                ("text/html", 0),
                ("message/rfc822", 1),
                ("text/plain", 0),
            ]
        );
        let octets = NESTED.as_bytes();
        let pieces = |part: usize| {
            parts[part]
                .pieces(octets)
                .iter()
                .map(|piece| piece.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(pieces(0), ["pro", "end\r\n"]);
        assert_eq!(pieces(1), ["", "epi"]);
        assert_eq!(pieces(2), ["a"]);
        assert_eq!(pieces(3), ["<b>ä</b>"]);
        assert_eq!(&*parts[3].content(octets, PartText::Plain), "ä");
        assert_eq!(pieces(4), ["Subject: s\r\n\r\n"]);
        assert_eq!(pieces(5), ["b"]);
    }

    #[test]
    fn broken_and_hostile_structures_end() {
        let open = b"Content-Type: multipart/mixed; boundary=o\n\n--o\n\na\n--ox\nb";
        let parts = read(open);
        assert_eq!(parts.len(), 2);
        assert_eq!(&*parts[1].content(open, PartText::Content), "a\n--ox\nb");
        let many = format!(
            "Content-Type: multipart/mixed; boundary=o\n\n{}",
            "--o\n\n".repeat(PARTS_MAX * 3)
        );
        assert!(read(many.as_bytes()).len() <= PARTS_MAX);
        let deep = "Content-Type: message/rfc822\n\n".repeat(1_000);
        assert!(read(deep.as_bytes()).len() <= PART_DEPTH_MAX + 1);
        assert_eq!(read(b"").len(), 1);
    }
}
