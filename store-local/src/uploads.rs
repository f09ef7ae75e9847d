//! Uploads as files beside the journal: `uploads/ACCOUNT-PRINCIPAL/HASH-TIME`.
//!
//! **Invariant:** the index in memory names the files that are there, whole and synced. A file gets its name only when it is whole:
//! what a crash leaves behind has another one, and is removed at the next start.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{AccountId, BlobId, PrincipalId, Timestamp};
use store::{Error, UploadBounds, UploadPlace, Uploads};

use crate::database::lock;
use crate::room;

/// What the names of files begin with that are not whole yet.
const PART_PREFIX: &str = "part-";

/// The folder of uploads.
#[derive(Debug)]
pub(crate) struct UploadFiles {
    data: PathBuf,
    folder: PathBuf,
    /// Makes the names of files unique that are not whole yet.
    made: AtomicU64,
    index: Mutex<HashMap<UploadPlace, Held>>,
}

/// What one place holds.
#[derive(Debug, Default)]
struct Held {
    octets: u64,
    files: HashMap<BlobId, Kept>,
}

/// One upload.
#[derive(Clone, Copy, Debug)]
struct Kept {
    at: Timestamp,
    octets: u64,
}

impl UploadFiles {
    /// Finds what is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the folder cannot be read.
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        let folder = data.join("uploads");
        let index = scan(&folder).map_err(|error| unavailable(&folder, &error))?;
        Ok(Self {
            data: data.to_path_buf(),
            folder,
            made: AtomicU64::new(0),
            index: Mutex::new(index),
        })
    }

    fn folder_of(&self, place: UploadPlace) -> PathBuf {
        self.folder.join(format!("{}-{}", place.account, place.by))
    }

    fn path(&self, place: UploadPlace, id: BlobId, at: Timestamp) -> PathBuf {
        self.folder_of(place).join(format!("{id}-{}", at.0))
    }

    /// Writes a file whole, and only then gives it its name.
    fn write(&self, place: UploadPlace, octets: &[u8], path: &Path) -> io::Result<()> {
        let folder = self.folder_of(place);
        let is_new = !folder.exists();
        fs::create_dir_all(&folder)?;
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        let part = folder.join(format!("{PART_PREFIX}{count}"));
        let written = (|| {
            let mut file = File::create(&part)?;
            file.write_all(octets)?;
            file.sync_all()?;
            fs::rename(&part, path)
        })();
        if written.is_err() {
            // Half a file takes room on a disk that may have none, and is of no use.
            drop(fs::remove_file(&part));
        }
        written?;
        File::open(&folder)?.sync_all()?;
        if is_new {
            File::open(&self.folder)?.sync_all()?;
            File::open(&self.data)?.sync_all()?;
        }
        Ok(())
    }

    /// Gives an upload its new time.
    fn renew(&self, place: UploadPlace, id: BlobId, at: Timestamp) -> Result<bool, Error> {
        let mut index = lock(&self.index);
        let held = index.get_mut(&place);
        let Some(kept) = held.and_then(|held| held.files.get_mut(&id)) else {
            return Ok(false);
        };
        if kept.at < at {
            let (from, to) = (self.path(place, id, kept.at), self.path(place, id, at));
            fs::rename(&from, &to).map_err(|error| unavailable(&from, &error))?;
            kept.at = at;
        }
        drop(index);
        let folder = self.folder_of(place);
        let synced = File::open(&folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| unavailable(&folder, &error))?;
        Ok(true)
    }

    fn find(&self, place: UploadPlace, id: BlobId) -> Option<Kept> {
        let index = lock(&self.index);
        index.get(&place)?.files.get(&id).copied()
    }
}

impl Uploads for UploadFiles {
    fn keep(
        &self,
        place: UploadPlace,
        octets: &[u8],
        at: Timestamp,
        bounds: UploadBounds,
    ) -> Result<BlobId, Error> {
        let id = BlobId::of(octets);
        if self.renew(place, id, at)? {
            return Ok(id);
        }
        let size = octets.len() as u64;
        // The room is booked before the file is written, so that two at once cannot exceed it.
        {
            let mut index = lock(&self.index);
            let held = index.entry(place).or_default();
            let full = held.files.len() >= bounds.count;
            if full || held.octets.saturating_add(size) > bounds.octets {
                return Err(Error::OverQuota);
            }
            held.octets += size;
        }
        let path = self.path(place, id, at);
        let written = room::require(&self.data, octets.len()).and_then(|()| {
            let written = self.write(place, octets, &path);
            written.map_err(|error| unavailable(&path, &error))
        });
        let mut index = lock(&self.index);
        let held = index.entry(place).or_default();
        if let Err(error) = written {
            held.octets = held.octets.saturating_sub(size);
            return Err(error);
        }
        let kept = Kept { at, octets: size };
        if let Some(twin) = held.files.insert(id, kept) {
            // Somebody else brought the same at the same time.
            held.octets = held.octets.saturating_sub(size);
            if twin.at != at {
                drop(fs::remove_file(self.path(place, id, twin.at)));
            }
        }
        Ok(id)
    }

    fn size(&self, place: UploadPlace, id: BlobId) -> Result<Option<u64>, Error> {
        Ok(self.find(place, id).map(|kept| kept.octets))
    }

    fn read(&self, place: UploadPlace, id: BlobId) -> Result<Option<Vec<u8>>, Error> {
        // It may get a new time, and with it another name, between looking it up and opening it.
        for _ in 0..3 {
            let Some(kept) = self.find(place, id) else {
                return Ok(None);
            };
            let path = self.path(place, id, kept.at);
            match fs::read(&path) {
                Ok(octets) if BlobId::of(&octets) == id => return Ok(Some(octets)),
                Ok(_) => {
                    let what = format!("`{}` is not what was uploaded", path.display());
                    return Err(Error::Damaged(what));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(unavailable(&path, &error)),
            }
        }
        Ok(None)
    }

    fn expire(&self, before: Timestamp) -> Result<usize, Error> {
        let mut gone = Vec::new();
        lock(&self.index).retain(|place, held| {
            let mut freed = 0;
            held.files.retain(|id, kept| {
                let stays = kept.at >= before;
                if !stays {
                    freed += kept.octets;
                    gone.push(self.path(*place, *id, kept.at));
                }
                stays
            });
            held.octets = held.octets.saturating_sub(freed);
            !held.files.is_empty() || held.octets > 0
        });
        for path in &gone {
            if let Err(error) = fs::remove_file(path)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(unavailable(path, &error));
            }
        }
        Ok(gone.len())
    }
}

/// Reads the folder; removes what is not whole.
fn scan(folder: &Path) -> io::Result<HashMap<UploadPlace, Held>> {
    let mut index: HashMap<UploadPlace, Held> = HashMap::new();
    let places = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(index),
        places => places?,
    };
    for entry in places {
        let entry = entry?;
        let Some(place) = entry.file_name().to_str().and_then(read_place) else {
            continue;
        };
        for file in fs::read_dir(entry.path())? {
            let file = file?;
            let name = file.file_name();
            let name = name.to_str().unwrap_or_default();
            if name.starts_with(PART_PREFIX) {
                fs::remove_file(file.path())?;
                continue;
            }
            let Some((id, at)) = read_name(name) else {
                continue;
            };
            let octets = file.metadata()?.len();
            let held = index.entry(place).or_default();
            match held.files.insert(id, Kept { at, octets }) {
                None => held.octets += octets,
                Some(twin) => drop(fs::remove_file(
                    folder
                        .join(entry.file_name())
                        .join(format!("{id}-{}", twin.at.0)),
                )),
            }
        }
    }
    Ok(index)
}

fn read_place(name: &str) -> Option<UploadPlace> {
    let (account, by) = name.split_once('-')?;
    Some(UploadPlace {
        account: AccountId(account.parse().ok()?),
        by: PrincipalId(by.parse().ok()?),
    })
}

fn read_name(name: &str) -> Option<(BlobId, Timestamp)> {
    let (id, at) = name.split_once('-')?;
    Some((BlobId::parse(id)?, Timestamp(at.parse().ok()?)))
}

fn unavailable(path: &Path, error: &io::Error) -> Error {
    Error::Unavailable(format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: UploadBounds = UploadBounds {
        count: 10,
        octets: 100,
    };

    #[test]
    fn what_was_kept_is_there_after_a_restart_and_what_is_half_is_not() {
        let data = tempfile::TempDir::new().unwrap();
        let place = UploadPlace {
            account: AccountId(3),
            by: PrincipalId(4),
        };
        let uploads = UploadFiles::open(data.path()).unwrap();
        let id = uploads.keep(place, b"abc", Timestamp(7), BOUNDS).unwrap();
        uploads.keep(place, b"abc", Timestamp(9), BOUNDS).unwrap();
        let half = data.path().join("uploads/3-4/part-7");
        fs::write(&half, b"ab").unwrap();
        drop(uploads);
        let uploads = UploadFiles::open(data.path()).unwrap();
        assert_eq!(uploads.read(place, id), Ok(Some(b"abc".to_vec())));
        assert!(!half.exists());
        assert_eq!(uploads.expire(Timestamp(9)), Ok(0));
        assert_eq!(uploads.expire(Timestamp(10)), Ok(1));
        let left = fs::read_dir(data.path().join("uploads/3-4")).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn a_file_that_was_changed_is_not_served() {
        let data = tempfile::TempDir::new().unwrap();
        let place = UploadPlace {
            account: AccountId(3),
            by: PrincipalId(4),
        };
        let uploads = UploadFiles::open(data.path()).unwrap();
        let id = uploads.keep(place, b"abc", Timestamp(7), BOUNDS).unwrap();
        fs::write(uploads.path(place, id, Timestamp(7)), b"abd").unwrap();
        assert!(matches!(uploads.read(place, id), Err(Error::Damaged(_))));
    }
}
