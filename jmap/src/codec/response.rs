//! The response object (RFC 8620 3.4).

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use super::request::Invocation;

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) answers: Vec<Invocation>,
    /// All ids of creations, if the client named some.
    pub(crate) created_ids: Option<BTreeMap<String, String>>,
    /// Tells a client whether to ask for the session again.
    pub(crate) session_state: String,
    /// RFC 8887 4.3.2: which request it answers, over a WebSocket.
    pub(crate) request_id: Option<Value>,
    /// RFC 8887 4.3.2: whether to say what it is, over a WebSocket.
    pub(crate) typed: bool,
}

impl Response {
    /// Its octets.
    pub(crate) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("values of JSON can be written")
    }
}

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if self.typed {
            map.serialize_entry("@type", "Response")?;
        }
        if let Some(id) = &self.request_id {
            map.serialize_entry("requestId", id)?;
        }
        map.serialize_entry("methodResponses", &self.answers)?;
        if let Some(ids) = &self.created_ids {
            map.serialize_entry("createdIds", ids)?;
        }
        map.serialize_entry("sessionState", &self.session_state)?;
        map.end()
    }
}

impl Serialize for Invocation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut parts = to.serialize_seq(Some(3))?;
        parts.serialize_element(&self.name)?;
        parts.serialize_element(&self.arguments)?;
        parts.serialize_element(&self.call_id)?;
        parts.end()
    }
}
