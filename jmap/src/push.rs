//! Push (RFC 8620 7): clients are told that something changed, and ask what.
//!
//! A client listens over a response without an end (`event_source.rs`) or over a WebSocket, by which it asks, too
//! (`web_socket.rs`, RFC 8887); or it names an address that is written to (`courier.rs`), through a service that it
//! trusts as far as `encryption.rs` lets it. All of them are fed by `feed.rs`, which queues nothing.

mod courier;

pub(crate) mod encryption;

mod event_source;

mod feed;

mod sender;

mod states;

pub(crate) mod subscription;

pub(crate) mod types;

mod vapid;

mod wakes;

mod web_socket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use listen::Deadline;
use listen::http::Stopping;

use crate::answer::{self, Reply};
use crate::house::House;
use crate::service::enter;
use crate::turns::Turns;

pub(crate) use courier::run;
pub use sender::{Push, PushSender, Pushed};
pub use vapid::{NoKey, VapidKey};

/// Connections of one principal that wait for changes, or are WebSockets: enough for all devices of somebody and for
/// the shared account of a whole firm, and no more than a stolen password should hold open. What all people together
/// hold is bounded by the listener.
const CLIENTS_PER_PRINCIPAL_MAX: usize = 1_024;

/// Where clients listen.
pub(crate) const EVENT_SOURCE_PATH: &str = "/jmap/eventsource";

/// Where WebSockets begin.
pub(crate) const WEB_SOCKET_PATH: &str = "/jmap/ws";

/// What all clients that are pushed to have in common.
#[derive(Debug)]
pub(crate) struct Pushes {
    snapshots: states::Snapshots,
    clients: Turns,
    pub(crate) wakes: wakes::Wakes,
}

impl Default for Pushes {
    fn default() -> Self {
        Self {
            snapshots: states::Snapshots::default(),
            clients: Turns::new(CLIENTS_PER_PRINCIPAL_MAX),
            wakes: wakes::Wakes::default(),
        }
    }
}

/// The paths of push.
pub(crate) fn router() -> Router<Arc<House>> {
    Router::new()
        .route(EVENT_SOURCE_PATH, get(events))
        .route("/jmap/eventsource/", get(events))
        .route(WEB_SOCKET_PATH, get(sockets))
        .route("/jmap/ws/", get(sockets))
}

async fn events(State(house): State<Arc<House>>, request: Request) -> Reply {
    let (parts, _) = request.into_parts();
    let visit = match enter(&house, &parts).await {
        Ok((_, visit)) => visit,
        Err(reply) => return *reply,
    };
    let Some(stopping) = parts.extensions.get::<Stopping>().cloned() else {
        return answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let query = parts.uri.query().unwrap_or_default();
    match event_source::serve(&visit, query, &parts.headers, stopping).await {
        Ok(response) => response,
        Err(problem) => answer::problem(&problem),
    }
}

async fn sockets(State(house): State<Arc<House>>, request: Request) -> Reply {
    let (parts, _) = request.into_parts();
    match enter(&house, &parts).await {
        Ok((_, visit)) => web_socket::serve(visit, &parts),
        Err(reply) => *reply,
    }
}

/// Lets time pass; none is for ever.
async fn pause(time: Option<Duration>) {
    let for_ever = std::future::pending::<()>();
    match time {
        Some(time) => drop(Deadline::after(time).bound(for_ever).await),
        None => for_ever.await,
    }
}

/// Reads any octets as what clients of push send: frames, queries.
///
/// # Panics
/// If a reader accepts what cannot be.
pub(crate) fn fuzz(input: &[u8]) {
    web_socket::fuzz(input);
    if let Ok(text) = str::from_utf8(input) {
        event_source::fuzz(text);
        subscription::fuzz(text);
    }
}
