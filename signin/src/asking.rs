//! What a program asks a person for, before anybody has answered: who it is, what it wants, and where the answer goes.

mod client;

mod redirect;

mod request;

use directory::SignedIn;

use crate::settings::Settings;

pub(crate) use client::Known;
pub(crate) use redirect::{place, source};
pub(crate) use request::{AuthorizationRequest, QUERY_OCTETS_MAX, Unfit};

/// Somebody on the way to consent.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) request: AuthorizationRequest,
    pub(crate) signed_in: SignedIn,
    /// Whether the second factor is missing.
    pub(crate) is_half: bool,
}

/// What a person agreed to, for a code.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    pub(crate) request: AuthorizationRequest,
    pub(crate) signed_in: SignedIn,
}

/// Parameters of a request.
const PARAMETERS_MAX: usize = 32;

/// The parameters of a request by name. RFC 6749 3.1: none comes twice.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// None if one comes twice, or there are too many.
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Option<Self> {
        let is_once = |(place, (name, _)): (usize, &(String, String))| {
            !pairs.iter().skip(place + 1).any(|(other, _)| other == name)
        };
        let is_short = pairs.len() <= PARAMETERS_MAX;
        let all_once = is_short && pairs.iter().enumerate().all(is_once);
        all_once.then_some(Self(pairs))
    }

    /// RFC 6749 3.1: one without a value is as good as none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// Reads any bytes as a program's request.
pub(crate) fn fuzz(input: &[u8], settings: &Settings) {
    if let Ok(text) = str::from_utf8(input) {
        if let Ok(request) = AuthorizationRequest::read(text, settings) {
            let location = request.answer(("code", "x"), settings);
            assert!(request.client.may_redirect_to(&request.redirect_uri));
            assert!(location.starts_with(&request.redirect_uri));
        }
        client::fuzz(text);
        redirect::fuzz(text);
    }
    let pairs = form_urlencoded::parse(input).into_owned();
    drop(Parameters::new(pairs.collect()));
}
