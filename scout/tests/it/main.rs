//! Tests of the whole of `scout assess`: on evidence that others collected, on random lives of servers, on evidence that is hostile.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod clients;

mod conditions;

mod histories;

mod history;

mod hostile;

mod image;

mod locked;

mod samples;

mod without;

use std::path::{Path, PathBuf};

use evidence::Moment;
use scout::assess::{Options, assess};
use scout::assessment::Assessment;

/// Reads a folder.
fn read(folder: &Path) -> Assessment {
    let options = Options {
        folder,
        rules: None,
        baselines: None,
        workers: 1,
        now: Moment(0),
    };
    assess(&options, &|_| {}).expect("the folder is there")
}

/// The evidence that others collected, which is not a part of the repository; nothing if it is not on this machine.
fn exchange() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/exchange");
    if beside.is_dir() {
        return Some(beside);
    }
    eprintln!(
        "SKIPPED: {} is not here, and with it the evidence that others collected",
        beside.display()
    );
    None
}
