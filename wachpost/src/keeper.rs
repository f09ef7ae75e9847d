//! The keeper: files in the data folder for what transport counts, which no journal holds; each is replaced as a whole.
//!
//! They are no part of a backup: what was counted before a disaster says nothing of the days after it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use transport::{Keeper, Kept};

/// The folder in the data folder.
pub(crate) const FOLDER: &str = "counts";
/// What a file is called while it is written.
const NEW: &str = "new";
/// Rights of the folder: what is in it tells who wrote to whom.
const FOLDER_MODE: u32 = 0o700;

/// Files in one folder.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    /// One writes at a time: a round may meet the last one.
    writing: Mutex<()>,
}

impl Files {
    /// Those of this data folder; the folder is made by the first file in it.
    pub(crate) fn of(data: &Path) -> Self {
        Self {
            folder: data.join(FOLDER),
            writing: Mutex::default(),
        }
    }
}

impl Keeper for Files {
    fn read(&self, kept: Kept) -> io::Result<Option<Vec<u8>>> {
        let path = self.folder.join(kept.name());
        let octets_max = u64::try_from(kept.octets_max()).unwrap_or(u64::MAX);
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(found) if found.len() > octets_max => Err(io::Error::other("it is too large")),
            Ok(_) => fs::read(&path).map(Some),
        }
    }

    fn write(&self, kept: Kept, octets: &[u8]) -> io::Result<()> {
        // Whoever panicked in between left at most a file that is not in use yet.
        let _one = self.writing.lock();
        if let Err(error) = DirBuilder::new().mode(FOLDER_MODE).create(&self.folder)
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(error);
        }
        let new = self.folder.join(kept.name()).with_extension(NEW);
        let mut file = File::create(&new)?;
        file.write_all(octets)?;
        file.sync_all()?;
        fs::rename(&new, self.folder.join(kept.name()))?;
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_last_comes_back() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::of(data.path());
        for kept in Kept::ALL {
            assert_eq!(files.read(kept).unwrap(), None);
            files.write(kept, b"first").unwrap();
            files.write(kept, kept.name().as_bytes()).unwrap();
        }
        let again = Files::of(data.path());
        for kept in Kept::ALL {
            let read = again.read(kept).unwrap();
            assert_eq!(read.as_deref(), Some(kept.name().as_bytes()));
        }
        let names = fs::read_dir(data.path().join(FOLDER)).unwrap().count();
        assert_eq!(names, Kept::ALL.len());
    }

    #[test]
    fn nothing_endless_is_read() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::of(data.path());
        files.write(Kept::StsPolicies, b"").unwrap();
        let path = data.path().join(FOLDER).join(Kept::StsPolicies.name());
        let file = File::options().write(true).open(path).unwrap();
        let octets = u64::try_from(Kept::StsPolicies.octets_max()).unwrap();
        file.set_len(octets + 1).unwrap();
        assert!(files.read(Kept::StsPolicies).is_err());
    }
}
