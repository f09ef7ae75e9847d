//! Requests about groups.

use model::Posting;
use serde::{Deserialize, Serialize};

/// About groups: mail to one goes to each of its members.
#[derive(Debug, Serialize, Deserialize)]
pub enum GroupRequest {
    /// Adds one. Answer: [`crate::Reply::Added`].
    Add {
        /// Its address.
        address: String,
        /// The name people read; none for the local part of the address.
        name: Option<String>,
        /// Addresses of its members.
        members: Vec<String>,
    },
    /// Removes one.
    Remove {
        /// Which.
        address: String,
    },
    /// One page of groups. Answer: [`crate::Reply::Principals`].
    List {
        /// After which number; 0 from the beginning.
        after: u32,
    },
    /// Adds a member.
    AddMember {
        /// The group.
        address: String,
        /// Whom.
        member: String,
    },
    /// Takes a member out.
    RemoveMember {
        /// The group.
        address: String,
        /// Whom.
        member: String,
    },
    /// Changes what makes it a distribution list.
    SetList {
        /// Which.
        address: String,
        /// How.
        change: ListChange,
    },
    /// What waits for a moderator. Answer: [`crate::Reply::Pending`].
    Pending {
        /// Of which list; none for all.
        address: Option<String>,
    },
    /// Lets a waiting message through.
    Approve {
        /// The list.
        address: String,
        /// The message's number there.
        number: u32,
    },
    /// Throws a waiting message away.
    Reject {
        /// The list.
        address: String,
        /// The message's number there.
        number: u32,
        /// What its author is told.
        reason: String,
    },
}

/// What changes at a distribution list.
#[derive(Debug, Serialize, Deserialize)]
pub enum ListChange {
    /// It is none any more, and only stands for its members.
    Plain,
    /// Others may write to it.
    Posting(Posting),
    /// Somebody comes or goes.
    Part {
        /// Where.
        part: ListPart,
        /// Their address.
        who: String,
        /// Whether they come.
        add: bool,
    },
}

/// Where somebody is named at a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListPart {
    /// Among those who may write, whoever else may.
    Posters,
    /// Among those who decide.
    Moderators,
}
