//! Letting in: who sends a request.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use axum::http::header::{HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use directory::{Attempt, Secret, SignInError, SignedIn};
use groupware::Caller;
use listen::Facts;
use listen::http::credentials::{CHALLENGE_BASIC, CHALLENGE_BEARER, Presented};
use model::{Actor, Face, Protocols, SessionId};

use crate::answer::{self, Reply};
use crate::error::Problem;
use crate::house::House;
use crate::visit::Visit;

/// What every request begins with: the client, and who they are.
pub(crate) async fn enter(
    house: &Arc<House>,
    parts: &Parts,
) -> Result<(Arc<Facts>, Arc<Visit>), Box<Reply>> {
    house.counters.request();
    let Some(facts) = parts.extensions.get::<Arc<Facts>>().cloned() else {
        return Err(Box::new(answer::empty(StatusCode::INTERNAL_SERVER_ERROR)));
    };
    // RFC 9110 9.3.2: `HEAD` is `GET` without the content, which the shell leaves away.
    let method = if parts.method == Method::HEAD {
        &Method::GET
    } else {
        &parts.method
    };
    let visit = let_in(house, &facts, method, &parts.headers).await?;
    Ok((facts, visit))
}

/// Who sends the request.
///
/// # Errors
/// The reply to somebody who is not let in.
pub(crate) async fn let_in(
    house: &Arc<House>,
    facts: &Facts,
    method: &Method,
    fields: &HeaderMap,
) -> Result<Arc<Visit>, Box<Reply>> {
    let directory = house.groupware.directory();
    let address = facts.peer.ip();
    let signed_in = match Presented::read(method, fields) {
        Presented::None => return Err(Box::new(challenge(fields))),
        Presented::Basic { name, password } => {
            if !may_show_password(house, facts) {
                // RFC 7617 4: passwords go over TLS only. It was sent all the same; the reply says why it is not
                // looked at, and 401 would make the client send it again.
                let why = "Passwords are taken over TLS only: use the https address.";
                return Err(Box::new(answer::problem(&Problem::plain(403, why))));
            }
            let attempt = Attempt {
                name: &name,
                password: &Secret::from(password.as_str()),
                protocol: Protocols::JMAP,
                address,
            };
            directory.sign_in(attempt).await
        }
        Presented::Foreign => {
            house.counters.refused();
            let why = "This page may not use the session.";
            return Err(Box::new(answer::problem(&Problem::plain(403, why))));
        }
        Presented::Bearer(token) => {
            let token = Secret::from(token);
            directory
                .sign_in_token(&token, Protocols::JMAP, address)
                .await
        }
        Presented::Session(token) => {
            let token = Secret::from(token);
            directory
                .sign_in_session(&token, Protocols::JMAP, address)
                .await
        }
        Presented::Unknown => Err(SignInError::Refused),
    };
    match signed_in {
        Ok(signed_in) => {
            house.counters.signed_in();
            Ok(Arc::new(visit(house, address, signed_in)))
        }
        Err(error) => Err(Box::new(refused(house, fields, &error))),
    }
}

fn refused(house: &House, fields: &HeaderMap, error: &SignInError) -> Reply {
    match error {
        SignInError::Refused | SignInError::Malformed => {
            house.counters.refused();
            challenge(fields)
        }
        SignInError::Slow { retry_after } => {
            house.counters.refused();
            // RFC 6585 4.
            let seconds = retry_after.as_secs().max(1).to_string();
            let reply = answer::problem(&Problem::plain(429, "Too many attempts."));
            answer::with(reply, RETRY_AFTER, &seconds)
        }
        SignInError::Unavailable => {
            answer::problem(&Problem::plain(503, "Not available at the moment."))
        }
    }
}

fn visit(house: &Arc<House>, address: Option<IpAddr>, signed_in: SignedIn) -> Visit {
    let principal = signed_in.principal;
    // HTTP has no sessions: the requests of one credential from one address, since the start, stand for one.
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let session = KEY.hash_one((principal.id, signed_in.credential, address));
    let caller = Caller::new(Actor {
        principal: Some(principal.id),
        credential: Some(signed_in.credential),
        session: SessionId(session),
        face: Face::Jmap,
        address,
    });
    Visit {
        house: Arc::clone(house),
        caller,
        principal,
        credential: signed_in.credential,
    }
}

/// Whether a password may cross this connection.
fn may_show_password(house: &House, facts: &Facts) -> bool {
    let loopback = facts.peer.is_loopback() && facts.proxy.is_none_or(|proxy| proxy.is_loopback());
    facts.tls.is_some() || (house.settings.plain_sign_in_on_loopback && loopback)
}

/// RFC 8620 3.6.1: 401 with what would be taken. To a page in a browser, passwords are not named: it would ask for them
/// in a window of its own.
fn challenge(fields: &HeaderMap) -> Reply {
    let why = "Sign in with your address and a password or app password, or with a token.";
    let mut reply = answer::problem(&Problem::plain(StatusCode::UNAUTHORIZED.as_u16(), why));
    if !fields.contains_key("sec-fetch-site") {
        reply = answer::with(reply, WWW_AUTHENTICATE, CHALLENGE_BASIC);
    }
    answer::with(reply, WWW_AUTHENTICATE, CHALLENGE_BEARER)
}
