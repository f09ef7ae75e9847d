//! Budget: a number of octets of memory that all connections together may hold for what is too big for their buffers,
//! such as IMAP literals and SMTP DATA.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Deadline, Error};

/// A shared stock of octets. A clone is the same stock.
#[derive(Clone, Debug)]
pub struct Budget {
    free: Arc<Semaphore>,
    limit_octets: usize,
}

/// Octets taken from a [`Budget`]; given back on drop.
#[derive(Debug)]
pub struct Reservation {
    permit: OwnedSemaphorePermit,
}

impl Budget {
    /// A stock of so many octets; at most 4 GiB, beyond which it is cut.
    pub fn new(limit_octets: usize) -> Self {
        let limit_octets = limit_octets
            .min(u32::MAX as usize)
            .min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(limit_octets)),
            limit_octets,
        }
    }

    /// Octets nobody holds now.
    pub fn free_octets(&self) -> usize {
        self.free.available_permits()
    }

    /// Octets in all.
    pub fn limit_octets(&self) -> usize {
        self.limit_octets
    }

    /// Takes so many octets, or `None` if they are not there now.
    pub fn try_reserve(&self, octets: usize) -> Option<Reservation> {
        let octets = u32::try_from(octets).ok()?;
        let permit = Arc::clone(&self.free).try_acquire_many_owned(octets).ok()?;
        Some(Reservation { permit })
    }

    /// Takes so many octets; waits in line for them.
    ///
    /// Cancellation-safe: a wait that is given up takes nothing, only its place in the line is lost.
    /// Who already holds a reservation should not wait for another: two such could wait for each other.
    ///
    /// # Errors
    /// [`Error::OverBudget`] at once if there are never so many, [`Error::TimedOut`] at the deadline.
    pub async fn reserve(
        &self,
        octets: usize,
        within: impl Into<Deadline>,
    ) -> Result<Reservation, Error> {
        let over = Error::OverBudget {
            octets,
            limit_octets: self.limit_octets,
        };
        let Some(asked) = u32::try_from(octets)
            .ok()
            .filter(|_| octets <= self.limit_octets)
        else {
            return Err(over);
        };
        let free = Arc::clone(&self.free);
        let permit = within.into().bound(free.acquire_many_owned(asked)).await?;
        // The semaphore is never closed.
        permit
            .map(|permit| Reservation { permit })
            .map_err(|_| over)
    }
}

impl Reservation {
    /// Octets held.
    pub fn octets(&self) -> usize {
        self.permit.num_permits()
    }

    /// Takes so many more; false, with nothing changed, if they are not there now.
    pub fn try_grow(&mut self, octets: usize) -> bool {
        let Ok(octets) = u32::try_from(octets) else {
            return false;
        };
        let Ok(more) = Arc::clone(self.permit.semaphore()).try_acquire_many_owned(octets) else {
            return false;
        };
        self.permit.merge(more);
        true
    }

    /// Gives back what exceeds so many octets.
    pub fn shrink_to(&mut self, octets: usize) {
        drop(self.permit.split(self.octets().saturating_sub(octets)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_dropped_is_given_back() {
        let budget = Budget::new(100);
        let mut first = budget.try_reserve(60).unwrap();
        assert!(budget.try_reserve(41).is_none());
        assert!(!first.try_grow(41));
        assert!(first.try_grow(40));
        assert_eq!((first.octets(), budget.free_octets()), (100, 0));
        first.shrink_to(30);
        assert_eq!((first.octets(), budget.free_octets()), (30, 70));
        drop(first);
        assert_eq!(budget.free_octets(), budget.limit_octets());
    }

    #[tokio::test]
    async fn a_waiter_gets_what_another_gives_back() {
        let budget = Budget::new(10);
        let held = budget.try_reserve(10).unwrap();
        let waiter = tokio::spawn({
            let budget = budget.clone();
            async move {
                budget
                    .reserve(4, Duration::from_secs(60))
                    .await
                    .map(|got| got.octets())
            }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert_eq!(waiter.await.unwrap().unwrap(), 4);
        assert_eq!(budget.free_octets(), 10);
    }

    #[tokio::test]
    async fn more_than_all_is_refused_at_once() {
        let error = Budget::new(10)
            .reserve(11, Duration::MAX)
            .await
            .unwrap_err();
        assert!(matches!(
            error,
            Error::OverBudget {
                octets: 11,
                limit_octets: 10
            }
        ));
    }
}
