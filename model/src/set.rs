//! A set of numbers kept as sorted ranges, the shape in which mailboxes are usually selected.

use serde::{Deserialize, Serialize};

/// Ranges one set may have; more is refused at decoding.
pub const RANGES_PER_SET_MAX: usize = 1_000_000;

/// A set of `u32`, kept as sorted, disjoint, non-adjacent inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u32, u32)>", into = "Vec<(u32, u32)>")]
pub struct NumberSet {
    ranges: Vec<(u32, u32)>,
}

impl NumberSet {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All numbers from `first` to `last`, both included; empty if `first` is larger.
    #[must_use]
    pub fn range(first: u32, last: u32) -> Self {
        let ranges = if first <= last {
            vec![(first, last)]
        } else {
            Vec::new()
        };
        Self { ranges }
    }

    /// The set of ranges in any order, overlapping or reversed as they come.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut ranges: Vec<_> = ranges
            .into_iter()
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        ranges.sort_unstable();
        let mut set = Self::new();
        for (first, last) in ranges {
            set.append(first, last);
        }
        set
    }

    /// Adds a number that is larger than every one in the set, or equal to the largest.
    pub fn push(&mut self, number: u32) {
        debug_assert!(
            self.last().is_none_or(|last| last <= number),
            "pushed in rising order"
        );
        self.append(number, number);
    }

    fn append(&mut self, first: u32, last: u32) {
        match self.ranges.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => self.ranges.push((first, last)),
        }
    }

    /// The sorted, disjoint ranges.
    #[must_use]
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// All numbers, rising.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Whether `number` is in the set.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        let after = self.ranges.partition_point(|&(first, _)| first <= number);
        after
            .checked_sub(1)
            .and_then(|at| self.ranges.get(at))
            .is_some_and(|&(_, last)| number <= last)
    }

    /// How many numbers are in the set.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ranges
            .iter()
            .map(|&(first, last)| u64::from(last - first) + 1)
            .sum()
    }

    /// Whether no number is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The smallest number.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        self.ranges.first().map(|&(first, _)| first)
    }

    /// The largest number.
    #[must_use]
    pub fn last(&self) -> Option<u32> {
        self.ranges.last().map(|&(_, last)| last)
    }

    /// The numbers in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.ranges.iter().chain(&other.ranges).copied())
    }
}

impl FromIterator<u32> for NumberSet {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut set = Self::new();
        let mut unsorted = Vec::new();
        for number in numbers {
            if set.last().is_none_or(|last| last <= number) {
                set.append(number, number);
            } else {
                unsorted.push((number, number));
            }
        }
        if unsorted.is_empty() {
            set
        } else {
            Self::from_ranges(unsorted.into_iter().chain(set.ranges))
        }
    }
}

/// On the wire each range is two numbers relative to what came before: rising sets stay small.
impl From<NumberSet> for Vec<(u32, u32)> {
    fn from(set: NumberSet) -> Self {
        let mut before = 0;
        set.ranges
            .into_iter()
            .map(|(first, last)| {
                let step = (first - before, last - first);
                before = last;
                step
            })
            .collect()
    }
}

impl TryFrom<Vec<(u32, u32)>> for NumberSet {
    type Error = &'static str;

    fn try_from(steps: Vec<(u32, u32)>) -> Result<Self, Self::Error> {
        if steps.len() > RANGES_PER_SET_MAX {
            return Err("a set has too many ranges");
        }
        let mut before = 0u32;
        let mut ranges = Vec::with_capacity(steps.len());
        for (at, (gap, length)) in steps.into_iter().enumerate() {
            // Adjacent ranges would give one set two encodings.
            if at > 0 && gap < 2 {
                return Err("the ranges of a set touch or overlap");
            }
            let first = before.checked_add(gap).ok_or("a range leaves 32 bits")?;
            let last = first.checked_add(length).ok_or("a range leaves 32 bits")?;
            ranges.push((first, last));
            before = last;
        }
        Ok(Self { ranges })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_a_set(numbers in prop::collection::vec(0u32..200, 0..60)) {
            let set: NumberSet = numbers.iter().copied().collect();
            let model: BTreeSet<u32> = numbers.iter().copied().collect();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.len(), model.len() as u64);
            for number in 0..201 {
                prop_assert_eq!(set.contains(number), model.contains(&number));
            }
        }

        #[test]
        fn has_one_encoding(numbers in prop::collection::vec(any::<u32>(), 0..60)) {
            let set: NumberSet = numbers.into_iter().collect();
            let bytes = postcard::to_allocvec(&set).unwrap();
            prop_assert_eq!(postcard::from_bytes::<NumberSet>(&bytes).unwrap(), set);
        }
    }

    #[test]
    fn touching_ranges_are_not_canonical() {
        assert!(NumberSet::try_from(vec![(1, 0), (1, 0)]).is_err());
        assert!(NumberSet::try_from(vec![(1, u32::MAX)]).is_err());
    }
}
