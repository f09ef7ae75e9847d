//! The service: a request from the HTTP shell, and the answer to it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONNECTION, EXPECT, LOCATION};
use axum::http::request::Parts;
use axum::http::{Extensions, Version};
use axum::routing::{MethodRouter, any};
use groupware::Groupware;
use listen::{FaceCounters, Facts};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::href::Target;
use crate::codec::{Fault, Status};
use crate::error::Failure;
use crate::house::House;
use crate::lock::Locks;
use crate::method;
use crate::session::{Head, Method};
use crate::settings::Settings;
use crate::sign_in::let_in;
use crate::unread::Unread;

/// The service of calendars, contacts and files over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dav {
    house: Arc<House>,
}

impl Dav {
    /// The service of what is in this store. Locks are known to this handle and its clones only.
    #[must_use]
    pub fn new(groupware: Groupware, settings: Settings) -> Self {
        let house = House {
            groupware,
            settings,
            counters: Arc::default(),
            locks: Locks::default(),
        };
        Self {
            house: Arc::new(house),
        }
    }

    /// What it answers at: `/dav/` with all below, and the well-known paths that lead there (RFC 6764 5).
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/caldav", any(well_known))
            .route("/.well-known/carddav", any(well_known))
            .route("/dav", any(serve))
            .route("/dav/", any(serve))
            .route("/dav/{*rest}", any(serve))
            .with_state(Arc::clone(&self.house))
    }

    /// What it answers at `/`, which leads to `/dav/`, too.
    pub fn root(&self) -> MethodRouter {
        any(root).with_state(Arc::clone(&self.house))
    }

    /// What happened since the start.
    #[must_use]
    pub fn counters(&self) -> &Arc<FaceCounters> {
        &self.house.counters
    }
}

/// RFC 6764 5: whoever asks is sent to where the service is; nobody has to sign in for that.
async fn well_known(State(house): State<Arc<House>>) -> Answer {
    house.counters.request();
    let answer = answer::empty(Status::MOVED_PERMANENTLY);
    let answer = answer::with(answer, LOCATION, &Target::Root.href());
    answer::with(answer, CACHE_CONTROL, "no-cache")
}

/// RFC 6764 6: a client that was given nothing but the name of the server begins at `/`. The redirect is a passing one,
/// since browsers would remember any other for whatever stands here later.
async fn root(State(house): State<Arc<House>>, request: Request) -> Answer {
    house.counters.request();
    if request.method() == axum::http::Method::OPTIONS {
        return method::without_signing_in(&Target::Root);
    }
    let answer = answer::empty(Status::TEMPORARY_REDIRECT);
    let answer = answer::with(answer, LOCATION, &Target::Root.href());
    answer::with(answer, CACHE_CONTROL, "no-cache")
}

async fn serve(State(house): State<Arc<House>>, request: Request) -> Answer {
    house.counters.request();
    let (parts, body) = request.into_parts();
    let version = parts.version;
    let waits = parts.headers.get(EXPECT).is_some_and(|word| {
        // RFC 9110 10.1.1.
        word.as_bytes().eq_ignore_ascii_case(b"100-continue")
    });
    let (unread, body) = Unread::lend(body);
    let answer = attend(&house, parts, body).await;
    if unread.discard(waits).await || version != Version::HTTP_11 {
        return answer;
    }
    // RFC 9112 9.6.
    answer::with(answer, CONNECTION, "close")
}

async fn attend(house: &Arc<House>, parts: Parts, body: Body) -> Answer {
    let Some(method) = Method::parse(parts.method.as_str()) else {
        // RFC 9110 15.6.2: a method that nobody here knows.
        return answer::empty(Status::NOT_IMPLEMENTED);
    };
    let Some(facts) = facts(&parts.extensions) else {
        return answer::empty(Status::INTERNAL_SERVER_ERROR);
    };
    let (word, fields) = (parts.method.clone(), parts.headers.clone());
    let head = Head::read(method, parts);
    if let (Method::Options, Ok(head)) = (method, &head) {
        return method::without_signing_in(&head.place);
    }
    // Who is not known learns nothing about which places there are.
    let visit = match let_in(house, &facts, &word, &fields).await {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    match head {
        Ok(head) => Box::pin(answer_to(visit, head, body)).await,
        Err(fault) => refuse(fault, method),
    }
}

async fn answer_to(visit: crate::visit::Visit, head: Head, body: Body) -> Answer {
    let (method, principal) = (head.method, visit.principal.id.0);
    let answer = method::run(Asked::new(Arc::new(visit), head, body)).await;
    tracing::debug!(
        command = method.as_str(),
        principal,
        status = answer.status().as_u16(),
        "request answered"
    );
    answer
}

/// A path that cannot be: nothing is there, and nothing can be put there.
fn refuse(fault: Fault, method: Method) -> Answer {
    let makes = matches!(method, Method::Put | Method::Mkcol | Method::Mkcalendar);
    let failure = match fault {
        Fault::Outside if makes => Failure::forbidden(),
        fault => Failure::from(fault),
    };
    answer::failed(&failure)
}

/// What the shell says about the client.
fn facts(extensions: &Extensions) -> Option<Arc<Facts>> {
    extensions.get::<Arc<Facts>>().cloned()
}
