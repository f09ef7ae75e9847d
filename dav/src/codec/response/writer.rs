//! The writer of XML: open, close, text; prefixes of the known namespaces are declared once, at the root.

use crate::codec::namespace::{Namespace, Tag};
use crate::codec::property::PropertyName;

/// Appends XML to a buffer.
#[derive(Clone, Debug, Default)]
pub struct XmlWriter {
    out: Vec<u8>,
}

/// What the root of every answer declares.
const DECLARED: [Namespace; 5] = [
    Namespace::Dav,
    Namespace::CalDav,
    Namespace::CardDav,
    Namespace::CalendarServer,
    Namespace::Apple,
];

impl XmlWriter {
    /// A writer with room for `octets`.
    #[must_use]
    pub fn with_capacity(octets: usize) -> Self {
        Self {
            out: Vec::with_capacity(octets),
        }
    }

    /// The XML declaration and the opened root element, which declares the prefixes of all known namespaces.
    pub fn root(&mut self, tag: &Tag) {
        self.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<");
        self.name(&tag.namespace, tag.local);
        for namespace in DECLARED {
            if let Some(prefix) = namespace.prefix() {
                self.raw(" xmlns:");
                self.raw(prefix);
                self.raw("=\"");
                self.raw(namespace.uri());
                self.raw("\"");
            }
        }
        self.raw(">");
    }

    /// `<tag>`.
    pub fn open(&mut self, tag: &Tag) {
        self.begin(&tag.namespace, tag.local);
        self.raw(">");
    }

    /// `<tag a="b">`.
    pub fn open_with(&mut self, tag: &Tag, attributes: &[(&str, &str)]) {
        self.begin(&tag.namespace, tag.local);
        self.attributes(attributes);
        self.raw(">");
    }

    /// `</tag>`.
    pub fn close(&mut self, tag: &Tag) {
        self.raw("</");
        self.name(&tag.namespace, tag.local);
        self.raw(">");
    }

    /// `<tag/>`.
    pub fn empty(&mut self, tag: &Tag) {
        self.begin(&tag.namespace, tag.local);
        self.raw("/>");
    }

    /// `<tag a="b"/>`.
    pub fn empty_with(&mut self, tag: &Tag, attributes: &[(&str, &str)]) {
        self.begin(&tag.namespace, tag.local);
        self.attributes(attributes);
        self.raw("/>");
    }

    /// `<tag>text</tag>`.
    pub fn leaf(&mut self, tag: &Tag, text: &str) {
        self.open(tag);
        self.text(text);
        self.close(tag);
    }

    /// `<tag>number</tag>`.
    pub fn number(&mut self, tag: &Tag, number: u64) {
        self.open(tag);
        self.raw(itoa::Buffer::new().format(number));
        self.close(tag);
    }

    /// `<D:href>path</D:href>`; the path is percent-encoded already.
    pub fn href(&mut self, path: &str) {
        self.leaf(&Tag::dav("href"), path);
    }

    /// The empty element of a property.
    pub fn property(&mut self, name: &PropertyName) {
        self.begin(&name.namespace(), name.local());
        self.raw("/>");
    }

    /// Opens the element of a property.
    pub fn open_property(&mut self, name: &PropertyName) {
        self.begin(&name.namespace(), name.local());
        self.raw(">");
    }

    /// Closes the element of a property.
    pub fn close_property(&mut self, name: &PropertyName) {
        self.raw("</");
        self.name(&name.namespace(), name.local());
        self.raw(">");
    }

    /// Characters.
    pub fn text(&mut self, text: &str) {
        self.octets(text.as_bytes());
    }

    /// Octets of a text, as they lie in the store. What is not UTF-8, or no character of XML, becomes U+FFFD.
    pub fn bytes(&mut self, octets: &[u8]) {
        match std::str::from_utf8(octets) {
            Ok(text) => self.text(text),
            Err(_) => self.text(&String::from_utf8_lossy(octets)),
        }
    }

    /// Well-formed XML, as it is: stored properties.
    pub fn raw(&mut self, xml: &str) {
        self.out.extend_from_slice(xml.as_bytes());
    }

    /// How many octets wait in the buffer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing waits in the buffer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Takes what was written so far, to send it while more is written.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn begin(&mut self, namespace: &Namespace, local: &str) {
        self.raw("<");
        self.name(namespace, local);
        if namespace.prefix().is_none() && *namespace != Namespace::None {
            self.raw(" xmlns:x=\"");
            self.attribute_value(namespace.uri());
            self.raw("\"");
        }
    }

    fn name(&mut self, namespace: &Namespace, local: &str) {
        match namespace.prefix() {
            Some(prefix) => {
                self.raw(prefix);
                self.raw(":");
            }
            None if *namespace == Namespace::None => {}
            None => self.raw("x:"),
        }
        self.raw(local);
    }

    fn attributes(&mut self, attributes: &[(&str, &str)]) {
        for (name, value) in attributes {
            self.raw(" ");
            self.raw(name);
            self.raw("=\"");
            self.attribute_value(value);
            self.raw("\"");
        }
    }

    fn attribute_value(&mut self, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        escape_attribute(&mut escaped, value);
        self.raw(&escaped);
    }

    fn octets(&mut self, text: &[u8]) {
        escape(text, |part| self.out.extend_from_slice(part));
    }
}

/// Appends `text` so that a parser gives it back.
pub(crate) fn escape_text(out: &mut String, text: &str) {
    escape(text.as_bytes(), |part| out.push_str(utf8(part)));
}

/// Appends `value` so that a parser gives it back from between double quotes.
pub(crate) fn escape_attribute(out: &mut String, value: &str) {
    for part in value.split_inclusive(['"', '\t', '\n']) {
        let (text, last) = match part.char_indices().next_back() {
            Some((at, last @ ('"' | '\t' | '\n'))) => (part.get(..at).unwrap_or_default(), last),
            _ => (part, ' '),
        };
        escape_text(out, text);
        match last {
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            _ => {}
        }
    }
}

fn utf8(part: &[u8]) -> &str {
    // Parts are cut at ASCII characters, or at the two characters that XML does not allow.
    std::str::from_utf8(part).unwrap_or("\u{fffd}")
}

/// For each octet whether it may stand as it is: not `&`, `<`, `>`, no control but tab and line feed, and not 0xEF,
/// with which U+FFFE and U+FFFF begin.
#[expect(
    clippy::indexing_slicing,
    reason = "computed by the compiler, which would say so"
)]
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut octet = 0;
    while octet < 0x20 {
        plain[octet] = octet == 0x09 || octet == 0x0a;
        octet += 1;
    }
    plain[b'&' as usize] = false;
    plain[b'<' as usize] = false;
    plain[b'>' as usize] = false;
    plain[0xef] = false;
    plain
};

/// Gives `text`, which is UTF-8, to `push` in parts, escaped.
fn escape(text: &[u8], mut push: impl FnMut(&[u8])) {
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.iter().position(|octet| !is_plain(*octet));
        let (part, special) = rest.split_at(plain.unwrap_or(rest.len()));
        if !part.is_empty() {
            push(part);
        }
        let (written, taken): (&[u8], usize) = match special {
            [] => return,
            [b'&', ..] => (b"&amp;", 1),
            [b'<', ..] => (b"&lt;", 1),
            [b'>', ..] => (b"&gt;", 1),
            // XML 1.0, 2.11: a parser makes one line feed of a raw CR LF; as a reference the CR arrives.
            [b'\r', ..] => (b"&#13;", 1),
            // XML 1.0, 2.2: U+FFFE, U+FFFF and most controls cannot be written at all.
            [0xef, 0xbf, 0xbe | 0xbf, ..] => ("\u{fffd}".as_bytes(), 3),
            [0xef, second, third, ..] => {
                push(&[0xef, *second, *third]);
                (b"", 3)
            }
            [_, ..] => ("\u{fffd}".as_bytes(), 1),
        };
        if !written.is_empty() {
            push(written);
        }
        rest = special.get(taken..).unwrap_or_default();
    }
}

fn is_plain(octet: u8) -> bool {
    PLAIN.get(usize::from(octet)).is_some_and(|plain| *plain)
}
