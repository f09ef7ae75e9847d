//! HTTP server shell: serves an [`axum::Router`] over HTTP/1.1 (RFC 9112) on a [`Listener`], with the same limits and
//! the same shutdown as every other service.
//!
//! Each request carries `Extension<Arc<Facts>>`, which says who the client is. Heads and bodies are bounded in size, and
//! both directions in time; bodies stream. A connection serves one request after the other until its client is silent
//! for too long, or changes to another protocol (`upgrade`). An answer without an end, such as a stream of events, is cut
//! off only if its client does not take what is written; it ends itself when [`Stopping`] is cancelled. No HTTP/2 so far.
//!
//! TLS, the PROXY protocol and the number of connections are the [`Service`]'s, as for every other protocol.

mod apart;

pub mod credentials;

mod pace;

mod upgrade;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::Limited;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limits::{
    HTTP_BODY_OCTETS_DEFAULT, HTTP_BODY_TIMEOUT, HTTP_FIELDS_MAX, HTTP_HEAD_OCTETS_MAX,
    HTTP_HEAD_TIMEOUT, HTTP_STALL_TIMEOUT,
};
use crate::{Connection, Facts, Listener, Service};

use pace::{PacedBody, PacedStream};
use upgrade::Afterwards;

pub use apart::Apart;
pub use upgrade::{Stopping, UpgradedStream, upgrade};

/// Bounds of one HTTP service.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Octets of a request's line and fields; what is longer is answered with 431 (RFC 6585 5). Never less than 8,192.
    pub head_octets: usize,
    /// Number of a request's fields.
    pub fields: usize,
    /// Octets of a request's body. A handler may set narrower bounds and say more about them.
    pub body_octets: usize,
    /// Time for the head of a request, also between two requests.
    pub head_timeout: Duration,
    /// Time for the next part of a body to arrive or to be taken.
    pub stall_timeout: Duration,
    /// Time for the whole body of a request to arrive, from the moment that somebody begins to read it.
    pub body_timeout: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head_octets: HTTP_HEAD_OCTETS_MAX,
            fields: HTTP_FIELDS_MAX,
            body_octets: HTTP_BODY_OCTETS_DEFAULT,
            head_timeout: HTTP_HEAD_TIMEOUT,
            stall_timeout: HTTP_STALL_TIMEOUT,
            body_timeout: HTTP_BODY_TIMEOUT,
        }
    }
}

/// Serves a router until `stopping` is cancelled, as [`crate::serve`] does. Requests under way are answered.
///
/// # Errors
/// As [`crate::serve`].
pub async fn serve(
    listener: Listener,
    service: Service,
    limits: HttpLimits,
    router: Router,
    stopping: CancellationToken,
    tracker: TaskTracker,
) -> io::Result<()> {
    let handler = move |connection| converse(connection, router.clone(), limits);
    crate::serve(listener, service, stopping, tracker, handler).await
}

/// hyper panics if its buffer is to be smaller.
const HYPER_BUFFER_OCTETS_MIN: usize = 8_192;

/// Serves a router over one connection, until its client or the server ends it.
pub async fn converse(connection: Connection, router: Router, limits: HttpLimits) {
    let facts = Arc::clone(connection.facts());
    let stopping = connection.stopping();
    let stream = TokioIo::new(PacedStream::new(connection, limits.stall_timeout));
    let afterwards = Arc::new(Afterwards::default());
    let service = {
        let (facts, afterwards) = (Arc::clone(&facts), Arc::clone(&afterwards));
        let router = TowerToHyperService::new(router);
        let stopping = Stopping(stopping.clone());
        service_fn(move |mut request: Request<Incoming>| {
            let on_upgrade = hyper::upgrade::on(&mut request);
            request.extensions_mut().insert(stopping.clone());
            let afterwards = Arc::clone(&afterwards);
            let answering = answer(request, Arc::clone(&facts), router.clone(), limits);
            async move {
                let response = answering.await?;
                afterwards.note(on_upgrade, &response);
                Ok::<_, std::convert::Infallible>(response)
            }
        })
    };
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_octets.max(HYPER_BUFFER_OCTETS_MIN))
        .max_headers(limits.fields)
        .serve_connection(stream, service)
        .with_upgrades();
    let mut conversation = Box::pin(conversation);
    let end = std::pin::pin!(stopping.cancelled());
    // Both branches are cancellation-safe: the conversation is only borrowed.
    let outcome = tokio::select! {
        outcome = conversation.as_mut() => outcome,
        () = Apart::new(end) => {
            conversation.as_mut().graceful_shutdown();
            conversation.as_mut().await
        }
    };
    // What HTTP needed is given back before another protocol is spoken for hours.
    drop(conversation);
    let outcome = match outcome {
        Ok(()) => Box::pin(afterwards.talk(stopping.clone())).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::debug!(service = facts.service, peer = %facts.peer, %error, "HTTP connection ended");
    }
}

async fn answer(
    request: Request<Incoming>,
    facts: Arc<Facts>,
    router: TowerToHyperService<Router>,
    limits: HttpLimits,
) -> Result<Response<Body>, std::convert::Infallible> {
    // RFC 9110 15.5.14: what announces itself as too large need not be read.
    if request.body().size_hint().lower() > limits.body_octets as u64 {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(response);
    }
    let mut request = request.map(|body| {
        Body::new(PacedBody::new(
            Limited::new(body, limits.body_octets),
            limits.stall_timeout,
            limits.body_timeout,
        ))
    });
    request.extensions_mut().insert(facts);
    router.call(request).await
}
