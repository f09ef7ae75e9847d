//! Problems with a whole request (RFC 8620 3.6.1): an object as in RFC 7807, and a status of HTTP.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::codec::json::Object;
use crate::codec::request::RequestFault;

/// A request that was not looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// Its `type`, as a URI.
    pub(crate) kind: &'static str,
    /// The status of HTTP.
    pub(crate) status: u16,
    /// For people.
    pub(crate) detail: Cow<'static, str>,
    /// RFC 8620 3.6.1: the limit that was exceeded.
    pub(crate) limit: Option<&'static str>,
}

impl Problem {
    /// A problem of a type that RFC 7807 4.2 leaves to its status.
    pub(crate) fn plain(status: u16, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: "about:blank",
            status,
            detail: detail.into(),
            limit: None,
        }
    }

    pub(crate) fn not_json(detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: "urn:ietf:params:jmap:error:notJSON",
            ..Self::plain(400, detail)
        }
    }

    pub(crate) fn not_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: "urn:ietf:params:jmap:error:notRequest",
            ..Self::plain(400, detail)
        }
    }

    pub(crate) fn unknown_capability(name: &str) -> Self {
        let detail = format!("`{name}` is no capability of this server.");
        Self {
            kind: "urn:ietf:params:jmap:error:unknownCapability",
            ..Self::plain(400, detail)
        }
    }

    /// One of the limits in the session's core capability.
    pub(crate) fn limit(limit: &'static str) -> Self {
        let detail = format!("The request exceeds `{limit}`.");
        Self {
            kind: "urn:ietf:params:jmap:error:limit",
            limit: Some(limit),
            ..Self::plain(400, detail)
        }
    }

    /// Its value on the wire.
    pub(crate) fn object(&self) -> Object {
        let mut value = json!({"type": self.kind, "status": self.status, "detail": self.detail});
        if let Some(limit) = self.limit {
            value["limit"] = limit.into();
        }
        match value {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }
}

impl From<RequestFault> for Problem {
    fn from(fault: RequestFault) -> Self {
        match fault {
            RequestFault::NotJson(fault) => Self::not_json(fault.to_string()),
            RequestFault::NotRequest(why) => Self::not_request(why),
            RequestFault::Calls => Self::limit("maxCallsInRequest"),
        }
    }
}
