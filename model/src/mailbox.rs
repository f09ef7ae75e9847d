//! Mailboxes (RFC 8621 2): their names and roles.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Our `maxSizeMailboxName` (RFC 8621 1.3.1), in octets of UTF-8.
pub const MAILBOX_NAME_OCTETS_MAX: usize = 255;

/// One level of a mailbox's path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailboxName(Box<str>);

/// Why a text is no name for a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty or longer than [`MAILBOX_NAME_OCTETS_MAX`].
    #[error("a mailbox name has 1 to 255 octets")]
    Length,
    /// A control character.
    #[error("a mailbox name has no control characters")]
    Control,
    /// The character that separates the levels of a path.
    #[error("a mailbox name has no `/`: it separates the levels")]
    Separator,
}

impl MailboxName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for MailboxName {
    type Error = NameError;

    /// RFC 8621 2: Net-Unicode, at least one character, no controls.
    fn try_from(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text.len() > MAILBOX_NAME_OCTETS_MAX {
            Err(NameError::Length)
        } else if text.chars().any(char::is_control) {
            Err(NameError::Control)
        } else if text.contains('/') {
            Err(NameError::Separator)
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl TryFrom<String> for MailboxName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::try_from(text.as_str())
    }
}

impl From<MailboxName> for String {
    fn from(name: MailboxName) -> Self {
        name.0.into()
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a mailbox is for (RFC 8621 2, RFC 6154); at most one mailbox of an account has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Where mail arrives.
    Inbox,
    /// Drafts.
    Drafts,
    /// Copies of what was sent.
    Sent,
    /// What was thrown away.
    Trash,
    /// Unwanted mail.
    Junk,
    /// Kept, out of the way.
    Archive,
    /// All mail.
    All,
    /// Flagged mail.
    Flagged,
    /// Important mail (RFC 8457).
    Important,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Inbox,
        Self::Drafts,
        Self::Sent,
        Self::Trash,
        Self::Junk,
        Self::Archive,
        Self::All,
        Self::Flagged,
        Self::Important,
    ];

    /// The registered name (IANA "IMAP Mailbox Name Attributes", lower case).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Drafts => "drafts",
            Self::Sent => "sent",
            Self::Trash => "trash",
            Self::Junk => "junk",
            Self::Archive => "archive",
            Self::All => "all",
            Self::Flagged => "flagged",
            Self::Important => "important",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}
