//! The witness: cosigns what grew out of what it cosigned before.

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use seal::{Checkpoint, Signature, Submission, Unfit};

use super::{Tlog, blocking, said};
use crate::Refusal;

pub(super) async fn add_checkpoint(
    State(tlog): State<Tlog>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match cosign(&tlog, body).await {
        Ok(signatures) => {
            tlog.0.counters.one_cosigned();
            // tlog-witness, "add-checkpoint": signature lines, each with its newline.
            let lines: String = signatures.iter().map(|line| format!("{line}\n")).collect();
            let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
            (kind, lines).into_response()
        }
        Err(response) => {
            tlog.0.counters.one_refused();
            response
        }
    }
}

async fn cosign(
    tlog: &Tlog,
    body: Result<Bytes, BytesRejection>,
) -> Result<Vec<Signature>, Response> {
    let body = body.map_err(IntoResponse::into_response)?;
    let submission = Submission::parse(&body)
        .map_err(|error| said(StatusCode::BAD_REQUEST, &error.to_string()))?;
    let settings = &tlog.0.settings;
    // Before anything is spent on it: a known log must have signed it.
    let checkpoint = submission.signed(&settings.logs).map_err(refused)?;
    tlog.0.pace.take(checkpoint.origin()).map_err(too_fast)?;
    let witness = settings.witness.clone();
    // Whatever else was put below it is nobody's business here, and may be long.
    let asked = submission
        .only_signed_by(&settings.logs)
        .map_err(|_| refused(Unfit::NotSigned))?;
    match blocking(move || witness.cosign(&asked)).await? {
        Ok(signatures) => Ok(signatures),
        Err(Refusal::Unfit(unfit)) => {
            tell(tlog, unfit, &checkpoint);
            Err(refused(unfit))
        }
        Err(Refusal::Unavailable(error)) => {
            let log = checkpoint.origin();
            tracing::warn!(
                log,
                error,
                "a checkpoint of another log cannot be cosigned now"
            );
            Err(said(StatusCode::SERVICE_UNAVAILABLE, "not available"))
        }
    }
}

/// Two histories of one log, both signed by it, are what witnesses are there for.
fn tell(tlog: &Tlog, unfit: Unfit, checkpoint: &Checkpoint) {
    let (log, entries) = (checkpoint.origin(), checkpoint.size());
    match unfit {
        Unfit::OtherRoot { .. } => {
            tlog.0.counters.one_split_view();
            tracing::error!(
                log,
                entries,
                "a log that we witness has signed two trees of one size: it shows different histories to different people, \
                 or was rewritten; tell those who run it"
            );
        }
        // Anybody can put a wrong proof beside a checkpoint that is public: this alone proves nothing.
        Unfit::Proof => tracing::warn!(
            log,
            entries,
            "a log that we witness does not prove that it grew out of what we cosigned last"
        ),
        Unfit::Conflict { .. }
        | Unfit::Malformed
        | Unfit::UnknownLog
        | Unfit::NotSigned
        | Unfit::OldSizeTooLarge => {}
    }
}

fn too_fast(seconds: i64) -> Response {
    let wait = [(RETRY_AFTER, seconds.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, wait, "too often\n").into_response()
}

/// tlog-witness, "add-checkpoint": the status of each refusal.
fn refused(unfit: Unfit) -> Response {
    let status = match unfit {
        Unfit::Malformed | Unfit::OldSizeTooLarge => StatusCode::BAD_REQUEST,
        Unfit::NotSigned => StatusCode::FORBIDDEN,
        Unfit::UnknownLog => StatusCode::NOT_FOUND,
        Unfit::Proof => StatusCode::UNPROCESSABLE_ENTITY,
        // The body is the size that was cosigned last, and the type says so.
        Unfit::Conflict { size } | Unfit::OtherRoot { size } => {
            let kind = [(CONTENT_TYPE, "text/x.tlog.size")];
            return (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response();
        }
    };
    said(status, &unfit.to_string())
}
