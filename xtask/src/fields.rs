//! The fields of our log lines, held against the table in `docs/log-fields.md`.
//!
//! A field that means two things in two places is worth nothing to whoever searches a log, so each is described once.
//! This finds the fields in the calls of the `tracing` macros; it does not look at their values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::report::Outcome;
use crate::rust_text::{line_of, without_comments_and_literals, without_tests};
use crate::tree::Tree;

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {}

const MACROS: &[&str] = &[
    "trace!(",
    "debug!(",
    "info!(",
    "warn!(",
    "error!(",
    "trace_span!(",
    "debug_span!(",
    "info_span!(",
    "warn_span!(",
    "error_span!(",
    "event!(",
    "span!(",
];

/// Prints what is undescribed.
pub(crate) fn run(tree: &Tree, _options: &Options) -> Result<ExitCode> {
    let outcome = check(tree)?;
    println!(
        "{}",
        if outcome.success {
            &outcome.note
        } else {
            &outcome.output
        }
    );
    Ok(if outcome.success {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The same as a step of `cargo xtask test`.
pub(crate) fn check(tree: &Tree) -> Result<Outcome> {
    let path = tree.path("docs/log-fields.md");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let described = described(&text);
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for package in tree
        .metadata()?
        .ours()
        .filter(|package| !matches!(package.name.as_str(), "xtask" | "testbed"))
    {
        for path in tree.files(package.folder().join("src"), &[".rs"])? {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            let code = without_comments_and_literals(&text);
            for (at, field) in fields(without_tests(&code)) {
                let place = format!("{}:{}", tree.short(&path).display(), line_of(&code, at));
                used.entry(field).or_insert(place);
            }
        }
    }
    let findings: Vec<String> = used
        .iter()
        .filter(|(field, _)| !described.contains(field.as_str()))
        .map(|(field, place)| {
            format!("{place}: log field `{field}` is not described in `docs/log-fields.md`")
        })
        .collect();
    Ok(Outcome::of_findings(
        &findings,
        format!("{} log fields", used.len()),
    ))
}

/// The names in the first column of the page's tables.
fn described(page: &str) -> BTreeSet<&str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect()
}

/// The fields in the calls of the logging macros, each with its place in the text.
fn fields(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for name in MACROS {
        for (at, _) in code.match_indices(name) {
            if code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            let start = at + name.len();
            let is_span = name.ends_with("span!(");
            for argument in arguments(&code[start..]) {
                match field(argument) {
                    Argument::Field(field) => found.push((at, field)),
                    Argument::Setting => {}
                    // What follows the text of a line only fills its braces; the name of a span comes first.
                    Argument::Text if is_span => {}
                    Argument::Text => break,
                }
            }
        }
    }
    found
}

/// The parts between the commas, up to the closing parenthesis.
fn arguments(call: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0, 0);
    let mut found = Vec::new();
    for (at, character) in call.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                found.push(&call[start..at]);
                break;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&call[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

#[derive(Debug, Eq, PartialEq)]
enum Argument {
    Field(String),
    /// `parent: ...`, `target: ...`, a level.
    Setting,
    Text,
}

fn field(argument: &str) -> Argument {
    let argument = argument.trim();
    let bare = argument.trim_start_matches(['%', '?']);
    let end = bare
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
        .unwrap_or(bare.len());
    let (name, rest) = (&bare[..end], bare[end..].trim_start());
    if name.is_empty() {
        return Argument::Text;
    }
    if rest.starts_with(':') {
        return Argument::Setting;
    }
    if rest.is_empty() || (rest.starts_with('=') && !rest.starts_with("==")) {
        return Argument::Field(name.to_owned());
    }
    Argument::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Vec<String> {
        fields(&without_comments_and_literals(code))
            .into_iter()
            .map(|(_, name)| name)
            .collect()
    }

    #[test]
    fn every_form_of_a_field_is_found() {
        let code = "tracing::info!(%domain, policy = \"reject\", ?why, octets = len(a, b), \"refused {}\", other);";
        assert_eq!(names(code), ["domain", "policy", "why", "octets"]);
    }

    #[test]
    fn settings_and_other_macros_make_no_field() {
        assert_eq!(
            names("warn!(target: \"x\", account = 1, \"y\"); my_info!(z); println!(\"{}\", q)"),
            ["account"]
        );
        assert_eq!(
            names("let s = info_span!(\"connection\", peer = %p);"),
            ["peer"]
        );
    }

    #[test]
    fn the_page_names_fields_in_its_first_column() {
        assert_eq!(
            described("| `peer` | who | - |\n|---|\n| x | `no` |\n"),
            BTreeSet::from(["peer"])
        );
    }
}
