//! One line of `FETCH` (RFC 9051 7.5.2), item by item.

use model::{EmailMeta, Headers};

use super::super::date::DateTime;
use super::super::fetch::{Section, SectionText};
use super::super::flag::Flag;
use super::Encoder;
use super::body_structure::Extension;

/// Writes the items of one message's `FETCH`; [`FetchEncoder::finish`] ends the line.
#[derive(Debug)]
#[must_use = "the line must be finished"]
pub struct FetchEncoder<'e> {
    encoder: Encoder<'e>,
    first: bool,
}

impl<'o> Encoder<'o> {
    /// Starts a `FETCH` of the message with this sequence number.
    pub fn fetch(&mut self, number: u32) -> FetchEncoder<'_> {
        self.out.reserve(LINE_OCTETS);
        self.raw("* ");
        self.number(number);
        self.raw(" FETCH (");
        let encoder = Encoder {
            out: &mut *self.out,
            form: self.form,
        };
        FetchEncoder {
            encoder,
            first: true,
        }
    }
}

impl FetchEncoder<'_> {
    /// Ends the line.
    pub fn finish(self) {
        self.encoder.out.extend_from_slice(b")\r\n");
    }

    fn item(&mut self, name: &str) -> &mut Self {
        if !self.first {
            self.encoder.out.push(b' ');
        }
        self.first = false;
        self.encoder.raw(name);
        self
    }

    /// `FLAGS`.
    pub fn flags<'f>(&mut self, flags: impl IntoIterator<Item = Flag<'f>>) {
        self.item("FLAGS ").encoder.flag_list(flags);
    }

    /// `FLAGS` with a text that [`Encoder::flag_text`] made.
    pub fn flag_text(&mut self, text: &[u8]) {
        self.item("FLAGS ").encoder.out.extend_from_slice(text);
    }

    /// `UID`.
    pub fn uid(&mut self, uid: u32) {
        self.item("UID ").encoder.number(uid);
    }

    /// `MODSEQ` (RFC 7162 3.1.4.2).
    pub fn mod_seq(&mut self, mod_seq: u64) {
        self.item("MODSEQ (").encoder.number(mod_seq);
        self.encoder.out.push(b')');
    }

    /// `RFC822.SIZE`.
    pub fn size(&mut self, octets: u64) {
        self.item("RFC822.SIZE ").encoder.number(octets);
    }

    /// `INTERNALDATE`.
    pub fn internal_date(&mut self, date: DateTime) {
        date.encode(self.item("INTERNALDATE ").encoder.out);
    }

    /// `ENVELOPE`.
    pub fn envelope(&mut self, headers: &Headers<'_>) {
        self.item("ENVELOPE ").encoder.envelope(headers);
    }

    /// `BODY` without a section.
    pub fn body(&mut self, meta: &EmailMeta<'_>) {
        self.item("BODY ").encoder.body(meta, Extension::No);
    }

    /// `BODYSTRUCTURE`.
    pub fn body_structure(&mut self, meta: &EmailMeta<'_>) {
        self.item("BODYSTRUCTURE ")
            .encoder
            .body(meta, Extension::Yes);
    }

    /// `EMAILID` (RFC 8474 5.1).
    pub fn email_id(&mut self, id: &str) {
        self.item("EMAILID (").encoder.raw(id);
        self.encoder.out.push(b')');
    }

    /// `THREADID` (RFC 8474 5.2).
    pub fn thread_id(&mut self, id: Option<&str>) {
        match id {
            Some(id) => {
                self.item("THREADID (").encoder.raw(id);
                self.encoder.out.push(b')');
            }
            None => {
                self.item("THREADID NIL");
            }
        }
    }

    /// `PREVIEW` (RFC 8970 3.2): always UTF-8; none where `LAZY` was asked for and it is not at hand.
    pub fn preview(&mut self, text: Option<&str>) {
        self.item("PREVIEW ").encoder.nstring(text);
    }

    /// `BODY[...]` with the octets of the section from `origin` on, or `NIL` where the section is not there.
    pub fn section(&mut self, section: &Section<'_>, origin: Option<u64>, octets: Option<&[u8]>) {
        self.section_name(section, origin);
        self.octets(octets);
    }

    /// `BODY[...]` and the size of a literal, whose octets the caller writes behind what the buffer has now: the place
    /// is answered.
    pub fn section_apart(
        &mut self,
        section: &Section<'_>,
        origin: Option<u64>,
        octets: usize,
    ) -> usize {
        self.section_name(section, origin);
        self.literal_apart(octets)
    }

    /// `RFC822`, `RFC822.HEADER` or `RFC822.TEXT` of RFC 3501.
    pub fn rfc822(&mut self, item: Rfc822, octets: Option<&[u8]>) {
        self.item(item.name()).octets(octets);
    }

    /// The same for a literal as of [`FetchEncoder::section_apart`].
    pub fn rfc822_apart(&mut self, item: Rfc822, octets: usize) -> usize {
        self.item(item.name()).literal_apart(octets)
    }

    /// `BINARY[...]`: the decoded octets of a part (RFC 3516 4.2).
    pub fn binary(&mut self, part: &[u32], origin: Option<u64>, octets: Option<&[u8]>) {
        self.item("BINARY[").part_path(part);
        self.encoder.out.push(b']');
        self.origin(origin);
        // RFC 3516 4.2: only literal8 can carry NUL.
        if octets.is_some_and(|octets| memchr::memchr(0, octets).is_some()) {
            self.encoder.out.push(b'~');
        }
        self.octets(octets);
    }

    /// `BINARY.SIZE[...]`: the number of decoded octets.
    pub fn binary_size(&mut self, part: &[u32], octets: u64) {
        self.item("BINARY.SIZE[").part_path(part);
        self.encoder.raw("] ");
        self.encoder.number(octets);
    }

    fn section_name(&mut self, section: &Section<'_>, origin: Option<u64>) {
        self.item("BODY[").part_path(&section.part);
        if let Some(text) = &section.text {
            if !section.part.is_empty() {
                self.encoder.out.push(b'.');
            }
            self.section_text(text);
        }
        self.encoder.out.push(b']');
        self.origin(origin);
    }

    fn section_text(&mut self, text: &SectionText<'_>) {
        let (name, fields) = match text {
            SectionText::Header => ("HEADER", None),
            SectionText::HeaderFields(fields) => ("HEADER.FIELDS ", Some(fields)),
            SectionText::HeaderFieldsNot(fields) => ("HEADER.FIELDS.NOT ", Some(fields)),
            SectionText::Text => ("TEXT", None),
            SectionText::Mime => ("MIME", None),
        };
        self.encoder.raw(name);
        if let Some(fields) = fields {
            self.encoder
                .list(fields, |encoder, field| encoder.astring(field));
        }
    }

    fn part_path(&mut self, part: &[u32]) {
        for (at, number) in part.iter().enumerate() {
            if at > 0 {
                self.encoder.out.push(b'.');
            }
            self.encoder.number(*number);
        }
    }

    fn origin(&mut self, origin: Option<u64>) {
        if let Some(origin) = origin {
            self.encoder.out.push(b'<');
            self.encoder.number(origin);
            self.encoder.out.push(b'>');
        }
        self.encoder.out.push(b' ');
    }

    fn literal_apart(&mut self, octets: usize) -> usize {
        self.encoder.literal_size(octets);
        self.encoder.out.len()
    }

    /// A message's octets exactly as they are.
    ///
    /// Departs from RFC 9051 9 for stored messages with NUL, which a literal should not have: changing them would break
    /// their size and their signatures.
    fn octets(&mut self, octets: Option<&[u8]>) {
        match octets {
            None => self.encoder.raw("NIL"),
            Some(octets) => {
                self.encoder.literal_size(octets.len());
                self.encoder.out.extend_from_slice(octets);
            }
        }
    }
}

/// The items of RFC 3501 that are short for sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rfc822 {
    /// `RFC822`.
    Message,
    /// `RFC822.HEADER`.
    Header,
    /// `RFC822.TEXT`.
    Text,
}

impl Rfc822 {
    fn name(self) -> &'static str {
        match self {
            Self::Message => "RFC822 ",
            Self::Header => "RFC822.HEADER ",
            Self::Text => "RFC822.TEXT ",
        }
    }
}

/// A line with flags and UID.
const LINE_OCTETS: usize = 96;
