//! Errors of a whole method call (RFC 8620 3.6.2).

use std::borrow::Cow;

use groupware::Error;
use serde_json::Value;

use crate::codec::argument::Fault;
use crate::codec::filter::FilterFault;
use crate::codec::json::Object;
use crate::codec::reference::ReferenceFault;

/// A method call that was not done. Nothing changed, unless it is `serverPartialFail`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MethodError {
    /// Its `type`.
    pub(crate) kind: &'static str,
    /// For people.
    pub(crate) description: Option<Cow<'static, str>>,
    /// What else there is to say.
    pub(crate) more: Object,
}

impl MethodError {
    /// An error of this type.
    pub(crate) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            description: None,
            more: Object::new(),
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

    pub(crate) fn unknown_method() -> Self {
        Self::new("unknownMethod")
    }

    pub(crate) fn invalid_arguments(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalidArguments").because(why)
    }

    pub(crate) fn forbidden() -> Self {
        Self::new("forbidden")
    }

    pub(crate) fn account_not_found() -> Self {
        Self::new("accountNotFound")
    }

    pub(crate) fn account_not_supported() -> Self {
        Self::new("accountNotSupportedByMethod")
    }

    /// RFC 8620 5.1, 5.3: more ids or objects than one call may have; or an answer that would be too large.
    pub(crate) fn request_too_large() -> Self {
        Self::new("requestTooLarge")
    }

    pub(crate) fn state_mismatch() -> Self {
        Self::new("stateMismatch")
    }

    pub(crate) fn cannot_calculate_changes() -> Self {
        Self::new("cannotCalculateChanges")
    }

    pub(crate) fn unsupported_filter(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new("unsupportedFilter").because(why)
    }

    pub(crate) fn unsupported_sort(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new("unsupportedSort").because(why)
    }

    pub(crate) fn anchor_not_found() -> Self {
        Self::new("anchorNotFound")
    }

    pub(crate) fn server_fail() -> Self {
        Self::new("serverFail")
    }

    /// The arguments of the answer named `error`.
    pub(crate) fn arguments(self) -> Object {
        let mut arguments = self.more;
        arguments.insert("type".into(), self.kind.into());
        if let Some(description) = self.description {
            arguments.insert("description".into(), description.into_owned().into());
        }
        arguments
    }
}

impl From<Fault> for MethodError {
    fn from(fault: Fault) -> Self {
        Self::invalid_arguments(fault.to_string())
    }
}

impl From<FilterFault> for MethodError {
    fn from(fault: FilterFault) -> Self {
        match fault {
            FilterFault::Malformed(fault) => fault.into(),
            FilterFault::Unsupported(why) => Self::unsupported_filter(why),
            FilterFault::UnsupportedSort(why) => Self::unsupported_sort(why),
        }
    }
}

impl From<ReferenceFault> for MethodError {
    fn from(fault: ReferenceFault) -> Self {
        match fault {
            // RFC 8620 3.7.
            ReferenceFault::Twice => Self::invalid_arguments(fault.to_string()),
            ReferenceFault::Nowhere => Self::new("invalidResultReference"),
            ReferenceFault::TooMuch => Self::request_too_large().because(fault.to_string()),
        }
    }
}

impl From<Error> for MethodError {
    /// What an operation says of the account, or of all that was asked. Of one object, see [`super::SetError`].
    fn from(error: Error) -> Self {
        let words = error.for_peer();
        match error {
            Error::NotFound => Self::account_not_found(),
            Error::Forbidden => Self::forbidden(),
            Error::OverQuota => Self::new("overQuota").because(words),
            Error::SendingLimit { .. } => Self::new("rateLimit").because(words),
            Error::TooLarge | Error::Limit(_) => Self::request_too_large().because(words),
            Error::StateMismatch => Self::state_mismatch(),
            Error::CannotCalculate => Self::cannot_calculate_changes(),
            Error::HasChildren
            | Error::NotEmpty
            | Error::AlreadyExists
            | Error::UidConflict { .. }
            | Error::Invalid { .. } => Self::invalid_arguments(words),
            Error::Refused(refusal) => Self::invalid_arguments(refusal.to_string()),
            Error::Unavailable { .. } => Self::new("serverUnavailable"),
            Error::Internal(incident) => {
                Self::server_fail().because(format!("Internal error, incident {incident}."))
            }
        }
    }
}
