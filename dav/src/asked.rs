//! A request that is to be answered: who asks, what, and the body that comes with it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http_body_util::BodyExt;
use listen::{Budget, Reservation};

use crate::codec::{BodyLimits, Fault, Status};
use crate::error::Failure;
use crate::limits::{BODY_STEP_OCTETS, DISCARDED_OCTETS_MAX};
use crate::session::Head;
use crate::visit::Visit;

/// A request of somebody who is signed in.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) visit: Arc<Visit>,
    pub(crate) head: Head,
    /// Never locked: only whoever has the request to themselves reads the body.
    body: Mutex<Body>,
}

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

impl Asked {
    pub(crate) fn new(visit: Arc<Visit>, head: Head, body: Body) -> Self {
        Self {
            visit,
            head,
            body: Mutex::new(body),
        }
    }

    /// The body of a request that says in XML what it wants.
    ///
    /// # Errors
    /// [`Fault::TooLong`], or it does not arrive.
    pub(crate) async fn words(&mut self, limits: BodyLimits) -> Result<Received, Failure> {
        let limit = limits.octets_max;
        self.received(limit, || Fault::TooLong { limit }.into())
            .await
    }

    /// The body, if it has at most so many octets.
    ///
    /// # Errors
    /// `too_long`, or it does not arrive.
    pub(crate) async fn received(
        &mut self,
        octets_max: usize,
        too_long: impl Fn() -> Failure,
    ) -> Result<Received, Failure> {
        let announced = self.head.field("Content-Length")?;
        let announced = announced.and_then(|text| text.trim().parse::<usize>().ok());
        if announced.is_some_and(|octets| octets > octets_max) {
            self.discard().await?;
            return Err(too_long());
        }
        let budget: Budget = self.visit.house.settings.budget.clone();
        let booked = announced.unwrap_or(BODY_STEP_OCTETS);
        let mut reservation = budget.try_reserve(booked).ok_or_else(busy)?;
        let mut octets = Vec::with_capacity(announced.unwrap_or(0));
        while let Some(frame) = self.body().frame().await {
            let Ok(data) = frame.map_err(|_| cut_off())?.into_data() else {
                continue;
            };
            if octets.len() + data.len() > octets_max {
                drop(octets);
                self.discard().await?;
                return Err(too_long());
            }
            let missing = (octets.len() + data.len()).saturating_sub(reservation.octets());
            if missing > 0 && !reservation.try_grow(missing.max(BODY_STEP_OCTETS)) {
                return Err(busy());
            }
            octets.extend_from_slice(&data);
        }
        Ok(Received {
            octets,
            reservation,
        })
    }

    fn body(&mut self) -> &mut Body {
        self.body.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads on without keeping anything, so that a client that sends before it listens hears the answer.
    async fn discard(&mut self) -> Result<(), Failure> {
        // RFC 9110 10.1.1: who waits for consent sends nothing without it.
        let waits = self.head.field("Expect")?;
        if waits.is_some_and(|word| word.eq_ignore_ascii_case("100-continue")) {
            return Ok(());
        }
        let mut left = DISCARDED_OCTETS_MAX;
        while let Some(Ok(frame)) = self.body().frame().await {
            let octets = frame.data_ref().map_or(0, |data| data.len());
            match left.checked_sub(octets) {
                Some(rest) => left = rest,
                None => break,
            }
        }
        Ok(())
    }
}

fn busy() -> Failure {
    Failure {
        retry_after: Some(std::time::Duration::from_secs(10)),
        ..Failure::new(
            Status::SERVICE_UNAVAILABLE,
            "Too many large requests at once.",
        )
    }
}

fn cut_off() -> Failure {
    Failure::new(Status::BAD_REQUEST, "The body did not arrive.")
}
