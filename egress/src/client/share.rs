//! Share: how many requests of a kind, and how many octets with them, may be under way at once.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::wire::OCTETS_IN_FLIGHT_MAX;

/// What requests of one kind share.
#[derive(Debug)]
pub(super) struct Share {
    requests: Semaphore,
    octets: Semaphore,
}

/// The right to have one request under way.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    _request: Option<SemaphorePermit<'a>>,
    _octets: Option<SemaphorePermit<'a>>,
}

impl Share {
    /// A share for so many requests and [`OCTETS_IN_FLIGHT_MAX`] octets.
    pub(super) fn new(requests: usize) -> Self {
        Self {
            requests: Semaphore::new(requests),
            octets: Semaphore::new(OCTETS_IN_FLIGHT_MAX),
        }
    }

    /// Waits for a turn. A body larger than everything takes everything. First come, first served.
    pub(super) async fn take(&self, body_octets: u32) -> Permit<'_> {
        let whole = u32::try_from(OCTETS_IN_FLIGHT_MAX).unwrap_or(u32::MAX);
        let octets = body_octets.min(whole);
        // Neither semaphore is ever closed, which is the only reason for an error.
        let octets = self.octets.acquire_many(octets).await.ok();
        let request = self.requests.acquire().await.ok();
        Permit {
            _request: request,
            _octets: octets,
        }
    }
}
