//! `scout assess`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::problem::Problem;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  scout assess evidence/ --out report/\n\n\
    Reads logs, event logs, lists of files and exports, also in gz and zip, and changes nothing there.")]
pub(crate) struct Assess {
    /// The folder with what was collected, or where a disk image is mounted read-only.
    #[arg(value_name = "FOLDER")]
    evidence: PathBuf,
}

impl Assess {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        Err(Problem::failed(format!(
            "cannot read `{}` yet",
            self.evidence.display()
        )))
    }
}
