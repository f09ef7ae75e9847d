//! The authorization endpoint (RFC 6749 3.1): a person signs in and says whether a program may act for them.
//!
//! Whoever has a session in this browser, and proved themselves a short while ago, is asked for consent at once; everybody
//! else signs in first, for this one purpose: no session is opened. Until the right password was given nothing is kept; the program's request travels with
//! the form, and is checked again when it comes back.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::ACCEPT_LANGUAGE;
use directory::{Attempt, FirstFactor, Secret};
use model::Protocols;

use super::page;
use super::words::Words;
use crate::account::sign_in::{Entering, second_factor_options};
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::asking::{Agreed, AuthorizationRequest, Flow, Parameters, Unfit};
use crate::error::Refusal;
use crate::house::House;
use crate::webauthn::Assertion;

/// `GET /oauth/authorize`.
pub(crate) async fn show(asked: Asked) -> Result<Answer, Refusal> {
    let words = words(&asked);
    let (house, query) = (&asked.house, asked.query.as_str());
    let request = match AuthorizationRequest::read(query, &house.settings) {
        Ok(request) => request,
        Err(unfit) => return Ok(refused(words, unfit)),
    };
    match asked.fresh_visitor().await {
        Ok(visitor) => {
            let flow = Flow {
                request,
                signed_in: visitor.signed_in,
                is_half: false,
            };
            Ok(go_on(house, words, flow).await)
        }
        Err(Refusal::Insecure) => Ok(page::nowhere(words, StatusCode::FORBIDDEN, words.insecure)),
        Err(_) => {
            let form = (query, request.hint.as_str());
            let other = other(house);
            let ok = StatusCode::OK;
            Ok(page::password(words, ok, &request, form, None, other))
        }
    }
}

/// `POST /oauth/authorize`: address and password.
pub(crate) async fn password(asked: Asked) -> Result<Answer, Refusal> {
    let words = words(&asked);
    asked.require_own_page()?;
    let (house, address) = (Arc::clone(&asked.house), asked.address());
    let form = parameters(asked).await?;
    let query = form.get("request").unwrap_or_default();
    let request = match AuthorizationRequest::read(query, &house.settings) {
        Ok(request) => request,
        Err(unfit) => return Ok(refused(words, unfit)),
    };
    let name = form.get("name").unwrap_or_default();
    let password = Secret::from(form.get("password").unwrap_or_default());
    let attempt = Attempt {
        name,
        password: &password,
        protocol: Protocols::JMAP,
        address,
    };
    let (signed_in, is_half) = match house.directory.sign_in_first(attempt).await {
        Ok(FirstFactor::Enough(signed_in)) => (signed_in, false),
        Ok(FirstFactor::Half(signed_in, _)) => (signed_in, true),
        Err(error) => {
            let (status, wrong) = told(words, &error.into());
            let form = (query, name);
            let other = other(&house);
            return Ok(page::password(
                words,
                status,
                &request,
                form,
                Some(wrong),
                other,
            ));
        }
    };
    let flow = Flow {
        request,
        signed_in,
        is_half,
    };
    Ok(go_on(&house, words, flow).await)
}

/// `POST /oauth/second-factor`: a code or a passkey.
pub(crate) async fn second_factor(asked: Asked) -> Result<Answer, Refusal> {
    let words = words(&asked);
    asked.require_own_page()?;
    let (house, entering) = (Arc::clone(&asked.house), Entering::of(&asked));
    let form = parameters(asked).await?;
    let (ticket, now) = (form.get("flow").unwrap_or_default(), house.now());
    let Some(flow) = house.flows.look(ticket, now, Flow::clone) else {
        return Ok(page::nowhere(words, StatusCode::BAD_REQUEST, words.over));
    };
    let passkey: Option<Assertion> = form
        .get("passkey")
        .and_then(|text| serde_json::from_str(text).ok());
    let proved = entering.prove(&house, &flow.signed_in, form.get("code"), passkey.as_ref());
    match proved.await {
        Ok(()) => {
            house.flows.take(ticket, now);
            let flow = Flow {
                is_half: false,
                ..flow
            };
            Ok(go_on(&house, words, flow).await)
        }
        Err(refusal) => {
            let (status, wrong) = told(words, &refusal);
            Ok(ask_second(&house, words, status, ticket, &flow, Some(wrong)).await)
        }
    }
}

/// `POST /oauth/consent`: yes or no.
pub(crate) async fn consent(asked: Asked) -> Result<Answer, Refusal> {
    let words = words(&asked);
    asked.require_own_page()?;
    let house = Arc::clone(&asked.house);
    let form = parameters(asked).await?;
    let (ticket, now) = (form.get("flow").unwrap_or_default(), house.now());
    let flow = house.flows.take(ticket, now).filter(|flow| !flow.is_half);
    let Some(Flow {
        request, signed_in, ..
    }) = flow
    else {
        return Ok(page::nowhere(words, StatusCode::BAD_REQUEST, words.over));
    };
    let settings = &house.settings;
    if form.get("decision") != Some("allow") {
        // RFC 6749 4.1.2.1.
        return Ok(answer::see_other(
            &request.answer(("error", "access_denied"), settings),
        ));
    }
    let agreed = Agreed {
        request: request.clone(),
        signed_in,
    };
    let code = house.codes.put(agreed, &settings.random, now);
    Ok(answer::see_other(
        &request.answer(("code", &code), settings),
    ))
}

/// The next page of somebody who has shown something.
async fn go_on(house: &House, words: &Words, flow: Flow) -> Answer {
    let (random, now) = (&house.settings.random, house.now());
    let ticket = house.flows.put(flow.clone(), random, now);
    if flow.is_half {
        return ask_second(house, words, StatusCode::OK, &ticket, &flow, None).await;
    }
    let address = &flow.signed_in.principal.address;
    page::consent(words, &flow.request, &ticket, address)
}

async fn ask_second(
    house: &House,
    words: &Words,
    status: StatusCode,
    ticket: &str,
    flow: &Flow,
    wrong: Option<&str>,
) -> Answer {
    let principal = flow.signed_in.principal.id;
    let Ok(factors) = house.directory.second_factors(principal).await else {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return page::nowhere(words, status, words.unavailable);
    };
    let codes = factors.totp || factors.recovery_codes > 0;
    let passkey = second_factor_options(house, principal, &factors);
    page::second_factor(words, status, ticket, (codes, &passkey), wrong)
}

fn refused(words: &Words, unfit: Unfit) -> Answer {
    match unfit {
        Unfit::Unsafe => page::nowhere(words, StatusCode::BAD_REQUEST, words.unsafe_text),
        Unfit::Told(location) => answer::see_other(&location),
    }
}

/// How a person is told that a proof did not help.
fn told<'a>(words: &'a Words, refusal: &Refusal) -> (StatusCode, &'a str) {
    match refusal {
        Refusal::Slow(_) => (StatusCode::TOO_MANY_REQUESTS, words.slow),
        Refusal::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, words.unavailable),
        _ => (StatusCode::UNAUTHORIZED, words.wrong),
    }
}

/// The name of another service that people can sign in with.
fn other(house: &House) -> Option<&str> {
    let provider = house.settings.provider.as_ref();
    let provider = provider.filter(|_| house.fetch.is_some());
    provider.map(|provider| provider.name.as_str())
}

pub(crate) fn words(asked: &Asked) -> &'static Words {
    let field = asked.fields.get(ACCEPT_LANGUAGE);
    Words::accepted(
        field
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
    )
}

async fn parameters(asked: Asked) -> Result<Parameters, Refusal> {
    Parameters::new(asked.form().await?)
        .ok_or(Refusal::Malformed("a field of the form comes twice"))
}
