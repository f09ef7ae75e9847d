//! `cargo xtask web`: builds the web clients, for mail and for administrators, which the server carries inside itself, and checks
//! them.

use std::fs;
use std::process::{Command, ExitCode};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::processes::{self, installed};
use crate::report::Report;
use crate::tree::Tree;

/// Where the client's files are compiled in: touched when they change, so that the compiler looks again.
const EMBEDDED_BY: &str = "wachpost/src/serve/web.rs";

/// The pages that are built.
const PAGES: [&str; 2] = ["web/dist/index.html", "web/dist-admin/admin.html"];

/// What the command line says.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask web && cargo build -p wachpost")]
pub(crate) struct Options {}

/// Builds it, with everything shown.
pub(crate) fn run(tree: &Tree, _: &Options) -> Result<ExitCode> {
    build(tree)?;
    Ok(ExitCode::SUCCESS)
}

/// Installs what it is made of, and builds it.
pub(crate) fn build(tree: &Tree) -> Result<()> {
    install(tree)?;
    processes::shown_to_user(&mut npm(tree, &["run", "--silent", "build"]))?;
    embed(tree)
}

/// The steps of the test: type check, unit tests, build.
pub(crate) fn steps(tree: &Tree, report: &mut Report) {
    report.step("web client: packages", || {
        install(tree)?;
        Ok(crate::report::Outcome::of_findings(
            &[],
            "installed".to_owned(),
        ))
    });
    report.program(
        "web client: types",
        &mut npm(tree, &["run", "--silent", "check"]),
    );
    report.program(
        "web client: units",
        &mut npm(tree, &["run", "--silent", "test"]),
    );
    report.program(
        "web client: build",
        &mut npm(tree, &["run", "--silent", "build"]),
    );
    report.step("web client: embedded", || {
        embed(tree)?;
        Ok(crate::report::Outcome::of_findings(&[], "ready".to_owned()))
    });
}

/// `npm ci`, when the lock file is newer than what is installed.
fn install(tree: &Tree) -> Result<()> {
    if !installed("npm") {
        bail!("`npm` is not there: install Node.js 20 or newer, and start again");
    }
    let changed = |path: &str| {
        fs::metadata(tree.path(path))
            .and_then(|it| it.modified())
            .ok()
    };
    let there = changed("web/node_modules/.package-lock.json");
    if there.is_some() && there >= changed("web/package-lock.json") {
        return Ok(());
    }
    let log = tree.path("target/xtask/npm.log");
    let mut install = npm(tree, &["ci", "--no-audit", "--no-fund"]);
    let finished = processes::logged(&mut install, &log)?;
    if !finished.success {
        bail!("`npm ci` failed:\n{}", finished.output);
    }
    Ok(())
}

/// Tells the compiler that there are other files than before.
fn embed(tree: &Tree) -> Result<()> {
    let mut pages = Vec::new();
    for page in PAGES {
        let built = fs::metadata(tree.path(page)).and_then(|it| it.modified());
        pages.push(built.with_context(|| format!("`{page}` was not built"))?);
    }
    let page = pages.into_iter().max().context("there is no page")?;
    let by = tree.path(EMBEDDED_BY);
    let file = fs::File::options()
        .append(true)
        .open(&by)
        .with_context(|| format!("cannot open `{}`", by.display()))?;
    if file.metadata()?.modified()? < page {
        file.set_modified(SystemTime::now())?;
    }
    Ok(())
}

fn npm(tree: &Tree, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(tree.path("web"));
    command
}
