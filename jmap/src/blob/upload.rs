//! Uploading (RFC 8620 6.1): `POST` of any bytes.

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use groupware::Error;
use model::AccountId;
use serde_json::{Value, json};

use super::upload_id;
use crate::answer::{self, Reply};
use crate::codec::id::WireId;
use crate::error::Problem;
use crate::limits::UPLOAD_OCTETS_MAX;
use crate::received::{Received, refuse};
use crate::visit::Visit;

/// Octets of a media type that is told back.
const MEDIA_TYPE_OCTETS_MAX: usize = 255;

/// Keeps the body of a request; durable when the reply goes out.
pub(crate) async fn upload(
    visit: &Arc<Visit>,
    account: &str,
    parts: &Parts,
    mut body: Body,
) -> Reply {
    match keep(visit, account, parts, &mut body).await {
        Ok(object) => answer::json(StatusCode::CREATED, object.to_string().into_bytes()),
        Err(problem) => refuse(answer::problem(&problem), &parts.headers, body).await,
    }
}

async fn keep(
    visit: &Arc<Visit>,
    account: &str,
    parts: &Parts,
    body: &mut Body,
) -> Result<Value, Problem> {
    let house = &visit.house;
    let turn = house.uploads.take(visit.principal.id);
    let _turn = turn.ok_or_else(|| Problem::limit("maxConcurrentUpload"))?;
    let account = AccountId::parse(account).ok_or_else(not_found)?;
    // Before it is read: whoever may not upload need not send all of it.
    may_see(visit, account).await?;
    let (fields, budget) = (&parts.headers, &house.settings.budget);
    let received = Received::read(body, fields, UPLOAD_OCTETS_MAX, "maxSizeUpload", budget).await;
    let received = received.map_err(|problem| match problem.limit {
        // RFC 8620 6.1 leaves the status to HTTP: RFC 9110 15.5.14.
        Some(_) => Problem {
            status: 413,
            ..problem
        },
        None => problem,
    })?;
    let size = received.octets.len();
    let kept = visit
        .groupware()
        .upload(&visit.caller, account, received.octets)
        .await;
    let id = kept.map_err(|error| refused(&error))?;
    let media_type = fields
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type.filter(|text| text.len() <= MEDIA_TYPE_OCTETS_MAX);
    Ok(json!({
        "accountId": account.wire(),
        "blobId": upload_id(id),
        "type": media_type.unwrap_or("application/octet-stream"),
        "size": size,
    }))
}

async fn may_see(visit: &Visit, account: AccountId) -> Result<(), Problem> {
    match visit.groupware().sees_account(&visit.caller, account).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(not_found()),
        Err(error) => Err(refused(&error)),
    }
}

fn not_found() -> Problem {
    Problem::plain(404, "There is no such account.")
}

fn refused(error: &Error) -> Problem {
    let status = match error {
        Error::NotFound => 404,
        Error::Forbidden => 403,
        // RFC 4918 11.5: there is no room; what is there goes in a day at the latest.
        Error::OverQuota => 507,
        Error::Unavailable { .. } => 503,
        _ => 500,
    };
    Problem::plain(status, error.for_peer())
}
