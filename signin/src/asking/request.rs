//! What a program asks a person for (RFC 6749 4.1.1, RFC 7636 4.3).

use model::Protocols;

use super::client::Known;
use super::{Parameters, redirect};
use crate::scope;
use crate::settings::Settings;

/// Octets of a request's query.
pub(crate) const QUERY_OCTETS_MAX: usize = 4_096;
/// Octets of `state`, which is the program's own.
const STATE_OCTETS_MAX: usize = 1_024;
/// RFC 7636 4.2: characters of a challenge, which is a SHA-256 hash in Base64.
const CHALLENGE_CHARS: usize = 43;

/// What a program asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: Known,
    pub(crate) redirect_uri: String,
    pub(crate) protocols: Protocols,
    pub(crate) state: Option<String>,
    /// RFC 7636 4.2: the SHA-256 hash of what the program will show to get its tokens.
    pub(crate) challenge: String,
    /// Who is to sign in, as the program guesses.
    pub(crate) hint: String,
}

/// Why a request goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Nobody is to be sent anywhere (RFC 6749 4.1.2.1): the person is told.
    Unsafe,
    /// The program is told, there.
    Told(String),
}

impl AuthorizationRequest {
    /// Reads the query of a request.
    pub(crate) fn read(query: &str, settings: &Settings) -> Result<Self, Unfit> {
        if query.len() > QUERY_OCTETS_MAX {
            return Err(Unfit::Unsafe);
        }
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let parameters = Parameters::new(pairs.collect()).ok_or(Unfit::Unsafe)?;
        let client = parameters
            .get("client_id")
            .and_then(|id| Known::find(id, settings))
            .ok_or(Unfit::Unsafe)?;
        let redirect_uri = parameters
            .get("redirect_uri")
            .filter(|uri| client.may_redirect_to(uri))
            .ok_or(Unfit::Unsafe)?
            .to_owned();
        let state = parameters.get("state").map(str::to_owned);
        if state
            .as_ref()
            .is_some_and(|state| state.len() > STATE_OCTETS_MAX)
        {
            return Err(Unfit::Unsafe);
        }
        let told = |error| Unfit::Told(answer_to(&redirect_uri, state.as_deref(), error, settings));
        if parameters.get("response_type") != Some("code") {
            return Err(told(("error", "unsupported_response_type")));
        }
        // RFC 7636 4.4.1: without a challenge, or with one that is no hash, the request is refused.
        let challenge = parameters
            .get("code_challenge")
            .filter(|_| parameters.get("code_challenge_method") == Some("S256"))
            .filter(|challenge| is_challenge(challenge))
            .ok_or_else(|| told(("error", "invalid_request")))?;
        let protocols = scope::requested(parameters.get("scope"))
            .ok_or_else(|| told(("error", "invalid_scope")))?;
        Ok(Self {
            protocols,
            challenge: challenge.to_owned(),
            hint: parameters.get("login_hint").unwrap_or_default().to_owned(),
            client,
            redirect_uri,
            state,
        })
    }

    /// Where the browser takes the answer.
    pub(crate) fn answer(&self, answer: (&str, &str), settings: &Settings) -> String {
        answer_to(&self.redirect_uri, self.state.as_deref(), answer, settings)
    }
}

/// RFC 6749 4.1.2, RFC 9207 2: an answer says who gives it, so that a program that knows several servers mixes none up.
fn answer_to(
    redirect_uri: &str,
    state: Option<&str>,
    answer: (&str, &str),
    settings: &Settings,
) -> String {
    let mut parameters = vec![answer];
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("iss", settings.issuer.as_str()));
    redirect::with(redirect_uri, &parameters)
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_CHARS
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
}
