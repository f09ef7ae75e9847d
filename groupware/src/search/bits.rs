//! A set of positions in a mailbox, one bit each.

/// Which of the first `len` positions are in the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// None of `len` positions.
    pub(crate) fn none(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    /// All of `len` positions.
    pub(crate) fn all(len: usize) -> Self {
        let mut bits = Self::none(len);
        bits.words.fill(u64::MAX);
        if let (Some(last), rest @ 1..) = (bits.words.last_mut(), len % 64) {
            *last = (1 << rest) - 1;
        }
        bits
    }

    /// How many positions there are, in the set or not.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a position; none beyond the end.
    pub(crate) fn insert(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64).filter(|_| at < self.len) {
            *word |= 1 << (at % 64);
        }
    }

    /// Whether the position is in the set.
    pub(crate) fn contains(&self, at: usize) -> bool {
        self.words
            .get(at / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Whether no position is.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many positions are.
    pub(crate) fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Keeps what is in both.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.each_word(other, |word, other| word & other);
    }

    /// Adds what is in the other.
    pub(crate) fn add(&mut self, other: &Self) {
        self.each_word(other, |word, other| word | other);
    }

    /// Takes away what is in the other.
    pub(crate) fn remove(&mut self, other: &Self) {
        self.each_word(other, |word, other| word & !other);
    }

    /// The positions in the set, rising.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.checked_sub(1)?;
                Some(at * 64 + bit as usize)
            })
        })
    }

    fn each_word(&mut self, other: &Self, join: impl Fn(u64, u64) -> u64) {
        debug_assert_eq!(self.len, other.len, "sets of the same positions");
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word = join(*word, *other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_as_a_set() {
        for len in [0, 1, 63, 64, 65, 200] {
            let all = Bits::all(len);
            assert_eq!(all.count(), len);
            assert_eq!(all.iter().collect::<Vec<_>>(), (0..len).collect::<Vec<_>>());
            let mut thirds = Bits::none(len);
            (0..len + 9).step_by(3).for_each(|at| thirds.insert(at));
            assert_eq!(thirds.count(), len.div_ceil(3));
            assert!((0..len).all(|at| thirds.contains(at) == (at % 3 == 0)));
            let mut rest = all.clone();
            rest.remove(&thirds);
            assert_eq!(rest.count() + thirds.count(), len);
            rest.keep(&thirds);
            assert!(rest.is_empty());
            rest.add(&thirds);
            assert_eq!(rest, thirds);
            assert!(!all.contains(len));
        }
    }
}
