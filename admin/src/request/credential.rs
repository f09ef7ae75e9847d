//! Requests about what lets persons in: browsers and programs that are signed in, and second factors.

use serde::{Deserialize, Serialize};

/// About what lets persons in.
#[derive(Debug, Serialize, Deserialize)]
pub enum CredentialRequest {
    /// All that lets a person in. Answer: [`crate::Reply::Credentials`].
    List {
        /// Whose.
        address: String,
    },
    /// Removes one, whatever it is but the main password.
    Remove {
        /// Whose.
        address: String,
        /// Its number.
        id: u32,
    },
    /// Signs all browsers and programs with tokens out. Answer: [`crate::Reply::Count`].
    SignOut {
        /// Whom.
        address: String,
    },
    /// Takes all second factors away, for whoever has lost them. Answer: [`crate::Reply::Count`].
    ResetSecondFactors {
        /// Whose.
        address: String,
    },
}
