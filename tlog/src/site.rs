//! The site: the routes, and what they have in common.

mod tree;

mod witness;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use listen::http::HttpLimits;
use model::Clock;
use seal::{Submission, VerifierKey};

use crate::pace::Pace;
use crate::{Counters, Log, Witness};

/// Time for a whole request to arrive: logs are programs, and their requests short.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What the site shows and does.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Who cosigns.
    pub witness: Arc<dyn Witness>,
    /// The keys of the logs that are cosigned, whose names are the logs' origins.
    pub logs: Vec<VerifierKey>,
    /// Says how fast requests come.
    pub clock: Clock,
}

/// The face. A handle.
#[derive(Clone, Debug)]
pub struct Tlog(Arc<Site>);

#[derive(Debug)]
struct Site {
    settings: Settings,
    pace: Pace,
    counters: Counters,
}

impl Tlog {
    /// The face with these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let pace = Pace::new(settings.clock.clone());
        Self(Arc::new(Site {
            settings,
            pace,
            counters: Counters::default(),
        }))
    }

    /// What became of requests.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// The routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/checkpoint", get(tree::checkpoint))
            .route("/tile/{*path}", get(tree::tile))
            .route("/add-checkpoint", post(witness::add_checkpoint))
            .with_state(self.clone())
    }
}

/// Bounds of requests.
#[must_use]
pub fn http_limits() -> HttpLimits {
    HttpLimits {
        body_octets: Submission::BYTES_MAX,
        body_timeout: BODY_TIMEOUT,
        ..HttpLimits::default()
    }
}

/// An answer of one line.
fn said(status: StatusCode, text: &str) -> Response {
    let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, format!("{text}\n")).into_response()
}

/// What failed is told to the operator, and not to who asked.
fn failed(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "the log cannot be shown");
    said(StatusCode::SERVICE_UNAVAILABLE, "not available")
}

/// Runs blocking work on a thread for such work.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Response> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| failed(&error))
}
