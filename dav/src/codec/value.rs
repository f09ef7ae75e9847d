//! The value of a property as a client set it: its element as XML text that stands on its own.

use std::fmt::Write as _;

use super::fault::Fault;
use super::namespace::Namespace;
use super::property::PropertyName;
use super::response::escape_attribute;
use super::response::escape_text;
use super::xml::{BodyLimits, Element, Node};

/// A property's element with all that stands in it, as XML text in which every prefix is declared.
///
/// RFC 4918 4.3: names, attributes, `xml:lang` in scope, elements and characters are kept; prefixes, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyValue {
    name: PropertyName,
    xml: String,
}

/// What prefixes mean at a place; the innermost declaration last. No prefix is the empty one.
type Scope<'e> = Vec<(&'e str, &'e Namespace)>;

impl PropertyValue {
    /// The value that an element sets; `lang` is the language in scope around it.
    ///
    /// # Errors
    /// [`Fault::TooLong`] if its text on its own has more octets than [`BodyLimits::STORED`] allows.
    pub fn of(element: &Element, lang: Option<&str>) -> Result<Self, Fault> {
        let mut xml = String::with_capacity(128);
        let lang = lang.filter(|_| element.lang().is_none());
        write_element(&mut xml, element, &mut Vec::new(), lang);
        let limit = BodyLimits::STORED.octets_max;
        if xml.len() > limit {
            return Err(Fault::TooLong { limit });
        }
        Ok(Self {
            name: element.property_name(),
            xml,
        })
    }

    /// The value whose stored text is `xml`.
    ///
    /// # Errors
    /// [`Fault`] if it is not one well-formed element.
    pub fn from_xml(xml: String) -> Result<Self, Fault> {
        let element = Element::parse(xml.as_bytes(), BodyLimits::STORED)?;
        Ok(Self {
            name: element.property_name(),
            xml,
        })
    }

    /// The property.
    #[must_use]
    pub fn name(&self) -> &PropertyName {
        &self.name
    }

    /// The XML text: what to store, and what [`Response::xml`](super::response::Response::xml) writes.
    #[must_use]
    pub fn as_xml(&self) -> &str {
        &self.xml
    }

    /// The XML text.
    #[must_use]
    pub fn into_xml(self) -> String {
        self.xml
    }

    /// The tree, to read what a live property is set to.
    ///
    /// # Errors
    /// [`Fault`] never, for a value that was made here; it is read within [`BodyLimits::STORED`].
    pub fn element(&self) -> Result<Element, Fault> {
        Element::parse(self.xml.as_bytes(), BodyLimits::STORED)
    }

    /// The characters directly within it: `displayname`, `calendar-color`.
    ///
    /// # Errors
    /// As for [`Self::element`].
    pub fn text(&self) -> Result<String, Fault> {
        Ok(self.element()?.text())
    }
}

fn write_element<'e>(
    xml: &mut String,
    element: &'e Element,
    scope: &mut Scope<'e>,
    lang: Option<&str>,
) {
    let depth = scope.len();
    xml.push('<');
    write_name(xml, element.prefix(), element.local());
    declare(
        xml,
        scope,
        element.prefix().unwrap_or_default(),
        &element.namespace,
    );
    for attribute in &element.attributes {
        if let Some(prefix) = attribute.prefix() {
            declare(xml, scope, prefix, &attribute.namespace);
        }
        xml.push(' ');
        write_name(xml, attribute.prefix(), attribute.local());
        xml.push_str("=\"");
        escape_attribute(xml, &attribute.value);
        xml.push('"');
    }
    if let Some(lang) = lang {
        xml.push_str(" xml:lang=\"");
        escape_attribute(xml, lang);
        xml.push('"');
    }
    if element.children.is_empty() {
        xml.push_str("/>");
    } else {
        xml.push('>');
        for node in &element.children {
            match node {
                Node::Element(child) => write_element(xml, child, scope, None),
                Node::Text(text) => escape_text(xml, text),
            }
        }
        xml.push_str("</");
        write_name(xml, element.prefix(), element.local());
        xml.push('>');
    }
    scope.truncate(depth);
}

fn write_name(xml: &mut String, prefix: Option<&str>, local: &str) {
    if let Some(prefix) = prefix {
        xml.push_str(prefix);
        xml.push(':');
    }
    xml.push_str(local);
}

/// Declares a prefix where it does not already mean that namespace.
fn declare<'e>(xml: &mut String, scope: &mut Scope<'e>, prefix: &'e str, namespace: &'e Namespace) {
    let meant = scope.iter().rev().find(|(known, _)| *known == prefix);
    let meant = meant.map_or(&Namespace::None, |(_, namespace)| *namespace);
    // The outermost element says so even where it has none: what stands around it may have one.
    let outermost = scope.is_empty() && prefix.is_empty();
    if *namespace == Namespace::Xml || (meant == namespace && !outermost) {
        return;
    }
    scope.push((prefix, namespace));
    let colon = if prefix.is_empty() { "" } else { ":" };
    let _ = write!(xml, " xmlns{colon}{prefix}=\"");
    escape_attribute(xml, namespace.uri());
    xml.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(body: &str) -> PropertyValue {
        let element = Element::parse(body.as_bytes(), BodyLimits::ORDINARY).unwrap();
        PropertyValue::of(element.elements().next().unwrap(), element.lang()).unwrap()
    }

    #[test]
    fn a_value_stands_on_its_own() {
        let value = value(
            r#"<p xml:lang="de" xmlns="urn:a" xmlns:b="urn:b&amp;c"><b:x b:y="1 &lt; 2"><z xmlns=""/><b:w/><v>a&amp;b</v></b:x></p>"#,
        );
        assert_eq!(value.name().to_string(), "{urn:b&c}x");
        assert_eq!(
            value.as_xml(),
            r#"<b:x xmlns:b="urn:b&amp;c" b:y="1 &lt; 2" xml:lang="de"><z/><b:w/><v xmlns="urn:a">a&amp;b</v></b:x>"#
        );
        assert_eq!(
            PropertyValue::from_xml(value.as_xml().to_owned()),
            Ok(value)
        );
    }

    #[test]
    fn a_property_without_a_namespace_says_so() {
        let value = value(r#"<D:prop xmlns:D="DAV:"><nonamespace>x</nonamespace></D:prop>"#);
        assert_eq!(value.name().to_string(), "{}nonamespace");
        assert_eq!(value.as_xml(), r#"<nonamespace xmlns="">x</nonamespace>"#);
        assert_eq!(value.text().unwrap(), "x");
    }
}
