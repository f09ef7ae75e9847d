//! A second state, folded from the journal alone, in a folder that is thrown away afterwards.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use store::Error;

use super::finding::{Finding, VerifyReport};
use crate::database::failed;
use crate::room::{self, Room};
use crate::state::{self, replay};

/// Entries folded in one step.
const ENTRIES_PER_STEP: u64 = 10_000;
/// Octets of pages kept in memory, in KiB.
const CACHE_KIB: u32 = 64 * 1024;

/// The second state, and how far it is.
pub(super) struct Scratch {
    folder: PathBuf,
    path: PathBuf,
    journal: Connection,
    pub(super) state: Connection,
    pub(super) done: u64,
    /// Why it cannot be folded on.
    broken: Option<Finding>,
}

impl Scratch {
    /// An empty one in this folder, which is made if it is not there.
    pub(super) fn open(folder: &Path, journal: Connection) -> Result<Self, Error> {
        let path = folder.join(state::FILE);
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Unavailable(format!("`{}`: {error}", folder.display())))?;
        state::remove(&path)?;
        let state = state::open(&path)?;
        // Nobody else reads it, and nothing of it has to outlast anything.
        state
            .execute_batch(&format!(
                "PRAGMA journal_mode=DELETE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
                 PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-{CACHE_KIB};"
            ))
            .map_err(failed)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            path,
            journal,
            state,
            done: 0,
            broken: None,
        })
    }

    /// Folds on up to this entry; false if that cannot be done.
    pub(super) fn on(&mut self, upto: u64, tell: &mut dyn FnMut(u64, u64)) -> Result<bool, Error> {
        while self.broken.is_none() && self.done < upto {
            let next = upto.min(self.done + ENTRIES_PER_STEP);
            if let Err(error) = replay::fold(&self.journal, &self.state, self.done + 1, next) {
                if Room::of(&self.folder) == Room::Short {
                    return Err(room::short());
                }
                let what = format!("the journal cannot be folded from here on: {error}");
                self.broken = Some(Finding::entry(self.done + 1, what));
                break;
            }
            self.done = next;
            tell(self.done, upto);
        }
        Ok(self.broken.is_none())
    }

    /// Tells why it cannot be folded on, if so.
    pub(super) fn end(&mut self, report: &mut VerifyReport) {
        if let Some(finding) = self.broken.take() {
            report.add(finding);
        }
    }

    /// Removes it.
    pub(super) fn remove(self) -> Result<(), Error> {
        drop(self.state);
        state::remove(&self.path)
    }
}
