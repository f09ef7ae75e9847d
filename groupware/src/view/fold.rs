//! Folding mutations into a view.
//!
//! Rows that are read may be newer than the entry being folded, because the state goes on; folding the later
//! entries then finds their effect there already and leaves it. So each step can be done again without harm.

use std::sync::Arc;

use model::{AddEmail, MailboxId, Mutation, NumberSet, Seq, Uid};
use store::EmailRow;

use super::{CHUNK_ROWS, Chunk, View};

/// Reads rows of the view's mailbox.
pub(super) type ReadRows<'a> = &'a mut dyn FnMut(&NumberSet) -> Result<Vec<EmailRow>, store::Error>;

/// The UIDs that a mutation gives out in the mailbox without saying what is behind them.
pub(super) fn unknown_rows(mutation: &Mutation, mailbox: MailboxId) -> Option<NumberSet> {
    let (to, first, count) = match mutation {
        Mutation::CopyEmails(copy) => (copy.to, copy.first_uid, copy.totals.emails),
        Mutation::MoveEmails(moved) => (moved.to, moved.first_uid, moved.totals.emails),
        Mutation::RestoreEmail(back) => (back.mailbox, back.uid, 1),
        _ => return None,
    };
    (to == mailbox && count > 0)
        .then(|| NumberSet::range(first.0, first.0.saturating_add(count - 1)))
}

impl View {
    /// Folds one mutation of entry `seq`; `View::finish` must follow the last one.
    pub(super) fn apply(
        &mut self,
        mutation: &Mutation,
        seq: Seq,
        read: ReadRows<'_>,
    ) -> Result<(), store::Error> {
        match mutation {
            Mutation::AddEmail(new) if new.mailbox == self.mailbox => {
                self.append(row_of(new, seq));
            }
            Mutation::SetKeywords {
                mailbox,
                uids,
                added,
                removed,
            } if *mailbox == self.mailbox => self.update(uids, |row| {
                if seq.is_after(row.changed) {
                    row.keywords = row.keywords.with(*added).without(*removed);
                    row.changed = seq;
                }
            }),
            Mutation::DestroyEmails(gone) if gone.mailbox == self.mailbox => {
                self.remove(&gone.uids);
            }
            Mutation::MoveEmails(moved) if moved.from == self.mailbox => self.remove(&moved.uids),
            _ => {}
        }
        if let Some(uids) = unknown_rows(mutation, self.mailbox)
            && self.last_uid().map(|uid| uid.0) < uids.last()
        {
            for row in read(&uids)? {
                self.append(row);
            }
        }
        Ok(())
    }

    /// Adds a row behind all others; one that is not behind them was there when the rows were read.
    fn append(&mut self, row: EmailRow) {
        if self.last_uid().is_some_and(|last| last >= row.uid) {
            return;
        }
        match self.chunks.last_mut() {
            Some(chunk) if chunk.rows.len() < CHUNK_ROWS => {
                Arc::make_mut(&mut chunk.rows).push(row)
            }
            _ => self.chunks.push(Chunk {
                start: 0,
                rows: Arc::new(vec![row]),
            }),
        }
    }

    /// The chunks that may hold some of these, so that the others are not even looked at.
    fn chunks_with(&mut self, uids: &NumberSet) -> &mut [Chunk] {
        let (Some(first), Some(last)) = (uids.first(), uids.last()) else {
            return &mut [];
        };
        let is_before = |chunk: &Chunk| chunk.rows.last().is_some_and(|row| row.uid.0 < first);
        let is_until = |chunk: &Chunk| chunk.rows.first().is_some_and(|row| row.uid.0 <= last);
        let start = self.chunks.partition_point(is_before);
        let from_start = &mut self.chunks[start..];
        let end = from_start.partition_point(is_until);
        &mut from_start[..end]
    }

    fn update(&mut self, uids: &NumberSet, mut change: impl FnMut(&mut EmailRow)) {
        for chunk in self.chunks_with(uids) {
            let ranges = ranges_in(&chunk.rows, uids);
            if ranges.is_empty() {
                continue;
            }
            let rows = Arc::make_mut(&mut chunk.rows);
            for (first, last) in ranges {
                let start = rows.partition_point(|row| row.uid.0 < *first);
                let end = rows.partition_point(|row| row.uid.0 <= *last);
                rows[start..end].iter_mut().for_each(&mut change);
            }
        }
    }

    fn remove(&mut self, uids: &NumberSet) {
        for chunk in self.chunks_with(uids) {
            if ranges_in(&chunk.rows, uids).is_empty() {
                continue;
            }
            let left = chunk
                .rows
                .iter()
                .filter(|row| !uids.contains(row.uid.0))
                .copied();
            chunk.rows = Arc::new(left.collect());
        }
        self.chunks.retain(|chunk| !chunk.rows.is_empty());
    }
}

/// The ranges of the set that may name some of these rows.
fn ranges_in<'a>(rows: &[EmailRow], uids: &'a NumberSet) -> &'a [(u32, u32)] {
    let (Some(Uid(first)), Some(Uid(last))) = (
        rows.first().map(|row| row.uid),
        rows.last().map(|row| row.uid),
    ) else {
        return &[];
    };
    let ranges = uids.ranges();
    let start = ranges.partition_point(|range| range.1 < first);
    let end = ranges.partition_point(|range| range.0 <= last);
    ranges.get(start..end).unwrap_or_default()
}

fn row_of(new: &AddEmail, seq: Seq) -> EmailRow {
    EmailRow {
        uid: new.uid,
        email: new.email,
        thread: new.thread,
        size: new.size,
        keywords: new.keywords,
        changed: seq,
        received_at: new.received_at,
        sent_at: new.sent_at,
    }
}
