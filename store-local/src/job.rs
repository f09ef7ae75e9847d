//! What passes between the writer and everybody else.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};

use model::AccountId;
use store::{Error, Head, Notice, Reply, Request};

/// What the writer can be asked.
pub(crate) enum Job {
    /// Make these durable.
    Commit(Submission),
    /// Commit the state; the sender hears when it is done.
    Settle(std::sync::mpsc::Sender<Result<(), Error>>),
    /// Commit the state and end.
    Stop,
}

/// Requests that were submitted at once.
pub(crate) struct Submission {
    pub(crate) requests: Vec<Request>,
    /// Whether all of them are done or none.
    pub(crate) together: bool,
    /// Who hears what became of them.
    pub(crate) reply: Reply,
}

impl Submission {
    /// Answers all requests alike.
    pub(crate) fn refuse(self, error: &Error) {
        (self.reply)(vec![Err(error.clone()); self.requests.len()]);
    }
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
