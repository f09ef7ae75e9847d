//! Answers: JSON and pages, none of which anybody else may keep, frame or guess the type of.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Response, StatusCode};
use serde_json::Value;

use crate::settings::Door;

/// What a client gets.
pub(crate) type Answer = Response<Body>;

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    whole(status, None, Body::empty())
}

/// An answer whose body is JSON.
pub(crate) fn json(status: StatusCode, value: &Value) -> Answer {
    whole(status, Some("application/json"), value.to_string().into())
}

/// What was done.
pub(crate) fn ok(value: &Value) -> Answer {
    json(StatusCode::OK, value)
}

/// A page, whose policy says besides where its forms may lead (a list of sources as in CSP 3 2.3.1).
pub(crate) fn page(status: StatusCode, html: String, forms_lead_to: &str) -> Answer {
    let mut answer = whole(status, Some("text/html; charset=utf-8"), html.into());
    // W3C CSP 3: nothing is loaded from anywhere but ourselves, and nobody frames us.
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
         frame-ancestors 'none'; form-action 'self' {forms_lead_to}"
    );
    set(&mut answer, CONTENT_SECURITY_POLICY, policy.trim_end());
    set(&mut answer, X_FRAME_OPTIONS, "DENY");
    answer
}

/// A part of a page that never changes, such as its style.
pub(crate) fn asset(media_type: &'static str, text: &'static str) -> Answer {
    let mut answer = whole(StatusCode::OK, Some(media_type), text.into());
    set(&mut answer, CACHE_CONTROL, "public, max-age=3600");
    answer
}

/// Sends a browser elsewhere. RFC 9700 4.12: by 303, so that it does not send a form along.
pub(crate) fn see_other(location: &str) -> Answer {
    let mut answer = empty(StatusCode::SEE_OTHER);
    set(&mut answer, LOCATION, location);
    answer
}

/// The answer with one more field. A value that cannot stand in a field is left out.
pub(crate) fn with(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    set(&mut answer, name, value);
    answer
}

/// The answer with the cookie of a session that lasts so long.
pub(crate) fn with_session(answer: Answer, door: Door, secret: &str, seconds: i64) -> Answer {
    with_cookie(answer, door.cookie_name(), secret, "Strict", seconds)
}

/// The answer that makes the browser forget its session.
pub(crate) fn without_session(answer: Answer, door: Door) -> Answer {
    with_cookie(answer, door.cookie_name(), "", "Strict", 0)
}

/// RFC 6265bis 4.1.2: only over TLS, not for scripts, and from our own pages only, or, for `Lax`, when somebody else's
/// page leads to ours.
pub(crate) fn with_cookie(
    mut answer: Answer,
    name: &str,
    value: &str,
    same_site: &str,
    seconds: i64,
) -> Answer {
    let cookie = format!(
        "{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age={seconds}"
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

fn whole(status: StatusCode, media_type: Option<&'static str>, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    if let Some(media_type) = media_type {
        set(&mut answer, CONTENT_TYPE, media_type);
    }
    set(&mut answer, CACHE_CONTROL, "no-store");
    // With `no-referrer` browsers would hide the origin of our own forms from us, too.
    set(&mut answer, REFERRER_POLICY, "same-origin");
    set(&mut answer, X_CONTENT_TYPE_OPTIONS, "nosniff");
    answer
}

fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
