//! Letting in: who sends a request, by name and password (RFC 7617) or by a token (RFC 6750), over TLS.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use axum::http::header::{HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method};
use directory::{Attempt, Secret, SignInError, SignedIn};
use groupware::Caller;
use listen::Facts;
use listen::http::credentials::{CHALLENGE_BASIC, CHALLENGE_BEARER, Presented};
use model::{Actor, Face, Protocols, SessionId};

use crate::answer::{self, Answer};
use crate::codec::{Fault, Status};
use crate::house::House;
use crate::visit::Visit;

/// Who sends the request.
///
/// # Errors
/// The answer to somebody who is not let in.
pub(crate) async fn let_in(
    house: &Arc<House>,
    facts: &Facts,
    method: &Method,
    fields: &HeaderMap,
) -> Result<Visit, Box<Answer>> {
    let refused = || {
        house.counters.refused();
        Box::new(challenge())
    };
    let (directory, address) = (house.groupware.directory(), facts.peer.ip());
    let signed_in = match Presented::read(method, fields) {
        // Cookies are for our own pages, which do not come here.
        Presented::None | Presented::Session(_) | Presented::Foreign => {
            return Err(Box::new(challenge()));
        }
        Presented::Unknown => return Err(refused()),
        Presented::Bearer(_) | Presented::Basic { .. } if !may_show_password(house, facts) => {
            return Err(Box::new(insecure()));
        }
        Presented::Bearer(token) => {
            let token = Secret::from(token);
            directory
                .sign_in_token(&token, Protocols::DAV, address)
                .await
        }
        Presented::Basic { name, password } => {
            let attempt = Attempt {
                name: &name,
                password: &Secret::from(password),
                protocol: Protocols::DAV,
                address,
            };
            directory.sign_in(attempt).await
        }
    };
    match signed_in {
        Ok(signed_in) => {
            house.counters.signed_in();
            visit(house, facts, signed_in).map_err(|_| Box::new(answer::empty(Status::FORBIDDEN)))
        }
        Err(SignInError::Refused | SignInError::Malformed) => Err(refused()),
        Err(SignInError::Slow { retry_after }) => {
            house.counters.refused();
            // RFC 6585 4.
            let seconds = retry_after.as_secs().max(1).to_string();
            let answer = answer::empty(Status::TOO_MANY_REQUESTS);
            Err(Box::new(answer::with(answer, RETRY_AFTER, &seconds)))
        }
        Err(SignInError::Unavailable) => Err(Box::new(answer::empty(Status::SERVICE_UNAVAILABLE))),
    }
}

/// RFC 7617 4, RFC 6750 5.3: passwords and tokens go over TLS only. What was sent was sent all the same; the answer says why
/// it is not looked at, and 401 would make the client send it again.
fn insecure() -> Answer {
    let words = "Passwords are taken over TLS only: use the https address.\n";
    answer::text(Status::FORBIDDEN, "text/plain; charset=utf-8", words)
}

fn visit(house: &Arc<House>, facts: &Facts, signed_in: SignedIn) -> Result<Visit, Fault> {
    let address = facts.peer.ip();
    let principal = signed_in.principal;
    // HTTP has no sessions: the requests of one credential from one address, since the start, stand for one.
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let session = KEY.hash_one((principal.id, signed_in.credential, address));
    let caller = Caller::new(Actor {
        principal: Some(principal.id),
        credential: Some(signed_in.credential),
        session: SessionId(session),
        face: Face::Dav,
        address,
    });
    Visit::new(Arc::clone(house), caller, principal)
}

/// Whether a password may cross this connection.
fn may_show_password(house: &House, facts: &Facts) -> bool {
    let loopback = facts.peer.is_loopback() && facts.proxy.is_none_or(|proxy| proxy.is_loopback());
    facts.tls.is_some() || (house.settings.plain_sign_in_on_loopback && loopback)
}

fn challenge() -> Answer {
    let answer = answer::text(
        Status::UNAUTHORIZED,
        "text/plain; charset=utf-8",
        "Sign in with your address and a password or app password.\n",
    );
    let mut answer = answer::with(answer, WWW_AUTHENTICATE, CHALLENGE_BASIC);
    // RFC 9110 11.6.1: a client takes the one it knows.
    let bearer = HeaderValue::from_static(CHALLENGE_BEARER);
    answer.headers_mut().append(WWW_AUTHENTICATE, bearer);
    answer
}
