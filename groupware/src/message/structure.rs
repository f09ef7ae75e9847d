//! A message cut into its parts, with the exact offsets that IMAP's sections need (RFC 2046 5.1, RFC 9051 6.4.5).
//!
//! One pass over the lines, with the boundaries of all open multiparts at hand: time is linear in
//! the message and memory in the number of parts, which is bounded.
//!
//! Two promises to readers: a `multipart` has at least one child, and a part with a message has
//! exactly one. What has no room for that (too deep, too many) is named `application/octet-stream`.

use std::borrow::Cow;

use memchr::memchr_iter;
use memchr::memmem::Finder;
use model::{MESSAGE_PARTS_DEPTH_MAX, MESSAGE_PARTS_MAX};

use super::content::{MediaType, Parameters, disposition, parameter, word};
use super::field::{Fields, line_length, text, unfolded};
use super::headers::HeaderValues;

/// Octets of a boundary that are compared; RFC 2046 5.1.1 allows 70.
const BOUNDARY_OCTETS_MAX: usize = 500;
/// Languages of one part.
const LANGUAGES_MAX: usize = 16;

/// One part before its texts are bounded; see [`model::Part`].
#[derive(Clone, Debug)]
pub(crate) struct PartValues<'m> {
    pub(crate) descendants: usize,
    pub(crate) media: MediaType<'m>,
    pub(crate) id: Option<Cow<'m, str>>,
    pub(crate) description: Option<Cow<'m, str>>,
    pub(crate) encoding: Option<&'m str>,
    pub(crate) disposition: Option<(Cow<'m, str>, Parameters<'m>)>,
    pub(crate) languages: Vec<Cow<'m, str>>,
    pub(crate) location: Option<Cow<'m, str>>,
    pub(crate) header_start: usize,
    pub(crate) body_start: usize,
    pub(crate) body_end: usize,
    pub(crate) lines: usize,
    pub(crate) message: Option<Box<HeaderValues<'m>>>,
}

impl<'m> PartValues<'m> {
    fn new(
        fields: &Fields<'m>,
        media: MediaType<'m>,
        header_start: usize,
        body_start: usize,
    ) -> Self {
        Self {
            descendants: 0,
            media,
            id: fields.content_id.map(unfolded),
            description: fields.content_description.map(text),
            encoding: fields.content_encoding.and_then(word),
            disposition: fields.content_disposition.and_then(disposition),
            languages: fields.content_language.map_or_else(Vec::new, languages),
            location: fields.content_location.map(unfolded),
            header_start,
            body_start,
            body_end: body_start,
            lines: 0,
            message: None,
        }
    }

    pub(crate) fn is_multipart(&self) -> bool {
        self.media.kind.eq_ignore_ascii_case("multipart")
    }

    /// Whether its content is a message (RFC 2046 5.2.1, RFC 6532 3.7).
    pub(crate) fn is_message(&self) -> bool {
        self.media.is("message", "rfc822") || self.media.is("message", "global")
    }

    /// Whether its content stands there encoded. RFC 2045 6.4 forbids it for a message, RFC 6532
    /// 3.7 allows it: such a message has no parts of its own, since nothing of it has a place.
    pub(crate) fn is_encoded(&self) -> bool {
        self.encoding.is_some_and(|name| {
            ["base64", "quoted-printable"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        })
    }

    /// Whether its content is a message that is looked into.
    fn holds_message(&self) -> bool {
        self.is_message() && !self.is_encoded()
    }

    pub(crate) fn is_attachment(&self) -> bool {
        self.disposition
            .as_ref()
            .is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("attachment"))
    }

    /// The name of the file, by its disposition or else by its type (RFC 2183 2.3).
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.disposition
            .as_ref()
            .and_then(|(_, parameters)| parameter(parameters, "filename"))
            .or_else(|| parameter(&self.media.parameters, "name"))
    }
}

/// RFC 3282 2: tags between commas.
fn languages(value: &[u8]) -> Vec<Cow<'_, str>> {
    value
        .split(|byte| *byte == b',')
        .filter_map(word)
        .take(LANGUAGES_MAX)
        .map(Cow::Borrowed)
        .collect()
}

/// Cuts a message into its parts, in preorder; there is at least one. The fields are those of the
/// message itself.
pub(crate) fn split(message: &[u8]) -> (Fields<'_>, Vec<PartValues<'_>>) {
    let mut splitter = Splitter {
        message,
        dashes: Finder::new(b"\n--"),
        parts: Vec::new(),
        open: Vec::new(),
    };
    let (fields, body) = splitter.begin(0);
    splitter.walk(body);
    splitter.close_above(0, message.len());
    let mut parts = splitter.parts;
    count_lines(message, &mut parts);
    (fields, parts)
}

/// A part whose end was not met yet.
struct Open {
    part: usize,
    /// What separates its children; none if it has no children, or no more.
    boundary: Option<Vec<u8>>,
    is_digest: bool,
}

struct Splitter<'m> {
    message: &'m [u8],
    dashes: Finder<'static>,
    parts: Vec<PartValues<'m>>,
    /// The way from the message itself to the part that is being read.
    open: Vec<Open>,
}

/// A line that separates or ends the children of an open part.
struct Delimiter {
    /// Place of the part in the list of open ones.
    open: usize,
    closes: bool,
}

impl<'m> Splitter<'m> {
    fn walk(&mut self, mut at: usize) {
        while self.open.iter().any(|open| open.boundary.is_some()) {
            let Some(line) = self.next_dashes(at) else {
                return;
            };
            let Some(delimiter) = self.delimiter(line) else {
                at = line + 2;
                continue;
            };
            if self.parts.len() >= MESSAGE_PARTS_MAX {
                return;
            }
            self.close_above(delimiter.open + 1, self.before(line));
            at = line + line_length(&self.message[line..]);
            if delimiter.closes {
                // RFC 2046 5.1.1: what follows the last delimiter is no part.
                self.open[delimiter.open].boundary = None;
            } else {
                at = self.begin(at).1;
            }
        }
    }

    /// Start of the next line that begins with two dashes; `at` is such a start, or within a line.
    fn next_dashes(&self, at: usize) -> Option<usize> {
        let is_line_start = at == 0 || self.message.get(at - 1) == Some(&b'\n');
        let rest = self.message.get(at..)?;
        if is_line_start && rest.starts_with(b"--") {
            Some(at)
        } else {
            self.dashes.find(rest).map(|found| at + found + 1)
        }
    }

    /// RFC 2046 5.1.1: a line that begins with a boundary is a delimiter, whatever follows;
    /// 5.1.2: that of an outer part ends the inner ones. Of two the longer one is meant.
    fn delimiter(&self, line: usize) -> Option<Delimiter> {
        let line = self.message.get(line + 2..)?;
        let boundaries = self.open.iter().enumerate().filter_map(|(at, open)| {
            let boundary = open.boundary.as_ref()?;
            line.starts_with(boundary).then_some((at, boundary.len()))
        });
        let (open, length) = boundaries.max_by_key(|(_, length)| *length)?;
        Some(Delimiter {
            open,
            closes: line[length..].starts_with(b"--"),
        })
    }

    /// RFC 2046 5.1.1: the line end before a delimiter belongs to the delimiter.
    fn before(&self, line: usize) -> usize {
        let rest = &self.message[..line];
        let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
        rest.strip_suffix(b"\r").unwrap_or(rest).len()
    }

    /// Begins the part whose header stands at `at`, and the messages it holds at once. Answers the
    /// fields of the first, and where the body of the last begins.
    fn begin(&mut self, at: usize) -> (Fields<'m>, usize) {
        let (first, mut body) = self.begin_one(at);
        loop {
            let holds_message = self.parts.last().is_some_and(PartValues::holds_message);
            if !holds_message {
                break;
            }
            let holder = self.parts.len() - 1;
            let (fields, inner) = self.begin_one(body);
            self.parts[holder].message = Some(Box::new(HeaderValues::new(&fields)));
            body = inner;
        }
        (first, body)
    }

    fn begin_one(&mut self, at: usize) -> (Fields<'m>, usize) {
        let (fields, body) = Fields::read(self.message, at, |line| self.delimiter(line).is_some());
        let in_digest = self.open.last().is_some_and(|open| open.is_digest);
        let media = match fields.content_type {
            Some(value) => MediaType::parse(value).unwrap_or_else(MediaType::plain_text),
            // RFC 2046 5.1.5.
            None if in_digest => MediaType::message(),
            None => MediaType::plain_text(),
        };
        let mut part = PartValues::new(&fields, media, at, body);
        let has_room = self.open.len() + 2 <= MESSAGE_PARTS_DEPTH_MAX
            && self.parts.len() + 2 <= MESSAGE_PARTS_MAX;
        if !has_room && (part.is_multipart() || part.holds_message()) {
            part.media = MediaType::octets();
        }
        let boundary = Some(&part.media.parameters)
            .filter(|_| part.is_multipart())
            .and_then(|parameters| parameter(parameters, "boundary"))
            // RFC 2046 5.1.1: a boundary does not end with white space.
            .map(str::trim_ascii_end)
            .filter(|boundary| (1..=BOUNDARY_OCTETS_MAX).contains(&boundary.len()))
            .map(|boundary| boundary.as_bytes().to_vec());
        self.open.push(Open {
            part: self.parts.len(),
            boundary,
            is_digest: part.media.is("multipart", "digest"),
        });
        self.parts.push(part);
        (fields, body)
    }

    /// Ends the open parts from `first` on, the innermost first.
    fn close_above(&mut self, first: usize, end: usize) {
        let mut end = end;
        while self.open.len() > first {
            let Some(Open { part: at, .. }) = self.open.pop() else {
                return;
            };
            // A part without a body may end behind its parent's last line end: the parent
            // then ends there as well, so that parts nest.
            end = end.max(self.parts[at].body_start);
            self.parts[at].body_end = end;
            if self.parts[at].is_multipart() && self.parts.len() == at + 1 {
                self.add_only_child(at);
            }
            self.parts[at].descendants = self.parts.len() - at - 1;
        }
    }

    /// RFC 9051 9 (body-type-mpart): a multipart has a part. Where none is found, its whole body
    /// is one text, so that it can be read at all.
    fn add_only_child(&mut self, at: usize) {
        let PartValues {
            body_start,
            body_end,
            ..
        } = self.parts[at];
        if self.parts.len() < MESSAGE_PARTS_MAX {
            let media = MediaType::plain_text();
            let mut child = PartValues::new(&Fields::default(), media, body_start, body_start);
            child.body_end = body_end;
            self.parts.push(child);
        } else {
            self.parts[at].media = MediaType::octets();
        }
    }
}

/// Counts the line ends in each body, reading the message once.
fn count_lines(message: &[u8], parts: &mut [PartValues<'_>]) {
    let mut marks: Vec<(usize, usize)> = parts
        .iter()
        .flat_map(|part| [(part.body_start, 0), (part.body_end, 0)])
        .collect();
    marks.sort_unstable();
    marks.dedup();
    let (mut at, mut lines) = (0, 0);
    for (place, count) in &mut marks {
        lines += memchr_iter(b'\n', &message[at..*place]).count();
        at = *place;
        *count = lines;
    }
    let lines_before = |place: usize| {
        let found = marks.binary_search_by_key(&place, |(mark, _)| *mark);
        found.map_or(0, |at| marks[at].1)
    };
    for part in parts {
        part.lines = lines_before(part.body_end) - lines_before(part.body_start);
    }
}
