//! An email as a client writes one (RFC 8621 4.6): header fields in any form, and parts with their texts or blobs.
//!
//! Reading is pure and strict: what RFC 8621 4.6 forbids is refused with the properties that are at fault. Bytes of blobs
//! are filled in afterwards ([`Draft::write`]).

mod body;
mod header;

use std::collections::{BTreeMap, BTreeSet};

use groupware::message::compose;
use groupware::message::compose::{Field, FieldValue};
use model::Timestamp;
use serde_json::Value;

use crate::codec::argument::Arguments;
use crate::codec::json::Object;
use crate::error::SetError;

#[cfg(test)]
pub(crate) use body::Content;
pub(crate) use body::Part;
pub(crate) use header::{Headers, addresses};

/// Octets of all blobs in one email, and of its texts (RFC 8621 1.3.1 `maxSizeAttachmentsPerEmail`).
pub(crate) const ATTACHMENTS_OCTETS_MAX: usize = 100 * 1024 * 1024;

/// An email to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    /// Its header fields, without those of its outermost part.
    pub(crate) fields: Vec<Field>,
    /// Its outermost part.
    pub(crate) body: Part,
}

/// RFC 8621 4.1: what the server alone says of an email.
const SERVER_SET: [&str; 6] = [
    "id",
    "blobId",
    "threadId",
    "size",
    "hasAttachment",
    "preview",
];

impl Draft {
    /// Reads what is left of an email's properties, once those were taken that say where it is to be.
    ///
    /// # Errors
    /// RFC 8621 4.6 `invalidProperties`.
    pub(crate) fn read(mut object: Arguments) -> Result<Self, SetError> {
        if let Some(name) = SERVER_SET.iter().find(|name| object.0.contains_key(**name)) {
            return Err(SetError::invalid_property(name, "is said by the server"));
        }
        if object.0.contains_key("headers") {
            let why = "cannot be set; each field is a property of its own";
            return Err(SetError::invalid_property("headers", why));
        }
        let texts = body::texts(&mut object)?;
        let body = body::read(&mut object, &texts)?;
        let mut headers = Headers::default();
        let properties = std::mem::take(&mut object.0);
        for (property, value) in properties {
            if !headers.read(&property, value)? {
                return Err(SetError::invalid_property(&property, "is not known"));
            }
        }
        if let Some(name) = headers.names().find(|name| name.starts_with("content-")) {
            // RFC 8621 4.6.
            let property = format!("header:{name}");
            return Err(SetError::invalid_property(
                &property,
                "belongs to a part of the body",
            ));
        }
        if let Some(name) = headers.names().find(|name| body.names.contains(*name)) {
            let property = format!("header:{name}");
            return Err(SetError::invalid_property(&property, "is there twice"));
        }
        Ok(Self {
            fields: headers.fields,
            body,
        })
    }

    /// The blobs that its parts are made of, each once.
    pub(crate) fn blobs(&self) -> BTreeSet<&str> {
        let mut blobs = BTreeSet::new();
        self.body.blobs(&mut blobs);
        blobs
    }

    /// Whether a field of that name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.is(name))
    }

    /// The message, with the bytes of its blobs, and with the id and date that it gets if it brings none.
    pub(crate) fn write(self, blobs: &BTreeMap<String, Vec<u8>>, made: &Made) -> Vec<u8> {
        let mut fields = self.fields.clone();
        if !self.has("Date") {
            // RFC 8621 4.6, RFC 5322 3.6.1.
            let date = FieldValue::Date {
                seconds: made.at.seconds(),
                offset_minutes: 0,
            };
            fields.push(Field::new("Date", date));
        }
        if !self.has("Message-ID") {
            // RFC 8621 4.6, RFC 5322 3.6.4.
            let id = FieldValue::MessageIds(vec![made.message_id()]);
            fields.push(Field::new("Message-ID", id));
        }
        let draft = compose::Draft {
            fields,
            body: self.body.filled(blobs),
        };
        draft.write(&made.random)
    }
}

/// What the server adds to a message.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// When it is made.
    pub(crate) at: Timestamp,
    /// What no other message has.
    pub(crate) random: [u8; 16],
    /// The domain that its id lies in.
    pub(crate) domain: String,
}

impl Made {
    /// A message id that no other message has.
    pub(crate) fn message_id(&self) -> String {
        let random = u128::from_be_bytes(self.random);
        format!("{random:032x}@{}", self.domain)
    }
}

/// For fuzzing: an object is read as an email, and what it is, is written.
pub(crate) fn fuzz(object: &Object) {
    if let Ok(draft) = Draft::read(Arguments(object.clone())) {
        let made = Made {
            at: Timestamp(0),
            random: [0; 16],
            domain: "example.org".into(),
        };
        draft.write(&BTreeMap::new(), &made);
    }
}

/// A fault of one property.
fn fault(property: &str, why: &'static str) -> SetError {
    SetError::invalid_property(property, why)
}

/// An object, or a fault.
fn object_of(value: Value, property: &str) -> Result<Object, SetError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(fault(property, "has to be an object")),
    }
}

#[cfg(test)]
mod tests;
