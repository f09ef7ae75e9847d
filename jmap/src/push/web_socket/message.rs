//! Messages over a WebSocket (RFC 8887 4.3): requests, what is told of changes, and errors.

use bytes::Bytes;
use serde_json::Value;

use crate::api;
use crate::codec::argument::Arguments;
use crate::codec::json::{self, Object};
use crate::codec::request::{ID_OCTETS_MAX, Request};
use crate::error::Problem;
use crate::pushes::StateChange;
use crate::subscription::Wanted;

/// What a client says.
#[derive(Debug)]
pub(super) enum Message {
    /// RFC 8887 4.3.1.
    Request {
        /// What the client calls it.
        id: Option<String>,
        /// What is to be done.
        request: Box<Request>,
    },
    /// RFC 8887 4.3.5.2: changes are to be told from now on, or from an earlier moment.
    PushEnable {
        /// Of which types.
        types: Wanted,
        /// What the client knows.
        mark: Option<String>,
    },
    /// RFC 8887 4.3.5.3.
    PushDisable,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// What is wrong, and what the client called the request, where that can be read.
    pub(super) fn read(text: &str) -> Result<Self, (Option<String>, Problem)> {
        let value = json::read(text.as_bytes());
        let value = value.map_err(|fault| (None, Problem::not_json(fault.to_string())))?;
        let Value::Object(object) = value else {
            return Err((None, Problem::not_request("a message is an object")));
        };
        let mut arguments = Arguments(object);
        let kind = arguments.text("@type").ok().flatten();
        let id = arguments.text("id").ok().flatten();
        let id = id.filter(|id| id.len() <= ID_OCTETS_MAX);
        match kind.as_deref() {
            Some("Request") => match api::read_value(Value::Object(arguments.0)) {
                Ok(request) => Ok(Self::Request {
                    id,
                    request: Box::new(request),
                }),
                Err(problem) => Err((id, problem)),
            },
            Some("WebSocketPushEnable") => {
                let types = Wanted::read(arguments.take("dataTypes"));
                let mark = arguments.text("pushState");
                match (types, mark) {
                    (Some(types), Ok(mark)) => Ok(Self::PushEnable { types, mark }),
                    _ => Err((
                        id,
                        Problem::not_request("`dataTypes` is a list of types or null"),
                    )),
                }
            }
            Some("WebSocketPushDisable") => Ok(Self::PushDisable),
            _ => Err((id, Problem::not_request("`@type` is none that is known"))),
        }
    }
}

/// RFC 8887 4.3.4: a request that was not looked at.
pub(super) fn request_error(id: Option<String>, problem: &Problem) -> Vec<u8> {
    let mut object = problem.object();
    object.insert("@type".into(), "RequestError".into());
    // RFC 8887 4.3.4: null where there was none.
    object.insert("requestId".into(), id.map_or(Value::Null, Value::from));
    octets(object)
}

/// RFC 8887 4.3.5.1.
pub(super) fn state_change(change: &StateChange) -> Bytes {
    let mut value = change.value();
    value["pushState"] = change.mark.to_string().into();
    Bytes::from(value.to_string())
}

fn octets(object: Object) -> Vec<u8> {
    Value::Object(object).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_wishes_are_told_apart() {
        let request = r#"{"@type": "Request", "id": "R1", "using": ["urn:ietf:params:jmap:core"],
            "methodCalls": [["Core/echo", {}, "a"]]}"#;
        let Ok(Message::Request { id, request }) = Message::read(request) else {
            panic!("a request is read");
        };
        assert_eq!((id.as_deref(), request.calls.len()), (Some("R1"), 1));
        let enable =
            r#"{"@type": "WebSocketPushEnable", "dataTypes": ["Email"], "pushState": "x"}"#;
        let Ok(Message::PushEnable { types, mark }) = Message::read(enable) else {
            panic!("a wish is read");
        };
        assert!(types.wants("Email") && !types.wants("Mailbox"));
        assert_eq!(mark.as_deref(), Some("x"));
        let disable = Message::read(r#"{"@type": "WebSocketPushDisable"}"#);
        assert!(matches!(disable, Ok(Message::PushDisable)));
    }

    #[test]
    fn errors_name_the_request() {
        let (id, problem) =
            Message::read(r#"{"@type": "Request", "id": "R2", "using": 1}"#).unwrap_err();
        assert_eq!(id.as_deref(), Some("R2"));
        let error: Value = serde_json::from_slice(&request_error(id, &problem)).unwrap();
        assert_eq!(error["@type"], "RequestError");
        assert_eq!(error["requestId"], "R2");
        assert_eq!(error["type"], "urn:ietf:params:jmap:error:notRequest");
        for (text, kind) in [
            ("{", "notJSON"),
            ("[]", "notRequest"),
            (r#"{"@type": 1}"#, "notRequest"),
        ] {
            let (id, problem) = Message::read(text).unwrap_err();
            assert!(id.is_none() && problem.kind.ends_with(kind), "{text}");
        }
    }
}
