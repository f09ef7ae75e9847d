//! The view of a mailbox: its emails by rising UID, as they were after a certain entry of the journal.
//!
//! One view is shared by all sessions on the mailbox and never changes; the next one shares with it all chunks of rows that
//! stayed the same, so that one message more in a large mailbox copies one chunk. The cache keeps the newest
//! and brings it up to date when it is asked for, from the commits it heard of or from the journal.

mod cache;

mod diff;

mod fold;

mod recent;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use model::{AccountId, Keyword, Keywords, MailboxId, NumberSet, Rights, Seq, Uid, UidValidity};
use store::{EmailRow, Head, Mailbox};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

pub(crate) use cache::{Cache, VIEWS_OCTETS_MAX};
pub use diff::Diff;

/// Rows in a full chunk: copying one costs a few microseconds.
const CHUNK_ROWS: usize = 512;

/// A mailbox as it was after one entry of the journal. Positions count from 0, so a sequence number less one.
#[derive(Clone, Debug)]
pub struct View {
    account: AccountId,
    mailbox: MailboxId,
    uid_validity: UidValidity,
    uid_next: Uid,
    until: Seq,
    keywords: Arc<Vec<Keyword>>,
    chunks: Vec<Chunk>,
    len: usize,
}

/// Rows that follow each other; no chunk is empty.
#[derive(Clone, Debug)]
struct Chunk {
    /// The position of the first.
    start: usize,
    rows: Arc<Vec<EmailRow>>,
}

impl Groupware {
    /// The mailbox as it is now: at least as new as every change that was answered before the call.
    ///
    /// # Errors
    /// RFC 4314 4: `READ` is needed. [`Error::NotFound`] if the mailbox is gone.
    pub async fn view(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
    ) -> Result<Arc<View>, Error> {
        let access = self.access(caller, account).await?;
        access.require(mailbox, Rights::READ)?;
        self.current_view(&access.head, mailbox).await
    }

    /// The mailbox as it is now, where somebody has looked at it and nothing changed since; none where it would have to
    /// be read. Waits for nothing.
    ///
    /// # Errors
    /// As [`Groupware::view`].
    pub async fn view_at_hand(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
    ) -> Result<Option<Arc<View>>, Error> {
        let access = self.access(caller, account).await?;
        let mailbox = access.require(mailbox, Rights::READ)?;
        Ok(self.views.at_hand(&access.head, mailbox))
    }

    /// The keywords of the account's own making that a view of the mailbox shows, in the order of their bits.
    ///
    /// # Errors
    /// As [`Groupware::view`].
    pub async fn keywords(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
    ) -> Result<Arc<Vec<Keyword>>, Error> {
        let access = self.access(caller, account).await?;
        access.require(mailbox, Rights::READ)?;
        Ok(Arc::clone(&access.head.keywords))
    }

    /// The mailbox of an older view as it is now; cheaper than [`Groupware::view`] if nobody asked for it for long.
    /// The same view if nothing changed.
    ///
    /// # Errors
    /// As [`Groupware::view`].
    pub async fn refresh(&self, caller: &Caller, old: &Arc<View>) -> Result<Arc<View>, Error> {
        let access = self.access(caller, old.account).await?;
        let mailbox = access.require(old.mailbox, Rights::READ)?;
        if mailbox.emails_changed == old.until {
            return Ok(Arc::clone(old));
        }
        self.views.offer(old);
        self.current_view(&access.head, old.mailbox).await
    }
}

impl View {
    /// Whose mailbox.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Which mailbox.
    #[must_use]
    pub fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// Its UIDVALIDITY.
    #[must_use]
    pub fn uid_validity(&self) -> UidValidity {
        self.uid_validity
    }

    /// The UID the next email gets.
    #[must_use]
    pub fn uid_next(&self) -> Uid {
        self.uid_next
    }

    /// The last entry that changed the mailbox's emails, and with it the last one whose effect is in the view
    /// (RFC 7162 calls it the mailbox's highest). Later entries of the account did not concern these emails.
    #[must_use]
    pub fn until(&self) -> Seq {
        self.until
    }

    /// How many emails there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no email.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The rows in runs of neighbours, by rising UID: the fastest way through all of them.
    pub fn slices(&self) -> impl Iterator<Item = &[EmailRow]> {
        self.chunks.iter().map(|chunk| chunk.rows.as_slice())
    }

    /// All rows by rising UID.
    pub fn iter(&self) -> impl Iterator<Item = &EmailRow> {
        self.slices().flatten()
    }

    /// The rows at these positions; what lies beyond the end is left out.
    pub fn range(&self, positions: Range<usize>) -> impl Iterator<Item = &EmailRow> {
        let first = self.chunk_at(positions.start);
        let chunks = self.chunks.get(first..).unwrap_or_default();
        let skip = chunks
            .first()
            .map_or(0, |chunk| positions.start.saturating_sub(chunk.start));
        chunks
            .iter()
            .flat_map(|chunk| chunk.rows.iter())
            .skip(skip)
            .take(positions.len())
    }

    /// The row at a position.
    #[must_use]
    pub fn row_at(&self, position: usize) -> Option<&EmailRow> {
        let chunk = self.chunks.get(self.chunk_at(position))?;
        chunk.rows.get(position.checked_sub(chunk.start)?)
    }

    /// The position of the email with this UID.
    #[must_use]
    pub fn position_of(&self, uid: Uid) -> Option<usize> {
        let position = self.position_from(uid);
        (self.row_at(position)?.uid == uid).then_some(position)
    }

    /// The row of the email with this UID.
    #[must_use]
    pub fn row_of(&self, uid: Uid) -> Option<&EmailRow> {
        self.row_at(self.position_from(uid))
            .filter(|row| row.uid == uid)
    }

    /// The position of the first email with this UID or a larger one; the length if there is none.
    #[must_use]
    pub fn position_from(&self, uid: Uid) -> usize {
        let at = self
            .chunks
            .partition_point(|chunk| chunk.rows.last().is_some_and(|row| row.uid < uid));
        self.chunks.get(at).map_or(self.len, |chunk| {
            chunk.start + chunk.rows.partition_point(|row| row.uid < uid)
        })
    }

    /// The emails with these UIDs, with their positions; UIDs that are not there are passed over.
    pub fn select<'a>(
        &'a self,
        uids: &'a NumberSet,
    ) -> impl Iterator<Item = (usize, &'a EmailRow)> {
        uids.ranges().iter().flat_map(move |(first, last)| {
            let start = self.position_from(Uid(*first));
            let last = *last;
            (start..)
                .zip(self.range(start..self.len))
                .take_while(move |(_, row)| row.uid.0 <= last)
        })
    }

    /// All UIDs.
    #[must_use]
    pub fn uids(&self) -> NumberSet {
        self.iter().map(|row| row.uid.0).collect()
    }

    /// The name of a keyword's bit.
    #[must_use]
    pub fn keyword_name(&self, bit: u8) -> Option<&str> {
        match Keyword::FIXED.get(usize::from(bit)) {
            Some(name) => Some(name),
            None => self
                .keywords
                .get(usize::from(bit.checked_sub(Keywords::FIXED_COUNT)?))
                .map(Keyword::as_str),
        }
    }

    /// The bit of a keyword; none if no email of the account ever had it.
    #[must_use]
    pub fn keyword_bit(&self, keyword: &Keyword) -> Option<u8> {
        keyword.fixed_bit().or_else(|| {
            let own = self.keywords.iter().position(|known| known == keyword)?;
            u8::try_from(own).ok()?.checked_add(Keywords::FIXED_COUNT)
        })
    }

    /// The account's own keywords in the order of their bits, from [`Keywords::FIXED_COUNT`] on.
    #[must_use]
    pub fn keywords(&self) -> &[Keyword] {
        &self.keywords
    }

    /// The names of a set of keywords.
    pub fn keyword_names(&self, keywords: Keywords) -> impl Iterator<Item = &str> {
        keywords.bits().filter_map(|bit| self.keyword_name(bit))
    }

    /// The view of a mailbox that was just read.
    pub(crate) fn new(head: &Head, mailbox: &Mailbox, rows: &[EmailRow]) -> Self {
        let mut view = Self {
            account: head.account,
            mailbox: mailbox.id,
            uid_validity: mailbox.uid_validity,
            uid_next: mailbox.uid_next,
            until: mailbox.emails_changed,
            keywords: Arc::clone(&head.keywords),
            chunks: Vec::new(),
            len: 0,
        };
        view.fill(rows);
        view.finish(head, mailbox);
        view
    }

    fn fill(&mut self, rows: &[EmailRow]) {
        self.chunks = rows
            .chunks(CHUNK_ROWS)
            .map(|rows| Chunk {
                start: 0,
                rows: Arc::new(rows.to_vec()),
            })
            .collect();
    }

    /// Counts anew after a change, and takes over what else the head says.
    fn finish(&mut self, head: &Head, mailbox: &Mailbox) {
        self.chunks.retain(|chunk| !chunk.rows.is_empty());
        let rows: usize = self.chunks.iter().map(|chunk| chunk.rows.len()).sum();
        if self.chunks.len() > 8 && self.chunks.len() * CHUNK_ROWS > 4 * rows {
            let rows: Vec<EmailRow> = self.iter().copied().collect();
            self.fill(&rows);
        }
        let mut start = 0;
        for chunk in &mut self.chunks {
            chunk.start = start;
            start += chunk.rows.len();
        }
        self.len = start;
        self.until = mailbox.emails_changed;
        // Rows are read after the head, so one may be newer than it.
        self.uid_next = mailbox
            .uid_next
            .max(self.last_uid().map_or(Uid(1), Uid::next));
        self.keywords = Arc::clone(&head.keywords);
    }

    fn last_uid(&self) -> Option<Uid> {
        self.chunks.last()?.rows.last().map(|row| row.uid)
    }

    /// The chunk that holds a position, or is the last.
    fn chunk_at(&self, position: usize) -> usize {
        self.chunks
            .partition_point(|chunk| chunk.start <= position)
            .saturating_sub(1)
    }

    /// Octets it takes, were nothing shared.
    fn octets(&self) -> usize {
        size_of::<Self>()
            + self.chunks.len() * size_of::<Chunk>()
            + self.len * size_of::<EmailRow>()
    }
}
