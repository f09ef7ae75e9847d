//! The groups that the tests fall into by their names, each a profile in `.config/nextest.toml`.
//!
//! A test belongs to the clients or the crashes by the module it stands in (`clients::`, `crashes::`) of the test
//! program of `wachpost`, or of `scout`; every other test is a usual one. A group that has no tests yet passes.

use std::process::Command;

use anyhow::Result;

use crate::processes;
use crate::report::{self, Outcome, Report};
use crate::tools;
use crate::tree::Tree;

/// One group.
#[derive(Debug)]
pub(crate) struct Suite {
    name: &'static str,
    /// The profile in `.config/nextest.toml` that chooses the tests.
    profile: &'static str,
}

impl Suite {
    /// Unit and integration tests.
    pub(crate) const USUAL: Self = Self {
        name: "unit and integration tests",
        profile: "default",
    };
    /// The server from end to end with the mail programs that people use.
    pub(crate) const CLIENTS: Self = Self {
        name: "real clients",
        profile: "clients",
    };
    /// The server killed in mid-load, on a full disk, with a torn write.
    pub(crate) const CRASHES: Self = Self {
        name: "kills and full disks",
        profile: "crashes",
    };
}

/// Runs the tests of the group as one step.
pub(crate) fn step(tree: &Tree, report: &mut Report, suite: &Suite) {
    let log = report.log(suite.name);
    report.step(suite.name, || {
        let finished = processes::logged(&mut command(tree, suite)?, &log)?;
        let count = report::count_tests(&finished.output);
        let none = finished.success && count == report::Count::default();
        let note = if none {
            "no tests of this kind yet"
        } else {
            ""
        };
        Ok(Outcome {
            success: finished.success,
            count,
            note: note.to_owned(),
            output: finished.output,
        })
    });
}

fn command(tree: &Tree, suite: &Suite) -> Result<Command> {
    let mut command = tools::cargo_plugin(tree, &tools::NEXTEST)?;
    command.args([
        "run",
        "--locked",
        "--cargo-quiet",
        "--no-tests",
        "pass",
        "--no-fail-fast",
    ]);
    command.args([
        "--status-level",
        "fail",
        "--final-status-level",
        "slow",
        "--color",
        "never",
    ]);
    // All packages for each group: with fewer, cargo would choose fewer features of what they use, and build it again.
    command.args(["--workspace", "--profile", suite.profile]);
    command.env("WACHPOST_PYTHON", tree.path("target/venv/bin/python"));
    Ok(command)
}
