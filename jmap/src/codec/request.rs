//! The request object (RFC 8620 3.3): which capabilities are used, and the method calls one after the other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{self, JsonFault, Object};

/// Characters of an id, and of the id of a creation (RFC 8620 1.2: 255 at most).
pub(crate) const ID_OCTETS_MAX: usize = 255;

/// Octets of the name of a method, of a capability and of the id of a call.
const NAME_OCTETS_MAX: usize = 255;

/// Capabilities that one request may name.
const USING_MAX: usize = 64;

/// What a client wants done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// The capabilities it uses, as URIs.
    pub(crate) using: Vec<String>,
    /// What to do, in this order.
    pub(crate) calls: Vec<Invocation>,
    /// The ids that creations got in earlier requests; none if the client does not want to be told either.
    pub(crate) created_ids: Option<BTreeMap<String, String>>,
}

/// One method call, or one answer to it (RFC 8620 3.2).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invocation {
    pub(crate) name: String,
    pub(crate) arguments: Object,
    /// Chosen by the client; stands in every answer to the call.
    pub(crate) call_id: String,
}

/// Bounds of a request that the server tells its clients of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// `maxCallsInRequest`.
    pub(crate) calls_max: usize,
    /// Ids of creations that a client may bring.
    pub(crate) created_ids_max: usize,
}

/// Why a request is not looked at (RFC 8620 3.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestFault {
    /// It is no I-JSON.
    #[error(transparent)]
    NotJson(#[from] JsonFault),
    /// It is JSON, but no request.
    #[error("{0}")]
    NotRequest(&'static str),
    /// It has more calls than are taken.
    #[error("too many method calls in one request")]
    Calls,
}

impl Request {
    /// Reads a request from its octets.
    pub(crate) fn read(octets: &[u8], bounds: Bounds) -> Result<Self, RequestFault> {
        Self::from_value(json::read(octets)?, bounds)
    }

    /// Reads a request from a value. Members that nobody knows are passed over (RFC 8887 4.3.1 adds some).
    pub(crate) fn from_value(value: Value, bounds: Bounds) -> Result<Self, RequestFault> {
        let Value::Object(mut request) = value else {
            return Err(RequestFault::NotRequest("a request is an object"));
        };
        Ok(Self {
            using: using(request.remove("using"))?,
            calls: calls(request.remove("methodCalls"), bounds)?,
            created_ids: created_ids(request.remove("createdIds"), bounds)?,
        })
    }
}

fn using(value: Option<Value>) -> Result<Vec<String>, RequestFault> {
    let fault = RequestFault::NotRequest("`using` is a list of names of capabilities");
    let Some(Value::Array(values)) = value else {
        return Err(fault);
    };
    if values.len() > USING_MAX {
        return Err(RequestFault::NotRequest(
            "`using` names too many capabilities",
        ));
    }
    let name = |value| match value {
        Value::String(name) if name.len() <= NAME_OCTETS_MAX => Ok(name),
        _ => Err(fault),
    };
    values.into_iter().map(name).collect()
}

fn calls(value: Option<Value>, bounds: Bounds) -> Result<Vec<Invocation>, RequestFault> {
    let Some(Value::Array(values)) = value else {
        return Err(RequestFault::NotRequest("`methodCalls` is a list of calls"));
    };
    if values.len() > bounds.calls_max {
        return Err(RequestFault::Calls);
    }
    values.into_iter().map(call).collect()
}

fn call(value: Value) -> Result<Invocation, RequestFault> {
    let fault = RequestFault::NotRequest("a method call is a name, arguments and an id");
    let Value::Array(parts) = value else {
        return Err(fault);
    };
    let parts: Result<[Value; 3], _> = parts.try_into();
    let Ok(
        [
            Value::String(name),
            Value::Object(arguments),
            Value::String(call_id),
        ],
    ) = parts
    else {
        return Err(fault);
    };
    if name.len() > NAME_OCTETS_MAX || call_id.len() > NAME_OCTETS_MAX {
        return Err(RequestFault::NotRequest(
            "a name or id of a call is too long",
        ));
    }
    Ok(Invocation {
        name,
        arguments,
        call_id,
    })
}

fn created_ids(
    value: Option<Value>,
    bounds: Bounds,
) -> Result<Option<BTreeMap<String, String>>, RequestFault> {
    let fault = RequestFault::NotRequest("`createdIds` maps ids of creations to ids");
    let ids = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(ids)) => ids,
        Some(_) => return Err(fault),
    };
    if ids.len() > bounds.created_ids_max {
        return Err(RequestFault::NotRequest("`createdIds` has too many ids"));
    }
    let pair = |(creation, id): (String, Value)| match id {
        Value::String(id) if id.len() <= ID_OCTETS_MAX && creation.len() <= ID_OCTETS_MAX => {
            Ok((creation, id))
        }
        _ => Err(fault),
    };
    ids.into_iter()
        .map(pair)
        .collect::<Result<_, _>>()
        .map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        calls_max: 2,
        created_ids_max: 2,
    };

    fn read(text: &str) -> Result<Request, RequestFault> {
        Request::read(text.as_bytes(), BOUNDS)
    }

    #[test]
    fn a_request_is_capabilities_and_calls() {
        // RFC 8620 3.3.1.
        let text = r#"{"using": ["urn:ietf:params:jmap:core"], "methodCalls": [["Core/echo", {"a": 1}, "c1"]],
            "createdIds": {"x": "m1"}, "unknown": true}"#;
        let request = read(text).unwrap();
        assert_eq!(request.using, ["urn:ietf:params:jmap:core"]);
        let call = &request.calls[0];
        assert_eq!(
            (call.name.as_str(), call.call_id.as_str()),
            ("Core/echo", "c1")
        );
        assert_eq!(request.created_ids.unwrap()["x"], "m1");
    }

    #[test]
    fn what_is_no_request_is_told_from_what_is_no_json() {
        assert!(matches!(read("{"), Err(RequestFault::NotJson(_))));
        for text in [
            "[]",
            "{}",
            r#"{"using": [], "methodCalls": {}}"#,
            r#"{"using": [1], "methodCalls": []}"#,
            r#"{"using": [], "methodCalls": [["a", {}]]}"#,
            r#"{"using": [], "methodCalls": [["a", [], "c"]]}"#,
            r#"{"using": [], "methodCalls": [], "createdIds": {"a": 1}}"#,
        ] {
            assert!(
                matches!(read(text), Err(RequestFault::NotRequest(_))),
                "{text}"
            );
        }
        let many = r#"{"using": [], "methodCalls": [["a", {}, ""], ["a", {}, ""], ["a", {}, ""]]}"#;
        assert_eq!(read(many), Err(RequestFault::Calls));
    }
}
