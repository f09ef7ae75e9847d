//! Memory: what one message takes from the budget of all while it is received and stored.
//!
//! It grows with what has really come, not with what the client claims to send, so that claims alone cannot use up the
//! budget.

use listen::{Budget, Reservation};

/// Octets set aside where the client said nothing of the size, and by which a message grows at least. Ours: most
/// messages fit into the first portion.
pub(crate) const PORTION_OCTETS_MIN: usize = 32 * 1024;

/// What a message holds; given back on drop.
#[derive(Debug)]
pub(crate) struct Memory {
    reservation: Reservation,
}

impl Memory {
    /// Takes the first octets; nothing where the budget has not so many now.
    pub(crate) fn begin(budget: &Budget, octets: usize) -> Option<Self> {
        let reservation = budget.try_reserve(octets)?;
        Some(Self { reservation })
    }

    /// How much more a buffer is to set aside before it takes `incoming` octets: zero where its `spare` is enough.
    /// Nothing where the budget has not so much.
    pub(crate) fn room_for(&mut self, incoming: usize, spare: usize) -> Option<usize> {
        let missing = incoming.saturating_sub(spare);
        if missing == 0 {
            return Some(0);
        }
        // As much again as there is, so that octets are moved a bounded number of times.
        let generous = self.reservation.octets().max(PORTION_OCTETS_MIN);
        [generous.max(missing), missing]
            .into_iter()
            .find(|octets| self.reservation.try_grow(*octets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_by_doubling_and_then_by_what_is_left() {
        let budget = Budget::new(150_000);
        let mut memory = Memory::begin(&budget, 50_000).expect("there is enough");
        assert_eq!(memory.room_for(10, 10), Some(0));
        assert_eq!(memory.room_for(11, 10), Some(50_000));
        assert_eq!(memory.room_for(11, 10), Some(1), "no 100,000 are left");
        assert_eq!(memory.room_for(50_000, 0), None);
        assert!(Memory::begin(&budget, 50_000).is_none());
        drop(memory);
        assert_eq!(budget.free_octets(), 150_000);
    }
}
