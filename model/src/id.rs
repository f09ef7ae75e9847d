//! The numbers that name things: each kind its own type, none interchangeable.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $number);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// The unit of data and of the journal (RFC 8620 1.6.2): one person's, group's or resource's
    /// mail, calendars and contacts. The upper eight bits are kept for a shard number; at most 31
    /// bits are used, so that account and email fit one signed 64-bit row number.
    AccountId(u32)
}
id! {
    /// A person, group or resource of the directory. Its own account, if it has one, bears the same number.
    PrincipalId(u32)
}
id! {
    /// What proves a principal: one password or app password; numbered across the directory.
    CredentialId(u32)
}
id! {
    /// A mailbox in its account (RFC 8621 2); never used again.
    MailboxId(u32)
}
id! {
    /// An email in its account (RFC 8621 4, RFC 8474 `EMAILID`); never used again.
    EmailId(u32)
}
id! {
    /// A thread in its account (RFC 8621 3, RFC 8474 `THREADID`); never used again.
    ThreadId(u32)
}
id! {
    /// The number of a message in its mailbox (RFC 9051 2.3.1.1), made by the fold.
    Uid(u32)
}
id! {
    /// Tells apart two mailboxes that bore the same name (RFC 9051 2.3.1.1); strictly rising within an account.
    UidValidity(u32)
}
id! {
    /// A message waiting to be sent, numbered within the account that submitted it.
    QueueId(u32)
}
id! {
    /// A collection (calendar, address book, folder) in its account; never used again.
    CollectionId(u32)
}
id! {
    /// An object (calendar object, contact card, file) in its account; stays the same when it is replaced or moved,
    /// never used again.
    ObjectId(u32)
}
id! {
    /// Number of an entry in its account's journal: starts at 1, rises by one per commit, below
    /// 2^63 (the bound of RFC 7162 on mod-sequences). 0 stands for "before the first entry".
    Seq(u64)
}

impl AccountId {
    /// The account that holds domains, principals and credentials.
    pub const DIRECTORY: Self = Self(0);
    /// The largest account number: 31 bits.
    pub const LIMIT: Self = Self(0x7fff_ffff);
}

impl From<PrincipalId> for AccountId {
    fn from(principal: PrincipalId) -> Self {
        Self(principal.0)
    }
}

impl From<AccountId> for PrincipalId {
    fn from(account: AccountId) -> Self {
        Self(account.0)
    }
}

impl Seq {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// The number of the entry that follows this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Whether this entry came after `other`.
    #[must_use]
    pub fn is_after(self, other: Self) -> bool {
        self > other
    }

    /// Whether this entry is `other` or came after it.
    #[must_use]
    pub fn is_at_least(self, other: Self) -> bool {
        self >= other
    }
}

impl Uid {
    /// The number that follows this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
