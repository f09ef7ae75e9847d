//! An OAuth 2.0 authorization server (RFC 6749, RFC 9700) for people's programs: they ask here, in a browser, and then
//! have tokens of their own instead of a password.
//!
//! Only the code flow with PKCE, and only public clients: a program on somebody's device can keep no secret.

pub(crate) mod authorize;

pub(crate) mod client;

pub(crate) mod metadata;

mod page;

mod redirect;

pub(crate) mod register;

pub(crate) mod request;

pub(crate) mod revoke;

pub(crate) mod token;

mod words;

use axum::http::StatusCode;
use serde_json::json;

use crate::answer::{self, Answer};
use crate::settings::Settings;

use request::AuthorizationRequest;

pub(crate) use page::{nowhere, onward, passkey_script, style};
pub(crate) use words::Words;

/// What a program is told of a request that is not done (RFC 6749 5.2).
fn refused(status: StatusCode, error: &str, description: &str) -> Answer {
    answer::json(
        status,
        &json!({ "error": error, "error_description": description }),
    )
}

/// The parameters of a request by name. RFC 6749 3.1: none comes twice.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn new(pairs: Vec<(String, String)>) -> Option<Self> {
        let is_once = |(place, (name, _)): (usize, &(String, String))| {
            !pairs.iter().skip(place + 1).any(|(other, _)| other == name)
        };
        let is_short = pairs.len() <= PARAMETERS_MAX;
        let all_once = is_short && pairs.iter().enumerate().all(is_once);
        all_once.then_some(Self(pairs))
    }

    /// RFC 6749 3.1: one without a value is as good as none.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// Parameters of a request.
const PARAMETERS_MAX: usize = 32;

/// Reads any bytes as what programs and browsers send.
pub(crate) fn fuzz(input: &[u8], settings: &Settings) {
    if let Ok(query) = str::from_utf8(input)
        && let Ok(request) = AuthorizationRequest::read(query, settings)
    {
        let location = request.answer(("code", "x"), settings);
        assert!(request.client.may_redirect_to(&request.redirect_uri));
        assert!(location.starts_with(&request.redirect_uri));
    }

    let pairs: Vec<_> = form_urlencoded::parse(input).into_owned().collect();
    if let Ok(text) = str::from_utf8(input) {
        client::fuzz(text);
        redirect::fuzz(text);
        assert!(!Words::accepted(text).language.is_empty());
    }
    drop(Parameters::new(pairs));
}
