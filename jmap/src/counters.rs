//! Counters: what happened in this face since the start, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since the start. Cheap to add to, read without stopping anybody.
#[derive(Debug, Default)]
pub struct Counters {
    requests: AtomicU64,
    sign_ins: AtomicU64,
    sign_ins_refused: AtomicU64,
}

impl Counters {
    /// Requests, answered well or not.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Requests of somebody who was let in.
    #[must_use]
    pub fn sign_ins(&self) -> u64 {
        self.sign_ins.load(Relaxed)
    }

    /// Sign-ins that were refused.
    #[must_use]
    pub fn sign_ins_refused(&self) -> u64 {
        self.sign_ins_refused.load(Relaxed)
    }

    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn signed_in(&self) {
        self.sign_ins.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.sign_ins_refused.fetch_add(1, Relaxed);
    }
}
