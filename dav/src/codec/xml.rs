//! Bounded reading of a request's body into a tree of elements with resolved namespaces.
//!
//! Takes XML 1.0 with namespaces in UTF-8, without a document type: the only references are the five predefined
//! entities and numbers of characters. Comments and processing instructions are read over.

mod element;
mod text;

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute as RawAttribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{PrefixDeclaration, QName, ResolveResult};
use quick_xml::reader::NsReader;

pub use element::{Attribute, Element, Node};
pub(crate) use text::{decode_document, is_xml_char};

use super::fault::Fault;
use super::namespace::Namespace;

/// Levels of elements. Filters need about eight; properties of clients' own seldom more.
const DEPTH_MAX: usize = 32;
/// Elements of one body: a multiget names at most so many objects.
pub(super) const ELEMENTS_MAX: usize = 32_768;
/// Attributes of one element, declarations of namespaces among them.
const ATTRIBUTES_MAX: usize = 32;
/// Octets of the name of an element or attribute, and of a namespace.
const NAME_OCTETS_MAX: usize = 512;

/// How much a body may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// Octets of the body.
    pub octets_max: usize,
    /// Elements in it.
    pub elements_max: usize,
    /// Attributes of each, declarations of namespaces among them.
    pub attributes_max: usize,
}

impl BodyLimits {
    /// For all requests but those below: lists of properties, filters, one property's text.
    pub const ORDINARY: Self = Self {
        octets_max: 1024 * 1024,
        elements_max: 4_096,
        attributes_max: ATTRIBUTES_MAX,
    };
    /// For REPORT, where a multiget lists thousands of links.
    pub const REPORT: Self = Self {
        octets_max: 8 * 1024 * 1024,
        elements_max: ELEMENTS_MAX,
        attributes_max: ATTRIBUTES_MAX,
    };
    /// For the text of a stored property, which declares at each element what its surroundings declared.
    pub const STORED: Self = Self {
        attributes_max: 4 * ATTRIBUTES_MAX,
        ..Self::ORDINARY
    };
}

impl Element {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`] if the body is not well-formed, or holds more than the limits or this module's bounds.
    pub fn parse(body: &[u8], limits: BodyLimits) -> Result<Self, Fault> {
        if body.len() > limits.octets_max {
            return Err(Fault::TooLong {
                limit: limits.octets_max,
            });
        }
        Builder::new(decode_document(body)?, limits).run()
    }

    /// Reads a body that may be absent: nothing but white space is none.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn parse_optional(body: &[u8], limits: BodyLimits) -> Result<Option<Self>, Fault> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        Self::parse(body, limits).map(Some)
    }
}

struct Builder<'i> {
    reader: NsReader<&'i [u8]>,
    /// Open elements, the root first.
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    limits: BodyLimits,
}

impl<'i> Builder<'i> {
    fn new(text: &'i str, limits: BodyLimits) -> Self {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        reader
            .resolver_mut()
            .set_max_declarations_per_element(limits.attributes_max);
        Self {
            reader,
            open: Vec::with_capacity(8),
            root: None,
            elements: 0,
            limits,
        }
    }

    fn at(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn wrong<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault::Syntax {
            at: self.at(),
            what,
        })
    }

    fn run(mut self) -> Result<Element, Fault> {
        let mut first = true;
        loop {
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return self.wrong(reason(&error)),
            };
            match event {
                Event::Start(start) | Event::Empty(start) => self.start(&start)?,
                Event::End(_) => self.end()?,
                Event::Text(text) => match text.xml10_content() {
                    Ok(text) => self.text(&text)?,
                    Err(_) => return Err(Fault::Encoding),
                },
                Event::CData(data) => match data.xml10_content() {
                    // An empty section outside the root is as wrong as a full one.
                    Ok(_) if self.open.is_empty() => {
                        return self.wrong("a CDATA section outside the root element");
                    }
                    Ok(text) => self.text(&text)?,
                    Err(_) => return Err(Fault::Encoding),
                },
                Event::GeneralRef(reference) => {
                    let Some(character) = reference
                        .decode()
                        .ok()
                        .and_then(|name| text::reference(&name))
                    else {
                        return self.wrong("a reference that is not predefined");
                    };
                    if self.open.is_empty() {
                        return self.wrong("a reference outside the root element");
                    }
                    self.text(character.encode_utf8(&mut [0; 4]))?;
                }
                Event::Decl(declaration) => {
                    if !first {
                        return self.wrong("an XML declaration that is not at the beginning");
                    }
                    text::check_encoding(&declaration)?;
                }
                // RFC 4918 20.6: external entities are a way to read files and reach hosts behind the server.
                Event::DocType(_) => return Err(Fault::Entities),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
            first = false;
        }
        if !self.open.is_empty() {
            return self.wrong("the end comes before the end of an element");
        }
        match self.root.take() {
            Some(root) => Ok(root),
            None => self.wrong("no element"),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.root.is_some() {
            return self.wrong("a second root element");
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Fault::TooDeep { limit: DEPTH_MAX });
        }
        self.elements = self.elements.saturating_add(1);
        if self.elements > self.limits.elements_max {
            return Err(Fault::TooMany {
                what: "elements",
                limit: self.limits.elements_max,
            });
        }
        let (namespace, _) = self.reader.resolver().resolve_element(start.name());
        let namespace = self.namespace(&namespace)?;
        let mut element = Element::new(namespace, self.name(start.name())?);
        for (number, attribute) in start.attributes().enumerate() {
            if number >= self.limits.attributes_max {
                return Err(Fault::TooMany {
                    what: "attributes of an element",
                    limit: self.limits.attributes_max,
                });
            }
            let Ok(attribute) = attribute else {
                return self.wrong("a malformed or repeated attribute");
            };
            if let Some(attribute) = self.attribute(&attribute)? {
                if element
                    .attribute(&attribute.namespace, attribute.local())
                    .is_some()
                {
                    return self.wrong("a repeated attribute");
                }
                element.attributes.push(attribute);
            }
        }
        self.open.push(element);
        Ok(())
    }

    /// An attribute; none for the declaration of a namespace.
    fn attribute(&self, raw: &RawAttribute<'_>) -> Result<Option<Attribute>, Fault> {
        if raw.value.contains(&b'<') {
            return self.wrong("`<` in an attribute");
        }
        let Ok(value) = raw.normalized_value(XmlVersion::Explicit1_0) else {
            return self.wrong("a reference that is not predefined");
        };
        if !value.chars().all(is_xml_char) {
            return self.wrong("a character that XML does not allow");
        }
        if let Some(declared) = raw.key.as_namespace_binding() {
            // Namespaces in XML 1.0, 5: a prefix cannot be bound to nothing; litmus sends such a body.
            if matches!(declared, PrefixDeclaration::Named(_)) && value.is_empty() {
                return self.wrong("a prefix without a namespace");
            }
            if value.len() > NAME_OCTETS_MAX {
                return self.wrong("a namespace that is too long");
            }
            return Ok(None);
        }
        let (namespace, _) = self.reader.resolver().resolve_attribute(raw.key);
        let namespace = self.namespace(&namespace)?;
        Ok(Some(Attribute::new(
            namespace,
            self.name(raw.key)?,
            value.into_owned(),
        )))
    }

    fn namespace(&self, resolved: &ResolveResult<'_>) -> Result<Namespace, Fault> {
        match resolved {
            ResolveResult::Unbound => Ok(Namespace::None),
            ResolveResult::Unknown(_) => self.wrong("a prefix that is not declared"),
            ResolveResult::Bound(namespace) => {
                let Ok(raw) = std::str::from_utf8(namespace.into_inner()) else {
                    return Err(Fault::Encoding);
                };
                match quick_xml::escape::unescape(raw) {
                    Ok(uri) => Ok(Namespace::of(&uri)),
                    Err(_) => self.wrong("a reference that is not predefined"),
                }
            }
        }
    }

    fn name<'n>(&self, name: QName<'n>) -> Result<&'n str, Fault> {
        match std::str::from_utf8(name.into_inner()) {
            Ok(name) if name.len() <= NAME_OCTETS_MAX && text::is_qname(name) => Ok(name),
            _ => self.wrong("a malformed name"),
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(element) = self.open.pop() else {
            return self.wrong("an end without a beginning");
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(element) => element.push_text(text),
            None if text.chars().all(|c| c.is_ascii_whitespace()) => {}
            None => return self.wrong("text outside the root element"),
        }
        Ok(())
    }
}

fn reason(error: &quick_xml::Error) -> &'static str {
    use quick_xml::Error;
    match error {
        Error::Syntax(_) => "a tag, comment or section that does not end",
        Error::IllFormed(_) => "beginning and end of an element do not match",
        Error::InvalidAttr(_) => "a malformed or repeated attribute",
        Error::Encoding(_) => "not in UTF-8",
        Error::Escape(_) => "a reference that is not predefined",
        Error::Namespace(_) => "a malformed declaration of a namespace",
        Error::Io(_) => "the end of the body",
    }
}

#[cfg(test)]
mod tests;
