//! What is looked for in a mailbox: conditions on its emails, joined by and, or and not.

use model::{Keyword, NumberSet, Seq, ThreadId, Timestamp};
use store::Error;
pub use store::Field;

/// Levels of conditions inside each other; a face refuses deeper ones by itself, this keeps the recursion bounded.
pub const FILTER_DEPTH_MAX: usize = 160;
/// Conditions of one filter; each costs a walk over the mailbox at most.
pub const FILTER_CONDITIONS_MAX: usize = 4_096;
/// Octets of one text that is looked for.
pub const FILTER_TEXT_OCTETS_MAX: usize = 8 * 1024;

/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// A condition on an email. An empty [`Filter::And`] holds for all, an empty [`Filter::Or`] for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every email.
    All,
    /// All of these hold.
    And(Vec<Self>),
    /// Any of these holds.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// Its UID is one of these.
    Uids(NumberSet),
    /// Its number in the account is one of these.
    Emails(NumberSet),
    /// It is in this thread.
    Thread(ThreadId),
    /// It has the keyword.
    Keyword(Keyword),
    /// It was received before this moment.
    ReceivedBefore(Timestamp),
    /// It was received at this moment or later.
    ReceivedSince(Timestamp),
    /// The day of its `Date`, as written there, begins before this one: seconds from 1970 to the start of a day.
    SentBefore(i64),
    /// The day of its `Date`, as written there, is this one or later: seconds from 1970 to the start of a day.
    SentSince(i64),
    /// It has more octets than this.
    Larger(u64),
    /// It has fewer octets than this.
    Smaller(u64),
    /// It was added or changed by this entry or a later one.
    ChangedSince(Seq),
    /// A file is attached to it (RFC 8621 4.1.4 `hasAttachment`).
    HasAttachment,
    /// The text stands in the field: anywhere in a header field, at the start of a word in the body (see
    /// [`crate::search`]). Letter case does not count; the empty text stands everywhere.
    Text {
        /// Where.
        field: Field,
        /// What.
        text: String,
    },
    /// Every word begins a word of the field, in any order; case and accents do not count. Without a word it holds for none.
    Words {
        /// Where.
        field: Field,
        /// The words.
        text: String,
    },
    /// The text stands in a header field of that name, or there is one if the text is empty.
    Header {
        /// The field's name, letter case aside.
        name: String,
        /// What.
        text: String,
    },
}

impl Filter {
    /// RFC 9051 6.4.4 ON: received on the day that begins `day` seconds after 1970 began.
    ///
    /// The day is one of UTC, as which the time of reception is shown; its zone is not kept.
    #[must_use]
    pub fn received_on(day: i64) -> Self {
        Self::And(vec![
            Self::ReceivedSince(Timestamp::from_seconds(day)),
            Self::ReceivedBefore(Timestamp::from_seconds(day.saturating_add(DAY_SECONDS))),
        ])
    }

    /// RFC 9051 6.4.4 SENTON: the day of its `Date` begins `day` seconds after 1970 began.
    #[must_use]
    pub fn sent_on(day: i64) -> Self {
        Self::And(vec![
            Self::SentSince(day),
            Self::SentBefore(day.saturating_add(DAY_SECONDS)),
        ])
    }

    /// The opposite condition.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// How many conditions it has, if its bounds hold.
    ///
    /// # Errors
    /// [`Error::Limit`] says which bound does not hold.
    pub(crate) fn conditions(&self) -> Result<usize, Error> {
        self.count(FILTER_DEPTH_MAX)
    }

    fn count(&self, depth: usize) -> Result<usize, Error> {
        let depth = depth
            .checked_sub(1)
            .ok_or(Error::Limit("the conditions are nested too deep"))?;
        let count = match self {
            Self::And(filters) | Self::Or(filters) => {
                let mut count = 1;
                for filter in filters {
                    count += filter.count(depth)?;
                }
                count
            }
            Self::Not(filter) => 1 + filter.count(depth)?,
            Self::Text { text, .. } | Self::Words { text, .. } | Self::Header { text, .. }
                if text.len() > FILTER_TEXT_OCTETS_MAX =>
            {
                return Err(Error::Limit("the text to look for is too long"));
            }
            _ => 1,
        };
        if count > FILTER_CONDITIONS_MAX {
            Err(Error::Limit("there are too many conditions"))
        } else {
            Ok(count)
        }
    }

    /// What deciding it costs, so that the cheap ones narrow down what the others must look at.
    pub(super) fn cost(&self) -> Cost {
        match self {
            Self::All
            | Self::Uids(_)
            | Self::Emails(_)
            | Self::Thread(_)
            | Self::Keyword(_)
            | Self::ReceivedBefore(_)
            | Self::ReceivedSince(_)
            | Self::Larger(_)
            | Self::Smaller(_)
            | Self::ChangedSince(_) => Cost::Row,
            Self::SentBefore(_) | Self::SentSince(_) | Self::HasAttachment => Cost::Column,
            Self::And(filters) | Self::Or(filters) => {
                filters.iter().map(Self::cost).max().unwrap_or(Cost::Row)
            }
            Self::Not(filter) => filter.cost(),
            Self::Text { text, .. } if text.is_empty() => Cost::Row,
            Self::Text {
                field: Field::Any | Field::Body,
                ..
            }
            | Self::Words { .. } => Cost::Index,
            Self::Text { .. } => Cost::Column,
            Self::Header { name, .. } => match super::key::Key::of_header(name) {
                Some(_) => Cost::Column,
                None => Cost::Message,
            },
        }
    }
}

/// What must be looked at to decide a condition; the later, the dearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cost {
    /// The row of the email.
    Row,
    /// A column of header texts.
    Column,
    /// The full-text index.
    Index,
    /// The message itself.
    Message,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold() {
        let mut deep = Filter::All;
        for _ in 1..FILTER_DEPTH_MAX {
            deep = Filter::Not(Box::new(deep));
        }
        assert_eq!(deep.conditions(), Ok(FILTER_DEPTH_MAX));
        deep = Filter::Not(Box::new(deep));
        assert!(deep.conditions().is_err());
        let wide = |count| Filter::Or(vec![Filter::All; count]);
        assert!(wide(FILTER_CONDITIONS_MAX - 1).conditions().is_ok());
        assert!(wide(FILTER_CONDITIONS_MAX).conditions().is_err());
        let text = |octets| Filter::Text {
            field: Field::From,
            text: "x".repeat(octets),
        };
        assert!(text(FILTER_TEXT_OCTETS_MAX).conditions().is_ok());
        assert!(text(FILTER_TEXT_OCTETS_MAX + 1).conditions().is_err());
    }

    #[test]
    fn a_double_negation_is_none() {
        assert_eq!(Filter::All.negated().negated(), Filter::All);
    }
}
