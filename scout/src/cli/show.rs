//! What a command answers on standard output: sentences and tables for people, or JSON.

use std::io::{self, Write};

use serde::Serialize;

/// Writes a line. A reader that went away is no fault: `scout census show | head` ends well.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Writes a text as it is.
pub(crate) fn text(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Writes a value as JSON.
pub(crate) fn json(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string_pretty(value) {
        line(&text);
    }
}

/// Writes a line on standard error, about how far something is.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
