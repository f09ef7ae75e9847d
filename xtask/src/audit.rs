//! `cargo xtask audit`: what the advisory database knows of our dependencies. Needs the network, so no test asks it.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::tree::Tree;
use crate::{processes, tools};

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {}

/// Asks, and prints the answer.
pub(crate) fn run(tree: &Tree, _options: &Options) -> Result<ExitCode> {
    let mut command = tools::cargo_plugin(tree, &tools::DENY)?;
    processes::shown_to_user(command.args(["--all-features", "--locked", "check", "advisories"]))?;
    Ok(ExitCode::SUCCESS)
}
