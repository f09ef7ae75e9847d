//! Rows of the state as readers get them.

use model::{EmailId, Keywords, MailboxId, Seq, ThreadId, Timestamp, Uid};

/// An email in its mailbox: all that listing, counting and sorting need, and nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailRow {
    /// Its number in the mailbox.
    pub uid: Uid,
    /// Its number in the account.
    pub email: EmailId,
    /// Its thread.
    pub thread: ThreadId,
    /// Its size in octets.
    pub size: u32,
    /// Its keywords.
    pub keywords: Keywords,
    /// The last commit that changed it in this mailbox.
    pub changed: Seq,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its `Date` in seconds since 1970, if readable.
    pub sent_at: Option<i64>,
}

/// Where an email is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its number there.
    pub uid: Uid,
}

/// A destroyed email that can still be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// Its number in the account.
    pub email: EmailId,
    /// The mailbox it was in.
    pub mailbox: MailboxId,
    /// When it was destroyed.
    pub destroyed_at: Timestamp,
    /// Its thread.
    pub thread: ThreadId,
    /// Its size in octets.
    pub size: u32,
    /// The keywords it had.
    pub keywords: Keywords,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its `Date` in seconds since 1970, if readable.
    pub sent_at: Option<i64>,
}
