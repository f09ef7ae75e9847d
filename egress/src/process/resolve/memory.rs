//! Memory: what the DNS said that hickory does not remember: that there is nothing (RFC 2308), that there was no answer
//! (RFC 9520), and what was found on the second look.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hickory_resolver::proto::rr::Name;
use model::Timestamp;

use super::Unresolved;
use crate::wire::{Answer, Kind, Record, Secure};

/// Answers that are remembered; a name has at most 255 octets (RFC 1035 2.3.4), so that they fill a few MiB.
const REMEMBERED_MAX: usize = 8_192;

/// Octets of records that one remembered answer may have.
const RECORDS_OCTETS_MAX: usize = 1_024;

/// For how long an answer is remembered at most. RFC 2308 5: one to three hours have been found sensible for absence.
const REMEMBERED_SECONDS_MAX: u32 = 60 * 60;

/// For how long a failure is remembered. RFC 9520 3.2: at least one second, at most five minutes.
const FAILURE_SECONDS: u32 = 5;

/// An answer, or that there is none.
type Outcome = Result<Answer, Unresolved>;

/// Outcomes, and until when they hold.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: Mutex<HashMap<(Name, Kind), (Outcome, Timestamp)>>,
}

impl Memory {
    /// What is known.
    pub(super) fn find(&self, name: &Name, kind: Kind, now: Timestamp) -> Option<Outcome> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, until) = known.get(&(name.clone(), kind))?;
        let left_ms = until.0.saturating_sub(now.0);
        let ttl_seconds = u32::try_from(left_ms / 1_000).ok()?;
        (left_ms > 0).then(|| {
            outcome.clone().map(|answer| Answer {
                ttl_seconds: ttl_seconds.min(answer.ttl_seconds),
                ..answer
            })
        })
    }

    /// Remembers an outcome for as long as it says.
    pub(super) fn note(&self, name: &Name, kind: Kind, outcome: &Outcome, now: Timestamp) {
        let seconds = match outcome {
            // RFC 9520 2.4: what does not validate is a failure like others.
            Err(_) => FAILURE_SECONDS,
            Ok(answer) if answer.secure == Secure::Bogus => FAILURE_SECONDS,
            Ok(answer) if octets(&answer.records) > RECORDS_OCTETS_MAX => 0,
            Ok(answer) => answer.ttl_seconds.min(REMEMBERED_SECONDS_MAX),
        };
        if seconds == 0 {
            return;
        }
        let until = now.plus_ms(i64::from(seconds) * 1_000);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert((name.clone(), kind), (outcome.clone(), until));
    }
}

/// About how much room records take.
fn octets(records: &[Record]) -> usize {
    let of_one = |record: &Record| {
        let inside = match record {
            Record::Txt(octets) | Record::Tlsa { data: octets, .. } => octets.len(),
            Record::Caa { tag, value, .. } => tag.len().saturating_add(value.len()),
            Record::Ds { digest, .. } => digest.len(),
            Record::Mx { exchange: name, .. }
            | Record::Ptr(name)
            | Record::Ns(name)
            | Record::Cname(name) => name.len(),
            Record::Soa {
                primary, contact, ..
            } => primary.len().saturating_add(contact.len()),
            Record::A(_) | Record::Aaaa(_) => 0,
        };
        inside.saturating_add(size_of::<Record>())
    };
    records.iter().map(of_one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Existence;

    const START: Timestamp = Timestamp(1_000_000);

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn after(seconds: i64) -> Timestamp {
        START.plus_ms(seconds * 1_000)
    }

    fn absent(ttl_seconds: u32) -> Answer {
        Answer {
            records: Vec::new(),
            secure: Secure::Secure,
            ttl_seconds,
            existence: Existence::NoName,
            canonical_name: "a.example".into(),
        }
    }

    /// For how many seconds an outcome is remembered.
    fn remembered(outcome: &Outcome) -> i64 {
        let memory = Memory::default();
        let name = name("a.example.");
        memory.note(&name, Kind::Txt, outcome, START);
        let is_known = |seconds: &i64| memory.find(&name, Kind::Txt, after(*seconds)).is_some();
        (0..100_000).take_while(is_known).count() as i64
    }

    #[test]
    fn outcomes_are_remembered_for_a_while() {
        assert_eq!(remembered(&Ok(absent(60))), 60);
        assert_eq!(remembered(&Ok(absent(0))), 0);
        assert_eq!(remembered(&Ok(absent(u32::MAX))), 3_600);
        assert_eq!(remembered(&Err(Unresolved::ServerFailed)), 5);
        let secure = Secure::Bogus;
        let bogus = Answer {
            secure,
            ..absent(0)
        };
        assert_eq!(remembered(&Ok(bogus)), 5);
        let with = |octets: usize| Answer {
            records: vec![Record::Txt(vec![b'x'; octets])],
            ..absent(60)
        };
        assert_eq!(remembered(&Ok(with(500))), 60);
        assert_eq!(remembered(&Ok(with(2_000))), 0);
    }

    #[test]
    fn time_is_left_of_the_ttl() {
        let memory = Memory::default();
        memory.note(&name("a.example."), Kind::Mx, &Ok(absent(60)), START);
        let found = memory.find(&name("A.example."), Kind::Mx, after(59));
        assert_eq!(found, Some(Ok(absent(1))));
        assert_eq!(memory.find(&name("a.example."), Kind::A, START), None);
    }

    #[test]
    fn memory_is_bounded() {
        let memory = Memory::default();
        for number in 0..2 * REMEMBERED_MAX {
            let name = name(&format!("n{number}.example."));
            memory.note(&name, Kind::A, &Ok(absent(60)), START);
        }
        assert!(memory.known.lock().unwrap().len() <= REMEMBERED_MAX);
    }
}
