//! The tree: its checkpoint and its tiles.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{Tlog, blocking, failed, said};
use crate::codec::path::{Wanted, parse};

/// tlog-tiles, "Checkpoints": not cached beyond a few seconds.
const SHORT: &str = "public, max-age=2";
/// tlog-tiles, "Merkle Tree": tiles never change.
const LONG: &str = "public, max-age=31536000, immutable";

pub(super) async fn checkpoint(State(tlog): State<Tlog>) -> Response {
    match read_checkpoint(&tlog).await {
        Ok(response) | Err(response) => response,
    }
}

async fn read_checkpoint(tlog: &Tlog) -> Result<Response, Response> {
    let log = tlog.0.settings.log.clone();
    let note = blocking(move || log.checkpoint())
        .await?
        .map_err(|error| failed(&error))?;
    let Some(note) = note else {
        return Ok(said(StatusCode::NOT_FOUND, "nothing was signed yet"));
    };
    tlog.0.counters.one_shown();
    let fields = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, SHORT),
    ];
    Ok((fields, note).into_response())
}

pub(super) async fn tile(State(tlog): State<Tlog>, uri: Uri) -> Response {
    match read_tile(&tlog, uri.path()).await {
        Ok(response) | Err(response) => response,
    }
}

async fn read_tile(tlog: &Tlog, path: &str) -> Result<Response, Response> {
    let (id, width) = match parse(path) {
        Some(Wanted::Tile(id, width)) => (id, width),
        // Departs from C2SP tlog-tiles "Log entries": the entries are changes to private mail, and are shown to nobody.
        Some(Wanted::Entries) => {
            let text = "the entries of this log are private; their hashes are in the tiles";
            return Ok(said(StatusCode::FORBIDDEN, text));
        }
        None => return Ok(said(StatusCode::NOT_FOUND, "not a tile")),
    };
    let log = tlog.0.settings.log.clone();
    let tile = blocking(move || log.tile(id, width))
        .await?
        .map_err(|error| failed(&error))?;
    let Some(tile) = tile else {
        return Ok(said(
            StatusCode::NOT_FOUND,
            "the tree does not reach that far",
        ));
    };
    tlog.0.counters.one_shown();
    let fields = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CACHE_CONTROL, LONG),
    ];
    Ok((fields, tile.encode()).into_response())
}
