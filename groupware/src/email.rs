//! Emails: added, marked, copied, moved, destroyed and brought back.

mod append;

mod across;

mod keywords;

mod set;

mod transfer;

mod destroy;

use model::{AccountId, EmailId, MailboxId, NumberSet, Seq, ThreadId, Uid, UidValidity};

pub use across::{CopiedEmail, EmailCopy};
pub(crate) use across::{copy_of, gather};
pub use append::{MESSAGE_OCTETS_MAX, NewMessage, Prepared};
pub use set::{
    EmailChanges, EmailUpdate, EmailsChanged, KeywordUpdate, MailboxWish, SEVERAL_MAILBOXES,
};
pub use transfer::COPY_ACROSS_EMAILS_MAX;

/// A mailbox of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The mailbox in it.
    pub mailbox: MailboxId,
}

impl From<(AccountId, MailboxId)> for Place {
    fn from((account, mailbox): (AccountId, MailboxId)) -> Self {
        Self { account, mailbox }
    }
}

/// A new or restored email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its number in the account.
    pub email: EmailId,
    /// Its number in the mailbox.
    pub uid: Uid,
    /// The mailbox's UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// Its thread.
    pub thread: ThreadId,
}

/// What became of a change of keywords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeywordsSet {
    /// UIDs of those that have other keywords now.
    pub changed: NumberSet,
    /// UIDs of those left alone because they had changed since (RFC 7162 3.1.3).
    pub modified: NumberSet,
    /// The account's last entry; of `changed`, if there are any, the entry that changed them.
    pub seq: Seq,
}

/// Emails that are in another mailbox now: in the order of their UIDs they got consecutive ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Their UIDs in the mailbox they came from.
    pub uids: NumberSet,
    /// The UID of the first in the other mailbox; of no meaning if `uids` is empty.
    pub first_uid: Uid,
    /// The other mailbox's UIDVALIDITY.
    pub uid_validity: UidValidity,
}
