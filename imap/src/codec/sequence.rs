//! A sequence set: ranges of message numbers or UIDs as a client writes them (RFC 9051 9, `sequence-set`).

use std::num::NonZeroU32;

use model::NumberSet;

use super::lexer::{Count, Lexer, Parsed};

/// Which messages a command names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceSet {
    /// `$`: the result that the last `SEARCH RETURN (SAVE)` kept (RFC 5182 2.1).
    Saved,
    /// At least one range, in the order the client wrote them.
    Ranges(Vec<SequenceRange>),
}

/// `seq-range` or a single `seq-number`; either bound may be the larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceRange {
    /// The bound written first.
    pub first: Bound,
    /// The bound written last; equal to `first` for a single number.
    pub last: Bound,
}

/// `seq-number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A number.
    Number(NonZeroU32),
    /// `*`: the largest number in use.
    Largest,
}

impl SequenceSet {
    /// The numbers meant, where `largest` is the largest number in use, or 0 in an empty mailbox.
    /// [`SequenceSet::Saved`] gives nothing: the session knows the saved result.
    ///
    /// The result may go beyond `largest`; the caller intersects with what exists.
    #[must_use]
    pub fn resolve(&self, largest: u32) -> NumberSet {
        match self {
            Self::Saved => NumberSet::new(),
            Self::Ranges(ranges) => {
                NumberSet::from_ranges(ranges.iter().filter_map(|range| range.resolve(largest)))
            }
        }
    }

    /// Whether `*` occurs, so that the meaning depends on what the mailbox holds.
    #[must_use]
    pub fn has_largest(&self) -> bool {
        match self {
            Self::Saved => false,
            Self::Ranges(ranges) => ranges
                .iter()
                .any(|range| range.first == Bound::Largest || range.last == Bound::Largest),
        }
    }

    /// The numbers one by one, in the order written and with their repetitions, at most `limit` of them; `*` is left out.
    ///
    /// QRESYNC's two lists of equal length are compared like this (RFC 7162 3.2.5.2).
    pub fn numbers(&self, limit: usize) -> impl Iterator<Item = u32> + '_ {
        let ranges: &[SequenceRange] = match self {
            Self::Saved => &[],
            Self::Ranges(ranges) => ranges,
        };
        ranges
            .iter()
            .filter_map(|range| range.resolve(0))
            .flat_map(|(first, last)| first..=last)
            .take(limit)
    }
}

impl SequenceRange {
    /// RFC 9051 9: `2:4` and `4:2` mean the same; `*:n` includes the largest number even where n is larger.
    fn resolve(self, largest: u32) -> Option<(u32, u32)> {
        let (first, last) = (self.first.resolve(largest)?, self.last.resolve(largest)?);
        Some((first.min(last), first.max(last)))
    }
}

impl Bound {
    fn resolve(self, largest: u32) -> Option<u32> {
        match self {
            Self::Number(number) => Some(number.get()),
            Self::Largest => (largest > 0).then_some(largest),
        }
    }
}

/// `sequence-set`, with `$`.
pub(super) fn sequence_set(lexer: &mut Lexer<'_>) -> Parsed<SequenceSet> {
    if lexer.eat(b'$') {
        return Ok(SequenceSet::Saved);
    }
    let mut ranges = vec![sequence_range(lexer)?];
    while lexer.eat(b',') {
        RANGES.check(ranges.len())?;
        ranges.push(sequence_range(lexer)?);
    }
    Ok(SequenceSet::Ranges(ranges))
}

fn sequence_range(lexer: &mut Lexer<'_>) -> Parsed<SequenceRange> {
    let first = bound(lexer)?;
    let last = if lexer.eat(b':') {
        bound(lexer)?
    } else {
        first
    };
    Ok(SequenceRange { first, last })
}

fn bound(lexer: &mut Lexer<'_>) -> Parsed<Bound> {
    if lexer.eat(b'*') {
        return Ok(Bound::Largest);
    }
    NonZeroU32::new(lexer.number()?)
        .map(Bound::Number)
        .ok_or_else(|| lexer.expected("a message number other than 0"))
}

/// More ranges than a command line of 64 KiB usually carries: `1,3,5,...` fills it with about 12,000.
const RANGES: Count = Count {
    what: "ranges of a sequence set",
    limit: 16_384,
};

#[cfg(test)]
mod tests {
    use super::super::TextForm;
    use super::*;

    fn set(text: &str) -> Parsed<SequenceSet> {
        let mut lexer = Lexer::new(text.as_bytes(), TextForm::Ascii);
        let set = sequence_set(&mut lexer)?;
        lexer.end()?;
        Ok(set)
    }

    fn resolved(text: &str, largest: u32) -> Vec<(u32, u32)> {
        set(text)
            .map(|set| set.resolve(largest).ranges().to_vec())
            .unwrap_or_default()
    }

    #[test]
    fn ranges_are_ordered_and_merged() {
        assert_eq!(
            resolved("2,4:7,9,12:*", 15),
            vec![(2, 2), (4, 7), (9, 9), (12, 15)]
        );
        assert_eq!(resolved("*:4,5:7", 10), vec![(4, 10)]);
        assert_eq!(resolved("3,2,1,9:5,6", 10), vec![(1, 3), (5, 9)]);
        assert_eq!(resolved("1:4294967295,*", 3), vec![(1, u32::MAX)]);
    }

    #[test]
    fn star_means_the_largest_even_below_the_other_bound() {
        // RFC 9051 6.4.9: `559:*` always includes the last message.
        assert_eq!(resolved("559:*", 100), vec![(100, 559)]);
        assert_eq!(resolved("*", 0), vec![]);
        assert_eq!(resolved("1:*", 0), vec![]);
    }

    #[test]
    fn malformed_sets_are_refused() {
        for text in [
            "",
            "0",
            "1:",
            ":1",
            "1,,2",
            "1,",
            "a",
            "4294967296",
            "1:0",
            "$1",
            "**",
        ] {
            assert!(set(text).is_err(), "{text}");
        }
        assert_eq!(set("$"), Ok(SequenceSet::Saved));
    }

    #[test]
    fn too_many_ranges_are_refused() {
        let text = vec!["1"; RANGES.limit].join(",");
        assert!(set(&text).is_ok());
        assert!(set(&format!("{text},1")).is_err());
    }
}
