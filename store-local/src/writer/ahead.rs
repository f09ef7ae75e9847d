//! What the writer knows ahead of the journal: what it decided and is not durable or not committed in the state yet.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use model::AccountId;
use store::{Blob, Head};

/// What requests were decided on, ahead of what everybody else sees.
#[derive(Default)]
pub(super) struct Ahead {
    /// Heads of the accounts that changed since the state was last committed.
    pub(super) heads: HashMap<AccountId, Arc<Head>>,
    /// Their heads as the state has them committed.
    pub(super) saved: HashMap<AccountId, Option<Arc<Head>>>,
    /// The number the next blob gets.
    pub(super) next_blob: u64,
    /// Blobs of the batches in line, oldest first.
    in_line: VecDeque<Vec<(Arc<Blob>, u64)>>,
    /// Batches that were put in line.
    handed_over: u64,
}

impl Ahead {
    /// Nothing is ahead of a journal whose last blob has this number.
    pub(super) fn of(last_blob: u64) -> Self {
        Self {
            next_blob: last_blob + 1,
            ..Self::default()
        }
    }

    /// Nothing is in line, and what was decided ahead of the journal is void.
    pub(super) fn begin_again(&mut self, last_blob: u64) {
        let handed_over = self.handed_over;
        *self = Self::of(last_blob);
        self.handed_over = handed_over;
    }

    /// The state is committed.
    pub(super) fn committed(&mut self) {
        self.heads.clear();
        self.saved.clear();
    }

    /// A batch with these blobs is put in line.
    pub(super) fn handed_over(&mut self, placed: &[(Arc<Blob>, u64)]) {
        self.in_line.push_back(placed.to_vec());
        self.handed_over += 1;
    }

    /// So many batches were appended or refused since the journal was opened.
    pub(super) fn look_behind(&mut self, done: u64) {
        let left = usize::try_from(self.handed_over.saturating_sub(done)).unwrap_or(usize::MAX);
        while self.in_line.len() > left {
            self.in_line.pop_front();
        }
    }

    /// The place of a blob that a batch in line brings.
    pub(super) fn place_in_line(&self, blob: &Arc<Blob>) -> Option<u64> {
        let mut all = self.in_line.iter().rev().flatten();
        all.find(|(known, _)| Arc::ptr_eq(known, blob))
            .map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    use model::BlobId;
    use store::Place;

    use super::*;

    #[test]
    fn a_blob_is_known_as_long_as_its_batch_is_in_line() {
        let blob = |text: &[u8]| {
            let place = Place::Journal(text.to_vec());
            Arc::new(Blob::new(BlobId::of(text), 1, place, Vec::new()))
        };
        let (one, same, other) = (blob(b"a"), blob(b"a"), blob(b"b"));
        let mut ahead = Ahead::of(6);
        assert_eq!(ahead.next_blob, 7);
        ahead.handed_over(&[(Arc::clone(&one), 7)]);
        ahead.handed_over(&[]);
        ahead.handed_over(&[(Arc::clone(&other), 8)]);
        ahead.look_behind(0);
        assert_eq!(ahead.place_in_line(&one), Some(7));
        assert_eq!(ahead.place_in_line(&same), None, "the same bytes only");
        ahead.look_behind(1);
        assert_eq!(ahead.place_in_line(&one), None);
        assert_eq!(ahead.place_in_line(&other), Some(8));
        ahead.begin_again(8);
        assert_eq!((ahead.place_in_line(&other), ahead.next_blob), (None, 9));
        ahead.handed_over(&[(Arc::clone(&one), 9)]);
        ahead.look_behind(3);
        assert_eq!(ahead.place_in_line(&one), Some(9));
        ahead.look_behind(4);
        assert_eq!(ahead.place_in_line(&one), None);
    }
}
