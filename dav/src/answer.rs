//! Answers: a status, header fields and a body, whole or in portions.

mod portions;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{Response, StatusCode};

use crate::codec::Status;
use crate::codec::response::error_body;
use crate::error::Failure;

pub(crate) use portions::{Portion, Source, portions};

/// What a client gets.
pub(crate) type Answer = Response<Body>;

/// The media type of XML bodies (RFC 4918 8.2).
const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");

/// RFC 7240 3.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// An answer without a body.
pub(crate) fn empty(status: Status) -> Answer {
    whole(status, Body::empty())
}

/// An answer with this body.
pub(crate) fn whole(status: Status, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() =
        StatusCode::from_u16(status.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
}

/// An answer whose body is XML.
pub(crate) fn xml(status: Status, body: impl Into<Body>) -> Answer {
    let mut answer = whole(status, body.into());
    answer.headers_mut().insert(CONTENT_TYPE, XML);
    answer
}

/// An answer whose body is a text of that media type.
pub(crate) fn text(status: Status, media_type: &str, body: impl Into<Body>) -> Answer {
    let answer = whole(status, body.into());
    with(answer, CONTENT_TYPE, media_type)
}

/// The answer with one more field. A value that cannot stand in a field is left out.
pub(crate) fn with(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// What a client is told of a request that is not done.
pub(crate) fn failed(failure: &Failure) -> Answer {
    let answer = match &failure.condition {
        Some(condition) => xml(failure.status, error_body(condition)),
        None if failure.words.is_empty() => empty(failure.status),
        None => text(
            failure.status,
            "text/plain; charset=utf-8",
            format!("{}\n", failure.words),
        ),
    };
    match failure.retry_after {
        Some(time) => with(answer, RETRY_AFTER, &time.as_secs().max(1).to_string()),
        None => answer,
    }
}
