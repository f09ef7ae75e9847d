//! What requests are executed with: the operations of the house, and a door to what lies below them.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use directory::{Directory, Random};
use groupware::{Caller, Groupware};
use model::{
    AccountId, Actor, Commit, CredentialId, Face, PrincipalId, Queued, Seq, SessionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{Failure, HistoryInfo, Kind, ListenerInfo, PostureInfo, Surroundings};

/// One entry of a journal as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its number in the account.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
    /// Its place in the log of all accounts, from 0.
    pub index: u64,
    /// What it says; none once its payload was dropped.
    pub commit: Option<Commit>,
}

/// How much the store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Entries in the journal.
    pub entries: u64,
    /// Octets of the journal, message files included.
    pub journal_octets: u64,
    /// Octets of the state.
    pub state_octets: u64,
    /// Octets of the search index.
    pub search_octets: u64,
}

/// What administration needs from the store and `groupware` does not offer. Calls block.
///
/// `wachpost` implements it, since a face never touches the store.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Entries of the account after `after`, rising, at most `limit`.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn journal(
        &self,
        account: AccountId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<JournalEntry>, Failure>;

    /// Messages that wait to be sent, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    fn queue(&self, limit: usize) -> Result<Vec<Queued>, Failure>;

    /// The last signed checkpoint: entries and note.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn checkpoint(&self) -> Result<Option<(u64, String)>, Failure>;

    /// Makes the search index anew; `progress` is told how much is done, and of how much.
    ///
    /// # Errors
    /// The index cannot be written.
    fn reindex(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Failure>;

    /// How much there is.
    ///
    /// # Errors
    /// The store cannot be read.
    fn sizes(&self) -> Result<Sizes, Failure>;
}

/// What keeps the processes of the server locked in.
pub trait Locks: Send + Sync + fmt::Debug {
    /// How they are locked in now.
    fn posture(&self) -> PostureInfo;
}

/// What is known of those who witness our history.
pub trait Witnesses: Send + Sync + fmt::Debug {
    /// How far they have cosigned it, and how each of them stands; blocks.
    fn history(&self) -> HistoryInfo;
}

/// How far a long piece of work is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub what: String,
    /// How much of it.
    pub done: u64,
    /// Of how much.
    pub total: u64,
}

/// Is told how far long work is; must not block.
pub type Report = Arc<dyn Fn(Progress) + Send + Sync>;

/// All that requests are executed with; cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    /// Every operation on mail, and through it the directory.
    pub groupware: Groupware,
    /// The door to the store.
    pub storage: Arc<dyn Storage>,
    /// Where chance comes from.
    pub random: Random,
    /// Since when this process has the data folder.
    pub started_at: Timestamp,
    /// Where it listens; empty if it is a command that opened the data folder itself.
    pub listeners: Arc<[ListenerInfo]>,
    /// Version of the program.
    pub version: &'static str,
    /// Who asks, if they signed in; none for whoever has the socket or the data folder in hand.
    pub by: Option<By>,
    /// The machine and the world; none if it is a command that opened the data folder itself.
    pub surroundings: Option<Arc<dyn Surroundings>>,
    /// What keeps the server locked in; none if it is a command that opened the data folder itself.
    pub locks: Option<Arc<dyn Locks>>,
    /// Who witnesses our history; none if nobody is asked to, or a command opened the data folder itself.
    pub witnesses: Option<Arc<dyn Witnesses>>,
}

/// An administrator who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub principal: PrincipalId,
    /// The session of their browser.
    pub credential: CredentialId,
    /// From where.
    pub address: Option<IpAddr>,
}

impl By {
    /// As the journal names them. One number stands for all that the browser does while it is signed in.
    fn actor(&self) -> Actor {
        Actor {
            principal: Some(self.principal),
            credential: Some(self.credential),
            session: SessionId(u64::from(self.credential.0)),
            face: Face::Admin,
            address: self.address,
        }
    }
}

impl Services {
    /// The same, for an administrator who signed in.
    #[must_use]
    pub fn asked_by(&self, by: By) -> Self {
        Self {
            by: Some(by),
            ..self.clone()
        }
    }

    /// Whoever works on an account in its owner's name: the owner's rights count. The journal names the administrator who
    /// signed in; of a command it says that it was one.
    pub(crate) fn in_name_of(&self, owner: PrincipalId) -> Caller {
        match &self.by {
            Some(by) => Caller::in_name_of(by.actor(), owner),
            None => Caller::new(self.actor(Some(owner))),
        }
    }

    pub(crate) fn directory(&self) -> &Directory {
        self.groupware.directory()
    }

    /// The administrator at the command line, or the account's own principal when it is about its mail; in a session of
    /// its own, so that the journal shows what one command did.
    pub(crate) fn actor(&self, principal: Option<PrincipalId>) -> Actor {
        if let Some(by) = &self.by {
            return by.actor();
        }
        Actor {
            principal,
            credential: None,
            session: SessionId(u64::from_le_bytes(self.random.bytes())),
            face: Face::Admin,
            address: None,
        }
    }

    /// Runs blocking work of the storage on a thread for such work.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Storage) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let storage = Arc::clone(&self.storage);
        tokio::task::spawn_blocking(move || work(&*storage))
            .await
            .unwrap_or_else(|_| {
                Err(Failure::new(
                    Kind::Internal,
                    "the work ended in a panic: see the log of the server",
                ))
            })
    }
}
