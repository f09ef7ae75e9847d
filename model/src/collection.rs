//! Collections of objects: calendars, address books, scheduling inboxes, folders of files and filters of mail.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Octets of one segment of a path: what file systems and clients agree on.
pub const SEGMENT_OCTETS_MAX: usize = 255;

/// What a collection holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CollectionKind {
    /// Calendar objects (RFC 4791 4.2): events, tasks, journals.
    Calendar,
    /// Contact cards (RFC 6352 5.2).
    AddressBook,
    /// Scheduling messages that arrived (RFC 6638 2.2).
    ScheduleInbox,
    /// Files of any kind, and folders (RFC 4918 5.2).
    Folder,
    /// Filters of the account's mail (RFC 5228), and what they remember.
    Scripts,
    /// What clients keep that is neither mail, calendar, card nor file: identities, what was sent, subscriptions to push.
    Records,
}

impl CollectionKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Calendar,
        Self::AddressBook,
        Self::ScheduleInbox,
        Self::Folder,
        Self::Scripts,
        Self::Records,
    ];

    /// The word it is written with.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::AddressBook => "address-book",
            Self::ScheduleInbox => "schedule-inbox",
            Self::Folder => "folder",
            Self::Scripts => "scripts",
            Self::Records => "records",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One segment of the path that names a collection or an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathSegment(Box<str>);

/// Why a text is no segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// Empty or longer than [`SEGMENT_OCTETS_MAX`].
    #[error("a name in a path has 1 to 255 octets")]
    Length,
    /// A control character or `/`.
    #[error("a name in a path has no `/` and no control characters")]
    Character,
    /// `.` or `..`.
    #[error("a name in a path is neither `.` nor `..`")]
    Dots,
}

impl PathSegment {
    /// The segment, not percent-encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for PathSegment {
    type Error = SegmentError;

    /// RFC 3986 3.3: what stands between two slashes, once it is decoded.
    fn try_from(text: &str) -> Result<Self, SegmentError> {
        if text.is_empty() || text.len() > SEGMENT_OCTETS_MAX {
            Err(SegmentError::Length)
        } else if text.contains('/') || text.chars().any(char::is_control) {
            Err(SegmentError::Character)
        } else if text == "." || text == ".." {
            Err(SegmentError::Dots)
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl TryFrom<String> for PathSegment {
    type Error = SegmentError;

    fn try_from(text: String) -> Result<Self, SegmentError> {
        Self::try_from(text.as_str())
    }
}

impl From<PathSegment> for String {
    fn from(segment: PathSegment) -> Self {
        segment.0.into()
    }
}

impl fmt::Display for PathSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kinds of calendar objects a calendar takes (RFC 4791 5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Components(pub u8);

impl Components {
    /// Events.
    pub const EVENTS: Self = Self(1);
    /// Tasks.
    pub const TASKS: Self = Self(1 << 1);
    /// Journals.
    pub const JOURNALS: Self = Self(1 << 2);
    /// All of them.
    pub const ALL: Self = Self((1 << 3) - 1);

    /// Whether all of `other` are taken.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Default for Components {
    fn default() -> Self {
        Self::ALL
    }
}

/// What is said of a collection; the store keeps it and reads nothing into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Properties {
    /// The name people read.
    pub display_name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// How it is drawn: `#rrggbb` or `#rrggbbaa`.
    pub color: Option<String>,
    /// Its place in a list.
    pub sort_order: Option<u32>,
    /// The time zone of floating times, as a `VTIMEZONE` text or a name.
    pub time_zone: Option<String>,
    /// Which calendar objects it takes.
    pub components: Components,
    /// Whether its events leave their owner free (RFC 6638 9.1 `schedule-calendar-transp`).
    pub transparent: bool,
    /// When its owner can be met, as a `VAVAILABILITY` text (RFC 7953).
    pub availability: Option<String>,
    /// What clients keep here for themselves (RFC 4918 4.2 "dead properties"): XML text by `{namespace}name`.
    pub dead: BTreeMap<String, String>,
}

/// What a principal may do with a collection and the objects in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CollectionRights(pub u8);

impl CollectionRights {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Sees when its owner is busy (RFC 4791 6.1.1).
    pub const FREE_BUSY: Self = Self(1);
    /// Reads it.
    pub const READ: Self = Self(1 << 1);
    /// Adds, changes and destroys objects.
    pub const WRITE: Self = Self(1 << 2);
    /// Changes its properties, shares it, destroys it.
    pub const SHARE: Self = Self(1 << 3);
    /// Everything.
    pub const ALL: Self = Self((1 << 4) - 1);

    /// Reading, and what goes without saying with it.
    pub const READER: Self = Self(Self::FREE_BUSY.0 | Self::READ.0);
    /// Writing, and what goes without saying with it.
    pub const WRITER: Self = Self(Self::READER.0 | Self::WRITE.0);

    /// Whether all of `other` are granted.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is granted.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_one_step_of_a_path() {
        assert!(PathSegment::try_from("müller 1.ics").is_ok());
        assert_eq!(PathSegment::try_from(""), Err(SegmentError::Length));
        assert_eq!(
            PathSegment::try_from("x".repeat(256).as_str()),
            Err(SegmentError::Length)
        );
        assert_eq!(PathSegment::try_from("a/b"), Err(SegmentError::Character));
        assert_eq!(PathSegment::try_from("a\nb"), Err(SegmentError::Character));
        assert_eq!(PathSegment::try_from(".."), Err(SegmentError::Dots));
    }

    #[test]
    fn words_of_kinds_come_back() {
        for kind in CollectionKind::ALL {
            assert_eq!(CollectionKind::parse(kind.as_str()), Some(kind));
        }
    }
}
