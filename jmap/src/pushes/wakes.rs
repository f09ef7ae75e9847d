//! Wakes: whose subscriptions to push became others, for the one who pushes.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::PrincipalId;
use tokio::sync::Notify;

/// Principals whose subscriptions are to be looked at anew; each once, however often it was said.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    waiting: Mutex<BTreeSet<PrincipalId>>,
    notify: Notify,
}

impl Wakes {
    /// Says that the subscriptions of this principal changed.
    pub(crate) fn wake(&self, principal: PrincipalId) {
        self.waiting().insert(principal);
        self.notify.notify_one();
    }

    /// The next principal. Cancellation-safe.
    pub(crate) async fn next(&self) -> PrincipalId {
        loop {
            if let Some(principal) = self.waiting().pop_first() {
                return principal;
            }
            self.notify.notified().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeSet<PrincipalId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
