//! JMAP over WebSocket (RFC 8887): requests and answers as messages, and changes in between.

mod frame;

mod message;

mod socket;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use listen::http::{UpgradedStream, upgrade};
use listen::{Deadline, Reservation};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tokio_util::sync::CancellationToken;

use super::feed::{Ended as FeedEnded, Feed, check_welcome};
use super::pause;
use crate::answer::{self, Reply};
use crate::api;
use crate::codec::request::Request;
use crate::error::Problem;
use crate::limits::REQUESTS_AT_ONCE_MAX;
use crate::subscription::Wanted;
use crate::turns::Turn;
use crate::visit::Visit;
use frame::{CloseCode, Opcode};
use message::Message;
use socket::{Ended, Received, Socket};

/// RFC 6455 1.3: what a server appends to the key, to show that it speaks WebSocket.
const ACCEPT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// RFC 8887 4.1: the name of the subprotocol.
const SUBPROTOCOL: &str = "jmap";

/// Silence after which a client is asked for a sign of life: less than what home routers forget connections after.
const PING_AFTER: Duration = Duration::from_secs(100);

/// Time for that sign.
const PONG_WITHIN: Duration = Duration::from_secs(60);

/// Time for the last words.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The response to somebody who is signed in and wants to change to WebSocket.
pub(super) fn serve(visit: Arc<Visit>, parts: &Parts) -> Reply {
    let accept = match accept(&parts.headers) {
        Ok(accept) => accept,
        Err(reply) => return *reply,
    };
    let Some(turn) = visit.house.pushes.clients.take(visit.principal.id) else {
        let why = "Too many connections of yours are open already.";
        return answer::problem(&Problem::plain(429, why));
    };
    let mut response = Response::new(Body::empty());
    for (name, value) in [
        (UPGRADE, "websocket"),
        (CONNECTION, "upgrade"),
        (SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL),
        (SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ] {
        response = answer::with(response, name, value);
    }
    upgrade(&mut response, move |stream, stopping| {
        converse(visit, stream, stopping, turn)
    });
    response
}

/// RFC 6455 4.2.1: whether this is an upgrade to WebSocket; the value of `Sec-WebSocket-Accept`.
fn accept(fields: &HeaderMap) -> Result<String, Box<Reply>> {
    let refused =
        |status, why: &'static str| Box::new(answer::problem(&Problem::plain(status, why)));
    if !lists(fields, &UPGRADE, "websocket") || !lists(fields, &CONNECTION, "upgrade") {
        // RFC 9110 15.5.22.
        let reply = refused(426, "This is the address of a WebSocket.");
        return Err(Box::new(answer::with(*reply, UPGRADE, "websocket")));
    }
    if !lists(fields, &SEC_WEBSOCKET_VERSION, "13") {
        // RFC 6455 4.4.
        let reply = refused(426, "Version 13 of WebSocket is spoken here.");
        return Err(Box::new(answer::with(*reply, SEC_WEBSOCKET_VERSION, "13")));
    }
    // RFC 8887 4.1: a client that does not speak the subprotocol is turned away.
    if !lists(fields, &SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return Err(refused(400, "The subprotocol is `jmap`."));
    }
    let key = fields
        .get(SEC_WEBSOCKET_KEY)
        .and_then(|key| key.to_str().ok());
    let key = key.filter(|key| STANDARD.decode(key).is_ok_and(|octets| octets.len() == 16));
    let key = key.ok_or_else(|| refused(400, "`Sec-WebSocket-Key` is missing."))?;
    let hash = digest(
        &SHA1_FOR_LEGACY_USE_ONLY,
        format!("{key}{ACCEPT}").as_bytes(),
    );
    Ok(STANDARD.encode(hash))
}

/// Whether a word stands in a list, without regard to case.
fn lists(fields: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    fields
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|listed| listed.trim().eq_ignore_ascii_case(word))
}

/// An answer that is being made.
type Answering = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

/// What is told of changes.
struct Told {
    feed: Feed,
    types: Wanted,
}

/// One client.
struct Conversation {
    visit: Arc<Visit>,
    socket: Socket,
    answering: FuturesUnordered<Answering>,
    told: Option<Box<Told>>,
    /// Whether the client was asked for a sign of life.
    asked: bool,
}

async fn converse(
    visit: Arc<Visit>,
    stream: UpgradedStream,
    stopping: CancellationToken,
    _turn: Turn,
) {
    let budget = visit.house.settings.budget.clone();
    let mut conversation = Conversation {
        visit,
        socket: Socket::new(stream, budget),
        answering: FuturesUnordered::new(),
        told: None,
        asked: false,
    };
    let ended = loop {
        // Boxed: it lasts for hours, and most of the time nothing is done.
        match Box::pin(conversation.step(&stopping)).await {
            Ok(()) => {}
            Err(ended) => break ended,
        }
    };
    if let Ended::Broken(code) = ended {
        let within = Deadline::after(CLOSE_TIMEOUT);
        conversation.socket.close(code, within).await;
    }
}

/// What happens next.
enum Next {
    Received(Received),
    Answer(Vec<u8>),
    Change(Bytes),
    Silence,
}

impl Conversation {
    async fn step(&mut self, stopping: &CancellationToken) -> Result<(), Ended> {
        match self.next(stopping).await? {
            Next::Received(Received::Alive) => self.asked = false,
            Next::Received(Received::Text(text, reservation)) => {
                self.asked = false;
                check_welcome(&self.visit).await.map_err(ended)?;
                self.attend(&text, reservation).await?;
            }
            Next::Answer(octets) => self.socket.send(Opcode::Text, &octets).await?,
            Next::Change(octets) => self.socket.send(Opcode::Text, &octets).await?,
            Next::Silence if self.asked => return Err(Ended::Broken(CloseCode::GoingAway)),
            Next::Silence => {
                check_welcome(&self.visit).await.map_err(ended)?;
                self.asked = true;
                self.socket.send(Opcode::Ping, b"").await?;
            }
        }
        Ok(())
    }

    async fn next(&mut self, stopping: &CancellationToken) -> Result<Next, Ended> {
        let silence = if self.asked { PONG_WITHIN } else { PING_AFTER };
        // A client with as many requests under way as it may have is not listened to.
        let listens = self.answering.len() < REQUESTS_AT_ONCE_MAX;
        let told = self.told.as_deref_mut();
        // All branches are cancellation-safe.
        tokio::select! {
            biased;
            () = stopping.cancelled() => Err(Ended::Broken(CloseCode::GoingAway)),
            Some(octets) = self.answering.next() => Ok(Next::Answer(octets)),
            change = change(told) => change.map(Next::Change),
            received = self.socket.receive(), if listens => received.map(Next::Received),
            () = pause(Some(silence)), if listens => Ok(Next::Silence),
        }
    }

    /// Does what a message asks for.
    async fn attend(&mut self, text: &str, room: Option<Reservation>) -> Result<(), Ended> {
        match Message::read(text) {
            Ok(Message::Request { id, request }) => {
                let visit = Arc::clone(&self.visit);
                self.answering.push(Box::pin(async move {
                    let _room = room;
                    answer_to(&visit, id, *request).await
                }));
                Ok(())
            }
            Ok(Message::PushEnable { types, mark }) => {
                let visit = Arc::clone(&self.visit);
                let feed = Feed::open(visit, mark.as_deref()).await;
                let feed = feed.map_err(ended)?;
                self.told = Some(Box::new(Told { feed, types }));
                Ok(())
            }
            Ok(Message::PushDisable) => {
                self.told = None;
                Ok(())
            }
            Err((id, problem)) => {
                let octets = message::request_error(id, &problem);
                self.socket.send(Opcode::Text, &octets).await
            }
        }
    }
}

/// RFC 8887 4.3.2, 4.3.3.
async fn answer_to(visit: &Arc<Visit>, id: Option<String>, request: Request) -> Vec<u8> {
    let Some(_turn) = visit.house.requests.take(visit.principal.id) else {
        return message::request_error(id, &Problem::limit("maxConcurrentRequests"));
    };
    visit.house.counters.request();
    match api::answer(visit, request).await {
        Ok(mut response) => {
            response.request_id = id.map(Into::into);
            response.typed = true;
            response.write()
        }
        Err(problem) => message::request_error(id, &problem),
    }
}

/// RFC 8887 4.3.5.1: what changed, with what the client brings when it comes again; waits for ever if it does not want
/// to be told.
async fn change(told: Option<&mut Told>) -> Result<Bytes, Ended> {
    let Some(Told { feed, types }) = told else {
        return std::future::pending().await;
    };
    let change = feed.next(types).await.map_err(ended)?;
    Ok(change.message(message::state_change))
}

fn ended(why: FeedEnded) -> Ended {
    Ended::Broken(match why {
        FeedEnded::Unwelcome => CloseCode::Policy,
        FeedEnded::Stopping => CloseCode::GoingAway,
        FeedEnded::Failed => CloseCode::Internal,
    })
}

/// Reads any octets as frames, and as a message.
pub(super) fn fuzz(input: &[u8]) {
    frame::fuzz(input);
    if let Ok(text) = str::from_utf8(input) {
        let _ = Message::read(text);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn fields(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    const GOOD: [(&str, &str); 5] = [
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "chat, jmap"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn the_handshake_of_the_standard_is_answered() {
        // RFC 6455 1.3.
        let accept = accept(&fields(&GOOD)).unwrap();
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn other_requests_are_turned_away() {
        for (at, status) in [(0, 426), (1, 426), (2, 426), (3, 400), (4, 400)] {
            let mut pairs = GOOD;
            pairs[at].1 = "other";
            let reply = accept(&fields(&pairs)).unwrap_err();
            assert_eq!(reply.status(), StatusCode::from_u16(status).unwrap());
        }
    }
}
