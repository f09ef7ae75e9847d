//! The mark: how far `verify` found everything as it should be, signed with the notary's key and kept beside its memory.
//!
//! Who can write in the data folder can make none and move none. An earlier mark in the place of a later one, or none at all,
//! only makes the next verification longer. Its first line is another one than that of checkpoints, so that neither can be taken
//! for the other.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use seal::{Checkpoint, Hash, VerifierKey};
use store_local::Verified;

use super::{Notary, memory_of};
use crate::config::Config;
use crate::problem::Problem;

/// Behind the log's name in the first line.
const ORIGIN_SUFFIX: &str = " verified";
/// Octets of a mark: a note of five lines.
const MARK_OCTETS_MAX: u64 = 4_096;

/// Where the mark is kept, unless the command line says otherwise.
pub(crate) fn path_of(config: &Config) -> PathBuf {
    memory_of(config).with_extension("verified")
}

/// Reads a mark; none if there is none, why if it is not one that the key signed.
pub(crate) fn read(path: &Path, key: &VerifierKey) -> Result<Option<Verified>, String> {
    let found = fs::metadata(path).and_then(|file| {
        if file.len() > MARK_OCTETS_MAX {
            return Err(std::io::Error::other("it is too long"));
        }
        fs::read(path)
    });
    let octets = match found {
        Ok(octets) => octets,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let origin = format!("{}{ORIGIN_SUFFIX}", key.name());
    let mark = Checkpoint::open(&octets, &origin, key).map_err(|error| error.to_string())?;
    let said = |name: &str| {
        let mut lines = mark.extensions().iter();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    };
    let heads = said("heads").and_then(|text| Hash::from_base64(text).ok());
    let blobs = said("messages").and_then(|text| text.parse().ok());
    match (heads, blobs) {
        (Some(heads), Some(blobs)) => Ok(Some(Verified {
            size: mark.size(),
            root: mark.root(),
            heads,
            blobs,
        })),
        _ => Err("it is of another version".to_owned()),
    }
}

impl Notary {
    /// Writes a mark in the place of the one before.
    pub(crate) fn write_mark(&self, verified: &Verified, path: &Path) -> Result<(), Problem> {
        let wrong = |error: &dyn std::fmt::Display| Problem::file("write", path, error);
        let origin = format!("{}{ORIGIN_SUFFIX}", self.key.verifier().name());
        let note = Checkpoint::new(origin, verified.size, verified.root)
            .and_then(|mark| mark.with_extension(format!("heads {}", verified.heads.to_base64())))
            .and_then(|mark| mark.with_extension(format!("messages {}", verified.blobs)))
            .and_then(|mark| mark.sign(&self.key))
            .map_err(|error| wrong(&error))?;
        // A new file that takes the old one's place: half a mark would be none.
        let new = path.with_extension("verified-new");
        let write = || {
            let mut file = fs::File::create(&new)?;
            file.write_all(note.to_string().as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, path)
        };
        write().map_err(|error| wrong(&error))
    }
}

#[cfg(test)]
mod tests {
    use directory::Random;

    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_only_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let notary = |name: &str| {
            let path = folder.path().join(name);
            Notary::create(&path, "mail.example.org", &Random::system()).unwrap();
            Notary::load(&path).unwrap()
        };
        let (notary, other) = (notary("one"), notary("other"));
        let path = folder.path().join("notary.verified");
        assert_eq!(read(&path, &notary.verifier()), Ok(None));
        let verified = Verified {
            size: 300,
            root: Hash::of(b"root"),
            heads: Hash::of(b"heads"),
            blobs: 17,
        };
        for size in [300, 301] {
            let verified = Verified { size, ..verified };
            notary.write_mark(&verified, &path).unwrap();
            assert_eq!(read(&path, &notary.verifier()), Ok(Some(verified)));
        }
        assert!(read(&path, &other.verifier()).is_err());
        // A checkpoint over the same tree is no mark, and a mark is no checkpoint.
        let name = notary.verifier().name().to_string();
        let note = fs::read(&path).unwrap();
        assert!(Checkpoint::open(&note, &name, &notary.verifier()).is_err());
        let checkpoint = Checkpoint::new(name, 301, verified.root).unwrap();
        fs::write(&path, checkpoint.sign(&notary.key).unwrap().to_string()).unwrap();
        assert!(read(&path, &notary.verifier()).is_err());
    }
}
