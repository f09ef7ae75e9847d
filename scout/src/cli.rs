//! The command line: what there is to say, and which code it leads to.

mod assess;

mod baseline;

mod census;

mod collect;

mod data;

mod lock_in;

mod probe;

mod show;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::problem::Problem;

/// Finds out whether somebody is inside an Exchange server, and who runs what.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    after_help = "Is somebody inside?\n  \
        scout collect --script > collect.ps1    1. gathers the evidence: run it on the server\n  \
        scout assess evidence/ --out report/    2. reads it, anywhere: open report/report.html\n\n\
        Who runs what?\n  \
        scout census import seen.csv            1. read what others saw, such as Shadowserver\n  \
        scout census report --out census.html   2. count it: open census.html\n\n\
        Each of these has a --help of its own. Nothing is changed on any server, and no hole is tried.\n\n\
        Exit codes of `assess`: 0 no trace within what the logs cover, 3 compromised, 4 attempted, 5 cannot know; 1 failed, \
        2 wrong command line."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Is somebody inside? Read what was collected from an Exchange server and answer with a verdict.
    Assess(assess::Assess),
    /// Show what to collect from an Exchange server, or the script that does it.
    Collect(collect::Collect),
    /// Who runs what? An inventory of mail servers from what others saw.
    #[command(subcommand)]
    Census(Box<census::Census>),
    /// Lists of the files that belong into the web folders of a build.
    #[command(subcommand)]
    Baseline(baseline::Baseline),
    /// Make the files that are compiled in; for those who work on scout.
    #[command(subcommand, hide = true)]
    Data(data::Data),
    /// Lock in as `assess` does, and try what a taken-over reader would; not for people.
    #[command(hide = true)]
    Probe(probe::Probe),
}

impl Arguments {
    /// Does what the command line says.
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        match self.command {
            Command::Assess(assess) => assess.run(),
            Command::Collect(collect) => collect.run(),
            Command::Census(census) => census.run(),
            Command::Baseline(baseline) => baseline.run(),
            Command::Data(data) => data.run(),
            Command::Probe(probe) => probe.run(),
        }
    }
}
