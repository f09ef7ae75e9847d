//! Maildir folders as sync programs keep them: one file for each message, its flags at the end of its name.

use std::fs;
use std::path::{Path, PathBuf};

/// One message file.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) path: PathBuf,
    /// `D`, `F`, `R`, `S`, `T`, sorted.
    pub(super) flags: String,
    pub(super) bytes: Vec<u8>,
}

/// All messages of one mailbox, those in `new` too.
pub(super) fn messages(mailbox: &Path) -> Vec<Message> {
    let files = ["cur", "new"].into_iter().flat_map(|folder| {
        let folder = mailbox.join(folder);
        fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
    });
    let mut messages: Vec<Message> = files
        .map(|path| Message {
            flags: flags(&path),
            bytes: fs::read(&path).unwrap(),
            path,
        })
        .collect();
    messages.sort_by(|one, other| one.path.cmp(&other.path));
    messages
}

/// Every mailbox below the folder, named by its path, `INBOX` for the one of this name.
pub(super) fn mailboxes(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut left = vec![(String::new(), root.to_owned())];
    while let Some((name, path)) = left.pop() {
        if path.join("cur").is_dir() {
            found.push((name.clone(), path.clone()));
        }
        for entry in fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap();
            let part = entry.file_name().into_string().unwrap();
            if entry.path().is_dir() && !["cur", "new", "tmp"].contains(&part.as_str()) {
                let child = if name.is_empty() {
                    part
                } else {
                    format!("{name}/{part}")
                };
                left.push((child, entry.path()));
            }
        }
    }
    found.sort();
    found
}

/// Makes a mailbox.
pub(super) fn make(mailbox: &Path) {
    for folder in ["cur", "new", "tmp"] {
        fs::create_dir_all(mailbox.join(folder)).unwrap();
    }
}

/// Puts a message there, its line ends as files have them.
pub(super) fn add(mailbox: &Path, name: &str, flags: &str, message: &[u8]) {
    let path = mailbox
        .join("cur")
        .join(format!("{name}.example:2,{flags}"));
    fs::write(path, without_cr(message)).unwrap();
}

/// Gives a message other flags.
pub(super) fn set_flags(message: &Message, flags: &str) {
    let name = message.path.file_name().unwrap().to_str().unwrap();
    let base = name.split(":2,").next().unwrap();
    let folder = message.path.parent().unwrap().parent().unwrap();
    let path = folder.join("cur").join(format!("{base}:2,{flags}"));
    fs::rename(&message.path, path).unwrap();
}

/// Line ends as files have them.
pub(super) fn without_cr(message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes.retain(|octet| *octet != b'\r');
    bytes
}

fn flags(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut flags: Vec<char> = name
        .split_once(":2,")
        .map_or("", |(_, flags)| flags)
        .chars()
        .filter(char::is_ascii_uppercase)
        .collect();
    flags.sort_unstable();
    flags.into_iter().collect()
}
