//! What is remembered of a message that was sent or is to be (RFC 8621 7): a record, and what the queue says of it now.

use std::collections::BTreeMap;

use model::{AccountId, EmailId, MailboxId, ObjectId, QueueId, Queued, ThreadId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::email::Place;

/// How long a message that was sent is remembered, in milliseconds; one that waits is remembered as long as it does.
pub const SENT_KEPT_FOR_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// An address of an envelope (RFC 8621 7 `Address`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeAddress {
    /// The address.
    pub email: String,
    /// Parameters of SMTP (RFC 5321 4.1.1.2), by their names as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Option<String>>>,
}

/// A message that was sent or is to be, as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// With which identity.
    pub identity: u32,
    /// The email that it was made from.
    pub email: u32,
    /// That email's thread.
    pub thread: u32,
    /// The reverse path.
    pub mail_from: EnvelopeAddress,
    /// To whom.
    pub recipients: Vec<SentRecipient>,
    /// When it was sent or is to be.
    pub send_at: Timestamp,
    /// What waits or waited in the queue.
    pub queue: Option<u32>,
    /// Whether it was taken back before it was sent.
    #[serde(default)]
    pub is_canceled: bool,
    /// Where a copy is put once it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<SentCopy>,
}

/// A copy of what was sent, for those who share a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCopy {
    /// In which account.
    account: u32,
    /// In which mailbox of it.
    mailbox: u32,
    /// Whether it lies there.
    pub is_filed: bool,
}

/// Somebody a message was sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRecipient {
    /// The forward path.
    pub address: EnvelopeAddress,
    /// Its place in the queued message; none where it was delivered at once.
    pub place: Option<u32>,
    /// Why it was not delivered, where that was known at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// Whether a message can still be taken back (RFC 8621 7 `undoStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoStatus {
    /// It can.
    Pending,
    /// It is on its way.
    Final,
    /// It was.
    Canceled,
}

/// What became of one recipient's copy (RFC 8621 7 `delivered`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It waits.
    Queued,
    /// It lies in a mailbox here.
    Yes,
    /// It never will.
    No,
    /// It left this server, or failed with a notice to the sender.
    Unknown,
}

/// What is known of one recipient's copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientStatus {
    /// What became of it.
    pub delivered: Delivered,
    /// The last thing that a server said of it, as a reply of SMTP.
    pub reply: String,
}

/// A remembered message as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentStatus {
    /// Its number.
    pub id: ObjectId,
    /// What is remembered.
    pub sent: Sent,
    /// Whether it can be taken back.
    pub undo: UndoStatus,
    /// Of each recipient, in their order.
    pub recipients: Vec<RecipientStatus>,
}

impl Sent {
    /// The email that it was made from.
    #[must_use]
    pub fn email_id(&self) -> EmailId {
        EmailId(self.email)
    }

    /// That email's thread.
    #[must_use]
    pub fn thread_id(&self) -> ThreadId {
        ThreadId(self.thread)
    }

    /// The message in the queue.
    pub(super) fn queue_id(&self) -> Option<QueueId> {
        self.queue.map(QueueId)
    }

    /// How it stands, by what is in the queue now, and by why the last attempt was not enough.
    pub(super) fn status(
        self,
        id: ObjectId,
        (queued, attempt): (Option<&Queued>, Option<&str>),
        now: Timestamp,
    ) -> SentStatus {
        let undo = match queued {
            _ if self.is_canceled => UndoStatus::Canceled,
            Some(queued) if can_be_taken_back(queued, now) => UndoStatus::Pending,
            _ => UndoStatus::Final,
        };
        let of = |recipient: &SentRecipient| recipient.status(self.is_canceled, queued, attempt);
        SentStatus {
            id,
            undo,
            recipients: self.recipients.iter().map(of).collect(),
            sent: self,
        }
    }
}

impl SentCopy {
    /// A copy that is wanted.
    pub(super) fn wanted(at: Place) -> Self {
        Self {
            account: at.account.0,
            mailbox: at.mailbox.0,
            is_filed: false,
        }
    }

    /// Where it is, or is to be.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            account: AccountId(self.account),
            mailbox: MailboxId(self.mailbox),
        }
    }
}

impl SentRecipient {
    fn status(
        &self,
        is_canceled: bool,
        queued: Option<&Queued>,
        attempt: Option<&str>,
    ) -> RecipientStatus {
        let waits = |place: u32| {
            queued.is_some_and(|queued| queued.standing.settled.binary_search(&place).is_err())
        };
        let (delivered, reply) = match (&self.refusal, self.place) {
            (Some(refusal), _) => (Delivered::No, refusal.clone()),
            (None, None) => (Delivered::Yes, "250 2.1.5 Delivered.".to_owned()),
            (None, Some(_)) if is_canceled => (
                Delivered::No,
                "554 5.7.0 Taken back by its sender.".to_owned(),
            ),
            (None, Some(place)) if waits(place) => (Delivered::Queued, waiting(attempt)),
            // RFC 8621 7: it went to another server, which says no more; of a failure the sender has a notice.
            (None, Some(_)) => (Delivered::Unknown, "250 2.0.0 Sent on.".to_owned()),
        };
        RecipientStatus { delivered, reply }
    }
}

/// What is said of a message that waits: the reply of the last attempt where that was one.
fn waiting(attempt: Option<&str>) -> String {
    let is_reply = |text: &&str| {
        let code = text.as_bytes();
        code.len() > 3 && code[..3].iter().all(u8::is_ascii_digit) && code[3] == b' '
    };
    match attempt.filter(is_reply) {
        Some(reply) => reply.to_owned(),
        None => "250 2.1.5 Queued.".to_owned(),
    }
}

/// Whether a message in the queue can be taken back: it is held, or its time has not come. From then on somebody may be
/// sending it.
pub(super) fn can_be_taken_back(queued: &Queued, now: Timestamp) -> bool {
    let standing = &queued.standing;
    let is_later = standing.release_at.is_some_and(|at| at > now);
    standing.settled.is_empty() && (is_later || standing.hold.is_some())
}
