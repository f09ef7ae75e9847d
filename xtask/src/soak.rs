//! `cargo xtask soak`: the test that does everything at once, for an hour.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::tree::Tree;

/// The test, in the test program of `wachpost`.
const TEST: &str = "crashes::soak::everything_at_once_on_a_locked_server";

/// What the command line says.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask soak                 for an hour\n  \
                        cargo xtask soak --minutes 5 --json"
)]
pub(crate) struct Options {
    /// How long clients of every protocol work.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// Print the report as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// Builds, runs, reports; fails if anything was not as it should be.
pub(crate) fn run(tree: &Tree, options: &Options) -> Result<ExitCode> {
    let path = tree.path("target/xtask/soak.json");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).context("cannot make the folder of reports")?;
    }
    // None of an earlier run.
    let _ = fs::remove_file(&path);
    let mut test = Command::new("cargo");
    test.args(["test", "--locked", "--package", "wachpost", "--test", "it"]);
    test.args(["--", "--exact", "--nocapture", TEST]);
    test.current_dir(tree.path(""));
    test.env("WACHPOST_SOAK_SECONDS", (options.minutes * 60).to_string());
    test.env("WACHPOST_SOAK_REPORT", &path);
    if options.json {
        test.stdout(std::io::stderr());
    }
    let status = test.status().context("cannot start cargo")?;
    let report = fs::read_to_string(&path).context("the test left no report")?;
    if options.json {
        println!("{report}");
    } else if status.success() {
        println!("the report is in `{}`", path.display());
    }
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
