//! Witnesses: others who keep our checkpoints and cosign them, so that our history cannot be rewritten unseen, even by somebody who
//! has this machine and all its keys.
//!
//! Each new checkpoint is shown to every configured witness (`asking`). What they cosigned is kept (`ledger`), and how each of
//! them stands is known at any time (`standing`). Losing a witness keeps no mail waiting: it is told to the administrator.

mod asking;

mod known;

mod ledger;

mod standing;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use store::Error;
use store_local::History;

pub(crate) use asking::Asking;
pub(crate) use known::known;
pub(crate) use standing::Standing;

/// The tree of our journal, for several to ask.
#[derive(Clone, Debug)]
pub(crate) struct Tree(Arc<Mutex<History>>);

impl Tree {
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        Ok(Self(Arc::new(Mutex::new(History::open(data)?))))
    }

    /// Asks; blocks.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&History) -> Result<T, Error>,
    ) -> Result<T, Error> {
        question(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
