//! Push (RFC 8620 7): clients are told that something changed, and ask what.
//!
//! A client listens over a response without an end (`event_source.rs`) or over a WebSocket, by which it asks, too
//! (`web_socket.rs`, RFC 8887); or it names an address that is written to (`courier.rs`), through a service that it
//! trusts as far as `subscription/encryption.rs` lets it. All of them are fed by `feed.rs`, which queues nothing.

mod courier;

mod event_source;

mod feed;

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
use crate::pushes::WEB_SOCKET_PATH;
use crate::sign_in::enter;
use crate::subscription;

pub(crate) use courier::run;

/// Where clients listen.
const EVENT_SOURCE_PATH: &str = "/jmap/eventsource";

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_octets_are_read(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            super::fuzz(&octets);
        }
    }

    #[test]
    fn what_clients_send_is_read() {
        for text in [
            "types=Email%2CMailbox&closeafter=state&ping=60",
            "https://push.example.org/x",
            r#"{"@type": "WebSocketPushEnable", "dataTypes": ["Email"]}"#,
            r#"{"@type": "Request", "using": [], "methodCalls": []}"#,
        ] {
            super::fuzz(text.as_bytes());
        }
    }
}
