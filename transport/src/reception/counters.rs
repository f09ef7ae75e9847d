//! Counters of reception, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::decision::Decision;

/// How often what was decided.
#[derive(Debug, Default)]
pub struct Counters {
    arrived: Outcomes,
    sent: Outcomes,
}

#[derive(Debug, Default)]
struct Outcomes {
    taken: AtomicU64,
    junk: AtomicU64,
    rejected: AtomicU64,
    deferred: AtomicU64,
    discarded: AtomicU64,
}

/// What the counters stood at when they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Messages of strangers that were taken, junk included.
    pub taken: u64,
    /// Of them those that are junk.
    pub junk: u64,
    /// Messages of strangers that were refused.
    pub rejected: u64,
    /// Messages of strangers that may come again.
    pub deferred: u64,
    /// Messages of strangers that were thrown away.
    pub discarded: u64,
    /// Messages of our own that were refused.
    pub sent_rejected: u64,
    /// Messages of our own that may come again.
    pub sent_deferred: u64,
}

impl Counters {
    /// Reads all counters; each is exact, but they are not read at one instant.
    #[must_use]
    pub fn read(&self) -> Reading {
        let (arrived, sent) = (&self.arrived, &self.sent);
        Reading {
            taken: arrived.taken.load(Relaxed),
            junk: arrived.junk.load(Relaxed),
            rejected: arrived.rejected.load(Relaxed),
            deferred: arrived.deferred.load(Relaxed),
            discarded: arrived.discarded.load(Relaxed),
            sent_rejected: sent.rejected.load(Relaxed),
            sent_deferred: sent.deferred.load(Relaxed),
        }
    }

    pub(super) fn arrived(&self, decision: &Decision) {
        self.arrived.count(decision);
    }

    pub(super) fn sent(&self, decision: &Decision) {
        self.sent.count(decision);
    }
}

impl Outcomes {
    fn count(&self, decision: &Decision) {
        let counter = match decision {
            Decision::Take(taken) => {
                if taken.junk {
                    self.junk.fetch_add(1, Relaxed);
                }
                &self.taken
            }
            Decision::Reject { .. } => &self.rejected,
            Decision::Defer { .. } => &self.deferred,
            Decision::Discard => &self.discarded,
        };
        counter.fetch_add(1, Relaxed);
    }
}
