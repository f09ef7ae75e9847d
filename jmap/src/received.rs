//! The body of a request, read within bounds.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use listen::{Budget, Reservation};

use crate::answer::{self, Reply};
use crate::error::Problem;
use crate::limits::{BODY_STEP_OCTETS, UNREAD_OCTETS_MAX};

/// A body that was read, with its share of the memory for bodies.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) octets: Vec<u8>,
    #[expect(
        dead_code,
        reason = "keeps the memory booked as long as the body is there"
    )]
    reservation: Reservation,
}

impl Received {
    /// Reads a body of at most `octets_max`; `limit` is what that bound is called in the session.
    ///
    /// # Errors
    /// RFC 8620 3.6.1 `limit`; or it does not arrive, or there is no memory for it now.
    pub(crate) async fn read(
        body: &mut Body,
        fields: &HeaderMap,
        octets_max: usize,
        limit: &'static str,
        budget: &Budget,
    ) -> Result<Self, Problem> {
        let announced = fields.get(CONTENT_LENGTH);
        let announced = announced.and_then(|text| text.to_str().ok()?.trim().parse::<usize>().ok());
        if announced.is_some_and(|octets| octets > octets_max) {
            return Err(Problem::limit(limit));
        }
        let booked = announced.unwrap_or(BODY_STEP_OCTETS);
        let mut reservation = budget.try_reserve(booked).ok_or_else(busy)?;
        let mut octets = Vec::with_capacity(announced.unwrap_or(0));
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| cut_off())?.into_data() else {
                continue;
            };
            let length = octets.len() + data.len();
            if length > octets_max {
                return Err(Problem::limit(limit));
            }
            let missing = length.saturating_sub(reservation.octets());
            if missing > 0 && !reservation.try_grow(missing.max(BODY_STEP_OCTETS)) {
                return Err(busy());
            }
            octets.extend_from_slice(&data);
        }
        Ok(Self {
            octets,
            reservation,
        })
    }
}

/// The reply to somebody whose body nobody wants. A small rest is read and thrown away, so that the connection can be
/// used again; whoever sends more, or waits for consent (RFC 9110 10.1.1), is told that it ends.
pub(crate) async fn refuse(reply: Reply, fields: &HeaderMap, mut body: Body) -> Reply {
    if body.is_end_stream() {
        return reply;
    }
    if fields.contains_key(EXPECT) {
        return answer::closing(reply);
    }
    let mut room = UNREAD_OCTETS_MAX;
    while let Some(frame) = body.frame().await {
        let octets = frame.map(|frame| frame.data_ref().map_or(0, Bytes::len));
        match octets.ok().and_then(|octets| room.checked_sub(octets)) {
            Some(rest) => room = rest,
            None => return answer::closing(reply),
        }
    }
    reply
}

fn busy() -> Problem {
    Problem::plain(503, "Too many large requests at once.")
}

fn cut_off() -> Problem {
    Problem::plain(400, "The body did not arrive.")
}
