//! Real mail for tests, from the archives beside the repository; absent in a clone of its own.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use lzma_rust2::XzReader;

/// One message: where it is from, and its bytes.
pub(crate) struct Mail {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The folder with the archives: `WACHPOST_CORPUS`, or `../shared/corpus` beside the workspace.
fn folder() -> PathBuf {
    std::env::var_os("WACHPOST_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    )
}

/// The files of an archive below a folder; none, said aloud, if the archive is not there.
pub(crate) fn mails(archive: &str, below: &str) -> Vec<Mail> {
    let path = folder().join(archive);
    let Ok(file) = File::open(&path) else {
        eprintln!(
            "SKIPPED: {} is not there, so real mail is not tested",
            path.display()
        );
        return Vec::new();
    };
    let mut archive = tar::Archive::new(XzReader::new(BufReader::new(file), true));
    let entries = archive
        .entries()
        .expect("the archive is whole")
        .map(|entry| {
            let mut entry = entry.expect("the archive is whole");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("the archive is whole");
            let name = entry
                .path()
                .expect("the archive is whole")
                .display()
                .to_string();
            Mail { name, bytes }
        });
    entries
        .filter(|mail| mail.name.contains(below) && !mail.name.ends_with('/'))
        .collect()
}
