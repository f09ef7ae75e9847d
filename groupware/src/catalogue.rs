//! The catalogue of an account: all emails that somebody may read there, by number, by thread and by time of reception.
//!
//! It is made of the views of the mailboxes, and follows them: what differs between two views of a mailbox is all that is looked
//! at after a change. Those who may read the same mailboxes share one, so that nothing in it tells of another.

mod cache;

mod departed;

mod follow;

mod order;

mod places;

mod threads;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{AccountId, EmailId, Keyword, Keywords, MailboxId, Seq, ThreadId, Timestamp};
use store::{EmailRow, Head};

use crate::view::View;

pub(crate) use cache::{CATALOGUES_OCTETS_MAX, Catalogues};
pub(crate) use departed::Departed;
pub(crate) use order::{Entry, Order};
use places::Places;
use threads::Threads;

/// The emails of an account that somebody may read, as they were after a certain entry of its journal.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(crate) head: Arc<Head>,
    pub(crate) inner: Arc<Inner>,
}

/// An email and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CataloguedEmail {
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// What is known of it there.
    pub row: EmailRow,
}

/// How many emails and threads a mailbox shows (RFC 8621 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxCounts {
    /// Emails in the mailbox.
    pub emails: u32,
    /// Those of them that have neither `$seen` nor `$draft`.
    pub unread_emails: u32,
    /// Threads with an email in the mailbox.
    pub threads: u32,
    /// Those of them that show as unread.
    pub unread_threads: u32,
}

/// What several catalogues share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inner {
    shelves: BTreeMap<MailboxId, Shelf>,
    places: Places,
    threads: Threads,
    trash: Option<MailboxId>,
    departed: Departed,
}

/// A mailbox in the catalogue.
#[derive(Clone, Debug)]
struct Shelf {
    view: Arc<View>,
    order: Order,
    counts: MailboxCounts,
}

impl Catalogue {
    /// Whose account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.head.account
    }

    /// The entry of the journal whose effect is in it; that of some later ones may be, too.
    #[must_use]
    pub fn until(&self) -> Seq {
        self.head.seq
    }

    /// The mailboxes whose emails are in it.
    pub fn mailboxes(&self) -> impl Iterator<Item = MailboxId> + '_ {
        self.inner.shelves.keys().copied()
    }

    /// An email; none if it is not there or the caller must not know of it.
    #[must_use]
    pub fn email(&self, email: EmailId) -> Option<CataloguedEmail> {
        self.inner.email(email)
    }

    /// All emails, by mailbox and number there.
    pub fn emails(&self) -> impl Iterator<Item = CataloguedEmail> + '_ {
        self.inner.views().flat_map(|(mailbox, view)| {
            view.iter()
                .map(move |row| CataloguedEmail { mailbox, row: *row })
        })
    }

    /// How many emails there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner
            .shelves
            .values()
            .map(|shelf| shelf.order.len())
            .sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The emails of a thread, those received first at the start (RFC 8621 3 `emailIds`); none if there is no such thread.
    #[must_use]
    pub fn thread(&self, thread: ThreadId) -> Vec<EmailId> {
        let mut emails: Vec<(Timestamp, EmailId)> = self
            .inner
            .thread(thread)
            .map(|found| (found.row.received_at, found.row.email))
            .collect();
        emails.sort_unstable();
        emails.into_iter().map(|(_, email)| email).collect()
    }

    /// What the mailbox shows; nothing in one that is not in the catalogue.
    #[must_use]
    pub fn counts(&self, mailbox: MailboxId) -> MailboxCounts {
        let shelf = self.inner.shelves.get(&mailbox);
        shelf.map_or_else(MailboxCounts::default, |shelf| shelf.counts)
    }

    /// The names of keywords.
    pub fn keyword_names(&self, keywords: Keywords) -> impl Iterator<Item = &str> {
        keywords
            .bits()
            .filter_map(|bit| self.head.keyword_name(bit))
    }

    /// The set of just this keyword; empty if no email of the account ever had it.
    #[must_use]
    pub fn keyword(&self, keyword: &Keyword) -> Keywords {
        self.head
            .keyword_bit(keyword)
            .map_or(Keywords::NONE, Keywords::bit)
    }
}

impl Inner {
    /// An email and where it is.
    pub(crate) fn email(&self, email: EmailId) -> Option<CataloguedEmail> {
        let (mailbox, row) = self.row(email)?;
        Some(CataloguedEmail { mailbox, row: *row })
    }

    /// The row of an email and where it is.
    pub(crate) fn row(&self, email: EmailId) -> Option<(MailboxId, &EmailRow)> {
        let (mailbox, uid) = self.places.get(email)?;
        let row = self.shelves.get(&mailbox)?.view.row_of(uid)?;
        Some((mailbox, row))
    }

    /// The emails of a thread, by number.
    pub(crate) fn thread(&self, thread: ThreadId) -> impl Iterator<Item = CataloguedEmail> + '_ {
        let pairs = self.threads.get(thread);
        pairs.iter().filter_map(|(_, email)| self.email(*email))
    }

    /// The mailbox that what is thrown away lies in, if it may be read.
    pub(crate) fn trash(&self) -> Option<MailboxId> {
        self.trash
    }

    /// How many threads there are in all mailboxes.
    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }

    /// The thread that an email belonged to which left not long ago.
    pub(crate) fn departed(&self, email: EmailId) -> Option<ThreadId> {
        self.departed.thread(email)
    }

    /// The view of a mailbox.
    pub(crate) fn view(&self, mailbox: MailboxId) -> Option<&Arc<View>> {
        self.shelves.get(&mailbox).map(|shelf| &shelf.view)
    }

    /// The emails of a mailbox by time of reception.
    pub(crate) fn order(&self, mailbox: MailboxId) -> Option<&Order> {
        self.shelves.get(&mailbox).map(|shelf| &shelf.order)
    }

    /// The mailboxes with their views.
    pub(crate) fn views(&self) -> impl Iterator<Item = (MailboxId, &Arc<View>)> {
        self.shelves
            .iter()
            .map(|(mailbox, shelf)| (*mailbox, &shelf.view))
    }

    /// Octets it takes, were nothing shared; its views included, which it holds.
    fn octets(&self) -> usize {
        let shelves = self.shelves.values();
        let shelves: usize = shelves
            .map(|shelf| shelf.order.octets() + shelf.view.len() * size_of::<EmailRow>())
            .sum();
        size_of::<Self>() + self.places.octets() + self.threads.octets() + shelves
    }
}
