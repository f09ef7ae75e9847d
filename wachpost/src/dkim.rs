//! Keys for DKIM: files beside the notary's key, one folder for each domain, one file for each key.
//!
//! They are files and not objects of the directory because the journal keeps what it once had, and backups of it leave the house. What a
//! file's name ends with says what its key does: `.pem` signs, `.next` waits for its record in the DNS, `.retired` signs no more, and its
//! record stays for mail that is under way.

mod signers;

use std::fs;
use std::path::{Path, PathBuf};

use authenticity::{KeyKind, SigningKey};
use serde::Serialize;

use crate::config::Config;
use crate::notary::write_secret;
use crate::problem::{Exit, Problem};

pub(crate) use signers::Signers;

/// Octets of a key file.
const KEY_FILE_OCTETS_MAX: u64 = 16_384;
/// Keys of one day for one domain and kind.
const SAME_DAY_MAX: u32 = 99;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Signs.
    Signing,
    /// Waits for its record in the DNS.
    Next,
    /// Signs no more.
    Retired,
}

impl State {
    const ALL: [Self; 3] = [Self::Signing, Self::Next, Self::Retired];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Next => "next",
            Self::Retired => "retired",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Signing => "pem",
            Self::Next => "next",
            Self::Retired => "retired",
        }
    }
}

/// A key file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyFile {
    pub(crate) domain: String,
    pub(crate) state: State,
    pub(crate) selector: String,
    path: PathBuf,
}

impl KeyFile {
    pub(crate) fn load(&self) -> Result<SigningKey, Problem> {
        let wrong = |error: &dyn std::fmt::Display| {
            let message = format!(
                "cannot read the DKIM key `{}`: {error}",
                self.path.display()
            );
            Problem::new(Exit::Config, message)
        };
        let size = fs::metadata(&self.path)
            .map_err(|error| wrong(&error))?
            .len();
        if size > KEY_FILE_OCTETS_MAX {
            return Err(wrong(&"it is no key"));
        }
        let text =
            directory::Secret::new(fs::read_to_string(&self.path).map_err(|error| wrong(&error))?);
        SigningKey::from_pem(text.expose()).map_err(|error| wrong(&error))
    }

    /// The name of its record in the DNS.
    pub(crate) fn dns_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }
}

/// The folder of all keys.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    folder: PathBuf,
}

/// Where they lie.
pub(crate) fn folder_of(config: &Config) -> PathBuf {
    config.notary_key.with_file_name("dkim")
}

impl Keys {
    pub(crate) fn of(config: &Config) -> Self {
        let folder = folder_of(config);
        Self { folder }
    }

    /// The keys of one domain or of all, those that sign first.
    pub(crate) fn list(&self, domain: Option<&str>) -> Result<Vec<KeyFile>, Problem> {
        let mut files = Vec::new();
        for folder in entries(&self.folder)? {
            let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if domain.is_none_or(|domain| domain == name) && folder.is_dir() {
                files.extend(
                    entries(&folder)?
                        .iter()
                        .filter_map(|path| key_file(name, path)),
                );
            }
        }
        files.sort();
        Ok(files)
    }

    /// Makes keys of the kinds, named after the day.
    pub(crate) fn make(
        &self,
        domain: &str,
        kinds: &[KeyKind],
        state: State,
        day: &str,
    ) -> Result<Vec<KeyFile>, Problem> {
        let folder = self.folder.join(domain);
        make_folder(&folder)?;
        let known = self.list(Some(domain))?;
        let mut made = Vec::new();
        for kind in kinds {
            let key =
                SigningKey::generate(*kind).map_err(|error| Problem::failed(error.to_string()))?;
            let selector = free_selector(&known, *kind, day)?;
            let path = folder.join(format!("{selector}.{}", state.ending()));
            write_secret(&path, key.to_pem().as_bytes())
                .map_err(|error| Problem::file("write", &path, &error))?;
            made.push(KeyFile {
                domain: domain.to_owned(),
                state,
                selector,
                path,
            });
        }
        Ok(made)
    }

    /// Gives a key another duty.
    pub(crate) fn turn(&self, key: &KeyFile, state: State) -> Result<(), Problem> {
        let path = key.path.with_extension(state.ending());
        fs::rename(&key.path, &path).map_err(|error| Problem::file("rename", &key.path, &error))
    }

    /// Removes a key for ever.
    pub(crate) fn remove(&self, key: &KeyFile) -> Result<(), Problem> {
        fs::remove_file(&key.path).map_err(|error| Problem::file("remove", &key.path, &error))
    }
}

/// A selector that no key had: kind and day, and a number for a second one on the same day. A selector is never used again, since
/// resolvers keep old records (RFC 6376 3.1).
fn free_selector(known: &[KeyFile], kind: KeyKind, day: &str) -> Result<String, Problem> {
    let day: String = day.chars().filter(char::is_ascii_digit).collect();
    let letter = match kind {
        KeyKind::Rsa => "r",
        KeyKind::Ed25519 => "e",
    };
    let mut names = (1..=SAME_DAY_MAX).map(|number| match number {
        1 => format!("{letter}{day}"),
        number => format!("{letter}{day}-{number}"),
    });
    names
        .find(|name| known.iter().all(|key| key.selector != *name))
        .ok_or_else(|| Problem::failed("too many keys were made today: wait until tomorrow"))
}

fn key_file(domain: &str, path: &Path) -> Option<KeyFile> {
    let selector = path.file_stem()?.to_str()?.to_owned();
    let ending = path.extension()?.to_str()?;
    let state = State::ALL
        .into_iter()
        .find(|state| state.ending() == ending)?;
    Some(KeyFile {
        domain: domain.to_owned(),
        state,
        selector,
        path: path.to_owned(),
    })
}

/// What a folder holds; nothing when it is not there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let wrong = |error: std::io::Error| Problem::file("read the folder", folder, &error);
    match fs::read_dir(folder) {
        Ok(found) => found
            .map(|entry| entry.map(|entry| entry.path()).map_err(wrong))
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(wrong(error)),
    }
}

/// A folder that only its owner can read.
pub(crate) fn make_folder(path: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Problem::file("make the folder", path, &error))
}

#[cfg(test)]
mod tests;
