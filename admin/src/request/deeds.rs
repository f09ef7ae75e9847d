//! Requests about what was done to the directory: people, groups, domains, rights, credentials.

use serde::{Deserialize, Serialize};

/// What was done to the directory, the latest first. Answer: [`crate::Reply::Journal`], whose `next` goes on before that entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeedsRequest {
    /// By whom: an address, or `#` and a number; none for everybody.
    pub actor: Option<String>,
    /// Entries before this one; none from the latest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}
