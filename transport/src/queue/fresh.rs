//! Fresh messages: what a commit said of new mail, kept until its first attempts, so that they need not read it again.
//!
//! Bounded; what does not fit is read from the store. Only first attempts use it: later ones must see what was settled.

use std::collections::HashMap;
use std::sync::Arc;

use model::{AccountId, QueueItem, QueueStanding, Queued};

/// Recipients of fresh messages, each with some 200 octets of envelope around it.
const RECIPIENTS_MAX: usize = 50_000;

#[derive(Debug, Default)]
pub(super) struct Fresh {
    messages: HashMap<(u32, u32), Entry>,
    recipients: usize,
}

#[derive(Debug)]
struct Entry {
    queued: Arc<Queued>,
    /// First attempts that are still to come.
    attempts: usize,
}

impl Fresh {
    /// Keeps a new message that goes to so many destinations.
    pub(super) fn put(
        &mut self,
        account: AccountId,
        item: &QueueItem,
        standing: &QueueStanding,
        attempts: usize,
    ) {
        let recipients = item.recipients.len();
        if attempts == 0 || self.recipients + recipients > RECIPIENTS_MAX {
            return;
        }
        let queued = Arc::new(Queued {
            account,
            item: item.clone(),
            standing: standing.clone(),
        });
        self.recipients += recipients;
        let entry = Entry { queued, attempts };
        self.messages.insert((account.0, item.id.0), entry);
    }

    /// The message for one first attempt.
    pub(super) fn take(&mut self, account: u32, id: u32) -> Option<Arc<Queued>> {
        let entry = self.messages.get_mut(&(account, id))?;
        entry.attempts -= 1;
        if entry.attempts == 0 {
            return self.remove(account, id);
        }
        Some(Arc::clone(&entry.queued))
    }

    /// It stands differently: whoever tries it must look.
    pub(super) fn remove(&mut self, account: u32, id: u32) -> Option<Arc<Queued>> {
        let entry = self.messages.remove(&(account, id))?;
        self.recipients -= entry.queued.item.recipients.len();
        Some(entry.queued)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use model::{BlobId, BlobRef, QueueId, QueuedRecipient, Timestamp};

    use super::*;

    fn item(id: u32, recipients: usize) -> QueueItem {
        let recipient = QueuedRecipient {
            forward_path: "a@example.net".into(),
            notify: None,
            original: None,
        };
        QueueItem {
            id: QueueId(id),
            accepted_at: Timestamp(0),
            reverse_path: String::new(),
            recipients: vec![recipient; recipients],
            blob: BlobRef {
                id: BlobId([0; 32]),
                at: 0,
            },
            size: 1,
            envelope_id: None,
            dsn_return: None,
            smtputf8: false,
            require_tls: false,
        }
    }

    #[test]
    fn it_is_there_for_each_first_attempt_and_bounded() {
        let mut fresh = Fresh::default();
        let standing = QueueStanding::default();
        fresh.put(AccountId(1), &item(1, 2), &standing, 2);
        assert!(fresh.take(1, 1).is_some() && fresh.take(1, 1).is_some());
        assert!(fresh.take(1, 1).is_none());
        for id in 0..1_000 {
            fresh.put(AccountId(1), &item(id, 100), &standing, 1);
        }
        assert_eq!(fresh.messages.len(), 500);
        assert!(fresh.remove(1, 7).is_some());
        fresh.put(AccountId(1), &item(1_000, 100), &standing, 1);
        assert_eq!(fresh.messages.len(), 500);
    }
}
