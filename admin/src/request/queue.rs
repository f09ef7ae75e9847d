//! Requests about mail that waits to be sent.

use serde::{Deserialize, Serialize};

/// A message of the queue: the account that it was sent from, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueName {
    /// The account.
    pub account: u32,
    /// The number.
    pub id: u32,
}

/// Where a listing goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueCursor {
    /// When the last message listed was accepted, in milliseconds since 1970.
    pub accepted_ms: i64,
    /// Which it was.
    pub name: QueueName,
}

/// Which messages are meant; those that fit all that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueFilter {
    /// With this reverse path, in any case of letters.
    pub from: Option<String>,
    /// With an open recipient at this domain, or this recipient.
    pub to: Option<String>,
    /// Only those that are held.
    pub held: bool,
}

/// About mail that waits to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub enum QueueRequest {
    /// Which there are, oldest first. Answer: [`crate::Reply::Queue`].
    List {
        /// Behind this one.
        after: Option<QueueCursor>,
        /// At most how many.
        limit: u32,
        /// Which.
        filter: QueueFilter,
    },
    /// All about one. Answer: [`crate::Reply::QueueItem`].
    Show(QueueName),
    /// Holds it until it is released.
    Hold {
        /// Which.
        name: QueueName,
        /// Why; for those who look at the queue.
        reason: String,
    },
    /// Releases what is held or waits for its time.
    Release(QueueName),
    /// Has it tried at once; all that waits, if none is named.
    Retry(Option<QueueName>),
    /// Takes it out; nobody is told.
    Cancel(QueueName),
    /// Gives it up: its sender is told that it was not delivered.
    SendBack(QueueName),
}
