//! Requests about what the world has to know of a domain.

use serde::{Deserialize, Serialize};

/// About the set-up of a domain: its DNS records, its keys that sign, and how far the world agrees. Answer: [`crate::Reply::SetUp`].
#[derive(Debug, Serialize, Deserialize)]
pub enum SetUpRequest {
    /// What there should be; nothing is looked up.
    Show {
        /// The domain.
        domain: String,
    },
    /// The same, with what the world sees of it now.
    Check {
        /// The domain.
        domain: String,
    },
    /// Makes the first keys that sign its mail, which they do at once.
    MakeKeys {
        /// The domain.
        domain: String,
    },
    /// Makes the keys that are to follow those that sign, so that their records can be published.
    PrepareKeys {
        /// The domain.
        domain: String,
    },
    /// Signs with the keys that were prepared; those before them rest.
    UseKeys {
        /// The domain.
        domain: String,
    },
}
