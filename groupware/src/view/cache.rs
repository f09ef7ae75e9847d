//! The cache of views, and how a view becomes current.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, MailboxId, NumberSet, Seq};
use store::{Engine, Head, Mailbox, Notice};

use super::View;
use super::fold::unknown_rows;
use super::recent::{Recent, Step};
use crate::Groupware;
use crate::error::Error;

/// Octets of all views that are held for the next who asks; those in use elsewhere come on top.
pub(crate) const VIEWS_OCTETS_MAX: usize = 128 * 1024 * 1024;
/// Entries of the journal that are read to bring a view up to date; behind more, the mailbox is read anew.
const ENTRIES_BEHIND_MAX: usize = 512;
/// Mailboxes that are read at the same time; two who want the same one must not read it twice.
const LOADING_SHARDS: usize = 16;
/// Attempts to read a mailbox between two changes of it.
const LOAD_ATTEMPTS_MAX: usize = 3;

type Key = (AccountId, MailboxId);

/// The newest known views, least recently used out.
#[derive(Debug)]
pub(crate) struct Cache {
    octets_max: usize,
    slots: Mutex<Slots>,
    recent: Recent,
    loading: [tokio::sync::Mutex<()>; LOADING_SHARDS],
}

#[derive(Debug, Default)]
struct Slots {
    by_mailbox: HashMap<Key, Slot>,
    octets: usize,
    uses: u64,
}

#[derive(Debug)]
struct Slot {
    view: Arc<View>,
    /// The account's entry up to which nothing is missing in the view.
    known: Seq,
    used: u64,
    octets: usize,
}

/// What the cache has of a mailbox.
enum Found {
    Current(Arc<View>),
    Behind(Arc<View>, Seq),
    Nothing,
}

impl Groupware {
    /// The view of a mailbox that is at least as new as the head.
    pub(crate) async fn current_view(
        &self,
        head: &Arc<Head>,
        id: MailboxId,
    ) -> Result<Arc<View>, Error> {
        let mailbox = head.mailbox(id)?;
        let behind = match self.views.find(head, mailbox) {
            Found::Current(view) => return Ok(view),
            Found::Behind(view, known) => Some((view, known)),
            Found::Nothing => None,
        };
        if let Some((view, known)) = behind
            && let Some(steps) = self.views.recent.between(head.account, known, head.seq)
            && let Some(view) = follow_alone(&view, &steps, head, mailbox)
        {
            return Ok(self.views.insert(view, head.seq));
        }
        self.catch_up(head, mailbox).await
    }

    /// Brings a view up to date with reads, or reads the mailbox.
    async fn catch_up(&self, head: &Arc<Head>, mailbox: &Arc<Mailbox>) -> Result<Arc<View>, Error> {
        let shard = (head.account.0 as usize ^ mailbox.id.0 as usize) % LOADING_SHARDS;
        let _turn = self.views.loading[shard].lock().await;
        let behind = match self.views.find(head, mailbox) {
            Found::Current(view) => return Ok(view),
            Found::Behind(view, known) => Some((view, known)),
            Found::Nothing => None,
        };
        let steps = behind
            .as_ref()
            .and_then(|(_, known)| self.views.recent.between(head.account, *known, head.seq));
        let (head, id) = (Arc::clone(head), mailbox.id);
        let read = self.store.read(move |engine| {
            if let Some((view, known)) = behind {
                let steps = match steps {
                    Some(steps) => Some(steps),
                    None => journal(engine, &head, known)?,
                };
                if let Some(steps) = steps
                    && let Some(view) = follow(&view, &steps, &head, head.mailbox(id)?, engine)?
                {
                    return Ok((view, head.seq));
                }
            }
            load(engine, head, id)
        });
        let (view, known) = read.await?;
        Ok(self.views.insert(view, known))
    }
}

impl Cache {
    pub(crate) fn new(octets_max: usize) -> Self {
        Self {
            octets_max,
            slots: Mutex::default(),
            recent: Recent::default(),
            loading: Default::default(),
        }
    }

    /// Hears of a commit.
    pub(crate) fn note(&self, notice: &Notice) {
        self.recent.note(notice);
    }

    /// Takes a view that somebody still has, if there is none.
    pub(super) fn offer(&self, view: &Arc<View>) {
        let missing = !self.slots().by_mailbox.contains_key(&key(view));
        if missing {
            self.keep(Arc::clone(view), view.until);
        }
    }

    /// The view of a mailbox, if it is there and current.
    pub(super) fn at_hand(&self, head: &Head, mailbox: &Mailbox) -> Option<Arc<View>> {
        match self.find(head, mailbox) {
            Found::Current(view) => Some(view),
            Found::Behind(..) | Found::Nothing => None,
        }
    }

    fn find(&self, head: &Head, mailbox: &Mailbox) -> Found {
        let mut slots = self.slots();
        slots.uses += 1;
        let uses = slots.uses;
        let Some(slot) = slots.by_mailbox.get_mut(&(head.account, mailbox.id)) else {
            return Found::Nothing;
        };
        slot.used = uses;
        if slot.view.until.is_at_least(mailbox.emails_changed) {
            slot.known = slot.known.max(head.seq);
            Found::Current(Arc::clone(&slot.view))
        } else {
            Found::Behind(Arc::clone(&slot.view), slot.known)
        }
    }

    /// Whether it has a view of the account's first mailbox, which then counts as used.
    #[cfg(test)]
    pub(super) fn holds(&self, head: &Head) -> bool {
        let first = head.mailboxes.values().next();
        first.is_some_and(|mailbox| !matches!(self.find(head, mailbox), Found::Nothing))
    }

    /// Keeps a view, unless a newer one is there; answers the newer one.
    fn insert(&self, view: View, known: Seq) -> Arc<View> {
        self.keep(Arc::new(view), known)
    }

    fn keep(&self, view: Arc<View>, known: Seq) -> Arc<View> {
        self.recent.follow(view.account, known);
        let mut slots = self.slots();
        slots.uses += 1;
        let slot = Slot {
            known,
            used: slots.uses,
            octets: view.octets(),
            view: Arc::clone(&view),
        };
        let key = key(&view);
        if let Some(there) = slots.by_mailbox.get(&key)
            && there.known.is_at_least(known)
        {
            return Arc::clone(&there.view);
        }
        slots.octets += slot.octets;
        if let Some(before) = slots.by_mailbox.insert(key, slot) {
            slots.octets -= before.octets;
        }
        if slots.octets > self.octets_max {
            let accounts = slots.shrink(self.octets_max / 8 * 7);
            drop(slots);
            self.recent.keep_only(&accounts);
        }
        view
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Drops the views that were used least recently; answers the accounts that still have some.
    fn shrink(&mut self, octets: usize) -> HashSet<AccountId> {
        let mut by_use: Vec<(u64, Key)> = self
            .by_mailbox
            .iter()
            .map(|(key, slot)| (slot.used, *key))
            .collect();
        by_use.sort_unstable();
        for (_, key) in by_use {
            if self.octets <= octets {
                break;
            }
            if let Some(slot) = self.by_mailbox.remove(&key) {
                self.octets -= slot.octets;
            }
        }
        self.by_mailbox
            .keys()
            .map(|(account, _)| *account)
            .collect()
    }
}

fn key(view: &View) -> Key {
    (view.account, view.mailbox)
}

/// The next view, if the steps alone say what is in it.
fn follow_alone(view: &View, steps: &[Step], head: &Head, mailbox: &Mailbox) -> Option<View> {
    let must_read = steps
        .iter()
        .flat_map(|(_, mutations)| mutations.iter())
        .any(|mutation| unknown_rows(mutation, mailbox.id).is_some());
    if must_read {
        return None;
    }
    let mut next = view.clone();
    for (seq, mutations) in steps {
        for mutation in mutations.iter() {
            next.apply(mutation, *seq, &mut |_| Ok(Vec::new())).ok()?;
        }
    }
    next.finish(head, mailbox);
    next.fits(mailbox).then_some(next)
}

/// The next view, from the steps and what must be read; none if it does not come out as the head says.
fn follow(
    view: &View,
    steps: &[Step],
    head: &Head,
    mailbox: &Mailbox,
    engine: &dyn Engine,
) -> Result<Option<View>, store::Error> {
    let mut next = view.clone();
    let mut read = |uids: &NumberSet| engine.rows(head.account, mailbox.id, uids);
    for (seq, mutations) in steps {
        for mutation in mutations.iter() {
            next.apply(mutation, *seq, &mut read)?;
        }
    }
    next.finish(head, mailbox);
    Ok(next.fits(mailbox).then_some(next))
}

impl View {
    fn fits(&self, mailbox: &Mailbox) -> bool {
        self.len == mailbox.totals.emails as usize
    }
}

/// The entries after `known` up to the head, if they are few and all there.
fn journal(
    engine: &dyn Engine,
    head: &Head,
    known: Seq,
) -> Result<Option<Vec<Step>>, store::Error> {
    let entries = engine.journal(head.account, known, ENTRIES_BEHIND_MAX)?;
    let mut steps = Vec::with_capacity(entries.len());
    let mut last = known;
    for entry in entries {
        if entry.seq.is_after(head.seq) {
            break;
        }
        let Some(commit) = entry.commit else {
            return Ok(None);
        };
        last = entry.seq;
        steps.push((entry.seq, commit.mutations.into()));
    }
    Ok((last == head.seq).then_some(steps))
}

/// Reads a mailbox whole: with the head as it was before, so that no later change is missed.
fn load(
    engine: &dyn Engine,
    mut head: Arc<Head>,
    id: MailboxId,
) -> Result<(View, Seq), store::Error> {
    let account = head.account;
    let mut attempt = 1;
    loop {
        let mailbox = Arc::clone(head.mailbox(id)?);
        let rows = engine.rows(account, id, &NumberSet::range(1, u32::MAX))?;
        let after = engine
            .head(account)?
            .ok_or(store::Error::NotFound("the account"))?;
        let unchanged = after.mailbox(id)?.emails_changed == mailbox.emails_changed;
        if unchanged || attempt == LOAD_ATTEMPTS_MAX {
            return Ok((View::new(&head, &mailbox, &rows), head.seq));
        }
        head = after;
        attempt += 1;
    }
}
