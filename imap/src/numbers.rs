//! Sets of numbers compared: what two have in common, what one has and the other has not.

use model::NumberSet;

/// The numbers in both sets.
pub(crate) fn common(one: &NumberSet, other: &NumberSet) -> NumberSet {
    let (mut left, mut right) = (one.ranges(), other.ranges());
    let mut both = Vec::new();
    while let (Some((from, to)), Some((start, end))) = (left.first(), right.first()) {
        let (first, last) = (*from.max(start), *to.min(end));
        if first <= last {
            both.push((first, last));
        }
        if to <= end {
            left = left.get(1..).unwrap_or_default();
        } else {
            right = right.get(1..).unwrap_or_default();
        }
    }
    NumberSet::from_ranges(both)
}

/// The numbers of `all` that are not in `taken`.
pub(crate) fn without(all: &NumberSet, taken: &NumberSet) -> NumberSet {
    let mut left = Vec::new();
    let mut gaps = taken.ranges();
    for (first, last) in all.ranges() {
        let mut from = Some(*first);
        while let (Some(start), Some((out, back))) = (from, gaps.first()) {
            if back < &start {
                gaps = gaps.get(1..).unwrap_or_default();
                continue;
            }
            if out > last {
                break;
            }
            if let Some(before) = out.checked_sub(1).filter(|before| *before >= start) {
                left.push((start, before));
            }
            from = back.checked_add(1).filter(|next| next <= last);
            if from.is_some() {
                gaps = gaps.get(1..).unwrap_or_default();
            }
        }
        left.extend(from.map(|start| (start, *last)));
    }
    NumberSet::from_ranges(left)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agree_with_plain_sets(
            one in prop::collection::btree_set(0_u32..60, 0..40),
            other in prop::collection::btree_set(0_u32..60, 0..40),
        ) {
            let set = |numbers: &BTreeSet<u32>| numbers.iter().copied().collect::<NumberSet>();
            let (a, b) = (set(&one), set(&other));
            prop_assert_eq!(common(&a, &b), set(&(&one & &other)));
            prop_assert_eq!(without(&a, &b), set(&(&one - &other)));
        }
    }

    #[test]
    fn the_ends_of_the_range_are_kept() {
        let all = NumberSet::range(0, u32::MAX);
        let middle = without(
            &all,
            &NumberSet::from_ranges([(0, 0), (u32::MAX, u32::MAX)]),
        );
        assert_eq!(middle.ranges(), [(1, u32::MAX - 1)]);
        assert!(without(&all, &all).is_empty());
    }
}
