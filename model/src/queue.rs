//! Mail that waits to be sent.

use serde::{Deserialize, Serialize};

use crate::email::BlobRef;
use crate::id::{AccountId, QueueId};
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

/// How a queued message stands: what may change while it waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStanding {
    /// Whether lines are longer than ASCII says: the sender declared `BODY=8BITMIME` (RFC 6152).
    pub eight_bit: bool,
    /// Before or behind others, -9 to 9 (RFC 6710 2).
    pub priority: i8,
    /// Not to be sent before (RFC 4865, RFC 8621 7).
    pub release_at: Option<Timestamp>,
    /// Why it is held until somebody releases it; none if it is not.
    pub hold: Option<String>,
    /// Whether the sender was told that it takes long.
    pub delay_told: bool,
    /// Places in [`QueueItem::recipients`] of those who have got it or never will; rising.
    pub settled: Vec<u32>,
}

/// A message that waits to be sent, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// In whose account.
    pub account: AccountId,
    /// What was accepted.
    pub item: QueueItem,
    /// How it stands.
    pub standing: QueueStanding,
}

impl Queued {
    /// The recipients who are still to get it, with their places in [`QueueItem::recipients`].
    pub fn open(&self) -> impl Iterator<Item = (u32, &QueuedRecipient)> {
        (0..)
            .zip(&self.item.recipients)
            .filter(|(place, _)| self.standing.settled.binary_search(place).is_err())
    }

    /// Where it stands in the order of the queue.
    #[must_use]
    pub fn place(&self) -> QueuePlace {
        QueuePlace {
            accepted_at: self.item.accepted_at,
            account: self.account,
            id: self.item.id,
        }
    }
}

/// Where a message stands in the order of the whole queue: by age, then by account and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueuePlace {
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// In whose account.
    pub account: AccountId,
    /// Its number there.
    pub id: QueueId,
}
