//! The message as a script sees and edits it: header fields read once, parts found when they are asked for.
//!
//! Octets that no script edits come out as they came in; nothing here fails on a broken message.

pub(crate) mod address;
mod decode;
pub(crate) mod field;
mod html;
pub(crate) mod made;
pub(crate) mod part;

use std::cell::OnceCell;
use std::rc::Rc;

use field::{Field, Header};
use part::{Part, PartText};

/// A message, edited or not.
#[derive(Debug)]
pub(crate) struct Message<'m> {
    octets: Octets<'m>,
    fields: Vec<Field>,
    /// Where the empty line behind the header begins; the length if there is none.
    header_end: usize,
    parts: OnceCell<Vec<Part>>,
    /// Grows with each change.
    generation: u32,
    fields_changed: bool,
}

#[derive(Clone, Debug)]
enum Octets<'m> {
    Received(&'m [u8]),
    Made(Rc<[u8]>),
}

impl Octets<'_> {
    fn get(&self) -> &[u8] {
        match self {
            Self::Received(octets) => octets,
            Self::Made(octets) => octets,
        }
    }
}

/// Where an added field goes (RFC 5293 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    First,
    Last,
}

impl<'m> Message<'m> {
    pub(crate) fn new(received: &'m [u8]) -> Self {
        Self::of(Octets::Received(received), 0)
    }

    fn of(octets: Octets<'m>, generation: u32) -> Self {
        let (fields, header_end) = field::read(octets.get(), 0..octets.get().len());
        Self {
            octets,
            fields,
            header_end,
            parts: OnceCell::new(),
            generation,
            fields_changed: false,
        }
    }

    /// 0 as received, another number after each change.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Octets of the message as it is now.
    pub(crate) fn size(&self) -> usize {
        if !self.fields_changed {
            return self.octets.get().len();
        }
        let header: usize = self
            .fields
            .iter()
            .map(|field| field.raw(self.octets.get()).len())
            .sum();
        header + self.octets.get().len() - self.header_end
    }

    /// The message as it is now.
    pub(crate) fn current(&self) -> Vec<u8> {
        let octets = self.octets.get();
        if !self.fields_changed {
            return octets.to_vec();
        }
        let mut current = Vec::with_capacity(self.size());
        for field in &self.fields {
            current.extend_from_slice(field.raw(octets));
        }
        current.extend_from_slice(&octets[self.header_end..]);
        current
    }

    /// The header of the message, or of one of its parts.
    pub(crate) fn header(&self, part: usize) -> Header<'_> {
        let octets = self.octets.get();
        match self.parts().get(part).filter(|_| part > 0) {
            Some(part) => Header::new(octets, part.fields(octets)),
            None => self.top(),
        }
    }

    /// The header of the message itself.
    pub(crate) fn top(&self) -> Header<'_> {
        Header::new(self.octets.get(), &self.fields)
    }

    /// All parts, the message itself first, each before those within it.
    pub(crate) fn parts(&self) -> &[Part] {
        self.parts.get_or_init(|| part::read(self.octets.get()))
    }

    /// A part that is not the message itself.
    pub(crate) fn inner_part(&self, part: usize) -> Option<&Part> {
        if part == 0 {
            return None;
        }
        self.parts().get(part)
    }

    /// The octets of a part's body, still encoded.
    pub(crate) fn raw_body(&self, part: usize) -> &[u8] {
        let body = self.parts().get(part).map(Part::body);
        body.and_then(|range| self.octets.get().get(range))
            .unwrap_or_default()
    }

    /// The body of the message itself, without looking for parts.
    pub(crate) fn raw_top_body(&self) -> &[u8] {
        let rest = self.octets.get().get(self.header_end..).unwrap_or_default();
        &rest[field::empty_line(rest).unwrap_or(0)..]
    }

    /// The content of a part for tests and variables.
    pub(crate) fn content(&self, part: &Part, which: PartText) -> Rc<str> {
        part.content(self.octets.get(), which)
    }

    /// The text of a part without mark-up, with the letters of ASCII as capitals.
    pub(crate) fn upper(&self, part: &Part) -> Rc<str> {
        part.upper(self.octets.get())
    }

    /// The strings of a part that `body :content` compares.
    pub(crate) fn pieces(&self, part: &Part) -> Vec<Rc<str>> {
        part.pieces(self.octets.get())
    }

    fn line_end(&self) -> &'static str {
        let octets = self.octets.get();
        let first = memchr::memchr(b'\n', octets);
        let bare = first.is_some_and(|at| at == 0 || octets.get(at - 1) != Some(&b'\r'));
        if bare { "\n" } else { "\r\n" }
    }

    /// Adds a field (RFC 5293 4). The value has no line ends.
    pub(crate) fn add_field(&mut self, name: &str, value: &str, end: End) {
        let field = Field::made(&made::field(name, value, self.line_end()));
        match end {
            End::First => self.fields.insert(0, field),
            End::Last => {
                // A last line without its end would swallow the new field.
                let octets = self.octets.get();
                if let Some(last) = self
                    .fields
                    .last_mut()
                    .filter(|last| !last.raw(octets).ends_with(b"\n"))
                {
                    let whole = [last.raw(octets), b"\r\n"].concat();
                    *last = Field::made(&whole);
                }
                self.fields.push(field);
            }
        }
        self.fields_changed();
    }

    /// Deletes the fields at these places, which rise.
    pub(crate) fn delete_fields(&mut self, places: &[usize]) {
        if places.is_empty() {
            return;
        }
        let mut place = 0;
        self.fields.retain(|_| {
            place += 1;
            places.binary_search(&(place - 1)).is_err()
        });
        self.fields_changed();
    }

    fn fields_changed(&mut self) {
        self.fields_changed = true;
        self.generation += 1;
    }

    /// Places a MIME entity where a part is; part 0 is the message, whose other fields stay (RFC 5703 5).
    pub(crate) fn replace(&mut self, part: usize, replacement: &Replacement<'_>) {
        let line_end = self.line_end();
        let entity = made::entity(replacement, line_end);
        let made = if part == 0 {
            let header = made::replaced_header(self.top(), replacement, line_end);
            [header, entity].concat()
        } else {
            self.settle();
            let octets = self.octets.get();
            let whole = self.parts().get(part).map(Part::whole).unwrap_or_default();
            [&octets[..whole.start], &entity, &octets[whole.end..]].concat()
        };
        *self = Self::of(Octets::Made(made.into()), self.generation + 1);
    }

    /// Puts the message into a new one, behind a text (RFC 5703 6).
    pub(crate) fn enclose(&mut self, enclosure: &Enclosure<'_>) {
        let made = made::enclosed(&self.current(), self.top(), enclosure, self.line_end());
        *self = Self::of(Octets::Made(made.into()), self.generation + 1);
    }

    /// Makes octets of changed fields, so that parts have their places again.
    fn settle(&mut self) {
        if self.fields_changed {
            *self = Self::of(Octets::Made(self.current().into()), self.generation);
        }
    }
}

/// What stands in place of a part.
#[derive(Debug)]
pub(crate) struct Replacement<'a> {
    /// The text is a MIME entity with its header fields.
    pub(crate) mime: bool,
    pub(crate) subject: Option<&'a str>,
    pub(crate) from: Option<&'a str>,
    pub(crate) text: &'a str,
}

/// What a message is put behind.
#[derive(Debug)]
pub(crate) struct Enclosure<'a> {
    pub(crate) subject: Option<&'a str>,
    /// Names of fields that are taken over.
    pub(crate) headers: &'a [&'a str],
    pub(crate) text: &'a str,
    /// For the fields `From` and `Date` where they are not taken over.
    pub(crate) from: &'a str,
    pub(crate) date: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Received: x\r\nSubject: a\r\n b\r\njunk\r\nX-Hello: 1\r\n\r\nbody\r\n";

    #[test]
    fn edits_touch_nothing_else() {
        let mut message = Message::new(MESSAGE);
        assert_eq!(message.current(), MESSAGE);
        message.add_field("X-First", "1", End::First);
        message.add_field("X-Last", "2", End::Last);
        let places: Vec<usize> = message
            .top()
            .named("subject")
            .map(|field| field.place)
            .collect();
        message.delete_fields(&places);
        let edited =
            b"X-First: 1\r\nReceived: x\r\njunk\r\nX-Hello: 1\r\nX-Last: 2\r\n\r\nbody\r\n";
        assert_eq!(
            String::from_utf8_lossy(&message.current()),
            String::from_utf8_lossy(edited)
        );
        assert_eq!(message.size(), edited.len());
        assert_eq!(message.raw_top_body(), b"body\r\n");
    }

    #[test]
    fn a_header_without_a_body_stays_apart_from_what_is_added() {
        let mut message = Message::new(b"Subject: a");
        message.add_field("X", "1", End::Last);
        assert_eq!(message.current(), b"Subject: a\r\nX: 1\r\n");
        assert_eq!(Message::new(b"").current(), b"");
    }
}
