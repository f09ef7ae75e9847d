//! Delays: why recipients of messages with several destinations still wait, so that one notice names them all (RFC 3464 2.3), and
//! whose notice is being written, so that there is one.
//!
//! In memory alone: after a restart a notice says of those who were not tried again that they wait, and not why.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egress::wire::Failure;
use model::{AccountId, QueueId, Timestamp};

/// Recipients of whom it is known; of more the oldest messages are forgotten.
const RECIPIENTS_MAX: usize = 20_000;
/// Messages whose notice was begun; of more the oldest are forgotten, which have long been written.
const TOLD_MAX: usize = 20_000;

type Message = (AccountId, QueueId);

/// What kept one recipient from being reached.
#[derive(Clone, Debug)]
pub(super) struct Delay {
    pub(super) failure: Arc<Failure>,
    pub(super) at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct Delays(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    last: HashMap<Message, HashMap<u32, Delay>>,
    order: VecDeque<Message>,
    recipients: usize,
    told: HashSet<Message>,
    told_order: VecDeque<Message>,
}

impl Delays {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes why a recipient, by its place, was not reached.
    pub(super) fn note(&self, message: Message, place: u32, delay: Delay) {
        let mut known = self.known();
        let known = &mut *known;
        let of_message = known.last.entry(message).or_insert_with(|| {
            known.order.push_back(message);
            HashMap::new()
        });
        if of_message.insert(place, delay).is_none() {
            known.recipients += 1;
        }
        while known.recipients > RECIPIENTS_MAX
            && let Some(oldest) = known.order.pop_front()
        {
            let forgotten = known.last.remove(&oldest).map_or(0, |it| it.len());
            known.recipients = known.recipients.saturating_sub(forgotten);
        }
    }

    /// Why a recipient was not reached, as far as it is known.
    pub(super) fn of(&self, message: Message, place: u32) -> Option<Delay> {
        self.known().last.get(&message)?.get(&place).cloned()
    }

    /// Whether nobody else tells the sender of this message; whoever hears so does it.
    pub(super) fn begin_telling(&self, message: Message) -> bool {
        let mut known = self.known();
        if !known.told.insert(message) {
            return false;
        }
        known.told_order.push_back(message);
        if known.told_order.len() > TOLD_MAX
            && let Some(oldest) = known.told_order.pop_front()
        {
            known.told.remove(&oldest);
        }
        true
    }

    /// The notice could not be made ready: somebody may try again.
    pub(super) fn not_told(&self, message: Message) {
        let mut known = self.known();
        known.told.remove(&message);
        known.told_order.retain(|it| *it != message);
    }
}

#[cfg(test)]
mod tests {
    use egress::wire::Why;

    use super::*;

    fn delay(at: i64) -> Delay {
        Delay {
            failure: Arc::new(Why::Unreachable.into()),
            at: Timestamp(at),
        }
    }

    fn message(number: usize) -> Message {
        (AccountId(1), QueueId(u32::try_from(number).unwrap()))
    }

    #[test]
    fn the_oldest_messages_are_forgotten() {
        let delays = Delays::default();
        for number in 0..RECIPIENTS_MAX / 2 {
            for place in 0..2 {
                delays.note(message(number), place, delay(1));
            }
        }
        delays.note(message(0), 1, delay(2));
        assert_eq!(delays.of(message(0), 1).unwrap().at, Timestamp(2));
        assert!(delays.of(message(0), 7).is_none());
        delays.note(message(RECIPIENTS_MAX), 0, delay(3));
        assert!(delays.of(message(0), 0).is_none());
        assert!(delays.of(message(1), 0).is_some());
        assert_eq!(delays.known().recipients, RECIPIENTS_MAX - 1);
    }

    #[test]
    fn one_tells() {
        let delays = Delays::default();
        assert!(delays.begin_telling(message(1)));
        assert!(!delays.begin_telling(message(1)));
        delays.not_told(message(1));
        assert!(delays.begin_telling(message(1)));
        for number in 2..TOLD_MAX + 3 {
            assert!(delays.begin_telling(message(number)));
        }
        assert_eq!(delays.known().told.len(), TOLD_MAX);
    }
}
