//! The catalogues that were asked for last, and how one becomes current.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, MailboxId, Rights, Role, Seq};
use store::Head;

use super::follow::Views;
use super::{Catalogue, Inner};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::rights::Access;

/// Octets of all catalogues that are held, with the views in them.
pub(crate) const CATALOGUES_OCTETS_MAX: usize = 160 * 1024 * 1024;
/// Catalogues that are brought up to date at the same time; two who want the same one must not do it twice.
const FOLLOWING_SHARDS: usize = 16;
/// Attempts to get the views of all mailboxes between two changes; after that some may be newer than others.
const ATTEMPTS_MAX: usize = 3;
/// Emails whose catalogue is made without going to another thread: a millisecond's work.
const EMAILS_AT_ONCE_MAX: usize = 10_000;

/// An account, and what of it may be read: none is everything.
type Key = (AccountId, Option<Arc<[MailboxId]>>);

/// The newest known catalogues, least recently used out.
#[derive(Debug)]
pub(crate) struct Catalogues {
    octets_max: usize,
    slots: Mutex<Slots>,
    following: [tokio::sync::Mutex<()>; FOLLOWING_SHARDS],
}

#[derive(Debug, Default)]
struct Slots {
    by_key: HashMap<Key, Slot>,
    octets: usize,
    uses: u64,
}

#[derive(Debug)]
struct Slot {
    inner: Arc<Inner>,
    /// The account's entry up to which nothing is missing.
    known: Seq,
    used: u64,
    octets: usize,
}

impl Groupware {
    /// All emails of the account that the caller may read, as they are now: at least as new as every change that was
    /// answered before the call.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can see nothing of the account.
    pub async fn catalogue(&self, caller: &Caller, account: AccountId) -> Result<Catalogue, Error> {
        let access = self.access(caller, account).await?;
        access.require_any()?;
        self.catalogue_for(access).await
    }

    /// The catalogue for somebody whose access was looked up.
    pub(crate) async fn catalogue_for(&self, access: Access) -> Result<Catalogue, Error> {
        let (key, visible) = key(&access);
        if let Some(inner) = self.catalogues.at_hand(&key, &access.head, &visible) {
            let head = access.head;
            return Ok(Catalogue { head, inner });
        }
        let shard = access.head.account.0 as usize % FOLLOWING_SHARDS;
        let _turn = self.catalogues.following[shard].lock().await;
        if let Some(inner) = self.catalogues.at_hand(&key, &access.head, &visible) {
            let head = access.head;
            return Ok(Catalogue { head, inner });
        }
        self.catch_up_catalogue(access).await
    }

    async fn catch_up_catalogue(&self, mut access: Access) -> Result<Catalogue, Error> {
        let mut attempt = 1;
        let (key, views) = loop {
            let (key, visible) = key(&access);
            let views = self.views_of(&access.head, &visible).await;
            let account = access.head.account;
            let newest = self.store.engine().head(account)?;
            let newest = newest.unwrap_or_else(|| Arc::clone(&access.head));
            let is_one_state = newest.seq == access.head.seq;
            match views {
                Ok(views) if is_one_state || attempt == ATTEMPTS_MAX => break (key, views),
                Err(error) if is_one_state || attempt == ATTEMPTS_MAX => return Err(error),
                Ok(_) | Err(_) => {}
            }
            access.head = newest;
            attempt += 1;
        };
        let head = access.head;
        let trash = head.with_role(Role::Trash).map(|trash| trash.id);
        let trash = trash.filter(|trash| views.contains_key(trash));
        let mut inner = self.catalogues.take(&key).unwrap_or_default();
        let behind: usize = views.values().map(|view| view.len()).sum();
        let follow = move || {
            Arc::make_mut(&mut inner).follow(&views, trash);
            inner
        };
        let inner = if behind > EMAILS_AT_ONCE_MAX {
            self.store.read(move |_| Ok(follow())).await?
        } else {
            follow()
        };
        self.catalogues.keep(key, Arc::clone(&inner), head.seq);
        Ok(Catalogue { head, inner })
    }

    async fn views_of(&self, head: &Arc<Head>, visible: &[MailboxId]) -> Result<Views, Error> {
        let mut views = Views::new();
        for mailbox in visible {
            views.insert(*mailbox, self.current_view(head, *mailbox).await?);
        }
        Ok(views)
    }
}

/// What the access makes of an account, and the mailboxes of it.
fn key(access: &Access) -> (Key, Vec<MailboxId>) {
    let head = &access.head;
    let may_read = |id: &&MailboxId| access.require(**id, Rights::READ).is_ok();
    let visible: Vec<MailboxId> = head.mailboxes.keys().filter(may_read).copied().collect();
    let only = (!access.is_owner()).then(|| Arc::from(visible.as_slice()));
    ((head.account, only), visible)
}

impl Catalogues {
    pub(crate) fn new(octets_max: usize) -> Self {
        Self {
            octets_max,
            slots: Mutex::default(),
            following: Default::default(),
        }
    }

    /// The catalogue, if it is there and current.
    fn at_hand(&self, key: &Key, head: &Head, visible: &[MailboxId]) -> Option<Arc<Inner>> {
        let mut slots = self.slots();
        slots.uses += 1;
        let uses = slots.uses;
        let slot = slots.by_key.get_mut(key)?;
        slot.used = uses;
        if slot.known.is_at_least(head.seq) {
            return Some(Arc::clone(&slot.inner));
        }
        if !slot.inner.is_current(head, visible) {
            return None;
        }
        slot.known = head.seq;
        Some(Arc::clone(&slot.inner))
    }

    /// Takes the catalogue out, so that it can be changed in place if nobody else has it.
    fn take(&self, key: &Key) -> Option<Arc<Inner>> {
        let mut slots = self.slots();
        let slot = slots.by_key.remove(key)?;
        slots.octets -= slot.octets;
        Some(slot.inner)
    }

    fn keep(&self, key: Key, inner: Arc<Inner>, known: Seq) {
        let octets = inner.octets();
        let mut slots = self.slots();
        slots.uses += 1;
        let slot = Slot {
            inner,
            known,
            used: slots.uses,
            octets,
        };
        slots.octets += octets;
        if let Some(before) = slots.by_key.insert(key, slot) {
            slots.octets -= before.octets;
        }
        slots.shrink(self.octets_max);
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn shrink(&mut self, octets_max: usize) {
        while self.octets > octets_max {
            let oldest = self.by_key.iter().min_by_key(|(_, slot)| slot.used);
            let Some(slot) = oldest
                .map(|(key, _)| key.clone())
                .and_then(|key| self.by_key.remove(&key))
            else {
                return;
            };
            self.octets -= slot.octets;
        }
    }
}

impl Inner {
    /// Whether no email changed that is or should be in it.
    fn is_current(&self, head: &Head, visible: &[MailboxId]) -> bool {
        let trash = head.with_role(Role::Trash).map(|trash| trash.id);
        trash.filter(|trash| visible.contains(trash)) == self.trash
            && visible.len() == self.shelves.len()
            && visible.iter().all(|id| {
                let shelf = self.shelves.get(id);
                let mailbox = head.mailboxes.get(id);
                shelf.zip(mailbox).is_some_and(|(shelf, mailbox)| {
                    shelf.view.until().is_at_least(mailbox.emails_changed)
                })
            })
    }
}
