//! Errors of one object in a method call (RFC 8620 5.3 `SetError`).

use std::borrow::Cow;

use groupware::Error;
use serde_json::Value;

use crate::codec::argument::Fault;
use crate::codec::json::Object;
use crate::codec::patch::PatchFault;

/// One object that was not created, changed or destroyed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetError {
    /// Its `type`.
    pub(crate) kind: &'static str,
    /// For people.
    pub(crate) description: Option<Cow<'static, str>>,
    /// Which properties are at fault.
    pub(crate) properties: Vec<String>,
    /// What else there is to say (`existingId`, `notFound`, `maxSize` and others).
    pub(crate) more: Box<Object>,
}

impl SetError {
    /// An error of this type.
    pub(crate) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            description: None,
            properties: Vec::new(),
            more: Box::default(),
        }
    }

    /// The same with words for people.
    pub(crate) fn because(self, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            description: Some(why.into()),
            ..self
        }
    }

    /// The same with one more member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn not_found() -> Self {
        Self::new("notFound")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new("forbidden")
    }

    pub(crate) fn singleton() -> Self {
        Self::new("singleton")
    }

    /// RFC 8620 5.3: it is to be destroyed in the same call.
    pub(crate) fn will_destroy() -> Self {
        Self::new("willDestroy")
    }

    /// Properties that cannot be as they are asked for.
    pub(crate) fn invalid_properties<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self {
            properties: names.into_iter().map(Into::into).collect(),
            ..Self::new("invalidProperties")
        }
    }

    /// One property that cannot be as it is asked for, and why.
    pub(crate) fn invalid_property(name: &str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::invalid_properties([name]).because(why)
    }

    /// Its value on the wire.
    pub(crate) fn value(self) -> Value {
        let mut object = *self.more;
        object.insert("type".into(), self.kind.into());
        if let Some(description) = self.description {
            object.insert("description".into(), description.into_owned().into());
        }
        if !self.properties.is_empty() {
            object.insert("properties".into(), self.properties.into());
        }
        Value::Object(object)
    }
}

impl From<Fault> for SetError {
    fn from(fault: Fault) -> Self {
        Self::invalid_property(&fault.name, fault.to_string())
    }
}

impl From<PatchFault> for SetError {
    fn from(fault: PatchFault) -> Self {
        Self::new("invalidPatch").because(fault.0)
    }
}

impl From<Error> for SetError {
    fn from(error: Error) -> Self {
        let words = error.for_peer();
        match error {
            Error::NotFound => Self::not_found(),
            Error::Forbidden => Self::forbidden(),
            Error::OverQuota => Self::new("overQuota").because(words),
            Error::SendingLimit { .. } => Self::new("rateLimit").because(words),
            Error::TooLarge => Self::new("tooLarge").because(words),
            Error::Limit(_) => Self::new("tooLarge").because(words),
            Error::AlreadyExists => Self::invalid_property("name", words),
            Error::UidConflict { .. } => Self::invalid_property("uid", words),
            Error::StateMismatch | Error::CannotCalculate => {
                Self::new("stateMismatch").because(words)
            }
            // RFC 8621 2.5.
            Error::HasChildren => Self::new("mailboxHasChild"),
            Error::NotEmpty => Self::new("mailboxHasEmail"),
            Error::Refused(refusal) => Self::new("invalidProperties").because(refusal.to_string()),
            Error::Invalid { field, why } => Self::invalid_property(field, why),
            Error::Unavailable { .. } => Self::new("serverUnavailable"),
            Error::Internal(incident) => {
                Self::new("serverFail").because(format!("Internal error, incident {incident}."))
            }
        }
    }
}
