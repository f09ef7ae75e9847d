//! Pace: how often one log may ask for a cosignature.
//!
//! Each costs a sync of a disk. Only checkpoints that a known log signed are counted, so nobody else can use up its share.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::{Clock, Timestamp};

/// Requests of one log that may come at once.
const BURST: u32 = 20;
/// Time after which there is room for one more, in milliseconds.
const REFILL_MS: i64 = 500;

/// What each log has left.
#[derive(Debug)]
pub(crate) struct Pace {
    clock: Clock,
    /// By origin; those of known logs, which are few.
    left: Mutex<HashMap<String, Left>>,
}

#[derive(Clone, Copy, Debug)]
struct Left {
    requests: u32,
    since: Timestamp,
}

impl Pace {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            left: Mutex::default(),
        }
    }

    /// Takes one; the seconds to wait if there is none.
    pub(crate) fn take(&self, origin: &str) -> Result<(), i64> {
        let now = self.clock.now();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Left {
            requests: BURST,
            since: now,
        };
        let left = left.entry(origin.to_owned()).or_insert(fresh);
        let come = now.0.saturating_sub(left.since.0).max(0) / REFILL_MS;
        if come > 0 {
            let more = u32::try_from(come).unwrap_or(u32::MAX);
            left.requests = left.requests.saturating_add(more).min(BURST);
            left.since = Timestamp(left.since.0.saturating_add(come.saturating_mul(REFILL_MS)));
        }
        match left.requests.checked_sub(1) {
            Some(requests) => {
                left.requests = requests;
                Ok(())
            }
            None => Err(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::ManualClock;

    use super::*;

    #[test]
    fn each_log_has_its_own_share_and_gets_it_back() {
        let clock = ManualClock::new(Timestamp(1_000_000));
        let pace = Pace::new(clock.clock());
        for _ in 0..BURST {
            assert_eq!(pace.take("one.example"), Ok(()));
        }
        assert_eq!(pace.take("one.example"), Err(1));
        assert_eq!(pace.take("two.example"), Ok(()));
        clock.advance_ms(REFILL_MS);
        assert_eq!(pace.take("one.example"), Ok(()));
        assert_eq!(pace.take("one.example"), Err(1));
        // A clock that is set back grants nothing, and takes nothing away for ever.
        clock.advance_ms(-50_000);
        assert_eq!(pace.take("one.example"), Err(1));
        clock.advance_ms(50_000 + 100 * REFILL_MS);
        for _ in 0..BURST {
            assert_eq!(pace.take("one.example"), Ok(()));
        }
        assert_eq!(pace.take("one.example"), Err(1));
    }
}
