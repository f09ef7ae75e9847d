//! Verdicts: what a scanner says of a message, in one vocabulary for all of them.

use serde::{Deserialize, Serialize};

use crate::header::HeaderChange;
use crate::points::Points;
use crate::text::{TEXT_CHARS_MAX, ascii_line, line};

/// Reasons that are kept of one scanner, those of most weight. Ours: rspamd names some 30 for a usual message.
pub const REASONS_MAX: usize = 32;

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// rspamd, over its HTTP protocol.
    Rspamd,
    /// ClamAV's daemon.
    Clamd,
    /// A filter that speaks the milter protocol.
    Milter,
}

impl Source {
    /// Its name in settings, logs and header fields.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rspamd => "rspamd",
            Self::Clamd => "clamd",
            Self::Milter => "milter",
        }
    }
}

/// What it would do with the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Nothing speaks against it.
    Accept,
    /// It is to be kept apart, and the reader told.
    Junk,
    /// It is to be refused for good.
    Reject {
        /// The reply's code, from 500 to 599 (RFC 5321 4.2.1).
        code: u16,
        /// The enhanced code, such as `5.7.1` (RFC 3463).
        enhanced: String,
        /// What the peer is told: one line of ASCII.
        text: String,
    },
    /// It may come again later (a 4xx reply).
    Defer {
        /// What the peer is told: one line of ASCII.
        text: String,
    },
    /// It is to be taken and thrown away.
    Discard,
    /// It is to be held for somebody to look at.
    Quarantine,
    /// It is larger than the scanner takes, now and ever.
    TooLarge,
    /// The scanner gave no verdict.
    Failed {
        /// Why, for the operator.
        why: String,
    },
}

impl Action {
    /// A refusal for good, with the text made fit for a reply.
    #[must_use]
    pub fn reject(code: u16, enhanced: &str, text: &str) -> Self {
        Self::Reject {
            code,
            enhanced: enhanced.to_owned(),
            text: ascii_line(text, TEXT_CHARS_MAX),
        }
    }

    /// A refusal for now, with the text made fit for a reply.
    #[must_use]
    pub fn defer(text: &str) -> Self {
        Self::Defer {
            text: ascii_line(text, TEXT_CHARS_MAX),
        }
    }
}

/// One thing that counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The scanner's name for it: `BAYES_SPAM`.
    pub name: String,
    /// How much it counted.
    pub points: Points,
    /// What the scanner says of it, or nothing.
    pub text: String,
}

/// What one scanner says of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Who says it.
    pub source: Source,
    /// What it would do.
    pub action: Action,
    /// How much speaks against the message, where it counts.
    pub score: Option<Points>,
    /// From where on it refuses, or calls it junk, where it counts.
    pub required: Option<Points>,
    /// What counted, the weightiest first; [`REASONS_MAX`] at most.
    pub reasons: Vec<Reason>,
    /// What it wants changed in the header.
    pub headers: Vec<HeaderChange>,
    /// The malware it found.
    pub virus: Option<String>,
    /// The body that it wants in the place of the one it saw, lines ended by CRLF. Too large for what verdicts travel in: it is
    /// carried beside them.
    #[serde(skip)]
    pub body: Option<Vec<u8>>,
}

impl Verdict {
    /// A verdict without score, reasons and changes.
    #[must_use]
    pub fn plain(source: Source, action: Action) -> Self {
        Self {
            source,
            action,
            score: None,
            required: None,
            reasons: Vec::new(),
            headers: Vec::new(),
            virus: None,
            body: None,
        }
    }

    /// There is none, and this is why.
    #[must_use]
    pub fn failed(source: Source, why: impl AsRef<str>) -> Self {
        let why = line(why.as_ref(), TEXT_CHARS_MAX);
        Self::plain(source, Action::Failed { why })
    }

    /// Whether the scanner gave none.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self.action, Action::Failed { .. } | Action::TooLarge)
    }
}
