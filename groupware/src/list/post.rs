//! A post: a message as a list sends it to its members.

use std::sync::Arc;

use directory::Directory;
use model::{Posting, QueueStanding, QueuedRecipient};
use store::{Change, NewQueueItem, Source};

use super::List;
use crate::email::Prepared;
use crate::filter::{compose, trace};
use crate::message::part::{FieldFilter, header_fields};

/// Fields of other lists. RFC 2369 4: those of the list that a message came over are not passed on.
const OTHERS: [&str; 10] = [
    "Return-Path",
    "List-Id",
    "List-Post",
    "List-Owner",
    "List-Help",
    "List-Subscribe",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Archive",
    "Precedence",
];

/// A message on its way over a list.
pub(super) struct Post<'a> {
    pub(super) list: &'a List,
    pub(super) octets: &'a [u8],
}

impl Post<'_> {
    /// The message with the fields of the list above it.
    pub(super) fn composed(&self) -> Vec<u8> {
        let (header, body) = split(self.octets);
        let mut composed = self.fields().into_bytes();
        composed.extend(header_fields(header, FieldFilter::Not, &OTHERS));
        composed.extend(body);
        composed
    }

    fn fields(&self) -> String {
        let address = self.list.address();
        let id = format!("<{}>", list_id(address));
        // RFC 2919 3: a name, then the identifier. An encoded word stands for a name that is not plain.
        let named = compose::mailbox(&self.list.principal.name, &list_id(address));
        let id = if named.ends_with(&id) { named } else { id };
        // RFC 2369 3.4: where only a few write, a reader is told so.
        let post = match self.list.settings().posting {
            Posting::Named => "NO".to_owned(),
            Posting::Everybody | Posting::Inside | Posting::Members => {
                format!("<mailto:{address}>")
            }
        };
        let owner = Directory::list_owner_address(address);
        let request = Directory::list_request_address(address);
        // The trace that finds circles also where another list takes the List-Id off.
        format!(
            "Delivered-To: {address}\r\nList-Id: {id}\r\nList-Post: {post}\r\nList-Owner: <mailto:{owner}>\r\n\
             List-Unsubscribe: <mailto:{request}?subject=unsubscribe>\r\nPrecedence: list\r\n"
        )
    }
}

/// The change that queues a message for the members.
pub(super) fn queued(
    list: &List,
    message: &Prepared,
    recipients: Vec<String>,
    standing: QueueStanding,
) -> Change {
    let reverse_path = Directory::list_owner_address(list.address());
    let is_ascii = |address: &String| address.is_ascii();
    Change::Enqueue(Box::new(NewQueueItem {
        smtputf8: !reverse_path.is_ascii() || !recipients.iter().all(is_ascii),
        reverse_path,
        recipients: recipients.into_iter().map(recipient).collect(),
        source: Source::New(Arc::clone(&message.blob)),
        size: message.size,
        envelope_id: None,
        dsn_return: None,
        require_tls: false,
        standing,
    }))
}

pub(super) fn recipient(forward_path: String) -> QueuedRecipient {
    QueuedRecipient {
        forward_path,
        notify: None,
        original: None,
    }
}

/// RFC 2919 2: the list's name and its domain, with dots between them.
fn list_id(address: &str) -> String {
    address.replace('@', ".")
}

/// Whether the message went over this list.
pub(super) fn has_list_id(message: &[u8], address: &str) -> bool {
    let id = format!("<{}>", list_id(address));
    trace::values(message, "List-Id")
        .iter()
        .any(|value| value.to_lowercase().ends_with(&id))
}

/// The header with its empty line, and the body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memmem::find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 4);
    message.split_at(end)
}
