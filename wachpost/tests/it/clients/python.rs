//! Python's imaplib, smtplib and the library IMAPClient: scripts that hold long conversations and check each answer.

use std::path::{Path, PathBuf};

use super::program::Program;
use super::site::{ANNA, BEN, PASSWORD, Site};

/// Names the Python that has the libraries; `cargo xtask test` sets it.
const PYTHON_VARIABLE: &str = "WACHPOST_PYTHON";

/// Where `cargo xtask test` makes that Python.
const PYTHON_DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/venv/bin/python");

/// A program of that Python's environment, such as `python` itself.
pub(super) fn program_path(name: &str) -> PathBuf {
    let python = std::env::var_os(PYTHON_VARIABLE)
        .map_or_else(|| PathBuf::from(PYTHON_DEFAULT), PathBuf::from);
    let folder = python.parent().unwrap_or(Path::new(""));
    folder.join(name)
}

fn converse(script: &str) {
    let site = Site::start();
    converse_with(&site, script);
}

/// Runs a script that knows where the server is and who is there.
pub(super) fn converse_with(site: &Site, script: &str) {
    let script = site.write("conversation.py", script);
    let mut program = Program::new(site, program_path("python").to_str().unwrap())
        .env("ANNA", ANNA)
        .env("BEN", BEN)
        .env("PASSWORD", PASSWORD)
        .env("CERTIFICATE", site.certificate())
        .args([script]);
    for (name, port) in [
        ("HTTP", site.http),
        ("HTTPS", site.https),
        ("IMAP", site.imap),
        ("IMAPS", site.imaps),
        ("SUBMISSION", site.submission),
        ("SUBMISSIONS", site.submissions),
        ("LMTP", site.lmtp),
        ("MANAGESIEVE", site.managesieve),
    ] {
        program = program.env(name, port.to_string());
    }
    let output = program.succeed();
    // The last line: a script that ends early has not checked everything.
    assert!(output.ends_with("all is well\n"), "{output}");
}

#[test]
fn imaplib_holds_a_conversation() {
    converse(include_str!("python/imaplib_conversation.py"));
}

#[test]
fn imapclient_holds_a_conversation() {
    converse(include_str!("python/imapclient_conversation.py"));
}

#[test]
fn smtplib_submits_and_delivers() {
    converse(include_str!("python/smtplib_conversation.py"));
}
