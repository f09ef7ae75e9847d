//! Absence: what is known not to exist, for as long as the zone says (RFC 2308).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hickory_resolver::proto::rr::Name;
use model::Timestamp;

use crate::wire::{Answer, Kind, Secure};

/// Absent names that are remembered; a name has at most 255 octets (RFC 1035 2.3.4), so that they fill a few MiB.
const ABSENT_MAX: usize = 8_192;

/// For how long absence is remembered at most. RFC 2308 5: one to three hours have been found sensible.
const ABSENT_SECONDS_MAX: u32 = 60 * 60;

/// What does not exist.
#[derive(Debug, Default)]
pub(super) struct Absence {
    known: Mutex<HashMap<(Name, Kind), (Answer, Timestamp)>>,
}

impl Absence {
    /// The answer, if it is known that there is nothing.
    pub(super) fn find(&self, name: &Name, kind: Kind, now: Timestamp) -> Option<Answer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, until) = known.get(&(name.clone(), kind))?;
        let left_ms = until.0.saturating_sub(now.0);
        let ttl_seconds = u32::try_from(left_ms / 1_000).ok()?;
        (left_ms > 0).then(|| Answer {
            ttl_seconds,
            ..answer.clone()
        })
    }

    /// Remembers an answer without records.
    pub(super) fn note(&self, name: &Name, kind: Kind, answer: &Answer, now: Timestamp) {
        if answer.ttl_seconds == 0 || answer.secure == Secure::Bogus {
            return;
        }
        let seconds = answer.ttl_seconds.min(ABSENT_SECONDS_MAX);
        let until = now.plus_ms(i64::from(seconds) * 1_000);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ABSENT_MAX {
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() >= ABSENT_MAX {
            known.clear();
        }
        known.insert((name.clone(), kind), (answer.clone(), until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Existence;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn answer(ttl_seconds: u32) -> Answer {
        Answer {
            records: Vec::new(),
            secure: Secure::Secure,
            ttl_seconds,
            existence: Existence::NoName,
            canonical_name: "a.example".into(),
        }
    }

    #[test]
    fn absence_is_remembered_for_a_while() {
        let absence = Absence::default();
        let start = Timestamp::from_seconds(1_000);
        absence.note(&name("a.example."), Kind::Mx, &answer(60), start);
        let after = |seconds: i64| start.plus_ms(seconds * 1_000);
        let found = absence.find(&name("A.example."), Kind::Mx, after(59));
        assert_eq!(found.map(|answer| answer.ttl_seconds), Some(1));
        assert_eq!(absence.find(&name("a.example."), Kind::A, start), None);
        assert_eq!(absence.find(&name("a.example."), Kind::Mx, after(60)), None);
    }

    #[test]
    fn what_must_not_be_remembered_is_not() {
        let absence = Absence::default();
        let start = Timestamp::from_seconds(1_000);
        absence.note(&name("a.example."), Kind::Mx, &answer(0), start);
        let bogus = Answer {
            secure: Secure::Bogus,
            ..answer(60)
        };
        absence.note(&name("a.example."), Kind::Mx, &bogus, start);
        assert_eq!(absence.find(&name("a.example."), Kind::Mx, start), None);
        absence.note(&name("a.example."), Kind::Mx, &answer(u32::MAX), start);
        let an_hour_later = start.plus_ms(60 * 60 * 1_000);
        assert_eq!(
            absence.find(&name("a.example."), Kind::Mx, an_hour_later),
            None
        );
    }

    #[test]
    fn memory_is_bounded() {
        let absence = Absence::default();
        for number in 0..2 * ABSENT_MAX {
            let name = name(&format!("n{number}.example."));
            absence.note(&name, Kind::A, &answer(60), Timestamp::from_seconds(1));
        }
        assert!(absence.known.lock().unwrap().len() <= ABSENT_MAX);
    }
}
