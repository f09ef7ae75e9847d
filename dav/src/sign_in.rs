//! Letting in: who sends a request, by name and password over TLS (RFC 7617).

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use axum::http::header::{HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use directory::{Attempt, Secret, SignInError, SignedIn};
use groupware::Caller;
use listen::Facts;
use model::{Actor, Face, Protocols, SessionId};

use crate::answer::{self, Answer};
use crate::codec::{Fault, Status};
use crate::house::House;
use crate::session::Credentials;
use crate::visit::Visit;

/// RFC 7617 2.1: names and passwords come in UTF-8.
const CHALLENGE: &str = "Basic realm=\"Wachpost\", charset=\"UTF-8\"";

/// Who sends the request.
///
/// # Errors
/// The answer to somebody who is not let in.
pub(crate) async fn let_in(
    house: &Arc<House>,
    facts: &Facts,
    fields: &HeaderMap,
) -> Result<Visit, Box<Answer>> {
    let refused = || {
        house.counters.refused();
        Box::new(challenge())
    };
    let (name, password) = match Credentials::read(fields) {
        Credentials::Basic { name, password } => (name, password),
        Credentials::None => return Err(Box::new(challenge())),
        // Tokens are read here and nowhere else; until there are any, each is as good as none.
        Credentials::Bearer | Credentials::Unknown => return Err(refused()),
    };
    if !may_show_password(house, facts) {
        // RFC 7617 4: passwords go over TLS only. The password was sent all the same; the answer says why it is not
        // looked at, and 401 would make the client send it again.
        let words = "Passwords are taken over TLS only: use the https address.\n";
        let answer = answer::text(Status::FORBIDDEN, "text/plain; charset=utf-8", words);
        return Err(Box::new(answer));
    }
    let signed_in = sign_in(house, facts, &name, &password).await;
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

async fn sign_in(
    house: &House,
    facts: &Facts,
    name: &str,
    password: &Secret<String>,
) -> Result<SignedIn, SignInError> {
    let attempt = Attempt {
        name,
        password,
        protocol: Protocols::DAV,
        address: facts.peer.ip(),
    };
    house.groupware.directory().sign_in(attempt).await
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
    answer::with(answer, WWW_AUTHENTICATE, CHALLENGE)
}
