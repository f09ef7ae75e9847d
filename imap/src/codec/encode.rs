//! The encoder: appends responses to a buffer, octet by octet as RFC 9051 7 and the extensions have them.
//!
//! It allocates nothing but the buffer's growth (except for rare texts), because 50,000 lines of `FETCH` go through it.
//! What it writes is always well-formed: text that has no place in a rule is quoted, sent as a literal, or replaced.
//! It deliberately does not know which response belongs to which command.

mod access;
mod body_structure;
mod envelope;
mod fetch;
mod header_text;
mod mailbox_data;
mod metadata;
mod response;
mod result_data;

pub use access::QuotaUsage;
pub use fetch::{FetchEncoder, Rfc822};
pub use mailbox_data::{ListEntry, MailboxAttribute, Namespaces, StatusValue};
pub use response::{Code, Condition};
pub use result_data::{Esearch, ThreadNode, collapse};

use memchr::{memchr2, memchr3};

use super::TextForm;
use super::flag::Flag;
use super::lexer::is_astring_char;
use super::mailbox::utf7_encode;

/// Appends responses to a buffer.
#[derive(Debug)]
pub struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    form: TextForm,
}

impl<'o> Encoder<'o> {
    /// An encoder that appends to `out` in the session's form of text.
    pub fn new(out: &'o mut Vec<u8>, form: TextForm) -> Self {
        Self { out, form }
    }

    /// The text of a `flag-list`, for [`FetchEncoder::flag_text`]: to be made once for many messages.
    #[must_use]
    pub fn flag_text<'f>(flags: impl IntoIterator<Item = Flag<'f>>) -> Vec<u8> {
        let mut text = Vec::new();
        Encoder::new(&mut text, TextForm::Ascii).flag_list(flags);
        text
    }

    /// `SP text` with a keyword of the grammar.
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: impl itoa::Integer) {
        self.out
            .extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    fn line_end(&mut self) {
        self.out.extend_from_slice(b"\r\n");
    }

    /// `string`: quoted where that is possible, a literal otherwise.
    fn string(&mut self, octets: &[u8]) {
        let class = Class::of(octets);
        let quotable = match self.form {
            TextForm::Ascii => !class.eight_bit,
            TextForm::Utf8 => !class.eight_bit || std::str::from_utf8(octets).is_ok(),
        };
        let line = !class.control || memchr3(0, b'\r', b'\n', octets).is_none();
        if quotable && line && octets.len() <= QUOTED_OCTETS_MAX {
            self.quoted_as(octets, class);
        } else {
            self.literal(octets);
        }
    }

    /// `nstring`.
    fn nstring(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text.as_bytes()),
            None => self.raw("NIL"),
        }
    }

    /// `quoted`, of octets without NUL and line ends.
    fn quoted(&mut self, octets: &[u8]) {
        self.quoted_as(octets, Class::of(octets));
    }

    fn quoted_as(&mut self, octets: &[u8], class: Class) {
        self.out.reserve(octets.len().saturating_add(2));
        self.out.push(b'"');
        if !class.special {
            self.out.extend_from_slice(octets);
            return self.out.push(b'"');
        }
        let mut rest = octets;
        while let Some((before, after)) =
            memchr2(b'"', b'\\', rest).and_then(|at| rest.split_at_checked(at))
        {
            self.out.extend_from_slice(before);
            self.out.push(b'\\');
            let (special, after) = after.split_at_checked(1).unwrap_or((after, &[]));
            self.out.extend_from_slice(special);
            rest = after;
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
    }

    /// `literal`; NUL, which it cannot carry, becomes a question mark.
    fn literal(&mut self, octets: &[u8]) {
        self.literal_size(octets.len());
        let start = self.out.len();
        self.out.extend_from_slice(octets);
        if memchr::memchr(0, octets).is_some() {
            let copied = self.out.get_mut(start..).unwrap_or_default();
            copied
                .iter_mut()
                .filter(|octet| **octet == 0)
                .for_each(|octet| *octet = b'?');
        }
    }

    fn literal_size(&mut self, octets: usize) {
        self.out.push(b'{');
        self.number(octets);
        self.out.extend_from_slice(b"}\r\n");
    }

    /// `astring`: an atom where that is possible.
    fn astring(&mut self, text: &str) {
        let atom = !text.is_empty()
            && text.bytes().all(is_astring_char)
            && !text.eq_ignore_ascii_case("NIL");
        if atom {
            self.raw(text)
        } else {
            self.string(text.as_bytes())
        }
    }

    /// `mailbox`, in the session's form.
    fn mailbox(&mut self, name: &str) {
        let wire_is_name = self.form == TextForm::Utf8
            || name
                .bytes()
                .all(|octet| matches!(octet, 0x20..=0x7e) && octet != b'&');
        if wire_is_name {
            return self.astring(name);
        }
        let mut wire = Vec::with_capacity(name.len().saturating_mul(2));
        utf7_encode(name, &mut wire);
        self.quoted(&wire);
    }

    /// `"(" [item *(SP item)] ")"`.
    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Self, T)) {
        self.out.push(b'(');
        let mut first = true;
        for each in items {
            if !first {
                self.out.push(b' ');
            }
            first = false;
            item(self, each);
        }
        self.out.push(b')');
    }

    fn flag_list<'f>(&mut self, flags: impl IntoIterator<Item = Flag<'f>>) {
        self.list(flags, |encoder, flag| flag.encode(encoder.out));
    }

    /// `sequence-set` of ranges in the given order; the caller has at least one.
    fn ranges(&mut self, ranges: impl IntoIterator<Item = (u32, u32)>) {
        let mut first = true;
        for (from, to) in ranges {
            if !first {
                self.out.push(b',');
            }
            first = false;
            self.number(from);
            if to != from {
                self.out.push(b':');
                self.number(to);
            }
        }
    }
}

/// Which kinds of octets a text has: found in one pass without branches, since most texts are short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Class {
    /// Above US-ASCII.
    eight_bit: bool,
    /// A control character of US-ASCII.
    control: bool,
    /// A quote or a backslash.
    special: bool,
}

impl Class {
    fn of(octets: &[u8]) -> Self {
        let (mut all, mut control, mut special) = (0_u8, false, false);
        for octet in octets {
            all |= octet;
            control |= *octet < b' ' || *octet == 0x7f;
            special |= *octet == b'"' || *octet == b'\\';
        }
        Self {
            eight_bit: !all.is_ascii(),
            control,
            special,
        }
    }
}

/// Longer text goes as a literal, since clients' quoted strings have their bounds, too (RFC 2683 3.2.1.5).
const QUOTED_OCTETS_MAX: usize = 4_000;

#[cfg(test)]
mod tests;
