//! The hold on a data folder: a locked file, so that no second writer appends to the journal, which also says who
//! opened the folder last and did not leave it in good order.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use store::Error;

use crate::files::Stamp;

/// The file in the data folder.
const LOCK_FILE: &str = "lock";
/// What stands in the file is always of this length: writing it anew needs no room on the disk.
const STAMP_DIGITS: usize = 16;

/// The file, locked as long as this lives.
#[derive(Debug)]
pub(crate) struct Hold {
    file: File,
    last_run: Option<Stamp>,
}

impl Hold {
    /// Locks a data folder.
    pub(crate) fn take(data: &Path) -> Result<Self, Error> {
        let path = data.join(LOCK_FILE);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options
            .open(&path)
            .map_err(|error| Error::Unavailable(format!("`{}`: {error}", path.display())))?;
        file.try_lock().map_err(|_| {
            Error::Unavailable(format!(
                "`{}` is in use by another Wachpost: stop it first",
                data.display()
            ))
        })?;
        let last_run = Self::read(data);
        Ok(Self { file, last_run })
    }

    /// The run that has the folder, or had it last and left files that no commit names.
    pub(crate) fn read(data: &Path) -> Option<Stamp> {
        let text = fs::read_to_string(data.join(LOCK_FILE)).ok()?;
        let stamp = u64::from_str_radix(text.get(..STAMP_DIGITS)?, 16).ok()?;
        (stamp != 0).then_some(Stamp(stamp))
    }

    /// The run before this one, if it did not end in good order.
    pub(crate) fn last_run(&self) -> Option<Stamp> {
        self.last_run
    }

    /// Notes who has the folder now, or that it is left in good order.
    pub(crate) fn note(&self, run: Option<Stamp>) {
        let stamp = run.map_or(0, |Stamp(stamp)| stamp);
        let text = format!("{stamp:0STAMP_DIGITS$x}\n");
        if let Err(error) = self.file.write_all_at(text.as_bytes(), 0) {
            // Only files left behind by a crash are then not cleaned up.
            tracing::warn!(%error, "the lock file could not be written");
        }
    }
}
