//! Mail to test with: the project's corpus where it is there, and made-up mail of realistic shape everywhere.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::PathBuf;

use crate::seeded::Seeded;

mod made_up;

pub use made_up::made_up;

/// Names the folder of the corpus, if it is not `../shared/corpus` beside the workspace.
pub const FOLDER_VARIABLE: &str = "WACHPOST_CORPUS";
/// Octets of one file of the corpus.
const FILE_OCTETS_MAX: u64 = 64 * 1024 * 1024;

/// One file of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its path in the archive.
    pub name: String,
    /// Its bytes as they are.
    pub bytes: Vec<u8>,
}

/// The first `limit` files of an archive of the corpus (`mail`, `calendars-contacts-mime`) whose path contains `within`.
///
/// None where the corpus is absent, said aloud on standard error: the test is then to be skipped.
///
/// # Panics
/// If the archive is there and cannot be read.
#[must_use]
pub fn corpus(archive: &str, within: &str, limit: usize) -> Option<Vec<Sample>> {
    let path = folder().join(format!("{archive}.tar.xz"));
    let Ok(file) = File::open(&path) else {
        eprintln!("SKIPPED: the corpus `{}` is absent", path.display());
        return None;
    };
    let unpacked = lzma_rust2::XzReader::new(BufReader::new(file), true);
    let mut archive = tar::Archive::new(BufReader::new(unpacked));
    let mut samples = Vec::new();
    for entry in archive.entries().expect("the archive can be read") {
        let entry = entry.expect("the archive's entry can be read");
        let name = entry
            .path()
            .expect("the entry has a path")
            .display()
            .to_string();
        if !entry.header().entry_type().is_file() || !name.contains(within) {
            continue;
        }
        let mut bytes = Vec::new();
        entry
            .take(FILE_OCTETS_MAX)
            .read_to_end(&mut bytes)
            .expect("the archive's entry can be read");
        samples.push(Sample { name, bytes });
        if samples.len() == limit {
            break;
        }
    }
    Some(samples)
}

/// The first `limit` mails of the corpus, line ends made CRLF; made-up ones where it is absent.
#[must_use]
pub fn mail(limit: usize) -> Vec<Sample> {
    let mut samples = corpus("mail", ".eml", limit).unwrap_or_else(|| {
        let made = made_up(&mut Seeded::new(1), limit);
        let named = (0..).zip(made).map(|(number, bytes)| Sample {
            name: format!("made-up/{number}.eml"),
            bytes,
        });
        named.collect()
    });
    for sample in &mut samples {
        sample.bytes = with_crlf(&sample.bytes);
    }
    samples
}

/// The bytes with every line end as CRLF (RFC 5322 2.3: neither CR nor LF stands alone).
#[must_use]
pub fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut before = 0;
    for byte in bytes {
        match (before, byte) {
            (b'\r', b'\n') => lines.push(b'\n'),
            (b'\r', b'\r') => lines.extend(b"\n\r"),
            (b'\r', _) => lines.extend([b'\n', *byte]),
            (_, b'\n') => lines.extend(b"\r\n"),
            _ => lines.push(*byte),
        }
        before = *byte;
    }
    if before == b'\r' {
        lines.push(b'\n');
    }
    lines
}

fn folder() -> PathBuf {
    match std::env::var_os(FOLDER_VARIABLE) {
        Some(folder) => folder.into(),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_crlf_once() {
        let mixed = b"a\nb\r\nc\rd\r\r\n\n";
        assert_eq!(with_crlf(mixed), b"a\r\nb\r\nc\r\nd\r\n\r\n\r\n");
        assert_eq!(with_crlf(&with_crlf(mixed)), with_crlf(mixed));
        assert_eq!(with_crlf(b"a\r"), b"a\r\n");
    }
}
