//! `cargo xtask test`: every check and every test, cheapest first, one line each.
//!
//! The first step that fails ends the run, so that a slip of formatting costs a second and not half an hour;
//! `--keep-going` goes on. `.ci/run` calls this and nothing else.

mod suites;

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::beside::Beside;
use crate::report::{Outcome, Report};
use crate::tools;
use crate::tree::Tree;
use crate::{fields, fuzz, layers, standards, web};
use suites::Suite;

/// What the command line says.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask test            everything, as the continuous integration does\n  \
                        cargo xtask test --quick    format, layers, lints, unit and integration tests"
)]
pub(crate) struct Options {
    /// Only what needs no other program: format, layers, lints, unit and integration tests.
    #[arg(long)]
    quick: bool,
    /// Do the later steps even if one failed.
    #[arg(long)]
    keep_going: bool,
    /// How long each fuzz target runs, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    fuzz_seconds: u32,
}

/// Does the steps and prints their sum.
pub(crate) fn run(tree: &Tree, options: &Options) -> Result<ExitCode> {
    tools::rust_components()?;
    let quick = options.quick;
    let plugins = Beside::begin(tree, move |tree| install_plugins(tree, quick));
    let clients = (!quick).then(|| Beside::begin(tree, install_clients));
    let mut report = Report::new(tree.path("target/xtask"), options.keep_going);
    report.program("format", cargo(tree).args(["fmt", "--all", "--check"]));
    report.step("layers, dead files", || layers::check(tree));
    report.step("standards", || standards::check(tree));
    report.step("log fields", || fields::check(tree));
    report.program(
        "lints",
        cargo(tree).args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]),
    );
    if !quick {
        web::steps(tree, &mut report);
    }
    report.step("cargo plugins", || plugins.finish());
    if !quick {
        dependencies(tree, &mut report);
    }
    if let Some(clients) = clients {
        report.step("install clients", || clients.finish());
        // The fuzz targets are the longest to build; they use what the tests leave of the processors.
        let building = report.goes_on().then(|| fuzz::begin_build(tree));
        suites::step(tree, &mut report, &Suite::USUAL);
        documentation(tree, &mut report);
        suites::step(tree, &mut report, &Suite::CLIENTS);
        suites::step(tree, &mut report, &Suite::CRASHES);
        fuzz::steps(tree, &mut report, options.fuzz_seconds, building);
    } else {
        suites::step(tree, &mut report, &Suite::USUAL);
    }
    Ok(report.close())
}

fn dependencies(tree: &Tree, report: &mut Report) {
    let mut run = |name: &str, plugin: &tools::Plugin, arguments: &[&str]| match tools::cargo_plugin(
        tree, plugin,
    ) {
        Ok(mut command) => report.program(name, command.args(arguments)),
        Err(error) => report.step(name, || Err(error)),
    };
    // The advisory database needs a network that a test must not depend on; `cargo xtask audit` asks it.
    run(
        "licences, bans, sources",
        &tools::DENY,
        &[
            "--all-features",
            "--locked",
            "check",
            "licenses",
            "bans",
            "sources",
        ],
    );
    run("unused dependencies", &tools::MACHETE, &[]);
}

fn documentation(tree: &Tree, report: &mut Report) {
    report.program(
        "documentation",
        cargo(tree)
            .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    );
    report.program(
        "examples in the documentation",
        cargo(tree).args(["test", "--workspace", "--doc", "--locked"]),
    );
}

fn install_plugins(tree: &Tree, quick: bool) -> Result<Outcome> {
    let all = [&tools::NEXTEST, &tools::DENY, &tools::MACHETE];
    let needed = if quick { &all[..1] } else { &all[..] };
    let mut built = 0;
    for plugin in needed {
        built += usize::from(tools::install_plugin(tree, plugin)?);
    }
    Ok(Outcome::of_findings(&[], format!("{built} built")))
}

fn install_clients(tree: &Tree) -> Result<Outcome> {
    let installed = tools::system_programs(tree, &[tools::CLIENTS, tools::FUZZING])?;
    tools::opensmtpd(tree)?;
    tools::jmap_client(tree)?;
    tools::python_environment(tree)?;
    Ok(Outcome::of_findings(
        &[],
        format!("{installed} packages installed"),
    ))
}

fn cargo(tree: &Tree) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(tree.path(""));
    command
}
