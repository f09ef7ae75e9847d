//! Counters of a face, for the metrics: what clients asked, and who of them was let in.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What happened since the start. Cheap to add to, read without stopping anybody.
#[derive(Debug, Default)]
pub struct FaceCounters {
    requests: AtomicU64,
    sign_ins: AtomicU64,
    sign_ins_refused: AtomicU64,
}

impl FaceCounters {
    /// Requests or commands, well-formed or not.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Sign-ins that succeeded; where each request signs in for itself, requests of somebody who was let in.
    #[must_use]
    pub fn sign_ins(&self) -> u64 {
        self.sign_ins.load(Relaxed)
    }

    /// Sign-ins that were refused.
    #[must_use]
    pub fn sign_ins_refused(&self) -> u64 {
        self.sign_ins_refused.load(Relaxed)
    }

    /// A client asked for something.
    pub fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    /// Somebody was let in.
    pub fn signed_in(&self) {
        self.sign_ins.fetch_add(1, Relaxed);
    }

    /// Somebody was not.
    pub fn refused(&self) {
        self.sign_ins_refused.fetch_add(1, Relaxed);
    }
}
