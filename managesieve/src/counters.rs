//! Counters of the service, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What happened since the start. Cheap to add to, read without stopping anybody.
#[derive(Debug, Default)]
pub struct Counters {
    commands: AtomicU64,
    sign_ins: AtomicU64,
    sign_ins_refused: AtomicU64,
}

impl Counters {
    /// Commands, well-formed or not.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.commands.load(Relaxed)
    }

    /// Sign-ins that succeeded.
    #[must_use]
    pub fn sign_ins(&self) -> u64 {
        self.sign_ins.load(Relaxed)
    }

    /// Sign-ins that were refused.
    #[must_use]
    pub fn sign_ins_refused(&self) -> u64 {
        self.sign_ins_refused.load(Relaxed)
    }

    pub(crate) fn command(&self) {
        self.commands.fetch_add(1, Relaxed);
    }

    pub(crate) fn signed_in(&self) {
        self.sign_ins.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.sign_ins_refused.fetch_add(1, Relaxed);
    }
}
