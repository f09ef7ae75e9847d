//! A filter made ready for the walk over rows: what they do not tell stands in sets.

use std::sync::atomic::Ordering;

use model::{EmailId, Keywords, MailboxId, Timestamp};
use store::{EmailRow, Error};

use super::condition::EmailFilter;
use super::sets::{Numbers, Place};
use crate::search::Filter;

/// Looking up each email of a set pays if they are fewer than one of this many.
const SPARSE: usize = 32;

/// What is decided for each row.
#[derive(Clone, Debug)]
pub(super) enum Test {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    InMailbox(MailboxId),
    InMailboxOtherThan(Vec<MailboxId>),
    ReceivedBefore(Timestamp),
    ReceivedSince(Timestamp),
    SizeAtLeast(u64),
    SizeBelow(u64),
    Keyword(Keywords),
    Emails(Numbers),
    Threads(Numbers),
}

/// An email for which a test holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match<'a> {
    pub(super) mailbox: MailboxId,
    pub(super) row: &'a EmailRow,
}

impl Test {
    /// Looks up what the rows do not tell.
    ///
    /// # Errors
    /// The engine cannot be read, something needs too much, or nobody waits any more.
    pub(super) fn of(filter: &EmailFilter, at: Place<'_>) -> Result<Self, Error> {
        let all_of = |filters: &[EmailFilter]| {
            filters
                .iter()
                .map(|filter| Self::of(filter, at))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match filter {
            EmailFilter::All => Self::All(Vec::new()),
            EmailFilter::And(filters) => Self::All(all_of(filters)?),
            EmailFilter::Or(filters) => Self::Any(all_of(filters)?),
            EmailFilter::Not(filter) => Self::Not(Box::new(Self::of(filter, at)?)),
            EmailFilter::InMailbox(mailbox) => Self::InMailbox(*mailbox),
            EmailFilter::InMailboxOtherThan(mailboxes) => {
                Self::InMailboxOtherThan(mailboxes.clone())
            }
            EmailFilter::ReceivedBefore(moment) => Self::ReceivedBefore(*moment),
            EmailFilter::ReceivedSince(moment) => Self::ReceivedSince(*moment),
            EmailFilter::SizeAtLeast(octets) => Self::SizeAtLeast(*octets),
            EmailFilter::SizeBelow(octets) => Self::SizeBelow(*octets),
            EmailFilter::Keyword(keyword) => Self::Keyword(at.catalogue.keyword(keyword)),
            EmailFilter::SomeInThread(keyword) => {
                Self::Threads(at.threads_by_keyword(at.catalogue.keyword(keyword)).0)
            }
            EmailFilter::AllInThread(keyword) => {
                let (_, lacking) = at.threads_by_keyword(at.catalogue.keyword(keyword));
                Self::Not(Box::new(Self::Threads(lacking)))
            }
            EmailFilter::HasAttachment => Self::Emails(at.in_each_mailbox(&Filter::HasAttachment)?),
            EmailFilter::Words { field, text } => Self::Emails(at.with_words(*field, text)?),
            EmailFilter::Phrase { field, text } => Self::Emails(at.with_phrase(*field, text)?),
            EmailFilter::Header { name, text } => {
                Self::Emails(at.with_header(name, text, filter.reads_messages())?)
            }
        })
    }

    /// The emails for which it holds.
    ///
    /// # Errors
    /// Nobody waits any more.
    pub(super) fn select<'a>(&self, at: Place<'a>) -> Result<Vec<Match<'a>>, Error> {
        let inner = &at.catalogue.inner;
        if let Some(few) = self
            .required()
            .filter(|set| set.len() < at.catalogue.len() / SPARSE)
        {
            return Ok(few
                .iter()
                .filter_map(|email| inner.row(EmailId(email)))
                .map(|(mailbox, row)| Match { mailbox, row })
                .filter(|found| self.holds(found.mailbox, found.row))
                .collect());
        }
        let mut found = Vec::new();
        for (mailbox, view) in inner.views() {
            if at.cancelled.load(Ordering::Relaxed) {
                return Err(Error::Unavailable("the query was given up".into()));
            }
            if !self.may_hold_in(mailbox) {
                continue;
            }
            for rows in view.slices() {
                let rows = rows.iter().filter(|row| self.holds(mailbox, row));
                found.extend(rows.map(|row| Match { mailbox, row }));
            }
        }
        Ok(found)
    }

    fn holds(&self, mailbox: MailboxId, row: &EmailRow) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(mailbox, row)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(mailbox, row)),
            Self::Not(test) => !test.holds(mailbox, row),
            Self::InMailbox(only) => mailbox == *only,
            Self::InMailboxOtherThan(others) => !others.contains(&mailbox),
            Self::ReceivedBefore(moment) => row.received_at < *moment,
            Self::ReceivedSince(moment) => row.received_at >= *moment,
            Self::SizeAtLeast(octets) => u64::from(row.size) >= *octets,
            Self::SizeBelow(octets) => u64::from(row.size) < *octets,
            Self::Keyword(keyword) => row.keywords.intersects(*keyword),
            Self::Emails(emails) => emails.contains(row.email.0),
            Self::Threads(threads) => threads.contains(row.thread.0),
        }
    }

    /// Whether it can hold for an email in this mailbox.
    fn may_hold_in(&self, mailbox: MailboxId) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.may_hold_in(mailbox)),
            Self::Any(tests) => tests.iter().any(|test| test.may_hold_in(mailbox)),
            Self::InMailbox(only) => mailbox == *only,
            Self::InMailboxOtherThan(others) => !others.contains(&mailbox),
            _ => true,
        }
    }

    /// The smallest set of emails outside of which it never holds.
    fn required(&self) -> Option<&Numbers> {
        match self {
            Self::All(tests) => tests
                .iter()
                .filter_map(Self::required)
                .min_by_key(|set| set.len()),
            Self::Emails(emails) => Some(emails),
            _ => None,
        }
    }
}
