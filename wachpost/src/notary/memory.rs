//! The notary's memory: the checkpoint that it signed last, in a file of two slots that are written in turn.
//!
//! A slot holds a signed note behind its length. A write that a crash tears leaves the other slot, which holds the checkpoint
//! before; its signature was not given away yet. Nothing but the open file is needed once the process is locked.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seal::{Checkpoint, SigningKey, VerifierKey};

use crate::problem::{Exit, Problem};

/// Octets of a slot: one page of a disk, which most write as a whole.
const SLOT_OCTETS: usize = 4_096;
/// The slots.
const SLOTS: u64 = 2;
/// Octets of the length in front of a note.
const LENGTH_OCTETS: usize = 4;
/// How often the file is tried to be had: a notary whose server was killed gives it up within moments.
const LOCK_TRIES: u32 = 500;
/// Between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The file, which this process has to itself.
#[derive(Debug)]
pub(crate) struct Memory {
    file: Arc<File>,
    last: Option<Checkpoint>,
    next_slot: u64,
}

/// What a slot says.
enum Slot {
    Empty,
    Signed(Checkpoint),
    Unreadable,
}

impl Memory {
    /// Reads what the key signed last; nothing yet if the file is empty.
    pub(crate) fn open(file: &Arc<File>, path: &Path, key: &SigningKey) -> Result<Self, Problem> {
        let wrong = |what: &str| {
            let message = format!("the notary's memory `{}`: {what}", path.display());
            Problem::new(Exit::Config, message)
        };
        take(file).map_err(|()| {
            Problem::new(
                Exit::Unavailable,
                format!("`{}` is in use by another notary", path.display()),
            )
        })?;
        let mut last: Option<(u64, Checkpoint)> = None;
        let mut unreadable = false;
        for number in 0..SLOTS {
            match read(file, number, key.verifier()).map_err(|error| wrong(&error.to_string()))? {
                Slot::Empty => {}
                Slot::Unreadable => unreadable = true,
                Slot::Signed(found) => {
                    if last
                        .as_ref()
                        .is_none_or(|(_, last)| last.size() < found.size())
                    {
                        last = Some((number, found));
                    }
                }
            }
        }
        if unreadable && last.is_none() {
            return Err(wrong(
                "it holds nothing that this key signed; if the key was changed on purpose, put the file aside, and the notary \
                 begins anew",
            ));
        }
        Ok(Self {
            file: Arc::clone(file),
            next_slot: last.as_ref().map_or(0, |(number, _)| (number + 1) % SLOTS),
            last: last.map(|(_, checkpoint)| checkpoint),
        })
    }

    pub(crate) fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }

    /// Remembers a checkpoint with its note: durable when this returns.
    pub(crate) fn put(&mut self, checkpoint: Checkpoint, note: &str) -> std::io::Result<()> {
        let length = u32::try_from(note.len()).unwrap_or(u32::MAX);
        let mut slot = length.to_le_bytes().to_vec();
        slot.extend_from_slice(note.as_bytes());
        if slot.len() > SLOT_OCTETS {
            return Err(std::io::Error::other("the note is too long"));
        }
        slot.resize(SLOT_OCTETS, 0);
        self.file.write_all_at(&slot, offset(self.next_slot))?;
        self.file.sync_data()?;
        self.next_slot = (self.next_slot + 1) % SLOTS;
        self.last = Some(checkpoint);
        Ok(())
    }
}

/// What was signed last, without keeping anybody else from the file; nothing if there is no file, or nothing in it yet.
pub(super) fn look(path: &Path, key: &VerifierKey) -> Result<Option<Checkpoint>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut last: Option<Checkpoint> = None;
    let mut unreadable = false;
    for number in 0..SLOTS {
        match read(&file, number, key).map_err(|error| error.to_string())? {
            Slot::Empty => {}
            // Half written at this moment, perhaps: then the other one holds what was signed before.
            Slot::Unreadable => unreadable = true,
            Slot::Signed(found) => {
                if last.as_ref().is_none_or(|last| last.size() < found.size()) {
                    last = Some(found);
                }
            }
        }
    }
    match last {
        None if unreadable => Err("it holds nothing that this key signed".to_owned()),
        last => Ok(last),
    }
}

fn offset(slot: u64) -> u64 {
    slot * u64::try_from(SLOT_OCTETS).unwrap_or(0)
}

pub(super) fn take(file: &File) -> Result<(), ()> {
    for _ in 0..LOCK_TRIES {
        if file.try_lock().is_ok() {
            return Ok(());
        }
        std::thread::sleep(LOCK_PAUSE);
    }
    Err(())
}

fn read(file: &File, number: u64, key: &VerifierKey) -> std::io::Result<Slot> {
    let mut slot = [0; SLOT_OCTETS];
    let mut filled = 0;
    while filled < SLOT_OCTETS {
        let at = offset(number) + u64::try_from(filled).unwrap_or(0);
        match file.read_at(&mut slot[filled..], at)? {
            0 => break,
            octets => filled += octets,
        }
    }
    Ok(open(&slot, key))
}

/// What the octets of a slot say.
fn open(slot: &[u8; SLOT_OCTETS], key: &VerifierKey) -> Slot {
    if slot.iter().all(|octet| *octet == 0) {
        return Slot::Empty;
    }
    let note = slot
        .split_first_chunk::<LENGTH_OCTETS>()
        .and_then(|(length, rest)| rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?));
    let origin = key.name().to_string();
    match note.map(|note| Checkpoint::open(note, &origin, key)) {
        Some(Ok(checkpoint)) => Slot::Signed(checkpoint),
        _ => Slot::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use seal::Hash;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("mail.example.org/journal".parse().unwrap(), &[seed; 32])
    }

    fn put(memory: &mut Memory, key: &SigningKey, size: u64) {
        let origin = key.verifier().name().to_string();
        let checkpoint = Checkpoint::new(origin, size, Hash::of(&size.to_le_bytes())).unwrap();
        let note = checkpoint.sign(key).unwrap().to_string();
        memory.put(checkpoint, &note).unwrap();
    }

    /// As after a crash: opened anew.
    fn reopened(file: &tempfile::NamedTempFile, key: &SigningKey) -> Result<Memory, Problem> {
        let file = File::options().read(true).write(true).open(file.path());
        Memory::open(&Arc::new(file.unwrap()), Path::new("notary.last"), key)
    }

    #[test]
    fn a_torn_write_leaves_the_checkpoint_before() {
        let (file, key) = (tempfile::NamedTempFile::new().unwrap(), key(1));
        let mut memory = reopened(&file, &key).unwrap();
        assert!(memory.last().is_none());
        for size in 1..=5 {
            put(&mut memory, &key, size);
        }
        drop(memory);
        assert_eq!(reopened(&file, &key).unwrap().last().unwrap().size(), 5);
        // The fifth went into the first slot.
        let torn = File::options().write(true).open(file.path()).unwrap();
        torn.write_all_at(&[7; 300], 100).unwrap();
        let mut memory = reopened(&file, &key).unwrap();
        assert_eq!(memory.last().unwrap().size(), 4);
        put(&mut memory, &key, 6);
        drop(memory);
        assert_eq!(reopened(&file, &key).unwrap().last().unwrap().size(), 6);
    }

    #[test]
    fn what_another_key_signed_is_not_believed() {
        let (file, key_one) = (tempfile::NamedTempFile::new().unwrap(), key(1));
        put(&mut reopened(&file, &key_one).unwrap(), &key_one, 9);
        let problem = reopened(&file, &key(2)).unwrap_err();
        assert!(problem.message.contains("nothing that this key signed"));
    }

    #[test]
    fn any_octets_are_read_without_panic() {
        for octet in [1, 0x7f, 0xff] {
            assert!(matches!(
                open(&[octet; SLOT_OCTETS], key(1).verifier()),
                Slot::Unreadable
            ));
        }
    }
}
