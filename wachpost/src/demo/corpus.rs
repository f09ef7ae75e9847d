//! Real mail for the demonstration: folders of messages, one per file, spread over the people.

use std::fs;
use std::path::{Path, PathBuf};

use admin::{ImportedMessage, Octets};
use model::Timestamp;

use super::people::PEOPLE;
use crate::problem::Problem;

/// Octets of a message that is taken.
const MESSAGE_OCTETS_MAX: u64 = 16 * 1024 * 1024;
/// Messages of one folder that are taken.
const FOLDER_MESSAGES_MAX: usize = 20_000;
/// Files that are read together.
const BATCH_FILES: usize = 200;
/// The newest message is so old, and each one before it older by so much.
const SPACING_MS: i64 = 37 * 60_000;

/// Files for one mailbox.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) address: String,
    pub(super) path: Vec<&'static str>,
    files: Vec<PathBuf>,
    /// How many of the mailbox's messages come before these.
    before: usize,
    /// How many there are in all.
    total: usize,
}

/// Spreads what lies in the folders: unwanted mail goes to Junk, half of the rest into the inboxes.
pub(super) fn batches(folder: &Path) -> Result<Vec<Batch>, Problem> {
    let mut batches = Vec::new();
    for inner in sorted(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = inner
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut files: Vec<_> = sorted(&inner)?
            .into_iter()
            .filter(|path| path.is_file())
            .collect();
        files.truncate(FOLDER_MESSAGES_MAX);
        let share = files.len().div_ceil(PEOPLE.len()).max(1);
        for (person, files) in PEOPLE.iter().zip(files.chunks(share)) {
            let path = if name.starts_with("spam") {
                vec!["Junk"]
            } else if name.starts_with("easy-ham-2") || name.starts_with("hard") {
                vec!["Archive", "Lists"]
            } else {
                vec!["INBOX"]
            };
            for (at, part) in files.chunks(BATCH_FILES).enumerate() {
                batches.push(Batch {
                    address: person.address(),
                    path: path.clone(),
                    files: part.to_vec(),
                    before: at * BATCH_FILES,
                    total: files.len(),
                });
            }
        }
    }
    Ok(batches)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let read = fs::read_dir(folder).map_err(|error| Problem::file("read", folder, &error))?;
    let mut paths: Vec<_> = read
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    Ok(paths)
}

impl Batch {
    /// Reads the files; what cannot be read or is no message is left out.
    pub(super) fn read(&self, now: Timestamp) -> Vec<ImportedMessage> {
        let read = self.files.iter().enumerate().filter_map(|(at, path)| {
            let is_small = fs::metadata(path).is_ok_and(|file| file.len() <= MESSAGE_OCTETS_MAX);
            let octets = if is_small {
                fs::read(path).ok()?
            } else {
                return None;
            };
            let message = lines(&octets);
            let place = self.before + at;
            let age = i64::try_from(self.total - place).unwrap_or(1) * SPACING_MS;
            // Of ten one is not read, of fifteen one is marked.
            let mut keywords = Vec::new();
            if place % 10 != 3 {
                keywords.push("$seen".to_owned());
            }
            if place % 15 == 7 {
                keywords.push("$flagged".to_owned());
            }
            (!message.is_empty()).then(|| ImportedMessage {
                message: Octets(message),
                keywords,
                received_at: Some(now.plus_ms(-age)),
            })
        });
        read.collect()
    }
}

/// The message with CRLF, without the line that an mbox had before it.
fn lines(octets: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(octets.len() + octets.len() / 30);
    for (at, line) in octets.split_inclusive(|octet| *octet == b'\n').enumerate() {
        if at == 0 && line.starts_with(b"From ") {
            continue;
        }
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        message.extend_from_slice(content.strip_suffix(b"\r").unwrap_or(content));
        message.extend_from_slice(b"\r\n");
    }
    message
}
