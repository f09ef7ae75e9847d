//! The door through which administration reaches the store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use admin::{Failure, JournalEntry, Kind, Sizes};
use model::{AccountId, Queued, Seq};
use store::Engine;
use store_local::LocalEngine;

/// Levels of folders below the data folder that are looked at for its size.
const FOLDER_LEVELS_MAX: usize = 8;

/// The embedded engine with its folder.
#[derive(Debug)]
pub(crate) struct Storage {
    engine: Arc<LocalEngine>,
    data: PathBuf,
}

impl Storage {
    pub(crate) fn new(engine: Arc<LocalEngine>, data: &Path) -> Self {
        Self {
            engine,
            data: data.to_owned(),
        }
    }
}

impl admin::Storage for Storage {
    fn journal(
        &self,
        account: AccountId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<JournalEntry>, Failure> {
        let entries = self
            .engine
            .journal(account, after, limit)
            .map_err(|error| failure(&error))?;
        let entries = entries.into_iter().map(|entry| JournalEntry {
            seq: entry.seq,
            at: entry.at,
            index: entry.index,
            commit: entry.commit,
        });
        Ok(entries.collect())
    }

    fn queue(&self, limit: usize) -> Result<Vec<Queued>, Failure> {
        self.engine
            .queue(None, limit)
            .map_err(|error| failure(&error))
    }

    fn checkpoint(&self) -> Result<Option<(u64, String)>, Failure> {
        self.engine.checkpoint().map_err(|error| failure(&error))
    }

    fn reindex(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Failure> {
        self.engine
            .reindex(progress)
            .map_err(|error| failure(&error))
    }

    fn sizes(&self) -> Result<Sizes, Failure> {
        let mut sizes = Sizes {
            entries: self.engine.size().map_err(|error| failure(&error))?,
            ..Sizes::default()
        };
        let files = fs::read_dir(&self.data)
            .map_err(|error| Failure::new(Kind::Unavailable, error.to_string()))?;
        for file in files.flatten() {
            let name = file.file_name();
            let octets = octets_of(&file.path(), FOLDER_LEVELS_MAX);
            match name.to_string_lossy().split('.').next() {
                Some("journal" | "blobs") => sizes.journal_octets += octets,
                Some("state") => sizes.state_octets += octets,
                Some("search") => sizes.search_octets += octets,
                _ => {}
            }
        }
        Ok(sizes)
    }
}

/// Octets of a file, or of all files in a folder; what vanishes meanwhile counts nothing.
fn octets_of(path: &Path, levels: usize) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() && levels > 0 => fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| octets_of(&entry.path(), levels - 1))
            .sum(),
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) | Err(_) => 0,
    }
}

fn failure(error: &store::Error) -> Failure {
    let kind = match error {
        store::Error::NotFound(_) => Kind::NotFound,
        store::Error::AlreadyExists(_) | store::Error::UidConflict { .. } => Kind::AlreadyExists,
        store::Error::Unavailable(_) | store::Error::StateMismatch => Kind::Unavailable,
        store::Error::Damaged(_) | store::Error::NotTogether => Kind::Internal,
        store::Error::Invalid(_)
        | store::Error::HasChildren
        | store::Error::NotEmpty
        | store::Error::OverQuota
        | store::Error::Scheduled
        | store::Error::Limit(_) => Kind::Refused,
    };
    Failure::new(kind, error.to_string())
}
