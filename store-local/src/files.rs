//! Message bytes: packed in the journal, or in files beside it when large.
//!
//! A file is written before the commit that names it. One that is never named, because the commit was refused or the
//! process was killed, is removed: by the writer when nobody can name it any more, or at the next start.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::BlobId;
use store::{Blob, Error, Place};

use crate::database::lock;
use crate::record;
use crate::room::{self, Room};

/// Octets above which a packed message goes into a file of its own.
pub const FILE_OCTETS_MIN: usize = 64 * 1024;
/// What the names of files end in.
const FILE_SUFFIX: &str = ".record";

/// For how long there is enough room once there was: writing for so long takes a small part of what makes it enough.
const ROOM_KNOWN_FOR: Duration = Duration::from_millis(10);

/// The folder of large blobs.
#[derive(Debug)]
pub(crate) struct Files {
    data: PathBuf,
    folder: PathBuf,
    /// When it was opened, and how many names it gave since: what makes names unique.
    opened: Stamp,
    made: AtomicU64,
    /// Files that no durable commit names so far, with the blobs that may still bring them there.
    unnamed: Mutex<HashMap<String, Weak<Blob>>>,
    /// When there was plenty of room last.
    had_room: Mutex<Option<Instant>>,
}

/// When a folder was opened, in nanoseconds: a part of the name of every file made since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(pub(crate) u64);

impl Stamp {
    /// Whether a file was made by whoever opened the folder at this time.
    pub(crate) fn made(self, name: &str) -> bool {
        let mut parts = name.rsplit('-').skip(1);
        parts
            .next()
            .and_then(|part| u64::from_str_radix(part, 16).ok())
            == Some(self.0)
    }
}

impl Files {
    pub(crate) fn new(data: &Path) -> Self {
        let opened = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            data: data.to_path_buf(),
            folder: data.join("blobs"),
            opened: Stamp(u64::try_from(opened.as_nanos()).unwrap_or(u64::MAX)),
            made: AtomicU64::new(0),
            unnamed: Mutex::default(),
            had_room: Mutex::default(),
        }
    }

    /// How much room the disk has.
    pub(crate) fn room(&self) -> Room {
        let now = Instant::now();
        let mut had_room = lock(&self.had_room);
        if had_room.is_some_and(|then| now.duration_since(then) < ROOM_KNOWN_FOR) {
            return Room::Plenty;
        }
        let room = Room::of(&self.data);
        *had_room = (room == Room::Plenty).then_some(now);
        room
    }

    /// When this was opened.
    pub(crate) fn opened(&self) -> Stamp {
        self.opened
    }

    /// Makes a message ready for the journal; a large one is on the disk when this returns.
    pub(crate) fn prepare(&self, message: &[u8], meta: Vec<u8>) -> Result<Arc<Blob>, Error> {
        let size = u32::try_from(message.len())
            .map_err(|_| Error::Limit("a message has less than 4 GiB"))?;
        let id = BlobId::of(message);
        let packed = record::pack(message, &meta)?;
        if packed.len() <= FILE_OCTETS_MIN {
            return Ok(Arc::new(Blob::new(id, size, Place::Journal(packed), meta)));
        }
        room::require(&self.data, packed.len())?;
        let name = self.new_name(id);
        self.write(&name, &packed)?;
        let blob = Arc::new(Blob::new(id, size, Place::File(name.clone()), meta));
        lock(&self.unnamed).insert(name, Arc::downgrade(&blob));
        Ok(blob)
    }

    /// A durable commit names the file now.
    pub(crate) fn keep(&self, name: &str) {
        lock(&self.unnamed).remove(name);
    }

    /// Removes the files of blobs that are gone without a commit that names them.
    pub(crate) fn remove_unnamed(&self) {
        let mut gone = Vec::new();
        lock(&self.unnamed).retain(|name, blob| {
            let lives = blob.strong_count() > 0;
            if !lives {
                gone.push(name.clone());
            }
            lives
        });
        for name in gone {
            if let Err(error) = self.remove(&name) {
                tracing::warn!(%error, "the file of a message that was not stored stays behind");
            }
        }
    }

    /// Whether every file that was made is named by a commit, or removed.
    pub(crate) fn all_named(&self) -> bool {
        self.remove_unnamed();
        lock(&self.unnamed).is_empty()
    }

    /// A name that no other file has or will have, so that a file's end never is another message's loss.
    fn new_name(&self, id: BlobId) -> String {
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        format!("{id}-{:x}-{:x}", self.opened.0, count)
    }

    /// Writes a record to a file, synced together with the folders above it.
    pub(crate) fn write(&self, name: &str, packed: &[u8]) -> Result<(), Error> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.folder).to_path_buf();
        let new_folder = !folder.exists();
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            let mut file = File::create(&path)?;
            file.write_all(packed)?;
            file.sync_all()?;
            File::open(&folder)?.sync_all()?;
            if new_folder {
                File::open(&self.folder)?.sync_all()?;
            }
            Ok(())
        };
        write().map_err(|error| {
            // Half a file takes room on a disk that may have none, and is of no use.
            drop(fs::remove_file(&path));
            Error::Unavailable(format!("`{}`: {error}", path.display()))
        })
    }

    /// The record in a file.
    pub(crate) fn read_packed(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.path(name);
        fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::Damaged(format!("`{}` is missing", path.display()))
            }
            _ => Error::Unavailable(format!("`{}`: {error}", path.display())),
        })
    }

    /// Removes a file; it may be gone already.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Unavailable(error.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// The names of all files, in no order.
    pub(crate) fn list(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        let Ok(folders) = fs::read_dir(&self.folder) else {
            return Ok(names);
        };
        for folder in folders.flatten() {
            let files = fs::read_dir(folder.path())
                .map_err(|error| Error::Unavailable(error.to_string()))?;
            names.extend(files.flatten().filter_map(|file| {
                let name = file.file_name().into_string().ok()?;
                name.strip_suffix(FILE_SUFFIX).map(str::to_owned)
            }));
        }
        Ok(names)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder
            .join(name.get(..2).unwrap_or("xx"))
            .join(format!("{name}{FILE_SUFFIX}"))
    }
}
