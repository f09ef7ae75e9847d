//! Requests about groups.

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
}
