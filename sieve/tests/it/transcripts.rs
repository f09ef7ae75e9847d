//! Transcripts: a script, a message, and what is to come of them, in one file.
//!
//! The first line names the rule. Sections begin with `--- name`:
//! `given` what is known (see `house.rs`); `script`, and for included ones `script personal NAME` or `script global NAME`;
//! `message`, with LF for CRLF, or the house's own; `actions`, one a line; `fault` or `error`, the text of it;
//! `edition N` an edited form of the message; `flags` those left at the end;
//! `true` and `false`: tests, one a line, each in a script of its own behind the section `require`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sieve::{Action, Place, Script};

use crate::house::{Given, told};

const MESSAGE: &str = "From: Sender <sender@example.net>\nTo: owner@example.org\nSubject: Hello\nMessage-ID: <1@example.net>\nDate: Wed, 7 Dec 2005 05:08:02 -0500\n\nHow are you?\n";

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    assert!(files.len() > 50, "only {} transcripts found", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        if let Err(what) = play(&fs::read_to_string(file).unwrap()) {
            wrong.push(format!("{name}: {what}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} transcripts:\n{}",
        wrong.len(),
        files.len(),
        wrong.join("\n")
    );
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "sieve")
        {
            files.push(path);
        }
    }
}

/// One transcript, taken apart.
#[derive(Debug, Default)]
struct Transcript<'t> {
    sections: Vec<(&'t str, String)>,
}

impl<'t> Transcript<'t> {
    fn new(text: &'t str) -> Result<Self, String> {
        let mut lines = text.lines();
        let rule = lines.next().unwrap_or_default();
        if !rule.starts_with("# RFC ") && !rule.starts_with("# Ours") {
            return Err("the first line names the rule".to_owned());
        }
        let mut transcript = Self::default();
        for line in lines {
            if let Some(name) = line.strip_prefix("--- ") {
                transcript.sections.push((name.trim(), String::new()));
            } else if let Some((_, text)) = transcript.sections.last_mut() {
                text.push_str(line);
                text.push('\n');
            } else if !line.is_empty() && !line.starts_with('#') {
                return Err(format!("`{line}` stands in no section"));
            }
        }
        Ok(transcript)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.sections
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| text.as_str())
    }
}

fn play(text: &str) -> Result<(), String> {
    let transcript = Transcript::new(text)?;
    let mut given = Given::new(transcript.get("given").unwrap_or_default());
    for (name, text) in &transcript.sections {
        let mut words = name.splitn(3, ' ');
        let (Some("script"), Some(place), Some(script)) =
            (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let place = if place == "global" {
            Place::Global
        } else {
            Place::Personal
        };
        let parsed =
            Script::parse(text.as_bytes()).map_err(|error| format!("{script}: {error}"))?;
        given
            .scripts
            .insert((place, script.to_owned()), Arc::new(parsed));
    }
    let message = transcript
        .get("message")
        .unwrap_or(MESSAGE)
        .replace('\n', "\r\n");
    let mut is_checked = false;
    for expected in [true, false] {
        for test in transcript
            .get(&expected.to_string())
            .unwrap_or_default()
            .lines()
        {
            if !test.trim().is_empty() {
                is_checked = true;
                check_test(&transcript, &given, test, expected, &message)?;
            }
        }
    }
    if transcript.get("script").is_some() {
        is_checked = true;
        check_script(&transcript, &given, &message)?;
    }
    if is_checked {
        Ok(())
    } else {
        Err("checks nothing".to_owned())
    }
}

fn check_test(
    transcript: &Transcript<'_>,
    given: &Given,
    test: &str,
    expected: bool,
    message: &str,
) -> Result<(), String> {
    let require = transcript.get("require").unwrap_or_default();
    let script = format!("{require}if {test} {{ discard; }}");
    let script = Script::parse(script.as_bytes()).map_err(|error| format!("{test}: {error}"))?;
    let outcome = given.run(&script, message.as_bytes());
    if let Some(fault) = outcome.fault {
        return Err(format!("{test}: {fault}"));
    }
    if outcome.actions.contains(&Action::Discard) != expected {
        return Err(format!("{test}: is not {expected}"));
    }
    Ok(())
}

fn check_script(transcript: &Transcript<'_>, given: &Given, message: &str) -> Result<(), String> {
    let script = transcript.get("script").unwrap_or_default();
    let script = match (Script::parse(script.as_bytes()), transcript.get("error")) {
        (Ok(script), None) => script,
        (Err(error), Some(expected)) => return same("error", &error.to_string(), expected),
        (Ok(_), Some(_)) => return Err("is a good script, but should not be".to_owned()),
        (Err(error), None) => return Err(error.to_string()),
    };
    let outcome = given.run(&script, message.as_bytes());
    let fault = outcome
        .fault
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    same("fault", &fault, transcript.get("fault").unwrap_or_default())?;
    if let Some(actions) = transcript.get("actions") {
        same("actions", &told(&outcome), actions)?;
    }
    if let Some(flags) = transcript.get("flags") {
        same("flags", &outcome.flags.join(" "), flags)?;
    }
    for (name, text) in &transcript.sections {
        if let Some(number) = name.strip_prefix("edition ") {
            let number: usize = number
                .parse()
                .map_err(|_| format!("`{name}` is no edition"))?;
            let found = outcome
                .editions
                .get(number - 1)
                .ok_or_else(|| format!("there is no {name}"))?;
            same(name, &plain(found), text)?;
        }
    }
    Ok(())
}

fn same(what: &str, found: &str, expected: &str) -> Result<(), String> {
    if found.trim_end() == expected.trim_end() {
        Ok(())
    } else {
        Err(format!(
            "{what}\n  expected: {}\n  found:    {}",
            expected.trim_end(),
            found.trim_end()
        ))
    }
}

/// An edition with LF, and a made boundary by the word BOUNDARY.
fn plain(edition: &[u8]) -> String {
    let text = String::from_utf8_lossy(edition).replace("\r\n", "\n");
    let made = text
        .find("sieve-")
        .and_then(|at| text.get(at..at + "sieve-".len() + 32));
    match made {
        Some(made) => text.replace(made, "BOUNDARY"),
        None => text,
    }
}
