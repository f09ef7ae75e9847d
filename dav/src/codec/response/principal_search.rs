//! `D:principal-search-property-set`: by which properties principals can be found (RFC 3744 9.5).

use super::writer::XmlWriter;
use crate::codec::namespace::Tag;
use crate::codec::property::{Property, PropertyName};

/// The body of the answer: properties with words for people, in English.
#[must_use]
pub fn principal_search_properties(properties: &[(Property, &str)]) -> Vec<u8> {
    let root = Tag::dav("principal-search-property-set");
    let entry = Tag::dav("principal-search-property");
    let mut xml = XmlWriter::with_capacity(1_024);
    xml.root(&root);
    for (property, description) in properties {
        xml.open(&entry);
        xml.open(&Tag::dav("prop"));
        xml.property(&PropertyName::Known(*property));
        xml.close(&Tag::dav("prop"));
        xml.open_with(&Tag::dav("description"), &[("xml:lang", "en")]);
        xml.text(description);
        xml.close(&Tag::dav("description"));
        xml.close(&entry);
    }
    xml.close(&root);
    xml.take()
}
