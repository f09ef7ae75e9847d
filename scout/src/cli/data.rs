//! `scout data`: makes the files that are compiled in from the tables they come from; for those who work on scout.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use scout::baseline::{List, Packed};
use scout::builds::Builds;

use super::show;
use crate::problem::Problem;

/// What stands above the build table.
const BUILDS_NOTICE: &str = "\
Builds of Exchange Server, 2010 to SE: version, date, state for ProxyLogon, ProxyShell, ProxyNotShell, name.
States: f fixed, v vulnerable, p partly vulnerable (2010: CVE-2021-26857 without -26855), n not affected, ? sources disagree.
Facts merged from righel/ms-exchange-version-nse (Apache-2.0) and microsoft/CSS-Exchange (MIT, Copyright (c) Microsoft Corporation);
notices in NOTICE.md. Written by `scout data builds`.";

#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// Make `builds.csv` from a table with two names, date and three states for each build.
    Builds(Place),
    /// Make `baselines.zst` from a folder of Microsoft's lists, one CSV for each build.
    Baselines(Place),
}

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// What to read.
    #[arg(long)]
    from: PathBuf,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
}

impl Data {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        match self {
            Self::Builds(place) => {
                let table = Builds::from_source(&read(&place.from)?).map_err(said)?;
                place.write(table.write(BUILDS_NOTICE).as_bytes())?;
                show::line(&format!("{} builds", table.rows().len()));
            }
            Self::Baselines(place) => {
                let lists = place.lists()?;
                let packed = Packed::from_lists(&lists).encode();
                place.write(&packed)?;
                show::line(&format!("{} lists, {} octets", lists.len(), packed.len()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Place {
    fn lists(&self) -> Result<Vec<List>, Problem> {
        let entries = std::fs::read_dir(&self.from)
            .map_err(|error| Problem::file("read", &self.from, &error))?;
        let mut paths: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
        paths.sort();
        paths
            .iter()
            .map(|path| {
                List::read(&read(path)?).map_err(|error| Problem::file("read", path, &error))
            })
            .collect()
    }

    fn write(&self, octets: &[u8]) -> Result<(), Problem> {
        std::fs::write(&self.out, octets).map_err(|error| Problem::file("write", &self.out, &error))
    }
}

fn read(path: &PathBuf) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| Problem::file("read", path, &error))
}

fn said(error: impl std::fmt::Display) -> Problem {
    Problem::failed(error.to_string())
}
