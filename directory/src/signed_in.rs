//! What comes of an attempt to sign in.

use std::sync::Arc;
use std::time::Duration;

use model::{CredentialId, Principal};

/// Who is in, and by what proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub principal: Arc<Principal>,
    /// By what.
    pub credential: CredentialId,
}

/// Why somebody is not in. Says nothing about whether the name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Name and proof do not belong together, or are not good for this protocol.
    #[error("name or password is wrong, or not good for this protocol")]
    Refused,
    /// There were too many failures: nothing was checked.
    #[error("too many failures: try again in {} seconds", retry_after.as_secs().max(1))]
    Slow {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The directory cannot answer at the moment; nothing was checked.
    #[error("signing in is not possible at the moment")]
    Unavailable,
    /// The peer broke the mechanism's rules.
    #[error("this is no valid message of the mechanism")]
    Malformed,
}
