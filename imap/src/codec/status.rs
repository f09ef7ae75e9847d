//! `STATUS` items (RFC 9051 6.3.11 and extensions).

use super::lexer::{Count, Lexer, Parsed};

/// `status-att`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// How many messages.
    Messages,
    /// `RECENT` of IMAP4rev1.
    Recent,
    /// The next UID.
    UidNext,
    /// The UID validity.
    UidValidity,
    /// How many messages are not seen.
    Unseen,
    /// How many messages are marked as deleted.
    Deleted,
    /// The size of all messages (RFC 8438).
    Size,
    /// The highest modification sequence (RFC 7162 3.1.7).
    HighestModSeq,
    /// The largest message that `APPEND` takes here (RFC 7889 3.1).
    AppendLimit,
    /// The object id (RFC 8474 4.3).
    MailboxId,
    /// The octets that expunging would free (RFC 9208 4.1.4).
    DeletedStorage,
}

impl StatusItem {
    /// The item's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        ITEMS
            .iter()
            .find(|(_, item)| *item == self)
            .map_or("", |(name, _)| name)
    }
}

/// `"(" status-att *(SP status-att) ")"`, each item once.
pub(super) fn status_items(lexer: &mut Lexer<'_>) -> Parsed<Vec<StatusItem>> {
    let start = lexer.clone();
    let written = lexer.list(STATUS_ITEMS, status_item)?;
    let mut items = Vec::new();
    for item in written {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    if items.is_empty() {
        Err(start.expected("a status item"))
    } else {
        Ok(items)
    }
}

fn status_item(lexer: &mut Lexer<'_>) -> Parsed<StatusItem> {
    let start = lexer.clone();
    let word = lexer.word();
    ITEMS
        .iter()
        .find(|(name, _)| *name == word.as_str())
        .map(|(_, item)| *item)
        .ok_or_else(|| start.expected("a status item"))
}

const ITEMS: [(&str, StatusItem); 11] = [
    ("MESSAGES", StatusItem::Messages),
    ("RECENT", StatusItem::Recent),
    ("UIDNEXT", StatusItem::UidNext),
    ("UIDVALIDITY", StatusItem::UidValidity),
    ("UNSEEN", StatusItem::Unseen),
    ("DELETED", StatusItem::Deleted),
    ("SIZE", StatusItem::Size),
    ("HIGHESTMODSEQ", StatusItem::HighestModSeq),
    ("APPENDLIMIT", StatusItem::AppendLimit),
    ("MAILBOXID", StatusItem::MailboxId),
    ("DELETED-STORAGE", StatusItem::DeletedStorage),
];
/// More than there are, for clients that repeat themselves.
const STATUS_ITEMS: Count = Count {
    what: "status items",
    limit: 32,
};
