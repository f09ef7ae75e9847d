//! Turns: how many requests and uploads of one principal are worked on at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::PrincipalId;

/// What of one principal is under way; for all principals.
#[derive(Debug)]
pub(crate) struct Turns {
    limit: usize,
    running: Arc<Mutex<HashMap<PrincipalId, usize>>>,
}

/// A turn, given back on drop.
#[derive(Debug)]
pub(crate) struct Turn {
    principal: PrincipalId,
    running: Arc<Mutex<HashMap<PrincipalId, usize>>>,
}

impl Turns {
    /// So many at once for each principal.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            running: Arc::default(),
        }
    }

    /// A turn, unless the principal has as many as it may have.
    pub(crate) fn take(&self, principal: PrincipalId) -> Option<Turn> {
        let mut running = lock(&self.running);
        let count = running.entry(principal).or_insert(0);
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Turn {
            principal,
            running: Arc::clone(&self.running),
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = lock(&self.running);
        if let Some(count) = running.get_mut(&self.principal) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                running.remove(&self.principal);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_back() {
        let turns = Turns::new(2);
        let (first, second) = (turns.take(PrincipalId(1)), turns.take(PrincipalId(1)));
        assert!(first.is_some() && second.is_some());
        assert!(turns.take(PrincipalId(1)).is_none());
        assert!(turns.take(PrincipalId(2)).is_some());
        drop(first);
        assert!(turns.take(PrincipalId(1)).is_some());
    }
}
