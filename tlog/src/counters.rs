//! Counters: what was asked for, for monitoring.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What became of requests.
#[derive(Debug, Default)]
pub struct Counters {
    shown: AtomicU64,
    cosigned: AtomicU64,
    refused: AtomicU64,
    split_views: AtomicU64,
}

impl Counters {
    /// Checkpoints and tiles that were shown.
    #[must_use]
    pub fn shown(&self) -> u64 {
        self.shown.load(Relaxed)
    }

    /// Checkpoints of others that were cosigned.
    #[must_use]
    pub fn cosigned(&self) -> u64 {
        self.cosigned.load(Relaxed)
    }

    /// Checkpoints of others that were not.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Those among them that another log truly signed and that contradict what it signed before.
    #[must_use]
    pub fn split_views(&self) -> u64 {
        self.split_views.load(Relaxed)
    }

    pub(crate) fn one_shown(&self) {
        self.shown.fetch_add(1, Relaxed);
    }

    pub(crate) fn one_cosigned(&self) {
        self.cosigned.fetch_add(1, Relaxed);
    }

    pub(crate) fn one_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn one_split_view(&self) {
        self.split_views.fetch_add(1, Relaxed);
    }
}
