//! Protocols that somebody may speak, as a set.

use serde::{Deserialize, Serialize};

/// Protocols that a credential is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocols(pub u16);

impl Protocols {
    /// Reading mail over IMAP.
    pub const IMAP: Self = Self(1);
    /// Sending mail by submission.
    pub const SUBMISSION: Self = Self(1 << 1);
    /// Reading mail over POP3.
    pub const POP3: Self = Self(1 << 2);
    /// Calendars and contacts over DAV.
    pub const DAV: Self = Self(1 << 3);
    /// JMAP.
    pub const JMAP: Self = Self(1 << 4);
    /// Sieve scripts over ManageSieve.
    pub const MANAGESIEVE: Self = Self(1 << 5);
    /// Exchange Web Services.
    pub const EWS: Self = Self(1 << 6);
    /// Every protocol.
    pub const ALL: Self = Self((1 << 7) - 1);

    /// Whether all of `other` are among them.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
