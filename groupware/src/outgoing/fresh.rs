//! Octets of messages that were queued a moment ago: whoever sends them need not read them back and unpack them.
//!
//! Kept from before the commit until they are asked for once; known by their hash, so that what is found is the message
//! whatever happened meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::BlobId;

/// Octets kept in all, with the room that was set aside for them. When there are more, all are forgotten, with those that nobody ever asked for.
const OCTETS_MAX: usize = 8 * 1024 * 1024;
/// Larger ones are read from the store, which takes no longer in comparison with the rest.
const MESSAGE_OCTETS_MAX: usize = 128 * 1024;

#[derive(Debug, Default)]
pub(crate) struct FreshOctets(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    messages: HashMap<BlobId, Arc<Vec<u8>>>,
    octets: usize,
}

impl FreshOctets {
    /// Keeps a message that is about to be queued.
    pub(crate) fn put(&self, id: BlobId, message: &Arc<Vec<u8>>) {
        if message.len() > MESSAGE_OCTETS_MAX {
            return;
        }
        let mut kept = self.kept();
        if kept.octets + message.capacity() > OCTETS_MAX {
            *kept = Kept::default();
        }
        kept.octets += message.capacity();
        if let Some(same) = kept.messages.insert(id, Arc::clone(message)) {
            kept.octets = kept.octets.saturating_sub(same.capacity());
        }
    }

    /// The message, if it is kept; it is no more, then.
    pub(crate) fn take(&self, id: BlobId) -> Option<Arc<Vec<u8>>> {
        let mut kept = self.kept();
        let message = kept.messages.remove(&id)?;
        kept.octets = kept.octets.saturating_sub(message.capacity());
        Some(message)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u16) -> BlobId {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&number.to_le_bytes());
        BlobId(id)
    }

    #[test]
    fn a_message_is_given_once_and_few_are_kept() {
        let fresh = FreshOctets::default();
        let message = Arc::new(vec![7; MESSAGE_OCTETS_MAX]);
        fresh.put(id(0), &message);
        fresh.put(id(0), &message);
        assert_eq!(fresh.take(id(0)), Some(Arc::clone(&message)));
        assert_eq!(fresh.take(id(0)), None);
        assert_eq!(fresh.kept().octets, 0);
        fresh.put(id(0), &Arc::new(vec![7; MESSAGE_OCTETS_MAX + 1]));
        assert_eq!(fresh.take(id(0)), None);
        for number in 0..=64 {
            fresh.put(id(number), &message);
            assert!(fresh.kept().octets <= OCTETS_MAX);
        }
        assert_eq!(fresh.take(id(0)), None, "there were too many");
        assert_eq!(fresh.take(id(64)), Some(message));
    }
}
