//! What is different between two views of one mailbox.

use std::ops::Range;
use std::sync::Arc;

use model::{NumberSet, Uid};
use store::EmailRow;

use super::View;

/// What whoever knows the older view must learn to know the newer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Positions in the older view of emails that are gone, rising.
    pub removed: Vec<usize>,
    /// Their UIDs.
    pub removed_uids: NumberSet,
    /// Positions in the newer view of emails that are in both and were changed, rising.
    pub changed: Vec<usize>,
    /// Positions in the newer view of emails that are new; they are its last ones.
    pub added: Range<usize>,
}

impl Diff {
    /// Compares two views of the same mailbox.
    #[must_use]
    pub fn between(old: &View, new: &View) -> Self {
        let mut diff = Self::default();
        let (mut was, mut is) = (Cursor::new(old), Cursor::new(new));
        loop {
            while was.skip_shared(&mut is) {}
            match (was.row(), is.row()) {
                (Some(before), Some(now)) if before.uid == now.uid => {
                    if (before.changed, before.keywords) != (now.changed, now.keywords) {
                        diff.changed.push(is.position);
                    }
                    was.step();
                    is.step();
                }
                // No UID is used twice and new ones are larger, so this one is gone.
                (Some(before), now) if now.is_none_or(|now| before.uid < now.uid) => {
                    diff.removed.push(was.position);
                    diff.removed_uids.push(before.uid.0);
                    was.step();
                }
                _ => break,
            }
        }
        diff.added = is.position..new.len();
        diff
    }

    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.changed.is_empty() && self.added.is_empty()
    }

    /// The UIDs of the new emails.
    #[must_use]
    pub fn added_uids(&self, new: &View) -> Vec<Uid> {
        new.range(self.added.clone()).map(|row| row.uid).collect()
    }
}

/// A place in a view.
struct Cursor<'a> {
    view: &'a View,
    chunk: usize,
    within: usize,
    position: usize,
}

impl<'a> Cursor<'a> {
    fn new(view: &'a View) -> Self {
        Self {
            view,
            chunk: 0,
            within: 0,
            position: 0,
        }
    }

    fn row(&self) -> Option<&'a EmailRow> {
        self.view.chunks.get(self.chunk)?.rows.get(self.within)
    }

    fn step(&mut self) {
        self.position += 1;
        self.within += 1;
        let rows = self
            .view
            .chunks
            .get(self.chunk)
            .map_or(0, |chunk| chunk.rows.len());
        if self.within >= rows {
            self.chunk += 1;
            self.within = 0;
        }
    }

    /// Steps over a chunk that both views share.
    fn skip_shared(&mut self, other: &mut Self) -> bool {
        let (Some(a), Some(b)) = (
            self.view.chunks.get(self.chunk),
            other.view.chunks.get(other.chunk),
        ) else {
            return false;
        };
        let shared = self.within == 0 && other.within == 0 && Arc::ptr_eq(&a.rows, &b.rows);
        if shared {
            for cursor in [self, other] {
                cursor.chunk += 1;
                cursor.position += a.rows.len();
            }
        }
        shared
    }
}
