//! The standards that the sources cite, held against the list in `docs/standards.toml`.
//!
//! A citation stands where the rule is implemented: `RFC 9051 6.4.6: ...`. This finds each, checks that the document is
//! listed and that the section looks like one, and turns the whole into a cross reference. It cannot know whether the
//! code keeps the rule; the tests do.

mod citation;
mod spoken;

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;

use crate::report::Outcome;
use crate::tree::Tree;
use citation::{Citation, Departure};

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Print only what is wrong.
    #[arg(long)]
    quiet: bool,
    /// Write the list of what each face speaks into `README.md`.
    #[arg(long)]
    write: bool,
}

/// `docs/standards.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    standard: Vec<Standard>,
}

/// One document that we implement, or follow in part.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standard {
    /// As a citation names it: `RFC 9051`, `C2SP signed-note`, `MS-OXWSSYNC`.
    number: String,
    title: String,
    /// The crate that speaks it, or the one that holds its rules.
    face: String,
    support: Support,
    #[serde(default)]
    note: String,
}

/// How much of a document is done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Support {
    Yes,
    Partial,
    No,
}

impl Support {
    fn shown(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Partial => "partial",
            Self::No => "no",
        }
    }
}

/// Everything found in the sources.
#[derive(Debug, Default)]
struct Cited {
    citations: Vec<Citation>,
    departures: Vec<Departure>,
}

/// Prints the cross reference, the departures and what is wrong.
pub(crate) fn run(tree: &Tree, options: &Options) -> Result<ExitCode> {
    let list = list(tree)?;
    if options.write {
        spoken::write(tree, &list)?;
    }
    let cited = cited(tree)?;
    if !options.quiet {
        print_cross_reference(&list, &cited);
    }
    let findings = findings(tree, &list, &cited)?;
    for finding in &findings {
        println!("{finding}");
    }
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The same as a step of `cargo xtask test`.
pub(crate) fn check(tree: &Tree) -> Result<Outcome> {
    let list = list(tree)?;
    let cited = cited(tree)?;
    let note = format!(
        "{} citations of {} documents",
        cited.citations.len(),
        list.standard.len()
    );
    Ok(Outcome::of_findings(&findings(tree, &list, &cited)?, note))
}

fn list(tree: &Tree) -> Result<List> {
    let path = tree.path("docs/standards.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    toml::from_str(&text).with_context(|| format!("cannot understand `{}`", path.display()))
}

/// Reads our sources and transcripts; `xtask` itself speaks of citations without making any.
fn cited(tree: &Tree) -> Result<Cited> {
    let mut cited = Cited::default();
    for package in tree
        .metadata()?
        .ours()
        .filter(|package| package.name != "xtask")
    {
        for path in tree.files(
            package.folder(),
            &[".rs", ".imap", ".smtp", ".lmtp", ".sql"],
        )? {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            let place = tree.short(&path).display().to_string();
            cited.citations.extend(citation::citations(&place, &text));
            cited.departures.extend(citation::departures(&place, &text));
        }
    }
    Ok(cited)
}

fn findings(tree: &Tree, list: &List, cited: &Cited) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut listed = BTreeMap::new();
    for standard in &list.standard {
        if listed.insert(standard.number.as_str(), standard).is_some() {
            findings.push(format!(
                "docs/standards.toml: `{}` is listed twice",
                standard.number
            ));
        }
        let used = cited
            .citations
            .iter()
            .any(|citation| citation.document == standard.number);
        if standard.support == Support::Yes && !used {
            findings.push(format!(
                "docs/standards.toml: `{}` is marked `yes`, yet no source cites it",
                standard.number
            ));
        }
    }
    for citation in &cited.citations {
        if !listed.contains_key(citation.document.as_str()) {
            findings.push(format!(
                "{}: `{}` is not in `docs/standards.toml`",
                citation.place, citation.document
            ));
        }
        if let Some(why) = &citation.doubt {
            findings.push(format!(
                "{}: `{}`: {why}",
                citation.place, citation.document
            ));
        }
    }
    findings.extend(spoken::check(tree, list)?);
    Ok(findings)
}

fn print_cross_reference(list: &List, cited: &Cited) {
    for standard in &list.standard {
        println!(
            "{} {} [{}: {}]",
            standard.number,
            standard.title,
            standard.face,
            standard.support.shown()
        );
        if !standard.note.is_empty() {
            println!("    {}", standard.note);
        }
        let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for citation in cited
            .citations
            .iter()
            .filter(|citation| citation.document == standard.number)
        {
            sections
                .entry(&citation.section)
                .or_default()
                .push(&citation.place);
        }
        for (section, places) in sections {
            let section = if section.is_empty() {
                "(as a whole)"
            } else {
                section
            };
            println!("    {section:<14} {}", places.join(" "));
        }
    }
    println!("\n{} departures", cited.departures.len());
    for departure in &cited.departures {
        println!("    {}: {}", departure.place, departure.text);
    }
}
