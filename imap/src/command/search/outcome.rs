//! What was found, in the numbers and the form that the client asked for (RFC 4731, RFC 5182, RFC 5267, RFC 9394).

use model::{NumberSet, Seq, Uid};

use crate::codec::{By, Esearch, PartialRange, SearchReturn, collapse};
use crate::output::Output;
use crate::selected::Selected;
use crate::updates::{count, number};
use crate::words;

/// What was found, in its order.
#[derive(Debug)]
pub(in super::super) struct Outcome {
    /// In the numbers of the command.
    pub(in super::super) numbers: Vec<u32>,
    uids: Vec<u32>,
    /// When each was changed; only where the search asked for it.
    changed: Vec<Seq>,
    by: By,
}

impl Outcome {
    /// Messages that the client does not know of yet, or not any more, are left out.
    pub(in super::super) fn new(
        selected: &Selected,
        by: By,
        found: Vec<Uid>,
        with_mod_seq: bool,
    ) -> Self {
        let mut outcome = Self {
            numbers: Vec::with_capacity(found.len()),
            uids: Vec::with_capacity(found.len()),
            changed: Vec::new(),
            by,
        };
        let (Some(known), Some(latest)) = (selected.known(), selected.latest()) else {
            return outcome;
        };
        for uid in found {
            let Some(position) = known.position_of(uid) else {
                continue;
            };
            outcome.uids.push(uid.0);
            outcome.numbers.push(match by {
                By::Uid => uid.0,
                By::Sequence => number(position),
            });
            if with_mod_seq {
                let changed = latest.row_of(uid).map_or(Seq::START, |row| row.changed);
                outcome.changed.push(changed);
            }
        }
        outcome
    }

    /// RFC 7162 3.1.5: the highest modification sequence of what is returned.
    pub(in super::super) fn mod_seq_of_all(&self) -> Option<u64> {
        self.changed.iter().max().map(|seq| words::mod_seq(*seq))
    }

    /// RFC 5182 2.4: what is kept depends on what else is returned.
    pub(in super::super) fn saved(&self, returns: SearchReturn) -> NumberSet {
        let some = returns.min || returns.max || returns.partial.is_some();
        if returns.all || returns.count || !some {
            return self.uids.iter().copied().collect();
        }
        // RFC 9394 3.2: those of the page, besides the least and the largest.
        let paged = returns.partial.map(|range| page(&self.uids, range));
        let least = self.uids.iter().min().filter(|_| returns.min);
        let largest = self.uids.iter().max().filter(|_| returns.max);
        least
            .into_iter()
            .chain(largest)
            .chain(paged.unwrap_or_default())
            .copied()
            .collect()
    }

    /// One line of ESEARCH.
    pub(in super::super) fn esearch(&self, out: &mut Output, tag: &str, returns: SearchReturn) {
        if returns
            == (SearchReturn {
                save: true,
                ..SearchReturn::default()
            })
        {
            // RFC 5182 2.1: SAVE alone returns nothing.
            return;
        }
        let all = returns.all.then(|| collapse(self.numbers.iter().copied()));
        let partial = returns.partial.map(|range| {
            let page = page(&self.numbers, range);
            (range, collapse(page.iter().copied()))
        });
        out.encoder().esearch(&Esearch {
            tag,
            by: self.by,
            // RFC 5267 3.1: of SORT, the first and the last in its order; of SEARCH these are the smallest and the largest.
            min: self.numbers.first().copied().filter(|_| returns.min),
            max: self.numbers.last().copied().filter(|_| returns.max),
            all: all.as_deref(),
            count: returns.count.then(|| count(self.numbers.len())),
            partial: partial
                .as_ref()
                .map(|(range, found)| (*range, found.as_slice())),
            mod_seq: self.mod_seq(returns),
        });
    }

    /// RFC 7162 3.1.10: with MIN or MAX alone only theirs counts.
    fn mod_seq(&self, returns: SearchReturn) -> Option<u64> {
        if returns.all || returns.count || returns.partial.is_some() {
            return self.mod_seq_of_all();
        }
        let first = self.changed.first().filter(|_| returns.min);
        let last = self.changed.last().filter(|_| returns.max);
        first.max(last).map(|seq| words::mod_seq(*seq))
    }
}

/// RFC 9394 3.1: the results at these places.
fn page(numbers: &[u32], range: PartialRange) -> &[u32] {
    numbers.get(range.of(numbers.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(first: u32, last: u32, from_end: bool) -> Vec<u32> {
        let range = PartialRange {
            first,
            last,
            from_end,
        };
        page(&[1, 2, 3, 4, 5], range).to_vec()
    }

    #[test]
    fn pages_count_from_either_end() {
        assert_eq!(of(1, 2, false), [1, 2]);
        assert_eq!(of(4, 9, false), [4, 5]);
        assert_eq!(of(6, 9, false), Vec::<u32>::new());
        assert_eq!(of(1, 2, true), [4, 5]);
        assert_eq!(of(4, 9, true), [1, 2]);
        assert_eq!(of(6, 9, true), Vec::<u32>::new());
    }
}
