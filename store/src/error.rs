//! Why the store did not do what was asked.

use model::{CollectionId, PathSegment};

/// Whose fault it is, and whether to try again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The account, mailbox, email, principal or blob is not there.
    #[error("{0} is not there")]
    NotFound(&'static str),
    /// The name or address is taken.
    #[error("{0} exists already")]
    AlreadyExists(&'static str),
    /// Another object has this `UID` already (RFC 4791 5.3.2.1 `no-uid-conflict`).
    #[error("the object `{name}` has this UID already")]
    UidConflict {
        /// Where it is.
        collection: CollectionId,
        /// Its name there.
        name: PathSegment,
    },
    /// Others take part in the object: they must be told of what happens to it.
    #[error("others take part in the object")]
    Scheduled,
    /// Another request of the same submission cannot be done, and they were to be done together.
    #[error("another request of the same submission cannot be done")]
    NotTogether,
    /// The request cannot be carried out as it stands.
    #[error("{0}")]
    Invalid(&'static str),
    /// The mailbox has mailboxes below it.
    #[error("the mailbox has mailboxes below it")]
    HasChildren,
    /// The mailbox has emails in it.
    #[error("the mailbox has emails in it")]
    NotEmpty,
    /// It would exceed the account's quota.
    #[error("the account's quota would be exceeded")]
    OverQuota,
    /// A named limit of the store would be exceeded.
    #[error("{0}")]
    Limit(&'static str),
    /// The account changed since the state the request was made for.
    #[error("the account changed in the meantime")]
    StateMismatch,
    /// The store cannot take or give anything at the moment (full disk, stopped); trying later may help.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What is stored is not what was stored: the account takes no changes until somebody looked.
    #[error("the stored data is damaged: {0}")]
    Damaged(String),
}
