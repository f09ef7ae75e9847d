//! How much one principal may send: asked before a submission is taken.

use std::fmt;
use std::time::Duration;

use model::{PrincipalId, Timestamp};

/// What is to become of a message that somebody sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendingVerdict {
    /// It goes on its way.
    Send,
    /// It waits in the queue, for all its recipients, until an administrator releases it; the reason is for them.
    Hold(String),
    /// It is not taken now.
    Refuse {
        /// When to ask again.
        retry_after: Duration,
    },
}

/// Counts what everybody sends, and judges.
pub trait SendingLimits: fmt::Debug + Send + Sync {
    /// Judges one message of this principal to so many recipients, and counts it unless it is refused. Must not block.
    fn judge(&self, sender: PrincipalId, recipients: usize, now: Timestamp) -> SendingVerdict;
}
