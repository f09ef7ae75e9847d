//! An OAuth 2.0 authorization server (RFC 6749, RFC 9700) for people's programs: they ask here, in a browser, and then
//! have tokens of their own instead of a password.
//!
//! Only the code flow with PKCE, and only public clients: a program on somebody's device can keep no secret.

pub(crate) mod authorize;

pub(crate) mod metadata;

mod page;

pub(crate) mod register;

pub(crate) mod revoke;

pub(crate) mod token;

mod words;

use axum::http::StatusCode;
use serde_json::json;

use crate::answer::{self, Answer};

pub(crate) use page::{nowhere, onward, passkey_script, style};
pub(crate) use words::Words;

/// What a program is told of a request that is not done (RFC 6749 5.2).
fn refused(status: StatusCode, error: &str, description: &str) -> Answer {
    answer::json(
        status,
        &json!({ "error": error, "error_description": description }),
    )
}

/// Reads any text as what a browser says of its languages.
pub(crate) fn fuzz(text: &str) {
    assert!(!Words::accepted(text).language.is_empty());
}
