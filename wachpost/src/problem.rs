//! Problem: why a command ends without having done its work, for people and for scripts.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use admin::{CallError, Failure, Kind};

/// How a command ends, as scripts see it. 2 is clap's, for a command line that cannot be read; 75 and 78 are those of
/// BSD's `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The work was not done.
    Failed = 1,
    /// `verify` found something.
    Findings = 3,
    /// What was asked for is not there.
    NotFound = 4,
    /// It is there already.
    AlreadyExists = 5,
    /// Not possible at the moment; trying again later helps.
    Unavailable = 75,
    /// The configuration cannot be used.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What is wrong and what to do, with the exit code that says it to scripts.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    /// The work failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// Something about a file or folder.
    pub(crate) fn file(doing: &str, path: &Path, error: &dyn fmt::Display) -> Self {
        Self::failed(format!("cannot {doing} `{}`: {error}", path.display()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let exit = match failure.kind {
            Kind::NotFound => Exit::NotFound,
            Kind::AlreadyExists => Exit::AlreadyExists,
            Kind::Unavailable => Exit::Unavailable,
            Kind::Refused | Kind::Internal => Exit::Failed,
        };
        Self::new(exit, failure.message)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failure(failure) => failure.into(),
            CallError::Broken { .. } => Self::new(Exit::Unavailable, error.to_string()),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        let exit = match &error {
            store::Error::NotFound(_) => Exit::NotFound,
            store::Error::AlreadyExists(_) | store::Error::UidConflict { .. } => {
                Exit::AlreadyExists
            }
            store::Error::Unavailable(_) => Exit::Unavailable,
            store::Error::Invalid(_)
            | store::Error::HasChildren
            | store::Error::NotEmpty
            | store::Error::OverQuota
            | store::Error::Limit(_)
            | store::Error::StateMismatch
            | store::Error::Scheduled
            | store::Error::NotTogether
            | store::Error::Damaged(_) => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<listen::SetupError> for Problem {
    fn from(error: listen::SetupError) -> Self {
        Self::failed(error.to_string())
    }
}
