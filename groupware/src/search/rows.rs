//! The rows of a mailbox by rising UID, in the runs in which a view keeps them.

use model::Uid;
use store::EmailRow;

/// Runs of rows that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Rows<'a> {
    runs: Vec<(usize, &'a [EmailRow])>,
    len: usize,
}

impl<'a> Rows<'a> {
    /// These runs in this order.
    pub(crate) fn new(slices: impl Iterator<Item = &'a [EmailRow]>) -> Self {
        let mut len = 0;
        let runs = slices
            .filter(|rows| !rows.is_empty())
            .map(|rows| {
                let start = len;
                len += rows.len();
                (start, rows)
            })
            .collect();
        Self { runs, len }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// All rows by rising UID.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a EmailRow> + '_ {
        self.runs.iter().flat_map(|(_, rows)| rows.iter())
    }

    /// The row at a position.
    pub(crate) fn get(&self, position: usize) -> Option<&'a EmailRow> {
        let run = self.runs.partition_point(|(start, _)| *start <= position);
        let (start, rows) = self.runs.get(run.checked_sub(1)?)?;
        rows.get(position - start)
    }

    /// The position of the first row with this UID or a larger one; the length if there is none.
    pub(crate) fn position_from(&self, uid: Uid) -> usize {
        let run = self
            .runs
            .partition_point(|(_, rows)| rows.last().is_some_and(|row| row.uid < uid));
        self.runs.get(run).map_or(self.len, |(start, rows)| {
            start + rows.partition_point(|row| row.uid < uid)
        })
    }
}
