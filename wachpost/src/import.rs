//! Import: mail, calendars and contacts from files, in batches.
//!
//! What lies in a folder may be anything: sizes and counts are bounded, and what cannot be read is named and passed over.

mod eml;

mod maildir;

mod mbox;

mod mutf7;

pub(crate) mod objects;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use admin::{IMPORT_MESSAGES_MAX, ImportedMessage, Octets, Progress};
use model::Timestamp;

use crate::clock::Moment;
use crate::layout::Layout;
use crate::problem::Problem;
use crate::progress::ProgressLine;

pub(crate) use mutf7::encode as mutf7_encode;

/// Octets of one imported message; a frame of the admin socket holds it.
const MESSAGE_OCTETS_MAX: usize = 64 * 1024 * 1024;
/// Octets of a batch, and then to the end of the last message.
const BATCH_OCTETS: usize = 4 * 1024 * 1024;
/// Levels of folders.
const FOLDER_LEVELS_MAX: usize = 16;
/// Entries of one folder.
const FOLDER_ENTRIES_MAX: usize = 5_000_000;

/// What is to be imported.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) layout: Layout,
    pub(crate) from: &'a Path,
    /// Where the top of it goes.
    pub(crate) top: Vec<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) imported: u64,
    pub(crate) passed_over: u64,
}

/// Takes a batch of messages for the mailbox with this path, and says how many it added.
pub(crate) type Add<'a> = dyn FnMut(&[String], Vec<ImportedMessage>) -> Result<u64, Problem> + 'a;

/// Imports everything there is.
pub(crate) fn run(plan: &Plan<'_>, add: &mut Add<'_>) -> Result<Counts, Problem> {
    fs::metadata(plan.from).map_err(|error| Problem::file("read", plan.from, &error))?;
    let mut batch = Batch::new(add);
    match plan.layout {
        Layout::Maildir => maildir::run(plan.from, &plan.top, &mut batch)?,
        Layout::Mbox => mbox::run(plan.from, &plan.top, &mut batch)?,
        Layout::Eml => eml::run(plan.from, &plan.top, &mut batch)?,
    }
    batch.finish()
}

/// Messages of one mailbox on their way in.
struct Batch<'a, 'b> {
    add: &'a mut Add<'b>,
    path: Vec<String>,
    messages: Vec<ImportedMessage>,
    octets: usize,
    counts: Counts,
    line: ProgressLine,
}

impl<'a, 'b> Batch<'a, 'b> {
    fn new(add: &'a mut Add<'b>) -> Self {
        Self {
            add,
            path: Vec::new(),
            messages: Vec::new(),
            octets: 0,
            counts: Counts::default(),
            line: ProgressLine::new(),
        }
    }

    /// Takes a message for the mailbox with this path.
    fn push(&mut self, path: &[String], found: Found) -> Result<(), Problem> {
        if self.path != path {
            self.flush()?;
            self.path = path.to_vec();
        }
        let message = with_crlf(found.message);
        self.octets += message.len();
        self.messages.push(ImportedMessage {
            message: Octets(message),
            keywords: found.keywords,
            received_at: found.received_at,
        });
        if self.octets >= BATCH_OCTETS || self.messages.len() == IMPORT_MESSAGES_MAX {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Problem> {
        let messages = std::mem::take(&mut self.messages);
        self.octets = 0;
        if !messages.is_empty() {
            self.counts.imported += (self.add)(&self.path, messages)?;
            self.line.show(&Progress {
                what: "messages imported".to_owned(),
                done: self.counts.imported,
                total: 0,
            });
        }
        Ok(())
    }

    /// Names what cannot be imported.
    fn pass_over(&mut self, path: &Path, why: &dyn std::fmt::Display) {
        self.counts.passed_over += 1;
        let _ = writeln!(io::stderr(), "passed over `{}`: {why}", path.display());
    }

    fn finish(mut self) -> Result<Counts, Problem> {
        self.flush()?;
        Ok(self.counts)
    }
}

/// A message as it lay there.
#[derive(Debug, Default)]
struct Found {
    message: Vec<u8>,
    keywords: Vec<String>,
    received_at: Option<Timestamp>,
}

/// Reads a file that is one message, with the time it was written.
fn read_message(path: &Path) -> Result<Found, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.len() > MESSAGE_OCTETS_MAX as u64 {
        return Err("it is larger than 64 MiB".to_owned());
    }
    let message = fs::read(path).map_err(|error| error.to_string())?;
    if message.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(Found {
        message,
        keywords: Vec::new(),
        received_at: metadata.modified().ok().map(|time| Moment(time).into()),
    })
}

/// Entries of a folder by name.
fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, Problem> {
    let read = fs::read_dir(folder).map_err(|error| Problem::file("read", folder, &error))?;
    let mut paths: Vec<_> = read
        .take(FOLDER_ENTRIES_MAX)
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    Ok(paths)
}

/// RFC 5322 2.1: lines end with CRLF. Files on Unix have LF alone; a CR that stands before it stays as it is.
fn with_crlf(message: Vec<u8>) -> Vec<u8> {
    let bare = |at: usize| message[at] == b'\n' && (at == 0 || message[at - 1] != b'\r');
    let missing = (0..message.len()).filter(|at| bare(*at)).count();
    if missing == 0 {
        return message;
    }
    let mut out = Vec::with_capacity(message.len() + missing);
    for (at, octet) in message.iter().enumerate() {
        if bare(at) {
            out.push(b'\r');
        }
        out.push(*octet);
    }
    out
}

/// A name as one level of a mailbox's path: without what a mailbox name cannot have.
fn level(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|character| {
            if character == '/' || character.is_control() {
                '_'
            } else {
                character
            }
        })
        .collect();
    let end = clean.floor_char_boundary(model::MAILBOX_NAME_OCTETS_MAX);
    let cut = clean[..end].to_owned();
    if cut.is_empty() { "_".to_owned() } else { cut }
}

/// The path of something below the mailbox with path `top`; what is below INBOX by default stands beside it.
fn below(top: &[String], levels: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_inbox = matches!(top, [one] if one.eq_ignore_ascii_case("INBOX"));
    let mut path = if is_inbox { Vec::new() } else { top.to_vec() };
    path.extend(levels);
    if path.is_empty() { top.to_vec() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_line_feeds_get_their_cr() {
        for (from, to) in [
            ("a\nb\r\n\nc", "a\r\nb\r\n\r\nc"),
            ("\n", "\r\n"),
            ("a\r\n", "a\r\n"),
            ("\r", "\r"),
        ] {
            assert_eq!(with_crlf(from.into()), to.as_bytes(), "{from:?}");
        }
    }

    #[test]
    fn folders_below_the_inbox_stand_beside_it() {
        let inbox = ["INBOX".to_owned()];
        assert_eq!(below(&inbox, ["A".to_owned()]), ["A"]);
        assert_eq!(below(&inbox, []), ["INBOX"]);
        assert_eq!(below(&["Old".to_owned()], ["A".to_owned()]), ["Old", "A"]);
        assert_eq!(level("a/b\u{7}"), "a_b_");
    }
}
