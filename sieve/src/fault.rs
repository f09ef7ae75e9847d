//! What is wrong with a script, told to the person who wrote it.

use std::fmt;

/// Why a text is no script that can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
    /// What is wrong, and where it helps what to do.
    pub what: String,
}

/// Why a run ended early; the message is then kept as it came (RFC 5228 2.10.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFault {
    /// The line of the statement, from 1.
    pub line: u32,
    /// The script's name if it was an included one.
    pub script: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for RunFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.script {
            Some(script) => write!(f, "script `{script}`, line {}: {}", self.line, self.what),
            None => write!(f, "line {}: {}", self.line, self.what),
        }
    }
}

impl std::error::Error for RunFault {}

/// A place in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Position {
    pub(crate) fn error(self, what: impl Into<String>) -> ParseError {
        ParseError {
            line: self.line,
            column: self.column,
            what: what.into(),
        }
    }
}
