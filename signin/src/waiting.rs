//! Things that wait for their owner to come back with a ticket: few, for a short time, in memory only.
//!
//! What anybody may begin, without having proved anything, waits nowhere: it travels with the client and is signed
//! ([`crate::challenge`]). So nobody can push out what others began.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::Random;
use model::Timestamp;

/// Things that wait; with one more the one that would end first goes.
const WAITING_MAX: usize = 10_000;
/// Octets of a ticket: 256 bits.
const TICKET_OCTETS: usize = 32;

/// Things of one kind.
#[derive(Debug)]
pub(crate) struct Waiting<T> {
    for_ms: i64,
    entries: Mutex<HashMap<[u8; 32], Entry<T>>>,
}

#[derive(Debug)]
struct Entry<T> {
    until: Timestamp,
    thing: T,
}

impl<T> Waiting<T> {
    /// Things that wait so long, in milliseconds.
    pub(crate) fn new(for_ms: i64) -> Self {
        Self {
            for_ms,
            entries: Mutex::default(),
        }
    }

    /// Has a thing wait; the answer is the ticket for it.
    pub(crate) fn put(&self, thing: T, random: &Random, now: Timestamp) -> String {
        let ticket = URL_SAFE_NO_PAD.encode(random.bytes::<TICKET_OCTETS>());
        self.put_at(&ticket, thing, now);
        ticket
    }

    /// Has a thing wait under a ticket that is known already.
    pub(crate) fn put_at(&self, ticket: &str, thing: T, now: Timestamp) {
        let mut entries = self.lock();
        if entries.len() >= WAITING_MAX {
            entries.retain(|_, entry| now < entry.until);
        }
        if entries.len() >= WAITING_MAX
            && let Some(first) = entries.iter().min_by_key(|(_, entry)| entry.until)
        {
            let first = *first.0;
            entries.remove(&first);
        }
        let until = now.plus_ms(self.for_ms);
        entries.insert(place(ticket), Entry { until, thing });
    }

    /// The thing of a ticket, which is thereby used up.
    pub(crate) fn take(&self, ticket: &str, now: Timestamp) -> Option<T> {
        let entry = self.lock().remove(&place(ticket))?;
        (now < entry.until).then_some(entry.thing)
    }

    /// Looks at the thing of a ticket.
    pub(crate) fn look<R>(
        &self,
        ticket: &str,
        now: Timestamp,
        look: impl FnOnce(&T) -> R,
    ) -> Option<R> {
        let entries = self.lock();
        let entry = entries.get(&place(ticket))?;
        (now < entry.until).then(|| look(&entry.thing))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Entry<T>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tickets are known by their hashes, so that looking one up says nothing about others by the time it takes.
fn place(ticket: &str) -> [u8; 32] {
    *blake3::hash(ticket.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_and_for_a_while() {
        let (waiting, random) = (Waiting::new(1_000), Random::system());
        let one = waiting.put("one", &random, Timestamp(0));
        let two = waiting.put("two", &random, Timestamp(0));
        assert_eq!(
            waiting.look(&one, Timestamp(999), |thing| *thing),
            Some("one")
        );
        assert_eq!(waiting.take(&one, Timestamp(999)), Some("one"));
        assert_eq!(waiting.take(&one, Timestamp(999)), None);
        assert_eq!(waiting.take(&two, Timestamp(1_000)), None);
        assert_eq!(waiting.take("x", Timestamp(0)), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let (waiting, random) = (Waiting::new(1_000_000), Random::system());
        let first = waiting.put(0, &random, Timestamp(0));
        for number in 1..=WAITING_MAX {
            waiting.put(number, &random, Timestamp(1));
        }
        assert_eq!(waiting.take(&first, Timestamp(2)), None);
        assert_eq!(waiting.lock().len(), WAITING_MAX);
    }
}
