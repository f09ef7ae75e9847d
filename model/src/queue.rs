//! Mail that waits to be sent.

use serde::{Deserialize, Serialize};

use crate::email::BlobRef;
use crate::id::QueueId;
use crate::time::Timestamp;

/// When a recipient's sender wants to hear of it (RFC 3461 4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DsnNotify {
    /// Never; excludes the others.
    pub never: bool,
    /// On delivery.
    pub success: bool,
    /// On failure.
    pub failure: bool,
    /// When it takes long.
    pub delay: bool,
}

/// What a delivery status notification brings back (RFC 3461 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DsnReturn {
    /// The whole message.
    Full,
    /// Its header.
    Headers,
}

/// One recipient of a queued message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedRecipient {
    /// The forward path (RFC 5321 4.1.2).
    pub forward_path: String,
    /// `NOTIFY`, if given.
    pub notify: Option<DsnNotify>,
    /// `ORCPT` as given (RFC 3461 4.2).
    pub original: Option<String>,
}

/// A message accepted for elsewhere, with its envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueItem {
    /// Its number in the submitter's account.
    pub id: QueueId,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The reverse path; empty for notifications.
    pub reverse_path: String,
    /// To whom.
    pub recipients: Vec<QueuedRecipient>,
    /// The message.
    pub blob: BlobRef,
    /// Its size in octets.
    pub size: u32,
    /// `ENVID` (RFC 3461 4.4).
    pub envelope_id: Option<String>,
    /// `RET` (RFC 3461 4.3).
    pub dsn_return: Option<DsnReturn>,
    /// Whether addresses or headers are UTF-8 (RFC 6531).
    pub smtputf8: bool,
    /// Whether it must travel over verified TLS only (RFC 8689).
    pub require_tls: bool,
}
