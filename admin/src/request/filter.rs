//! Requests about filters: scripts, and the answer of those who are away.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Octets;

/// About the scripts of an account.
#[derive(Debug, Serialize, Deserialize)]
pub enum SieveRequest {
    /// All of them. Answer: [`crate::Reply::Scripts`].
    List {
        /// Whose.
        address: String,
    },
    /// The text of one. Answer: [`crate::Reply::Script`].
    Get {
        /// Whose.
        address: String,
        /// Its name; none for the active one.
        name: Option<String>,
    },
    /// Keeps one; one of that name is replaced.
    Put {
        /// Whose.
        address: String,
        /// Its name.
        name: String,
        /// Its text.
        text: Octets,
        /// Whether it becomes the active one.
        activate: bool,
    },
    /// Makes one the active one.
    Activate {
        /// Whose.
        address: String,
        /// Its name; none for no active script.
        name: Option<String>,
    },
    /// Gives one another name.
    Rename {
        /// Whose.
        address: String,
        /// Its name.
        name: String,
        /// What it is to be called.
        new_name: String,
    },
    /// Earlier texts that can be brought back. Answer: [`crate::Reply::Versions`].
    Versions {
        /// Whose.
        address: String,
    },
    /// Brings one of them back, under its name.
    Restore {
        /// Whose.
        address: String,
        /// Number of the object.
        object: u32,
        /// Number of the entry that replaced or destroyed it.
        until: u64,
    },
    /// Removes one that is not active.
    Remove {
        /// Whose.
        address: String,
        /// Its name.
        name: String,
    },
}

/// About the answer of those who are away.
#[derive(Debug, Serialize, Deserialize)]
pub enum VacationRequest {
    /// What it is. Answer: [`crate::Reply::Vacation`].
    Show {
        /// Whose.
        address: String,
    },
    /// Sets and enables it.
    Set {
        /// Whose.
        address: String,
        /// From when on; none for at once.
        from: Option<Timestamp>,
        /// Until when; none for as long as it is enabled.
        until: Option<Timestamp>,
        /// The subject; none for that of what is answered.
        subject: Option<String>,
        /// The text.
        text: String,
        /// The text for people outside; none for the same.
        outside: Option<String>,
        /// Whether people outside are not answered.
        only_inside: bool,
    },
    /// Disables it; the texts stay.
    Off {
        /// Whose.
        address: String,
    },
}
