//! Sessions that were told: their states, by principal.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::PrincipalId;

use crate::limits::SESSIONS_MAX;

/// The states of sessions that were told, so that not every answer asks for all accounts.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    known: Mutex<HashMap<PrincipalId, (u64, String)>>,
}

impl Sessions {
    /// The state that was told while so many commits may have changed who sees what.
    pub(crate) fn find(&self, principal: PrincipalId, sight: u64) -> Option<String> {
        let known = self.lock();
        let (at, state) = known.get(&principal)?;
        (*at == sight).then(|| state.clone())
    }

    /// Notes what was told.
    pub(crate) fn note(&self, principal: PrincipalId, sight: u64, state: &str) {
        let mut known = self.lock();
        if known.len() >= SESSIONS_MAX {
            known.clear();
        }
        known.insert(principal, (sight, state.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PrincipalId, (u64, String)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
