//! The emails of a mailbox by time of reception, in runs that versions of the catalogue share.

use std::sync::Arc;

use model::{EmailId, ThreadId, Timestamp};
use store::EmailRow;

/// Entries in a full run: copying one costs a few microseconds.
const RUN_ENTRIES: usize = 512;

/// An email in its place: earlier ones are smaller, and of those received at once the one with the smaller number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) received_at: Timestamp,
    pub(crate) email: EmailId,
    pub(crate) thread: ThreadId,
}

impl From<&EmailRow> for Entry {
    fn from(row: &EmailRow) -> Self {
        Self {
            received_at: row.received_at,
            email: row.email,
            thread: row.thread,
        }
    }
}

/// Entries in rising order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// None is empty.
    runs: Vec<Arc<Vec<Entry>>>,
    len: usize,
}

impl Order {
    /// These entries, in any order.
    pub(super) fn new(mut entries: Vec<Entry>) -> Self {
        // Nearly sorted as they come, which this sort makes use of.
        entries.sort();
        entries.dedup();
        Self {
            len: entries.len(),
            runs: entries
                .chunks(RUN_ENTRIES)
                .map(|run| Arc::new(run.to_vec()))
                .collect(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds one, unless it is there.
    pub(super) fn insert(&mut self, entry: Entry) {
        let at = self.run_of(entry);
        let Some(run) = self.runs.get_mut(at) else {
            match self.runs.last_mut() {
                Some(last) if last.len() < RUN_ENTRIES => Arc::make_mut(last).push(entry),
                _ => self.runs.push(Arc::new(vec![entry])),
            }
            self.len += 1;
            return;
        };
        let Err(place) = run.binary_search(&entry) else {
            return;
        };
        let entries = Arc::make_mut(run);
        entries.insert(place, entry);
        self.len += 1;
        if entries.len() > 2 * RUN_ENTRIES {
            let later = entries.split_off(RUN_ENTRIES);
            self.runs.insert(at + 1, Arc::new(later));
        }
    }

    /// Takes one away, if it is there.
    pub(super) fn remove(&mut self, entry: Entry) {
        let at = self.run_of(entry);
        let Some(run) = self.runs.get_mut(at) else {
            return;
        };
        let Ok(place) = run.binary_search(&entry) else {
            return;
        };
        Arc::make_mut(run).remove(place);
        self.len -= 1;
        if run.is_empty() {
            self.runs.remove(at);
        }
    }

    /// How many are smaller.
    pub(crate) fn rank(&self, entry: Entry) -> usize {
        let at = self.run_of(entry);
        let before: usize = self.runs.iter().take(at).map(|run| run.len()).sum();
        let within = self.runs.get(at);
        before + within.map_or(0, |run| run.partition_point(|other| *other < entry))
    }

    /// All but the first `skip`, rising.
    pub(crate) fn rising(&self, skip: usize) -> impl Iterator<Item = Entry> + '_ {
        let (mut first, mut left) = (0, skip);
        while let Some(run) = self.runs.get(first).filter(|run| run.len() <= left) {
            left -= run.len();
            first += 1;
        }
        let runs = self.runs.get(first..).unwrap_or_default();
        runs.iter().flat_map(|run| run.iter()).skip(left).copied()
    }

    /// All but the last `skip`, falling.
    pub(crate) fn falling(&self, skip: usize) -> impl Iterator<Item = Entry> + '_ {
        let (mut end, mut left) = (self.runs.len(), skip);
        while let Some(run) = end
            .checked_sub(1)
            .and_then(|last| self.runs.get(last))
            .filter(|run| run.len() <= left)
        {
            left -= run.len();
            end -= 1;
        }
        let runs = self.runs.get(..end).unwrap_or_default();
        runs.iter()
            .rev()
            .flat_map(|run| run.iter().rev())
            .skip(left)
            .copied()
    }

    /// The first run that may hold the entry; their number if all entries are smaller.
    fn run_of(&self, entry: Entry) -> usize {
        self.runs
            .partition_point(|run| run.last().is_some_and(|last| *last < entry))
    }

    /// Octets it takes, were nothing shared.
    pub(super) fn octets(&self) -> usize {
        self.len * size_of::<Entry>() + self.runs.len() * size_of::<Arc<Vec<Entry>>>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn entry(number: u32) -> Entry {
        Entry {
            received_at: Timestamp(i64::from(number / 3)),
            email: EmailId(number),
            thread: ThreadId(number),
        }
    }

    proptest! {
        #[test]
        fn behaves_as_a_sorted_set(
            start in prop::collection::vec(0u32..6_000, 0..3_000),
            steps in prop::collection::vec((any::<bool>(), 0u32..6_000), 0..300),
            skip in 0usize..4_000,
        ) {
            let mut model: BTreeSet<Entry> = start.iter().map(|number| entry(*number)).collect();
            let mut order = Order::new(start.into_iter().map(entry).collect());
            for (add, number) in steps {
                if add {
                    order.insert(entry(number));
                    model.insert(entry(number));
                } else {
                    order.remove(entry(number));
                    model.remove(&entry(number));
                }
                prop_assert_eq!(order.rank(entry(number)), model.range(..entry(number)).count());
            }
            prop_assert_eq!(order.len(), model.len());
            prop_assert!(order.rising(skip).eq(model.iter().skip(skip).copied()));
            prop_assert!(order.falling(skip).eq(model.iter().rev().skip(skip).copied()));
        }
    }
}
