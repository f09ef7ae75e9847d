//! `D:error`: why a request was refused (RFC 4918 14.5, 16).

use super::writer::XmlWriter;
use crate::codec::namespace::Tag;
use crate::codec::precondition::Condition;

/// The body of an answer that names the precondition that does not hold.
#[must_use]
pub fn error_body(condition: &Condition) -> Vec<u8> {
    let mut xml = XmlWriter::with_capacity(512);
    xml.root(&Tag::dav("error"));
    condition.write(&mut xml);
    xml.close(&Tag::dav("error"));
    xml.take()
}
