//! Why queued messages still wait: the last attempt of each, in memory, for people who ask.
//!
//! Attempts are passing and not journalled: after a start nothing is known until a message is tried again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use model::{AccountId, QueueId, Timestamp};

use crate::Groupware;

/// Messages whose last attempt is known; of more the oldest are forgotten.
const ATTEMPTS_MAX: usize = 10_000;
/// Octets of a reason.
const REASON_OCTETS_MAX: usize = 500;

/// How an attempt to send a message went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// When.
    pub at: Timestamp,
    /// Why it was not enough.
    pub reason: String,
}

/// The last attempts.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    last: HashMap<(AccountId, QueueId), Attempted>,
    /// In the order in which they became known.
    order: VecDeque<(AccountId, QueueId)>,
}

impl Groupware {
    /// Notes why an attempt was not enough.
    pub fn note_attempt(&self, account: AccountId, id: QueueId, reason: &str) {
        let at = self.clock.now();
        let reason = reason[..reason.floor_char_boundary(REASON_OCTETS_MAX)].to_owned();
        self.attempts.note((account, id), Attempted { at, reason });
    }

    /// The last attempt to send a queued message, as far as it is known.
    #[must_use]
    pub fn last_attempt(&self, account: AccountId, id: QueueId) -> Option<Attempted> {
        let known = self.attempts.0.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.last.get(&(account, id)).cloned()
    }
}

impl Attempts {
    fn note(&self, message: (AccountId, QueueId), attempted: Attempted) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = &mut *known;
        if known.last.insert(message, attempted).is_none() {
            known.order.push_back(message);
            if known.order.len() > ATTEMPTS_MAX
                && let Some(oldest) = known.order.pop_front()
            {
                known.last.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let attempts = Attempts::default();
        let of = |number: usize| (AccountId(1), QueueId(u32::try_from(number).unwrap()));
        let attempted = |reason: &str| Attempted {
            at: Timestamp(0),
            reason: reason.into(),
        };
        for number in 0..=ATTEMPTS_MAX {
            attempts.note(of(number), attempted("450"));
        }
        attempts.note(of(1), attempted("451"));
        let known = attempts.0.lock().unwrap();
        assert_eq!(known.last.len(), ATTEMPTS_MAX);
        assert_eq!(known.last.get(&of(0)), None);
        assert_eq!(known.last[&of(1)].reason, "451");
    }
}
