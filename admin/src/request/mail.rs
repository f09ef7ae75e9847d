//! Requests about mail in an account: bringing it in, taking it out, getting it back.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Octets;

/// Messages in one [`MailRequest::Import`].
pub const IMPORT_MESSAGES_MAX: usize = 1_000;

/// A message to be imported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportedMessage {
    /// Its octets, with CRLF.
    pub message: Octets,
    /// Its keywords, such as `$seen`.
    pub keywords: Vec<String>,
    /// When it was received; none for now.
    pub received_at: Option<Timestamp>,
}

/// About mail in an account.
#[derive(Debug, Serialize, Deserialize)]
pub enum MailRequest {
    /// The mailboxes. Answer: [`crate::Reply::Mailboxes`].
    Mailboxes {
        /// Whose.
        address: String,
    },
    /// Adds messages to a mailbox, which is made if it is not there; all or none. Answer: [`crate::Reply::Count`].
    Import {
        /// Whose.
        address: String,
        /// Path of the mailbox from the top; `INBOX` in any case of letters is where mail arrives.
        path: Vec<String>,
        /// At most [`IMPORT_MESSAGES_MAX`].
        messages: Vec<ImportedMessage>,
    },
    /// Messages of a mailbox by rising UID. Answer: [`crate::Reply::Exported`].
    Export {
        /// Whose.
        address: String,
        /// The mailbox's number.
        mailbox: u32,
        /// Those after this UID.
        after_uid: u32,
    },
    /// The destroyed emails that can be restored. Answer: [`crate::Reply::Destroyed`].
    Destroyed {
        /// Whose.
        address: String,
    },
    /// Brings destroyed emails back, all or none. Answer: [`crate::Reply::Count`].
    Restore {
        /// Whose.
        address: String,
        /// Their numbers.
        emails: Vec<u32>,
        /// Path of the mailbox to put them into; none for the one they were in.
        into: Option<Vec<String>>,
    },
}
