//! Conditions on emails of an account (RFC 8621 4.4.1), joined by and, or and not.

use model::{Keyword, MailboxId, Timestamp};
use store::Error;

use crate::search::{FILTER_TEXT_OCTETS_MAX, Field, is_column_header};

/// Levels of conditions inside each other.
pub const EMAIL_FILTER_DEPTH_MAX: usize = 64;
/// Conditions of one filter; each costs a walk over the account at most.
pub const EMAIL_CONDITIONS_MAX: usize = 2_048;

/// A condition on an email. An empty [`EmailFilter::And`] holds for all, an empty [`EmailFilter::Or`] for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailFilter {
    /// Every email.
    All,
    /// All of these hold.
    And(Vec<Self>),
    /// Any of these holds.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// It is in this mailbox.
    InMailbox(MailboxId),
    /// It is in a mailbox that is none of these.
    InMailboxOtherThan(Vec<MailboxId>),
    /// It was received before this moment.
    ReceivedBefore(Timestamp),
    /// It was received at this moment or later.
    ReceivedSince(Timestamp),
    /// It has so many octets or more.
    SizeAtLeast(u64),
    /// It has fewer octets.
    SizeBelow(u64),
    /// It has the keyword.
    Keyword(Keyword),
    /// All emails of its thread have the keyword.
    AllInThread(Keyword),
    /// Some email of its thread has the keyword.
    SomeInThread(Keyword),
    /// It has a file that is attached.
    HasAttachment,
    /// Every word begins a word of the field, in any order; case and accents do not count.
    Words {
        /// Where.
        field: Field,
        /// The words.
        text: String,
    },
    /// The words stand in the field one behind the other.
    Phrase {
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

impl EmailFilter {
    /// Checks its bounds.
    ///
    /// # Errors
    /// [`Error::Limit`] says which does not hold.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.count(EMAIL_FILTER_DEPTH_MAX).map(drop)
    }

    fn count(&self, depth: usize) -> Result<usize, Error> {
        let depth = depth
            .checked_sub(1)
            .ok_or(Error::Limit("the conditions are nested too deep"))?;
        let mut count = 1;
        match self {
            Self::And(filters) | Self::Or(filters) => {
                for filter in filters {
                    count += filter.count(depth)?;
                }
            }
            Self::Not(filter) => count += filter.count(depth)?,
            Self::Words { text, .. } | Self::Phrase { text, .. } | Self::Header { text, .. }
                if text.len() > FILTER_TEXT_OCTETS_MAX =>
            {
                return Err(Error::Limit("the text to look for is too long"));
            }
            _ => {}
        }
        if count > EMAIL_CONDITIONS_MAX {
            Err(Error::Limit("there are too many conditions"))
        } else {
            Ok(count)
        }
    }

    /// Whether some condition in it is one for which `is` holds.
    fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            Self::And(filters) | Self::Or(filters) => filters.iter().any(|filter| filter.any(is)),
            Self::Not(filter) => filter.any(is),
            leaf => is(leaf),
        }
    }

    /// Whether the rows of the emails tell all that it asks for.
    pub(super) fn needs_rows_only(&self) -> bool {
        !self.any(&|leaf| {
            matches!(
                leaf,
                Self::HasAttachment
                    | Self::Words { .. }
                    | Self::Phrase { .. }
                    | Self::Header { .. }
            )
        })
    }

    /// Whether it holds for an email also because of others of its thread.
    pub(super) fn depends_on_threads(&self) -> bool {
        self.any(&|leaf| matches!(leaf, Self::AllInThread(_) | Self::SomeInThread(_)))
    }

    /// Whether it holds for an email always or never.
    pub(super) fn is_immutable(&self) -> bool {
        !self.any(&|leaf| {
            matches!(
                leaf,
                Self::InMailbox(_)
                    | Self::InMailboxOtherThan(_)
                    | Self::Keyword(_)
                    | Self::AllInThread(_)
                    | Self::SomeInThread(_)
            )
        })
    }

    /// Whether messages themselves must be read to decide it.
    pub(super) fn reads_messages(&self) -> bool {
        self.any(&|leaf| matches!(leaf, Self::Header { name, .. } if !is_column_header(name)))
    }
}
