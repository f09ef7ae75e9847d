//! HTTP answers: `/metrics` and `/healthz` for monitoring, which only read; and the requests of administrators' browsers.

mod api;

mod hosts;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub use axum::Router;

use crate::{Metrics, Services};

pub use api::{API_BODY_OCTETS_MAX, ApiSettings, api};
pub use hosts::only_as;

/// What the listener answers with.
#[derive(Clone, Debug)]
struct Site {
    metrics: Metrics,
    services: Services,
}

/// The routes of the listener for monitoring.
pub fn router(metrics: Metrics, services: Services) -> Router {
    Router::new()
        .route("/metrics", get(show_metrics))
        .route("/healthz", get(show_health))
        .with_state(Site { metrics, services })
}

async fn show_metrics(State(site): State<Site>) -> Response {
    let metrics = site.metrics;
    match tokio::task::spawn_blocking(move || metrics.render()).await {
        Ok(text) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Healthy is who can read the store.
async fn show_health(State(site): State<Site>) -> Response {
    match site.services.blocking(|storage| storage.sizes()).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not healthy: the store cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "not available\n").into_response()
        }
    }
}
