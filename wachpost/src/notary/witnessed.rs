//! What the notary cosigned last of each log that it witnesses, in a file of slots, two for each log, that are written in turn.
//!
//! A slot holds origin, size and root behind their length, and a code by which only the holder of the key could have written
//! them. A write that a crash tears leaves the other slot, with the checkpoint before; its cosignature was not given away yet.
//! Nothing but the open file is needed once the process is locked. A log that is witnessed no more is remembered all the same.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use directory::Secret;
use seal::{Checkpoint, Hash};
use serde::{Deserialize, Serialize};

use super::memory::take;
use crate::config::witness::LOGS_MAX;
use crate::problem::{Exit, Problem};

/// Octets of a slot.
const SLOT_OCTETS: usize = 1_024;
/// Slots of one log.
const TURNS: u64 = 2;
/// Logs that are remembered: those that are witnessed, and as many that were.
const PLACES_MAX: u64 = 2 * LOGS_MAX as u64;
/// Octets of the length in front.
const LENGTH_OCTETS: usize = 2;
/// Octets of the code at the end.
const CODE_OCTETS: usize = blake3::OUT_LEN;

/// The file, which this process has to itself.
pub(crate) struct Witnessed {
    file: Arc<File>,
    key: Secret<[u8; 32]>,
    known: HashMap<String, Known>,
    /// The first place that no log has.
    free: u64,
}

#[derive(Debug)]
struct Known {
    place: u64,
    /// The slot that is written next.
    turn: u64,
    last: Checkpoint,
}

/// What stands in a slot.
#[derive(Serialize, Deserialize)]
struct Record {
    origin: String,
    size: u64,
    root: [u8; 32],
}

enum Slot {
    Empty,
    Cosigned(Checkpoint),
    Unreadable,
}

impl Witnessed {
    /// Reads what was cosigned last of each log; nothing yet if the file is empty. Only who has the key could have written it.
    pub(crate) fn open(
        file: &Arc<File>,
        path: &Path,
        key: Secret<[u8; 32]>,
    ) -> Result<Self, Problem> {
        let wrong = |what: &str| {
            let message = format!(
                "the notary's memory of other logs `{}`: {what}",
                path.display()
            );
            Problem::new(Exit::Config, message)
        };
        take(file).map_err(|()| wrong("it is in use by another notary"))?;
        let mut witnessed = Self {
            file: Arc::clone(file),
            key,
            known: HashMap::new(),
            free: 0,
        };
        for place in 0..PLACES_MAX {
            let mut slots = Vec::new();
            for turn in 0..TURNS {
                slots.push(
                    witnessed
                        .read(place, turn)
                        .map_err(|error| wrong(&error.to_string()))?,
                );
            }
            let torn = |slot: &Slot| matches!(slot, Slot::Unreadable);
            // The first write of a log may have been torn; two slots are not torn at once.
            if slots.iter().all(torn) {
                return Err(wrong(
                    "something in it was not written with this key: somebody changed it, or the key is another; if the key was \
                     changed on purpose, put the file aside",
                ));
            }
            if !slots.iter().all(|slot| matches!(slot, Slot::Empty)) {
                witnessed.free = place + 1;
            }
            for (turn, slot) in (0..).zip(slots) {
                if let Slot::Cosigned(found) = slot {
                    witnessed.learn(place, turn, &found);
                }
            }
        }
        Ok(witnessed)
    }

    fn learn(&mut self, place: u64, turn: u64, found: &Checkpoint) {
        let known = self.known.get(found.origin());
        if known.is_none_or(|known| known.last.size() < found.size()) {
            let known = Known {
                place,
                turn: (turn + 1) % TURNS,
                last: found.clone(),
            };
            self.known.insert(found.origin().to_owned(), known);
        }
    }

    /// What was cosigned last of a log.
    pub(crate) fn last(&self, origin: &str) -> Option<&Checkpoint> {
        self.known.get(origin).map(|known| &known.last)
    }

    /// Remembers a checkpoint: durable when this returns.
    pub(crate) fn put(&mut self, checkpoint: &Checkpoint) -> std::io::Result<()> {
        let (place, turn) = match self.known.get(checkpoint.origin()) {
            Some(known) => (known.place, known.turn),
            None if self.free < PLACES_MAX => (self.free, 0),
            None => return Err(std::io::Error::other("it is full")),
        };
        let record = Record {
            origin: checkpoint.origin().to_owned(),
            size: checkpoint.size(),
            root: *checkpoint.root().as_bytes(),
        };
        let body = postcard::to_allocvec(&record).map_err(std::io::Error::other)?;
        let length = u16::try_from(body.len()).map_err(std::io::Error::other)?;
        let mut slot = length.to_le_bytes().to_vec();
        slot.extend_from_slice(&body);
        slot.extend_from_slice(self.code(place, &body).as_bytes());
        if slot.len() > SLOT_OCTETS {
            return Err(std::io::Error::other("the name of the log is too long"));
        }
        slot.resize(SLOT_OCTETS, 0);
        self.file.write_all_at(&slot, offset(place, turn))?;
        self.file.sync_data()?;
        // Extension lines are the log's business, and part of no proof.
        let last = Checkpoint::new(record.origin, record.size, Hash::from_bytes(record.root))
            .map_err(std::io::Error::other)?;
        self.free = self.free.max(place + 1);
        let known = Known {
            place,
            turn: (turn + 1) % TURNS,
            last,
        };
        self.known.insert(checkpoint.origin().to_owned(), known);
        Ok(())
    }

    fn code(&self, place: u64, body: &[u8]) -> blake3::Hash {
        let content = [&place.to_le_bytes()[..], body].concat();
        blake3::keyed_hash(self.key.expose(), &content)
    }

    fn read(&self, place: u64, turn: u64) -> std::io::Result<Slot> {
        let mut slot = [0; SLOT_OCTETS];
        let mut filled = 0;
        while filled < SLOT_OCTETS {
            let at = offset(place, turn) + u64::try_from(filled).unwrap_or(0);
            match self.file.read_at(&mut slot[filled..], at)? {
                0 => break,
                octets => filled += octets,
            }
        }
        Ok(self.open_slot(place, &slot))
    }

    /// What the octets of a slot say.
    fn open_slot(&self, place: u64, slot: &[u8; SLOT_OCTETS]) -> Slot {
        if slot.iter().all(|octet| *octet == 0) {
            return Slot::Empty;
        }
        let read = || {
            let (length, rest) = slot.split_first_chunk::<LENGTH_OCTETS>()?;
            let (body, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            let code = rest.first_chunk::<CODE_OCTETS>()?;
            if self.code(place, body) != blake3::Hash::from_bytes(*code) {
                return None;
            }
            let record: Record = postcard::from_bytes(body).ok()?;
            Checkpoint::new(record.origin, record.size, Hash::from_bytes(record.root)).ok()
        };
        read().map_or(Slot::Unreadable, Slot::Cosigned)
    }
}

impl std::fmt::Debug for Witnessed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witnessed")
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

fn offset(place: u64, turn: u64) -> u64 {
    (place * TURNS + turn) * u64::try_from(SLOT_OCTETS).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(file: &tempfile::NamedTempFile, seed: u8) -> Result<Witnessed, Problem> {
        let file = File::options()
            .read(true)
            .write(true)
            .open(file.path())
            .unwrap();
        Witnessed::open(
            &Arc::new(file),
            Path::new("notary.witnessed"),
            Secret::new([seed; 32]),
        )
    }

    fn checkpoint(origin: &str, size: u64) -> Checkpoint {
        Checkpoint::new(origin, size, Hash::of(&size.to_le_bytes())).unwrap()
    }

    #[test]
    fn each_log_is_remembered_and_a_torn_write_leaves_what_was_before() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut witnessed = opened(&file, 1).unwrap();
        for size in 1..=4 {
            witnessed.put(&checkpoint("one.example", size)).unwrap();
            witnessed
                .put(&checkpoint("two.example", 10 * size))
                .unwrap();
        }
        drop(witnessed);
        let witnessed = opened(&file, 1).unwrap();
        assert_eq!(
            witnessed.last("one.example"),
            Some(&checkpoint("one.example", 4))
        );
        assert_eq!(
            witnessed.last("two.example"),
            Some(&checkpoint("two.example", 40))
        );
        assert_eq!(witnessed.last("three.example"), None);
        drop(witnessed);
        // The fourth of the second log went into its second slot.
        let torn = File::options().write(true).open(file.path()).unwrap();
        torn.write_all_at(&[7; 20], offset(1, 1) + 5).unwrap();
        let mut witnessed = opened(&file, 1).unwrap();
        assert_eq!(
            witnessed.last("two.example"),
            Some(&checkpoint("two.example", 30))
        );
        witnessed.put(&checkpoint("two.example", 50)).unwrap();
        drop(witnessed);
        assert_eq!(
            opened(&file, 1)
                .unwrap()
                .last("two.example")
                .unwrap()
                .size(),
            50
        );
    }

    #[test]
    fn a_first_write_that_was_torn_is_none() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().write_all_at(&[3; 40], 0).unwrap();
        let mut witnessed = opened(&file, 1).unwrap();
        assert_eq!(witnessed.last("one.example"), None);
        witnessed.put(&checkpoint("one.example", 2)).unwrap();
        drop(witnessed);
        assert_eq!(
            opened(&file, 1)
                .unwrap()
                .last("one.example")
                .unwrap()
                .size(),
            2
        );
    }

    #[test]
    fn what_somebody_else_wrote_is_not_believed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut witnessed = opened(&file, 1).unwrap();
        for size in 1..=2 {
            witnessed.put(&checkpoint("one.example", size)).unwrap();
        }
        drop(witnessed);
        let problem = opened(&file, 2).unwrap_err();
        assert!(
            problem.message.contains("not written with this key"),
            "{problem}"
        );
    }

    #[test]
    fn there_is_an_end_to_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut witnessed = opened(&file, 1).unwrap();
        assert!(witnessed.put(&checkpoint(&"x".repeat(1_024), 1)).is_err());
        witnessed.free = PLACES_MAX;
        assert!(witnessed.put(&checkpoint("one.example", 1)).is_err());
    }
}
