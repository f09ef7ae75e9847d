//! `cargo xtask fuzz`: runs the fuzz targets of `fuzz/` with libFuzzer and the address sanitizer.
//!
//! The sanitizer is an unstable flag of the compiler. `RUSTC_BOOTSTRAP=1` lets the stable compiler take it, so no second
//! toolchain is needed; nothing that is built so is ever shipped.

use std::env::consts::ARCH;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::thread;

use anyhow::{Result, bail};
use clap::Args;

use crate::processes::{self, Running};
use crate::report::{Outcome, Report};
use crate::tools;
use crate::tree::Tree;

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

/// What the compiler is told: the flags of cargo-fuzz 0.13, so that its other commands, such as `cargo fuzz tmin`, find the
/// targets built. The address sanitizer, libFuzzer's counters of edges and of comparisons, and our own debug assertions.
const COMPILER_FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg fuzzing",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Zsanitizer=address",
    "-Cllvm-args=-sanitizer-coverage-stack-depth",
    "-Cdebug-assertions",
    "-Ccodegen-units=1",
];

/// SQLite's own C code has one name twice, which the sanitizer would end a target for at its start.
const SANITIZER_OPTIONS: &str = "detect_odr_violation=0";

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
    tools::system_programs(tree, &[tools::FUZZING])?;
    processes::shown_to_user(&mut build(tree))?;
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

/// Begins to build the targets for [`steps`], taking only the time of the processors that nothing else wants.
pub(crate) fn begin_build(tree: &Tree) -> Result<Running> {
    Running::begin(&mut build(tree), &tree.path("target/xtask/fuzz-build.log"))
}

/// Runs each target for a while, as steps of `cargo xtask test`, as many at a time as there are processors.
pub(crate) fn steps(
    tree: &Tree,
    report: &mut Report,
    seconds: u32,
    building: Option<Result<Running>>,
) {
    report.step("fuzz targets built", || {
        let building = building.unwrap_or_else(|| begin_build(tree))?;
        let finished = building.finish()?;
        Ok(Outcome {
            success: finished.success,
            output: finished.output,
            ..Outcome::of_findings(&[], "beside the tests".to_owned())
        })
    });
    let targets = match targets(tree) {
        Ok(targets) => targets,
        Err(error) => return report.step("fuzz targets", || Err(error)),
    };
    let at_once = thread::available_parallelism().map_or(1, NonZero::get);
    for group in targets.chunks(at_once) {
        if !report.goes_on() {
            break;
        }
        let running: Vec<_> = group
            .iter()
            .map(|target| {
                let log = report.log(&format!("fuzz {target}"));
                let running = command(tree, target, seconds)
                    .and_then(|mut command| Running::begin(&mut command, &log));
                (target, running)
            })
            .collect();
        for (target, running) in running {
            report.step(&format!("fuzz {target}"), || outcome(tree, target, running));
        }
    }
}

/// What became of a target: the note is libFuzzer's last line.
fn outcome(tree: &Tree, target: &str, running: Result<Running>) -> Result<Outcome> {
    let finished = running?.finish()?;
    let done = finished
        .output
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("Done "))
        .unwrap_or_default()
        .to_owned();
    let again = format!(
        "\nAgain with the input alone: ASAN_OPTIONS={SANITIZER_OPTIONS} {} FILE",
        program(tree, target).display()
    );
    Ok(Outcome {
        success: finished.success,
        output: finished.output + &again,
        ..Outcome::of_findings(&[], done)
    })
}

/// The names of the files in `fuzz/targets`.
fn targets(tree: &Tree) -> Result<Vec<String>> {
    let files = tree.files("fuzz/targets", &[".rs"])?;
    Ok(files
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect())
}

/// The kind of machine that is built for: it is named so that the flags are for the targets only, not for what runs while
/// they are compiled.
fn triple() -> String {
    format!("{ARCH}-unknown-linux-gnu")
}

/// The program of a target, once it is built.
fn program(tree: &Tree, target: &str) -> PathBuf {
    tree.path(format!("fuzz/target/{}/release/{target}", triple()))
}

/// Builds all targets. Their lock file follows those of the crates they wrap, so it is not held fast here.
fn build(tree: &Tree) -> Command {
    let mut build = Command::new("nice");
    build
        .args(["-n", "19", "cargo", "build", "--release", "--bins"])
        .args(["--target", &triple()])
        .args(["--target-dir", "target"]);
    build
        .env("RUSTFLAGS", COMPILER_FLAGS.join(" "))
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(tree.path("fuzz"));
    build
}

/// The corpus in the tree holds the seeds and stays as it is; what a run finds goes to the folder `fuzz/target`, the input
/// of a failure to `fuzz/artifacts`.
fn command(tree: &Tree, target: &str, seconds: u32) -> Result<Command> {
    let found = tree.path(format!("fuzz/target/found/{target}"));
    let artifacts = tree.path(format!("fuzz/artifacts/{target}"));
    for folder in [&found, &artifacts] {
        std::fs::create_dir_all(folder)?;
    }
    let mut command = Command::new(program(tree, target));
    command
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={INPUT_OCTETS_MAX}"));
    command
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MEBIBYTES_MAX}"));
    command
        .arg(&found)
        .arg(tree.path(format!("fuzz/corpus/{target}")));
    command.env("ASAN_OPTIONS", SANITIZER_OPTIONS);
    Ok(command)
}
