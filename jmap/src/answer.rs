//! Answers of HTTP: a status, header fields and a body.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use serde_json::Value;

use crate::error::Problem;

/// What a client gets.
pub(crate) type Reply = Response<Body>;

/// A reply without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    reply
}

/// A reply whose body is JSON. What is the caller's alone is kept by nobody on the way.
pub(crate) fn json(status: StatusCode, octets: Vec<u8>) -> Reply {
    let mut reply = Response::new(Body::from(octets));
    *reply.status_mut() = status;
    let fields = reply.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // RFC 8620 2, 8.2: neither the session nor what is answered is to be cached.
    let no_store = HeaderValue::from_static("no-cache, no-store, must-revalidate");
    fields.insert(CACHE_CONTROL, no_store);
    reply
}

/// What a client is told of a request that was not looked at.
pub(crate) fn problem(problem: &Problem) -> Reply {
    let status = StatusCode::from_u16(problem.status);
    let octets = Value::Object(problem.object()).to_string().into_bytes();
    let mut reply = json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), octets);
    let media_type = HeaderValue::from_static("application/problem+json");
    reply.headers_mut().insert(CONTENT_TYPE, media_type);
    reply
}

/// The reply with one more field. A value that cannot stand in a field is left out.
pub(crate) fn with(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().append(name, value);
    }
    reply
}

/// The reply to somebody whose body nobody reads: RFC 9112 9.6, the connection ends after it.
pub(crate) fn closing(reply: Reply) -> Reply {
    with(reply, CONNECTION, "close")
}
