//! What the queue has done, for monitoring.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Since the start of the server. Counts recipients where nothing else is said.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) waiting: AtomicU64,
    pub(super) tickets: AtomicU64,
    pub(super) under_way: AtomicU64,
    pub(super) destinations: AtomicU64,
    pub(super) attempts: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) deferred: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) given_up: AtomicU64,
    pub(super) uncertain: AtomicU64,
    pub(super) delays_told: AtomicU64,
    pub(super) reports: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Messages that wait, held ones included.
    pub waiting: u64,
    /// Destinations of messages that wait or are tried, each counted for each message.
    pub tickets: u64,
    /// Deliveries now.
    pub under_way: u64,
    /// Destinations that something waits for.
    pub destinations: u64,
    /// Deliveries that were begun.
    pub attempts: u64,
    /// Recipients that the next hop took.
    pub delivered: u64,
    /// Recipients that are to be tried again, counted at each attempt.
    pub deferred: u64,
    /// Recipients that were refused for good.
    pub failed: u64,
    /// Recipients that were given up because it took too long.
    pub given_up: u64,
    /// Attempts that ended without an answer after the whole message was sent: each may become a duplicate.
    pub uncertain: u64,
    /// Messages whose sender was told that it takes long.
    pub delays_told: u64,
    /// Notifications made.
    pub reports: u64,
}

impl Counters {
    /// Reads them.
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading {
            waiting: self.waiting.load(Relaxed),
            tickets: self.tickets.load(Relaxed),
            under_way: self.under_way.load(Relaxed),
            destinations: self.destinations.load(Relaxed),
            attempts: self.attempts.load(Relaxed),
            delivered: self.delivered.load(Relaxed),
            deferred: self.deferred.load(Relaxed),
            failed: self.failed.load(Relaxed),
            given_up: self.given_up.load(Relaxed),
            uncertain: self.uncertain.load(Relaxed),
            delays_told: self.delays_told.load(Relaxed),
            reports: self.reports.load(Relaxed),
        }
    }
}

/// Adds a count.
pub(super) fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Relaxed);
}

/// Sets a count.
pub(super) fn set(counter: &AtomicU64, count: usize) {
    counter.store(u64::try_from(count).unwrap_or(u64::MAX), Relaxed);
}
