//! Requests about persons and shared accounts.

use model::SendRight;
use serde::{Deserialize, Serialize};

use crate::Password;

/// About persons and shared accounts.
#[derive(Debug, Serialize, Deserialize)]
pub enum AccountRequest {
    /// Adds a person. Answer: [`crate::Reply::Added`].
    AddPerson {
        /// The main address; also the name to sign in with.
        address: String,
        /// The name people read; none for the local part of the address.
        name: Option<String>,
        /// The password; none to have one made, which the answer tells.
        password: Option<Password>,
        /// Octets it may hold; none for no limit.
        quota_octets: Option<u64>,
        /// Whether the person administers the server.
        administrator: bool,
    },
    /// Adds an account that nobody signs in to. Answer: [`crate::Reply::Added`].
    AddShared {
        /// Its address.
        address: String,
        /// The name people read; none for the local part of the address.
        name: Option<String>,
        /// Octets it may hold; none for no limit.
        quota_octets: Option<u64>,
    },
    /// Removes an account; its journal stays.
    Remove {
        /// Which.
        address: String,
    },
    /// One page of persons and shared accounts. Answer: [`crate::Reply::Principals`].
    List {
        /// After which number; 0 from the beginning.
        after: u32,
    },
    /// One account. Answer: [`crate::Reply::Account`].
    Show {
        /// Which.
        address: String,
    },
    /// Sets the password. Answer: [`crate::Reply::Password`] if one was made, else [`crate::Reply::Done`].
    SetPassword {
        /// Whose.
        address: String,
        /// The password; none to have one made.
        password: Option<Password>,
    },
    /// Lets it sign in and receive, or stops both.
    SetEnabled {
        /// Which.
        address: String,
        /// Whether.
        enabled: bool,
    },
    /// Makes a person an administrator, or takes that away.
    SetAdministrator {
        /// Who.
        address: String,
        /// Whether.
        administrator: bool,
    },
    /// Gives it another name for people to read.
    Rename {
        /// Which.
        address: String,
        /// The name.
        name: String,
    },
    /// Says how many octets it may hold.
    SetQuota {
        /// Which.
        address: String,
        /// None for no limit.
        quota_octets: Option<u64>,
    },
    /// Lets somebody into all mailboxes of a shared account, or out again.
    Share {
        /// The shared account.
        address: String,
        /// Person or group.
        with: String,
        /// Whether they may change things; none to take all rights away.
        write: Option<bool>,
    },
    /// Lets somebody write in its name, or no more.
    AllowSend {
        /// In whose name.
        address: String,
        /// Person or group.
        sender: String,
        /// How; none to take it away.
        right: Option<SendRight>,
    },
    /// Has its mail go on.
    Forward {
        /// Which.
        address: String,
        /// To which addresses; none ends it.
        to: Vec<String>,
        /// Whether it is delivered here all the same.
        keep: bool,
    },
    /// Persons, groups and others whose name or address has this text in it. Answer: [`crate::Reply::Principals`].
    Search {
        /// The text, in any case of letters; an empty one finds all.
        text: String,
        /// Of these sorts.
        sorts: Vec<Sort>,
        /// After which number; 0 from the beginning.
        after: u32,
    },
    /// Who has which rights to a shared mailbox. Answer: [`crate::Reply::Access`].
    Access {
        /// The shared account.
        address: String,
    },
    /// Gives somebody just these rights to a shared mailbox.
    SetAccess {
        /// The shared account.
        address: String,
        /// Person or group.
        with: String,
        /// The rights; none to take all away.
        access: Option<Access>,
    },
}

/// A right to a shared mailbox; whoever has one reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Whether they may change what is in it, too.
    pub write: bool,
    /// Whether they may write in its name, and how.
    pub send: Option<SendRight>,
}

/// Sorts of principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// Those who sign in.
    Person,
    /// Accounts that several share.
    Shared,
    /// Those that stand for others.
    Group,
    /// What can be booked and sat in.
    Room,
    /// What can be booked and carried away.
    Equipment,
}
