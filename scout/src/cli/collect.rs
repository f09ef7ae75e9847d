//! `scout collect`.

use std::process::ExitCode;

use clap::Args;

use crate::problem::Problem;

#[derive(Debug, Args)]
pub(crate) struct Collect {
    /// Print the PowerShell script instead of the list.
    #[arg(long)]
    script: bool,
}

impl Collect {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        Err(Problem::failed(format!(
            "nothing to print yet ({})",
            self.script
        )))
    }
}
