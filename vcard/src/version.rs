//! The two formats of a card.

use serde::{Deserialize, Serialize};

/// Which format a card is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// vCard 3.0 (RFC 2426).
    V3,
    /// vCard 4.0 (RFC 6350).
    V4,
}

impl Version {
    /// Reads the value of `VERSION`, or of the `version` attribute of RFC 6352 10.4.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "3.0" => Some(Self::V3),
            "4.0" => Some(Self::V4),
            _ => None,
        }
    }

    /// As it stands in a card.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "3.0",
            Self::V4 => "4.0",
        }
    }
}
