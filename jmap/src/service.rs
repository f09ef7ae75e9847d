//! The service: requests from the HTTP shell, and the replies to them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::routing::{get, post};
use groupware::Groupware;
use listen::FaceCounters;
use tokio_util::sync::CancellationToken;

use crate::answer::{self, Reply};
use crate::api;
use crate::blob;
use crate::codec;
use crate::error::Problem;
use crate::house::House;
use crate::limits::{READ_AT_ONCE_OCTETS_MAX, REQUEST_OCTETS_MAX};
use crate::push;
use crate::received::{Received, refuse};
use crate::session::{self, Origin};
use crate::settings::Settings;
use crate::sign_in::enter;
use crate::subscription::PushSender;
use crate::turns::Turn;
use crate::visit::Visit;

/// The service of JMAP over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jmap {
    house: Arc<House>,
}

impl Jmap {
    /// The service of what is in this store.
    #[must_use]
    pub fn new(groupware: Groupware, settings: Settings) -> Self {
        Self {
            house: Arc::new(House::new(groupware, settings)),
        }
    }

    /// What it answers at: `/jmap/` with all below, and the well-known path that leads there (RFC 8620 2.2).
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/jmap", get(session))
            .route("/jmap/session", get(session))
            .route("/jmap/api", post(api))
            .route("/jmap/api/", post(api))
            .route("/jmap/upload/{account}", post(upload))
            .route("/jmap/upload/{account}/", post(upload))
            .route("/jmap/download/{account}/{blob}/{name}", get(download))
            .merge(push::router())
            .with_state(Arc::clone(&self.house))
    }

    /// Writes to the addresses that clients named, until the server stops (RFC 8620 7.2).
    pub async fn push(self, sender: Arc<dyn PushSender>, stopping: CancellationToken) {
        push::run(self.house, sender, stopping).await;
    }

    /// What happened since the start.
    #[must_use]
    pub fn counters(&self) -> &Arc<FaceCounters> {
        &self.house.counters
    }
}

/// RFC 8620 2: the session object.
async fn session(State(house): State<Arc<House>>, request: Request) -> Reply {
    let (parts, _) = request.into_parts();
    let (facts, visit) = match enter(&house, &parts).await {
        Ok(entered) => entered,
        Err(reply) => return *reply,
    };
    match session::object(&visit, &Origin::of(&facts, &parts)).await {
        Ok(object) => answer::json(StatusCode::OK, object.to_string().into_bytes()),
        Err(problem) => answer::problem(&problem),
    }
}

/// RFC 8620 3.1: requests to the API.
async fn api(State(house): State<Arc<House>>, request: Request) -> Reply {
    let (parts, mut body) = request.into_parts();
    let visit = match enter(&house, &parts).await {
        Ok((_, visit)) => visit,
        Err(reply) => return refuse(*reply, &parts.headers, body).await,
    };
    match received(&visit, &parts, &mut body).await {
        Ok((_turn, received)) => match answer_to(&visit, received).await {
            Ok(octets) => answer::json(StatusCode::OK, octets),
            Err(problem) => answer::problem(&problem),
        },
        Err(problem) => refuse(answer::problem(&problem), &parts.headers, body).await,
    }
}

/// The body of a request that may be looked at now.
async fn received(
    visit: &Visit,
    parts: &Parts,
    body: &mut Body,
) -> Result<(Turn, Received), Problem> {
    let house = &visit.house;
    let turn = house.requests.take(visit.principal.id);
    let turn = turn.ok_or_else(|| Problem::limit("maxConcurrentRequests"))?;
    if !is_json(parts) {
        return Err(Problem::not_json("The content has to be application/json."));
    }
    let (fields, budget) = (&parts.headers, &house.settings.budget);
    let limit = "maxSizeRequest";
    let received = Received::read(body, fields, REQUEST_OCTETS_MAX, limit, budget).await?;
    Ok((turn, received))
}

async fn answer_to(visit: &Arc<Visit>, received: Received) -> Result<Vec<u8>, Problem> {
    let request = read(received).await?;
    Ok(api::answer(visit, request).await?.write())
}

/// Reads a request; a large one on a thread for such work, so that others need not wait for it.
async fn read(mut received: Received) -> Result<codec::request::Request, Problem> {
    if received.octets.len() <= READ_AT_ONCE_OCTETS_MAX {
        return api::read(&received.octets);
    }
    let octets = std::mem::take(&mut received.octets);
    let read = tokio::task::spawn_blocking(move || api::read(&octets)).await;
    read.unwrap_or_else(|_| Err(Problem::plain(500, "Internal error.")))
}

/// RFC 8620 6.1.
async fn upload(
    State(house): State<Arc<House>>,
    Path(account): Path<String>,
    request: Request,
) -> Reply {
    let (parts, body) = request.into_parts();
    match enter(&house, &parts).await {
        Ok((_, visit)) => blob::upload(&visit, &account, &parts, body).await,
        Err(reply) => refuse(*reply, &parts.headers, body).await,
    }
}

/// RFC 8620 6.2.
async fn download(
    State(house): State<Arc<House>>,
    Path((account, blob, name)): Path<(String, String, String)>,
    request: Request,
) -> Reply {
    let (parts, _) = request.into_parts();
    match enter(&house, &parts).await {
        Ok((_, visit)) => {
            let query = parts.uri.query().unwrap_or_default();
            blob::download(&visit, &account, &blob, &name, query).await
        }
        Err(reply) => *reply,
    }
}

/// RFC 8620 3.1. A form of a foreign page cannot send this type without being asked for consent first.
fn is_json(parts: &Parts) -> bool {
    let value = parts.headers.get(CONTENT_TYPE);
    let essence = value.and_then(|value| value.to_str().ok()?.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
