//! `cargo xtask fuzz`: runs the fuzz targets of `fuzz/` with libFuzzer and the address sanitizer.
//!
//! The sanitizer is an unstable flag of the compiler. `RUSTC_BOOTSTRAP=1` lets the stable compiler take it, so no second
//! toolchain is needed; nothing that is built so is ever shipped.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::Args;

use crate::report::{Outcome, Report};
use crate::tree::Tree;
use crate::{processes, tools};

/// What the command line says.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask fuzz --seconds 600         ten minutes each\n  \
                        cargo xtask fuzz --seconds 60 imap     one target"
)]
pub(crate) struct Options {
    /// How long each target runs, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target.
    target: Option<String>,
}

/// The largest input that is tried, in octets: above the limits of the line-based parsers.
const INPUT_OCTETS_MAX: u32 = 65_536;

/// One input may take this long, in seconds; longer is a finding.
const INPUT_SECONDS_MAX: u32 = 5;

/// The largest memory of a target, in MiB; the sanitizer itself takes the most of it.
const MEMORY_MEBIBYTES_MAX: u32 = 1_024;

/// Runs the targets in the foreground.
pub(crate) fn run(tree: &Tree, options: &Options) -> Result<ExitCode> {
    let targets = targets(tree)?;
    if let Some(wanted) = &options.target
        && !targets.contains(wanted)
    {
        bail!(
            "there is no fuzz target `{wanted}`; there are: {}",
            targets.join(", ")
        );
    }
    tools::system_programs(tree, tools::FUZZING)?;
    for target in targets.iter().filter(|target| {
        options
            .target
            .as_ref()
            .is_none_or(|wanted| wanted == *target)
    }) {
        println!("{target}: {} s", options.seconds);
        processes::shown_to_user(&mut command(tree, target, options.seconds)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Replays the corpora, then runs each target for a while, as steps of `cargo xtask test`.
pub(crate) fn steps(tree: &Tree, report: &mut Report, seconds: u32) {
    // Its lock file follows those of the crates it wraps, so it is not held fast here.
    let mut replay = Command::new("cargo");
    replay
        .args(["test", "--quiet", "--test", "replay"])
        .current_dir(tree.path("fuzz"));
    report.program("fuzz corpora replayed", &mut replay);
    report.step("fuzz targets built", || {
        tools::system_programs(tree, tools::FUZZING)?;
        let mut build = tools::cargo_plugin(tree, &tools::FUZZ)?;
        build.args(["build"]).env("RUSTC_BOOTSTRAP", "1");
        let finished = processes::logged(&mut build, &tree.path("target/xtask/fuzz-build.log"))?;
        Ok(Outcome {
            success: finished.success,
            output: finished.output,
            ..Outcome::of_findings(&[], String::new())
        })
    });
    match targets(tree) {
        Ok(targets) => {
            for target in targets {
                fuzz_step(tree, report, &target, seconds);
            }
        }
        Err(error) => report.step("fuzz targets", || Err(error)),
    }
}

fn fuzz_step(tree: &Tree, report: &mut Report, target: &str, seconds: u32) {
    let name = format!("fuzz {target}");
    let log = report.log(&name);
    report.step(&name, || {
        let finished = processes::logged(&mut command(tree, target, seconds)?, &log)?;
        let note = finished
            .output
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("Done "))
            .unwrap_or_default();
        Ok(Outcome {
            success: finished.success,
            note: note.to_owned(),
            output: finished.output,
            ..Outcome::of_findings(&[], String::new())
        })
    });
}

/// The names of the files in `fuzz/targets`.
fn targets(tree: &Tree) -> Result<Vec<String>> {
    let files = tree.files("fuzz/targets", &[".rs"])?;
    Ok(files
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect())
}

/// The corpus in the tree holds the seeds and stays as it is; what a run finds goes to the folder `fuzz/target`.
fn command(tree: &Tree, target: &str, seconds: u32) -> Result<Command> {
    let found = tree.path(format!("fuzz/target/found/{target}"));
    std::fs::create_dir_all(&found)?;
    let mut command = tools::cargo_plugin(tree, &tools::FUZZ)?;
    command
        .args(["run", target])
        .arg(&found)
        .arg(tree.path(format!("fuzz/corpus/{target}")))
        .arg("--");
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={INPUT_OCTETS_MAX}"));
    command
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MEBIBYTES_MAX}"));
    // SQLite's own C code has one name twice, which the sanitizer would end the target for at its start.
    command.env("ASAN_OPTIONS", "detect_odr_violation=0");
    command.env("RUSTC_BOOTSTRAP", "1");
    Ok(command)
}
