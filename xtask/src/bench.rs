//! `cargo xtask bench`: builds the server and the measuring programs for release and runs those.

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::processes;
use crate::tree::Tree;

/// What the command line says.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask bench             every workload\n  \
                        cargo xtask bench -- --help   what the measuring program can do"
)]
pub(crate) struct Options {
    /// Passed on to the measuring program: a workload and its settings.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "WORKLOAD"
    )]
    arguments: Vec<String>,
}

/// Builds, measures, and lets the program print.
pub(crate) fn run(tree: &Tree, options: &Options) -> Result<ExitCode> {
    let mut build = Command::new("cargo");
    build.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "wachpost",
        "--package",
        "bench",
    ]);
    processes::shown_to_user(build.current_dir(tree.path("")))?;
    let mut measure = Command::new(tree.path("target/release/bench"));
    measure.args(&options.arguments).current_dir(tree.path(""));
    measure.env("WACHPOST_PROGRAM", tree.path("target/release/wachpost"));
    processes::shown_to_user(&mut measure)?;
    Ok(ExitCode::SUCCESS)
}
