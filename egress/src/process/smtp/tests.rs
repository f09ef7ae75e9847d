//! Tests of the SMTP client against servers in the same process, in a world that is all made up.

mod domain;
mod kept;
mod policy;
mod probe;
mod server;
mod transcript;
mod whole;
mod world;

use std::path::Path;

/// Runs a task beside the test.
fn beside(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// The transcripts with their names, rising.
fn transcripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is part of the crate")
        .map(|entry| entry.expect("readable").path())
        .map(|path| {
            let name = path.file_name().unwrap_or_default().display().to_string();
            (name, std::fs::read_to_string(&path).expect("readable"))
        })
        .collect();
    files.sort();
    files
}
