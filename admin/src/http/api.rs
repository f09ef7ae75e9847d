//! Requests of administrators' browsers: `POST /api` takes a [`Request`] as JSON, and answers with its [`Reply`] or says why
//! not. They are the requests of the admin socket, word for word, less those that would show what is in people's mail.
//!
//! Every request is from somebody who is signed in and administers the server at this moment, and from a page of our own;
//! what it does stands in the journal under their name.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::post;
use directory::{Secret, SignInError};
use http_body_util::{BodyExt, Limited};
use listen::Facts;
use listen::http::credentials::{ADMINISTRATION_COOKIE_NAME, cookie, is_from_own_page};
use serde::Serialize;

use crate::{
    By, Failure, Kind, MailRequest, ObjectRequest, Reply, Report, Request, Services, SieveRequest,
    execute,
};

/// Octets of a request: the largest are texts and lists of addresses.
pub const API_BODY_OCTETS_MAX: usize = 1024 * 1024;

/// What the operator says about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApiSettings {
    /// Whether requests from this machine are taken without TLS.
    pub plain_on_loopback: bool,
}

#[derive(Clone, Debug)]
struct Site {
    services: Services,
    settings: ApiSettings,
}

/// The route.
pub fn api(services: Services, settings: ApiSettings) -> Router {
    let site = Site { services, settings };
    Router::new().route("/api", post(answer)).with_state(site)
}

async fn answer(State(site): State<Site>, request: HttpRequest) -> Response<Body> {
    match site.run(request).await {
        Ok(reply) => json(StatusCode::OK, &reply),
        Err(refusal) => refusal.answer(),
    }
}

impl Site {
    async fn run(&self, request: HttpRequest) -> Result<Reply, Refusal> {
        let (parts, body) = request.into_parts();
        let by = self.admit(&parts).await?;
        let body = Limited::new(body, API_BODY_OCTETS_MAX).collect().await;
        let octets = body.map_err(|_| Refusal::TooLarge)?.to_bytes();
        let request: Request = serde_json::from_slice(&octets)
            .map_err(|error| Refusal::Malformed(error.to_string()))?;
        if shows_content(&request) {
            return Err(Refusal::Failure(Failure::refused(
                "what is in people's mail, calendars and contacts is not shown here: \
                 use the command on the server itself",
            )));
        }
        let report: Report = Arc::new(|_| {});
        let services = self.services.asked_by(by);
        let done = Box::pin(execute(request, &services, &report)).await;
        done.map_err(Refusal::Failure)
    }

    /// Who asks, if they may.
    async fn admit(&self, parts: &Parts) -> Result<By, Refusal> {
        let facts = parts.extensions.get::<Arc<Facts>>();
        let facts = facts.ok_or(Refusal::Unavailable)?;
        let is_loopback =
            facts.peer.is_loopback() && facts.proxy.is_none_or(|proxy| proxy.is_loopback());
        if facts.tls.is_none() && !(self.settings.plain_on_loopback && is_loopback) {
            return Err(Refusal::Insecure);
        }
        if !is_from_own_page(&parts.method, &parts.headers) {
            return Err(Refusal::Foreign);
        }
        // Forms of other people's pages cannot send this type.
        let kind = parts.headers.get(CONTENT_TYPE);
        let is_json = |value: &HeaderValue| {
            let essence = value.to_str().unwrap_or_default().split(';').next();
            essence.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
        };
        if !kind.is_some_and(is_json) {
            return Err(Refusal::Malformed("the body is not JSON".to_owned()));
        }
        let secret = cookie(ADMINISTRATION_COOKIE_NAME, &parts.headers);
        let secret = Secret::from(secret.ok_or(Refusal::SignedOut)?);
        let address = facts.peer.ip();
        let directory = self.services.directory();
        let signed_in = directory.sign_in_administrator(&secret, address).await;
        let signed_in = signed_in.map_err(|error| match error {
            SignInError::Refused | SignInError::Malformed => Refusal::SignedOut,
            SignInError::Slow { .. } | SignInError::Unavailable => Refusal::Unavailable,
        })?;
        Ok(By {
            principal: signed_in.principal.id,
            credential: signed_in.credential,
            address,
        })
    }
}

/// Whether a request is answered with what people wrote or were written. That somebody looked would stand in no journal, so it
/// is left to those who have the machine itself.
fn shows_content(request: &Request) -> bool {
    match request {
        Request::Mail(MailRequest::Export { .. })
        | Request::Object(ObjectRequest::Export { .. })
        | Request::Sieve(SieveRequest::Get { .. }) => true,
        Request::Mail(
            MailRequest::Mailboxes { .. }
            | MailRequest::Import { .. }
            | MailRequest::Destroyed { .. }
            | MailRequest::Restore { .. },
        )
        | Request::Object(
            ObjectRequest::Import { .. }
            | ObjectRequest::Put { .. }
            | ObjectRequest::Versions { .. }
            | ObjectRequest::RestoreVersion { .. },
        )
        | Request::Sieve(
            SieveRequest::List { .. }
            | SieveRequest::Put { .. }
            | SieveRequest::Activate { .. }
            | SieveRequest::Rename { .. }
            | SieveRequest::Versions { .. }
            | SieveRequest::Restore { .. }
            | SieveRequest::Remove { .. },
        )
        | Request::Status
        | Request::Domain(_)
        | Request::Account(_)
        | Request::Group(_)
        | Request::Alias(_)
        | Request::AppPassword(_)
        | Request::Journal(_)
        | Request::Queue(_)
        | Request::Checkpoint
        | Request::Reindex
        | Request::Collection(_)
        | Request::Resource(_)
        | Request::Vacation(_)
        | Request::Posture
        | Request::Credential(_)
        | Request::Health
        | Request::SetUp(_)
        | Request::Deeds(_) => false,
    }
}

/// Why a request is not done.
#[derive(Debug)]
enum Refusal {
    /// Nobody is signed in, or they administer the server no more.
    SignedOut,
    /// The connection is not encrypted.
    Insecure,
    /// The request does not come from a page of ours.
    Foreign,
    /// It cannot be read.
    Malformed(String),
    /// It is too large.
    TooLarge,
    /// It cannot be checked at the moment who asks.
    Unavailable,
    /// It was tried.
    Failure(Failure),
}

/// A refusal as the page reads it.
#[derive(Serialize)]
struct Told<'a> {
    error: &'static str,
    message: &'a str,
}

impl Refusal {
    fn answer(&self) -> Response<Body> {
        let (status, error, message) = match self {
            Self::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "signedOut",
                "nobody is signed in who administers this server",
            ),
            Self::Insecure => (
                StatusCode::FORBIDDEN,
                "insecure",
                "the administration is reached over TLS only: use the https address",
            ),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "foreign",
                "the request does not come from a page of this server",
            ),
            Self::Malformed(why) => (StatusCode::BAD_REQUEST, "malformed", why.as_str()),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "tooLarge",
                "the request is too large",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "this is not possible at the moment: try again",
            ),
            Self::Failure(failure) => {
                let (status, error) = match failure.kind {
                    Kind::NotFound => (StatusCode::NOT_FOUND, "notFound"),
                    Kind::AlreadyExists => (StatusCode::CONFLICT, "alreadyExists"),
                    Kind::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
                    Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
                    Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
                };
                (status, error, failure.message.as_str())
            }
        };
        json(status, &Told { error, message })
    }
}

fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    let Ok(text) = serde_json::to_vec(value) else {
        let mut broken = Response::new(Body::empty());
        *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return broken;
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
