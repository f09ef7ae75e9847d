//! A finding: something that is not as it should be, in plain words and in parts that a program can read.

use std::fmt;

use seal::Hash;

/// Findings that are told one by one; more are counted.
const FINDINGS_TOLD_MAX: usize = 1_000;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An entry does not follow from the one before, was altered, or is missing.
    Entry {
        /// Its number in the log, from 1.
        entry: u64,
        /// Whose account it is in, and of when, where that can be told.
        whose: Option<String>,
        /// What is wrong.
        what: String,
    },
    /// The tree is not the one that was signed.
    Tree {
        /// What is wrong.
        what: String,
    },
    /// A message's bytes or metadata are missing or not what they were.
    Blob {
        /// Its number in the journal.
        blob: u64,
        /// Whose it is, and its subject, where that can be told.
        whose: Option<String>,
        /// What is wrong.
        what: String,
    },
    /// A file that no blob names, and that is not left from the last run, which the next start cleans up.
    File {
        /// Its name below `blobs/`.
        name: String,
    },
    /// The state has rows that no commit explains, lacks rows that one explains, or has them changed.
    State {
        /// Which table.
        table: String,
        /// What a row of it is, for people.
        noun: &'static str,
        /// Rows only in the state.
        unexplained: u64,
        /// Rows only in the replay.
        missing: u64,
        /// Rows in both that differ.
        changed: u64,
        /// The first of them, told one by one.
        rows: Vec<RowFinding>,
    },
}

/// One row of the state that is not as the journal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFinding {
    /// In which way.
    pub how: How,
    /// Which row: whose, in which mailbox, what stands there and what was committed.
    pub row: String,
}

/// In which way a row is not as the journal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// No commit explains it.
    Unexplained,
    /// A commit says that it is there, and it is not.
    Missing,
    /// It is there, and says something else.
    Changed,
}

impl How {
    /// One word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unexplained => "unexplained",
            Self::Missing => "missing",
            Self::Changed => "changed",
        }
    }
}

impl fmt::Display for RowFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            How::Unexplained => "no commit explains",
            How::Missing => "is missing",
            How::Changed => "was changed",
        };
        write!(f, "{how}: {}", self.row)
    }
}

impl Finding {
    pub(crate) fn entry(entry: u64, what: impl Into<String>) -> Self {
        Self::Entry {
            entry,
            whose: None,
            what: what.into(),
        }
    }

    pub(crate) fn tree(what: impl Into<String>) -> Self {
        Self::Tree { what: what.into() }
    }

    pub(crate) fn blob(blob: u64, what: impl Into<String>) -> Self {
        Self::Blob {
            blob,
            whose: None,
            what: what.into(),
        }
    }

    /// One word for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Entry { .. } => "entry",
            Self::Tree { .. } => "tree",
            Self::Blob { .. } => "message",
            Self::File { .. } => "file",
            Self::State { .. } => "state",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |whose: &Option<String>| {
            whose
                .as_ref()
                .map_or(String::new(), |whose| format!(" ({whose})"))
        };
        match self {
            Self::Entry { entry, whose, what } => write!(f, "entry {entry}{}: {what}", of(whose)),
            Self::Tree { what } => write!(f, "tree: {what}"),
            Self::Blob { blob, whose, what } => write!(f, "message {blob}{}: {what}", of(whose)),
            Self::File { name } => write!(f, "file `blobs/{name}` belongs to no message"),
            Self::State {
                table,
                noun,
                unexplained,
                missing,
                changed,
                ..
            } => {
                let mut parts = Vec::new();
                for (count, words) in [
                    (unexplained, "that no commit explains"),
                    (missing, "that should be there"),
                    (changed, "that say something else"),
                ] {
                    if *count > 0 {
                        let rows = if *count == 1 { "row" } else { "rows" };
                        parts.push(format!("{count} {rows} {words}"));
                    }
                }
                write!(f, "table `{table}` ({noun}): {}", parts.join(", "))
            }
        }
    }
}

/// What verifying found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Entries looked at.
    pub entries: u64,
    /// Messages whose bytes were looked at, those that no commit names included.
    pub messages: u64,
    /// Bodies of calendar objects, contact cards and files that were looked at.
    pub objects: u64,
    /// Checkpoints whose signature and root were checked.
    pub checkpoints: u64,
    /// Entries that the last of them is over.
    pub signed: u64,
    /// Checkpoints kept elsewhere that the journal was held against.
    pub kept: u64,
    /// What is wrong, in the order it was found, at most a thousand.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more_findings: u64,
    /// What else is to be known, which is no fault.
    pub notes: Vec<String>,
    /// The journal as it was when this ended.
    pub upto: Option<Verified>,
}

/// How far a journal was verified: what [`super::Extent::Since`] goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries.
    pub size: u64,
    /// The root of the tree over them (RFC 6962 2.1).
    pub root: Hash,
    /// The hash over the ends of all accounts' chains.
    pub heads: Hash,
    /// Messages in the journal, purged ones included.
    pub blobs: u64,
}

impl VerifyReport {
    /// Whether all is as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_TOLD_MAX {
            self.findings.push(finding);
        } else {
            self.more_findings += 1;
        }
    }
}
