//! Mail on its way out: what whoever sends it needs of the queue, and what administrators do with it.
//!
//! What is settled of a message, and what its sender is told of it, is one durable write. The notices of the queue
//! ([`Groupware::watch_queue`]) are a bounded channel: who falls behind is told to look at the whole queue again.

mod attempts;

mod fresh;

mod settle;

mod watch;

use std::sync::Arc;

use directory::Directory;
use model::{AccountId, Actor, QueueId, QueuePlace, Queued};
use store::{Change, Engine, QueueChange, Request};

use crate::Groupware;
use crate::error::Error;

pub use attempts::Attempted;
pub(crate) use attempts::Attempts;
pub(crate) use fresh::FreshOctets;
pub use settle::{QueueStep, SenderReport, Settlement};
pub(crate) use watch::QueueWatchers;
pub use watch::{QueueNotice, QueueWatch};

/// Queued messages in one page.
pub const QUEUE_PAGE_MAX: usize = 1_000;

/// A queued message that somebody wants to send now.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is not in the queue any more.
    Gone,
    /// It is held, or not to be sent yet: see its standing.
    NotNow(Arc<Queued>),
    /// Here it is.
    Ready(Box<Claimed>),
}

/// A queued message with its octets.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Envelope and standing.
    pub queued: Arc<Queued>,
    /// The message.
    pub message: Arc<Vec<u8>>,
    /// Places of open recipients whose domain is one of ours, so that their mail never leaves.
    pub here: Vec<u32>,
}

impl Groupware {
    /// Messages of the queue behind `after`, oldest first; at most `limit` and [`QUEUE_PAGE_MAX`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn queue_page(
        &self,
        after: Option<QueuePlace>,
        limit: usize,
    ) -> Result<Vec<Queued>, Error> {
        let read = move |engine: &dyn Engine| engine.queue(after, limit.min(QUEUE_PAGE_MAX));
        Ok(self.store.read(read).await?)
    }

    /// One message of the queue.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error> {
        Ok(self
            .store
            .read(move |engine| engine.queued(account, id))
            .await?)
    }

    /// One message of the queue with its octets, held or not.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn queued_message(
        &self,
        account: AccountId,
        id: QueueId,
    ) -> Result<Option<(Queued, Vec<u8>)>, Error> {
        let read = move |engine: &dyn Engine| match engine.queued(account, id)? {
            Some(queued) => {
                let message = engine.blob(queued.item.blob)?;
                Ok(Some((queued, message)))
            }
            None => Ok(None),
        };
        Ok(self.store.read(read).await?)
    }

    /// A message of the queue with all that is needed to send it, unless it is held or waits for its time. `known` is what a
    /// notice said of it, where nobody can have changed anything since; without it the store is asked.
    ///
    /// Waits for the store: only for threads that may.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn claim_blocking(
        &self,
        account: AccountId,
        id: QueueId,
        known: Option<Arc<Queued>>,
    ) -> Result<Claim, Error> {
        let engine = self.store.engine();
        let queued = match known {
            Some(known) => known,
            None => match engine.queued(account, id)? {
                Some(queued) => Arc::new(queued),
                None => return Ok(Claim::Gone),
            },
        };
        let standing = &queued.standing;
        let now = self.clock.now();
        if standing.hold.is_some() || standing.release_at.is_some_and(|at| at > now) {
            return Ok(Claim::NotNow(queued));
        }
        let here = here(&self.directory, &queued)?;
        let message = match self.fresh_octets.take(queued.item.blob.id) {
            Some(message) => message,
            None => Arc::new(engine.blob(queued.item.blob)?),
        };
        Ok(Claim::Ready(Box::new(Claimed {
            queued,
            message,
            here,
        })))
    }

    /// Holds a message until it is released; it is not tried meanwhile. The reason is for those who look at the queue.
    ///
    /// # Errors
    /// [`Error::NotFound`]; or the store cannot take it.
    pub async fn hold_queued(
        &self,
        actor: &Actor,
        account: AccountId,
        id: QueueId,
        reason: &str,
    ) -> Result<(), Error> {
        let change = QueueChange::Hold(Some(reason.to_owned()));
        self.change_queued(actor, account, Change::SetQueued { id, change })
            .await
    }

    /// Releases a held message, and one that waits for its time.
    ///
    /// # Errors
    /// [`Error::NotFound`]; or the store cannot take it.
    pub async fn release_queued(
        &self,
        actor: &Actor,
        account: AccountId,
        id: QueueId,
    ) -> Result<(), Error> {
        let queued = self.queued(account, id).await?.ok_or(Error::NotFound)?;
        if queued.standing.release_at.is_some() {
            let change = QueueChange::ReleaseAt(None);
            self.change_queued(actor, account, Change::SetQueued { id, change })
                .await?;
        }
        let change = QueueChange::Hold(None);
        self.change_queued(actor, account, Change::SetQueued { id, change })
            .await?;
        self.queue_watchers.retry(account, id);
        Ok(())
    }

    /// Takes a message out of the queue; nobody is told.
    ///
    /// # Errors
    /// [`Error::NotFound`]; or the store cannot take it.
    pub async fn cancel_queued(
        &self,
        actor: &Actor,
        account: AccountId,
        id: QueueId,
    ) -> Result<(), Error> {
        self.change_queued(actor, account, Change::Dequeue { id })
            .await
    }

    /// Has a message tried again at once. Nothing is written: where nobody sends, nothing happens.
    ///
    /// # Errors
    /// [`Error::NotFound`]; or the store cannot be read.
    pub async fn retry_queued(&self, account: AccountId, id: QueueId) -> Result<(), Error> {
        self.queued(account, id).await?.ok_or(Error::NotFound)?;
        self.queue_watchers.retry(account, id);
        Ok(())
    }

    /// Has all that waits tried again soon, whatever failed before.
    pub fn retry_all_queued(&self) {
        self.queue_watchers.retry_all();
    }

    async fn change_queued(
        &self,
        actor: &Actor,
        account: AccountId,
        change: Change,
    ) -> Result<(), Error> {
        let request = Request {
            account,
            actor: actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes: vec![change],
        };
        self.store.commit(request).await?;
        Ok(())
    }
}

/// Places of the open recipients whose domain is ours.
fn here(directory: &Directory, queued: &Queued) -> Result<Vec<u32>, store::Error> {
    let mut places = Vec::new();
    let mut last: Option<(&str, bool)> = None;
    for (place, recipient) in queued.open() {
        let Some((_, domain)) = recipient.forward_path.rsplit_once('@') else {
            // RFC 5321 4.1.1.3: `postmaster` alone is this server's.
            places.push(place);
            continue;
        };
        let is_ours = match last {
            Some((known, is_ours)) if known == domain => is_ours,
            _ => directory.is_ours_blocking(domain)?,
        };
        if is_ours {
            places.push(place);
        }
        last = Some((domain, is_ours));
    }
    Ok(places)
}
