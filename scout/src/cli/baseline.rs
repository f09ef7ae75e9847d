//! `scout baseline`: lists of the files that belong into the web folders of a build.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use scout::baseline::{Baselines, create};
use scout::builds::{Version, builds};

use super::show;
use crate::problem::Problem;

#[derive(Debug, Subcommand)]
pub(crate) enum Baseline {
    /// List the web folders of a clean installation, so that others of the same build can be compared with it.
    Create(Create),
    /// Show the builds that there are lists for.
    List(List),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example, on a server that was just installed, or on a copy of its folder:\n  \
    scout baseline create --build 15.2.2562.46 --out se-aug26.csv \"C:\\Program Files\\Microsoft\\Exchange Server\\V15\"\n\n\
    Give the list to `scout assess --baseline se-aug26.csv`."
)]
pub(crate) struct Create {
    /// The folder of the installation; it has the folders `FrontEnd` and `ClientAccess`.
    #[arg(value_name = "FOLDER")]
    installation: PathBuf,
    /// The build that is installed there, with all four parts.
    #[arg(long, value_name = "VERSION")]
    build: Version,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Baseline {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        match self {
            Self::Create(create) => create.run(),
            Self::List(list) => list.run(),
        }
    }
}

impl Create {
    fn run(self) -> Result<ExitCode, Problem> {
        if self.build.revision().is_none() {
            return Err(Problem::failed(
                "a build has four parts, such as 15.2.858.5",
            ));
        }
        let created = create(&self.installation, self.build)
            .map_err(|error| Problem::failed(error.to_string()))?;
        std::fs::write(&self.out, &created.text)
            .map_err(|error| Problem::file("write", &self.out, &error))?;
        show::line(&format!(
            "{} files of build {} are listed in `{}`",
            created.files,
            self.build,
            self.out.display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self) -> Result<ExitCode, Problem> {
        let listed = Baselines::embedded().builds();
        if self.json {
            show::json(&listed);
            return Ok(ExitCode::SUCCESS);
        }
        for version in listed {
            let row = builds().row_of(version);
            let name = row.map_or("", |row| row.name.as_str());
            show::line(format!("{:<14}  {name}", version.to_string()).trim_end());
        }
        Ok(ExitCode::SUCCESS)
    }
}
