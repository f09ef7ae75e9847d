//! The rules of the house between and inside crates, read from `xtask/layers.toml`.
//!
//! Cargo itself refuses circles of crates; everything else that keeps the layers apart holds only if someone looks. This
//! looks at the edges between our crates, at circles of modules inside each, at source files that no module names, and
//! at calls that only some crates may make, and at what a file is called and how long it is.

mod calls;
mod dead_files;
mod edges;
mod files;
mod modules;

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;

use crate::report::Outcome;
use crate::tree::Tree;

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {}

/// The table, as `xtask/layers.toml` has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    faces: Vec<String>,
    engines: Vec<String>,
    pure: Vec<String>,
    impure: Vec<String>,
    tests_may_use: Vec<String>,
    only_beside: Vec<String>,
    file_lines_max: usize,
    empty_names: Vec<String>,
    call: Vec<Call>,
    may_use: BTreeMap<String, Vec<String>>,
}

/// A call that only some crates make outside their tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The forms that it has in a source.
    written: Vec<String>,
    /// Who may make it.
    crates: Vec<String>,
    /// What everybody else does.
    instead: String,
}

/// Prints what breaks the rules.
pub(crate) fn run(tree: &Tree, _options: &Options) -> Result<ExitCode> {
    let outcome = check(tree)?;
    if outcome.success {
        println!("layers: {}", outcome.note);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", outcome.output);
    Ok(ExitCode::FAILURE)
}

/// The same as a step of `cargo xtask test`.
pub(crate) fn check(tree: &Tree) -> Result<Outcome> {
    let path = tree.path("xtask/layers.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let rules: Rules =
        toml::from_str(&text).with_context(|| format!("cannot understand `{}`", path.display()))?;
    let metadata = tree.metadata()?;

    let mut findings = edges::check(&rules, &metadata);
    let mut circles = 0;
    for package in metadata.ours() {
        let found = modules::check(tree, package)?;
        circles += found.len();
        findings.extend(found);
        findings.extend(calls::check(tree, &rules, package)?);
        findings.extend(files::check(tree, &rules, package)?);
        findings.extend(dead_files::check(tree, package)?);
    }
    let crates = metadata.ours().count();
    let note = format!("{crates} crates, {circles} circles of modules");
    Ok(Outcome::of_findings(&findings, note))
}
