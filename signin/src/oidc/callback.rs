//! The way back: a browser comes with a code, for which the provider says who its person is.

use axum::http::StatusCode;
use axum::http::header::COOKIE as COOKIE_FIELD;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::COOKIE;
use super::jwt::Token;
use super::start::{Way, redirect_uri};
use crate::account::sign_in::{Entering, cookie_seconds};
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::asking::QUERY_OCTETS_MAX;
use crate::error::Refusal;
use crate::house::House;
use crate::oauth::authorize::words;
use crate::oauth::{nowhere, onward};
use crate::provider::Providing;
use crate::settings::{Provider, Settings};

/// What the provider gives for a code (OpenID Connect Core 1.0 3.1.3.3).
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// `GET /auth/provider/callback`.
pub(crate) async fn finish(asked: Asked) -> Result<Answer, Refusal> {
    let words = words(&asked);
    asked.require_secure()?;
    let answer = match enter(&asked).await {
        Ok(answer) => answer,
        Err(Refusal::Refused) => nowhere(words, StatusCode::UNAUTHORIZED, words.wrong),
        Err(refusal) => {
            tracing::debug!(error = ?refusal, "nobody came back from the provider");
            nowhere(words, StatusCode::SERVICE_UNAVAILABLE, words.unavailable)
        }
    };
    // Whatever came of it, the way is over.
    Ok(answer::with_cookie(answer, COOKIE, "", "Lax", 0))
}

async fn enter(asked: &Asked) -> Result<Answer, Refusal> {
    let (house, words) = (&asked.house, words(asked));
    let way = way(asked).filter(|way| way.is_open(house.now()));
    let way = way.ok_or(Refusal::Refused)?;
    let code = code(asked, &way).ok_or(Refusal::Refused)?;
    let address = address(house, &way, &code).await?;
    let person = house.directory.principal_at(&address).await;
    let person = person.map_err(|_| Refusal::Unavailable)?;
    let Some(principal) = person else {
        tracing::info!(name = %address, "the provider vouches for somebody who is not known here");
        return Err(Refusal::Refused);
    };
    let (session, secret) = Entering::of(asked).open(house, principal.id, None).await?;
    house.proved(session);
    let seconds = cookie_seconds(house, session).await?;
    // The session's cookie is not sent along on a way that began on the provider's page; one of our own has to lead on.
    let page = onward(words, &way.onward);
    let door = house.settings.door;
    Ok(answer::with_session(page, door, secret.expose(), seconds))
}

/// What the browser remembers of its way.
fn way(asked: &Asked) -> Option<Way> {
    asked
        .fields
        .get_all(COOKIE_FIELD)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, value)| Way::read(value))
}

/// The code, if the browser comes back from the way that it went.
fn code(asked: &Asked, way: &Way) -> Option<String> {
    if asked.query.len() > QUERY_OCTETS_MAX {
        return None;
    }
    let get = |wanted: &str| {
        form_urlencoded::parse(asked.query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    // RFC 9207 2.4: if the answer says who gives it, it is the one that was asked.
    let provider = asked.house.settings.provider.as_ref()?;
    if get("iss").is_some_and(|issuer| issuer != provider.issuer) {
        return None;
    }
    let state = get("state")?;
    let is_ours: bool = state.as_bytes().ct_eq(way.state().as_bytes()).into();
    get("code").filter(|_| is_ours)
}

/// The address that the provider vouches for (OpenID Connect Core 1.0 3.1.3).
async fn address(house: &House, way: &Way, code: &str) -> Result<String, Refusal> {
    let way_out = house.provider().ok_or(Refusal::Unavailable)?;
    let known = house.providing.discovered(way_out).await?;
    let form = form(&house.settings, way_out.provider, way, code);
    let endpoint = known.token_endpoint.clone();
    let answer = Providing::post(way_out, endpoint, form).await?;
    let tokens: Tokens = serde_json::from_slice(&answer.body).map_err(|_| Refusal::Unavailable)?;
    let token = Token::read(&tokens.id_token).ok_or(Refusal::Refused)?;
    let keys = house.providing.keys(way_out, token.key.as_deref()).await?;
    let address = token.verified_address(&keys, way_out.provider, &way.nonce(), house.now());
    address.map_err(|why| {
        tracing::warn!(reason = why, "a token of the provider is refused");
        Refusal::Refused
    })
}

/// What a code is exchanged with (RFC 6749 4.1.3, RFC 7636 4.5).
fn form(settings: &Settings, provider: &Provider, way: &Way, code: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &redirect_uri(settings))
        .append_pair("client_id", &provider.client_id)
        .append_pair("code_verifier", &way.verifier());
    // RFC 6749 2.3.1: the secret in the form, which every provider takes.
    if let Some(secret) = &provider.client_secret {
        form.append_pair("client_secret", secret.expose());
    }
    form.finish()
}
