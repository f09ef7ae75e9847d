//! `scout collect`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use crate::problem::Problem;

/// What to collect, for people.
const LIST: &str = include_str!("../../../docs/scout/collect.md");
/// What collects it.
const SCRIPT: &str = include_str!("../../../docs/scout/collect.ps1");

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  scout collect --script > collect.ps1\n\n\
    On the Exchange server, as administrator, in the Exchange Management Shell:\n  \
    powershell -ExecutionPolicy Bypass -File collect.ps1 -Out D:\\evidence")]
pub(crate) struct Collect {
    /// Print the PowerShell script instead of the list.
    #[arg(long)]
    script: bool,
}

impl Collect {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        let text = if self.script { SCRIPT } else { LIST };
        io::stdout()
            .write_all(text.as_bytes())
            .map_err(|error| Problem::failed(format!("cannot write: {error}")))?;
        Ok(ExitCode::SUCCESS)
    }
}
