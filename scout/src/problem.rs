//! Problem: why a command ends without having done its work, for people.

use std::fmt;
use std::path::Path;

/// What is wrong and what to do.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl Problem {
    /// The work failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Something about a file or folder.
    pub(crate) fn file(doing: &str, path: &Path, error: &dyn fmt::Display) -> Self {
        Self(format!("cannot {doing} `{}`: {error}", path.display()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
