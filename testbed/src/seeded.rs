//! Numbers that look random and come from a seed: the same seed gives the same test.

/// A generator of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The generator of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        usize::try_from(self.number().checked_rem(end).unwrap_or(0)).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// So many octets.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let numbers = (0..count.div_ceil(8)).flat_map(|_| self.number().to_le_bytes());
        let mut bytes: Vec<u8> = numbers.collect();
        bytes.truncate(count);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_row_of_numbers() {
        // The reference values of SplitMix64 for seed 0.
        let mut seeded = Seeded::new(0);
        assert_eq!(seeded.number(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(seeded.number(), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(seeded.bytes(11).len(), 11);
        assert!((0..100).all(|_| seeded.below(3) < 3));
        assert_eq!(seeded.below(0), 0);
    }
}
