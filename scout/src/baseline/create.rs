//! Creating a list from a clean installation.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::List;
use crate::builds::Version;

/// Folders of an installation that are listed, as setup writes them.
const FOLDERS: [&str; 2] = ["FrontEnd", "ClientAccess"];

/// Files that a list may have; an installation has 25,000.
const FILES_MAX: usize = 1_000_000;

/// Folders below folders; an installation has nine.
const DEPTH_MAX: usize = 64;

/// Why no list can be made.
#[derive(Debug, Error)]
pub enum CreateError {
    /// Not an installation.
    #[error(
        "`{0}` has neither a folder `FrontEnd` nor `ClientAccess`: give the folder of the installation, which ends in `V15`"
    )]
    NotInstallation(PathBuf),
    /// More than a list may have.
    #[error("more than {FILES_MAX} files")]
    TooMany,
    /// The file system said no.
    #[error("cannot read `{path}`: {error}")]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A list that was made.
#[derive(Debug)]
pub struct Created {
    /// The lines of the list.
    pub text: String,
    /// How many files it has.
    pub files: usize,
}

/// Lists the web folders below the folder of an installation. Links are not followed.
///
/// # Errors
/// It is none, or cannot be read.
pub fn create(installation: &Path, build: Version) -> Result<Created, CreateError> {
    let mut found = Vec::new();
    for folder in folders(installation)? {
        walk(&folder, installation, 0, &mut found)?;
    }
    if found.is_empty() {
        return Err(CreateError::NotInstallation(installation.to_owned()));
    }
    found.sort();
    let mut text = String::new();
    for (shown, path) in &found {
        let hash = hash(path).map_err(|error| unreadable(path, error))?;
        List::write_line(&mut text, &hash, build, shown);
    }
    Ok(Created {
        text,
        files: found.len(),
    })
}

/// The folders to list, whatever their case: a copy on another system may have changed it.
fn folders(installation: &Path) -> Result<Vec<PathBuf>, CreateError> {
    let wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        FOLDERS
            .iter()
            .any(|folder| name.eq_ignore_ascii_case(folder))
    };
    let entries = children(installation)?;
    Ok(entries.into_iter().filter(wanted).collect())
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, CreateError> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?.take(FILES_MAX);
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    read().map_err(|error| unreadable(folder, error))
}

fn walk(
    folder: &Path,
    installation: &Path,
    depth: usize,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), CreateError> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    for path in children(folder)? {
        let kind = path
            .symlink_metadata()
            .map_err(|error| unreadable(&path, error))?
            .file_type();
        if kind.is_dir() {
            walk(&path, installation, depth + 1, found)?;
        } else if kind.is_file() {
            if found.len() == FILES_MAX {
                return Err(CreateError::TooMany);
            }
            let below = path.strip_prefix(installation).unwrap_or(&path);
            let shown = below.iter().fold(String::new(), |shown, part| {
                // A name with a line break would be two lines.
                let part = part.to_string_lossy().replace(['\r', '\n'], "?");
                shown + "\\" + &part
            });
            found.push((shown, path));
        }
    }
    Ok(())
}

fn hash(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut octets = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut octets)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&octets[..read]);
    }
}

fn unreadable(path: &Path, error: io::Error) -> CreateError {
    CreateError::Unreadable {
        path: path.to_owned(),
        error,
    }
}
