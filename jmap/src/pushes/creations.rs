//! Creations: how many subscriptions to push each principal made lately.
//!
//! Each has the server write to an address that the client chose (RFC 8620 8.6), so nobody makes as many as they like.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::{PrincipalId, Timestamp};

/// Subscriptions that one principal makes in an hour at most: more than all devices of somebody.
const CREATIONS_PER_HOUR_MAX: u32 = 60;

/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Principals that are remembered; beyond, everybody begins anew.
const REMEMBERED_MAX: usize = 65_536;

/// Since when is counted, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Creations(Mutex<HashMap<PrincipalId, (Timestamp, u32)>>);

impl Creations {
    /// Whether the principal may make one more; counts it.
    pub(crate) fn take(&self, principal: PrincipalId, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        let (since, count) = all.entry(principal).or_insert((now, 0));
        if now.0.saturating_sub(since.0) >= HOUR_MS {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= CREATIONS_PER_HOUR_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_so_many() {
        let creations = Creations::default();
        let take = |principal, at| creations.take(PrincipalId(principal), Timestamp(at));
        for _ in 0..CREATIONS_PER_HOUR_MAX {
            assert!(take(1, 0));
        }
        assert!(!take(1, HOUR_MS - 1));
        assert!(take(2, 0));
        assert!(take(1, HOUR_MS));
    }
}
