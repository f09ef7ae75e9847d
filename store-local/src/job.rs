//! What passes between the writer and everybody else.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};

use model::AccountId;
use store::{Error, Head, Notice, Reply, Request};

/// What the writer can be asked.
pub(crate) enum Job {
    /// Make these durable.
    Commit(Vec<Request>, Reply),
    /// Commit the state; the sender hears when it is done.
    Settle(std::sync::mpsc::Sender<Result<(), Error>>),
    /// Commit the state and end.
    Stop,
}

/// What the writer and the readers share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Heads as of the last durable commit.
    pub(crate) heads: RwLock<HashMap<AccountId, Arc<Head>>>,
    /// Accounts with durable commits that the committed state does not show yet.
    pub(crate) unsettled: Mutex<HashSet<AccountId>>,
    /// Who hears of commits.
    pub(crate) listeners: Mutex<Vec<Listener>>,
}

/// A function that hears of commits.
pub(crate) struct Listener(pub(crate) Box<dyn Fn(&Notice) + Send + Sync>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}
