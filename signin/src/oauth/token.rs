//! The token endpoint (RFC 6749 3.2): a program gets tokens for a code, and new ones for a refresh token.

use std::sync::Arc;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{Error, NewProgram, ProgramTokens, Secret};
use model::Actor;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::refused;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::asking::{Agreed, Parameters};
use crate::error::Refusal;
use crate::house::House;
use crate::scope;

/// RFC 7636 4.1: characters of a verifier.
const VERIFIER_CHARS: std::ops::RangeInclusive<usize> = 43..=128;

/// `POST /oauth/token`.
pub(crate) async fn run(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_secure()?;
    let (house, actor) = (Arc::clone(&asked.house), asked.actor(None));
    let Ok(Some(form)) = asked.form().await.map(Parameters::new) else {
        return Ok(invalid_request());
    };
    let tokens = match form.get("grant_type") {
        Some("authorization_code") => by_code(&house, actor, &form).await,
        Some("refresh_token") => by_refresh_token(&house, &actor, &form).await,
        Some(_) => {
            let words = "only codes and refresh tokens are taken";
            return Ok(refused(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                words,
            ));
        }
        None => return Ok(invalid_request()),
    };
    Ok(match tokens {
        Ok(tokens) => granted(&tokens),
        Err(answer) => *answer,
    })
}

/// RFC 6749 5.1.
fn granted(tokens: &ProgramTokens) -> Answer {
    answer::ok(&json!({
        "access_token": tokens.access.expose(),
        "token_type": "Bearer",
        "expires_in": tokens.access_for_ms / 1_000,
        "refresh_token": tokens.refresh.expose(),
        "scope": scope::granted(tokens.protocols),
    }))
}

/// RFC 6749 4.1.3, RFC 7636 4.5.
async fn by_code(
    house: &House,
    mut actor: Actor,
    form: &Parameters,
) -> Result<ProgramTokens, Box<Answer>> {
    let (Some(text), Some(client), Some(redirect_uri), Some(verifier)) = (
        form.get("code"),
        form.get("client_id"),
        form.get("redirect_uri"),
        form.get("code_verifier"),
    ) else {
        return Err(Box::new(invalid_request()));
    };
    let now = house.now();
    let Some(Agreed { request, signed_in }) = house.codes.take(text, now) else {
        // RFC 6749 4.1.2: a code that comes twice is in wrong hands, and so may be what it was good for.
        if let Some((principal, grant)) = house.spent.take(text, now) {
            tracing::warn!(
                principal = principal.0,
                credential = grant.0,
                "a code was used twice: what it was granted is revoked"
            );
            let directory = &house.directory;
            let removed = directory.remove_credential(&actor, principal, grant);
            if let Err(error) = removed.await {
                tracing::warn!(%error, "it was revoked already");
            }
        }
        return Err(Box::new(invalid_grant()));
    };
    let fits = request.client.id == client
        && request.redirect_uri == redirect_uri
        && is_verified(&request.challenge, verifier);
    if !fits {
        return Err(Box::new(invalid_grant()));
    }
    let principal = signed_in.principal.id;
    actor.principal = Some(principal);
    actor.credential = Some(signed_in.credential);
    let program = NewProgram {
        client: request.client.id,
        label: request.client.name,
        protocols: request.protocols,
    };
    let holds = house.still_proved(&signed_in).await;
    if !holds.map_err(|error| Box::new(failed(&error)))? {
        return Err(Box::new(invalid_grant()));
    }
    let tokens = house.directory.grant_program(&actor, principal, &program);
    let tokens = tokens.await.map_err(|error| Box::new(failed(&error)))?;
    house
        .spent
        .put_at(text, (principal, tokens.credential), now);
    Ok(tokens)
}

/// RFC 6749 6.
async fn by_refresh_token(
    house: &House,
    actor: &Actor,
    form: &Parameters,
) -> Result<ProgramTokens, Box<Answer>> {
    let (Some(token), Some(client)) = (form.get("refresh_token"), form.get("client_id")) else {
        return Err(Box::new(invalid_request()));
    };
    let token = Secret::from(token);
    let tokens = house.directory.renew_program(actor, &token, client).await;
    tokens.map_err(|error| Box::new(failed(&error)))
}

/// RFC 7636 4.6: the challenge is the hash of the verifier.
fn is_verified(challenge: &str, verifier: &str) -> bool {
    let is_unreserved = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    if !VERIFIER_CHARS.contains(&verifier.len()) || !verifier.bytes().all(is_unreserved) {
        return false;
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    let expected = URL_SAFE_NO_PAD.encode(digest);
    expected.as_bytes().ct_eq(challenge.as_bytes()).into()
}

fn invalid_request() -> Answer {
    let words = "a parameter is missing, or comes twice";
    refused(StatusCode::BAD_REQUEST, "invalid_request", words)
}

fn invalid_grant() -> Answer {
    let words = "the code or token is used up, expired, revoked, or somebody else's";
    refused(StatusCode::BAD_REQUEST, "invalid_grant", words)
}

fn failed(error: &Error) -> Answer {
    match error {
        Error::NotFound(_) | Error::Conflict(_) => invalid_grant(),
        Error::AlreadyExists(_)
        | Error::Invalid { .. }
        | Error::Limit(_)
        | Error::Busy
        | Error::Store(_) => {
            tracing::error!(%error, "tokens cannot be given");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            refused(status, "temporarily_unavailable", "try again")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_rfc_7636() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_verified(challenge, verifier));
        assert!(!is_verified(challenge, &verifier.replace("dB", "dC")));
        assert!(!is_verified(challenge, challenge), "`plain` is not taken");
        assert!(!is_verified(challenge, ""));
        assert!(!is_verified(challenge, &"ä".repeat(43)));
    }
}
