//! Requests about app passwords.

use model::{Protocols, Timestamp};
use serde::{Deserialize, Serialize};

/// About app passwords of persons.
#[derive(Debug, Serialize, Deserialize)]
pub enum AppPasswordRequest {
    /// Makes one. Answer: [`crate::Reply::AppPassword`], which alone tells its text.
    Add {
        /// Whose.
        address: String,
        /// What it is called.
        label: String,
        /// What it is good for.
        protocols: Protocols,
        /// From when on it is good for nothing; none for never.
        expires_at: Option<Timestamp>,
    },
    /// Those of a person. Answer: [`crate::Reply::AppPasswords`].
    List {
        /// Whose.
        address: String,
    },
    /// Removes one.
    Remove {
        /// Whose.
        address: String,
        /// Its number.
        id: u32,
    },
}
