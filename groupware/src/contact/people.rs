//! The directory as those see it who may sign in: who there is, and what changed among them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, Mutation, Principal, PrincipalId, Seq};
use store::{Engine, Entry};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Entries of the directory's journal that are looked at; whoever was away for longer looks at everybody.
const PEOPLE_ENTRIES_MAX: usize = 50_000;
/// Entries that are read at once.
const ENTRIES_PAGE: usize = 1_000;
/// Principals that are read at once.
const PRINCIPALS_AT_ONCE: usize = 500;

/// When somebody of the directory last changed, as far as this process knows.
#[derive(Debug, Default)]
pub(crate) struct PeopleState {
    known: Mutex<Option<Known>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// The last entry that changed somebody, or one behind it.
    changed: Seq,
    /// The last entry that was looked at.
    looked_at: Seq,
}

/// What changed among the principals since a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleChanges {
    /// Who is new, or can be seen again.
    pub created: Vec<PrincipalId>,
    /// Who was there and changed.
    pub updated: Vec<PrincipalId>,
    /// Who is gone or cannot be seen any more.
    pub gone: Vec<PrincipalId>,
    /// The moment up to which this holds.
    pub until: Seq,
}

impl Groupware {
    /// All principals that can be seen, by number: those that are enabled.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the directory cannot be read.
    pub async fn people(&self, caller: &Caller) -> Result<Vec<Arc<Principal>>, Error> {
        caller.principal()?;
        let mut people = Vec::new();
        let mut after = PrincipalId(0);
        loop {
            let page = self.directory.principals(after, PRINCIPALS_AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(people);
            };
            after = last.id;
            people.extend(page.into_iter().filter(|principal| principal.enabled));
        }
    }

    /// The state of [`Groupware::people`]: the entry that last changed somebody, or one after it. Sign-ins do not change it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the journal cannot be read.
    pub async fn people_state(&self, caller: &Caller) -> Result<Seq, Error> {
        caller.principal()?;
        let head = self.store.engine().head(AccountId::DIRECTORY)?;
        let head = head.map_or(Seq::START, |head| head.seq);
        let known = *self.people_state.lock();
        let Some(known) = known else {
            // What was before nobody knows; who asks for changes since then is told that there are none.
            self.people_state.learn(Known {
                changed: head,
                looked_at: head,
            });
            return Ok(head);
        };
        if known.looked_at.is_at_least(head) {
            return Ok(known.changed);
        }
        let read = move |engine: &dyn Engine| last_change(engine, known.looked_at, head);
        let changed = self.store.read(read).await?;
        let known = Known {
            changed: changed.unwrap_or(known.changed),
            looked_at: head,
        };
        self.people_state.learn(known);
        Ok(known.changed)
    }

    /// Who changed after `since`.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] for a moment that never was or is too long ago.
    pub async fn people_changes(
        &self,
        caller: &Caller,
        since: Seq,
    ) -> Result<PeopleChanges, Error> {
        let until = self.people_state(caller).await?;
        let head = self.store.engine().head(AccountId::DIRECTORY)?;
        if since.is_after(head.map_or(Seq::START, |head| head.seq)) {
            return Err(Error::CannotCalculate);
        }
        if since.is_at_least(until) {
            return Ok(PeopleChanges {
                until,
                ..PeopleChanges::default()
            });
        }
        let read = move |engine: &dyn Engine| touched(engine, since, until);
        let touched = self.store.read(read).await?.ok_or(Error::CannotCalculate)?;
        let mut changes = PeopleChanges {
            until,
            ..PeopleChanges::default()
        };
        for (id, was_there) in touched {
            let there = self.directory.principal(id).await?;
            let is_there = there.is_some_and(|principal| principal.enabled);
            match (was_there, is_there) {
                (false, true) => changes.created.push(id),
                (true, true) => changes.updated.push(id),
                (true, false) => changes.gone.push(id),
                (false, false) => {}
            }
        }
        Ok(changes)
    }
}

impl Groupware {
    /// A text as searches and orders of names see it: words in small letters without accents, each behind one space.
    #[must_use]
    pub fn searchable(text: &str) -> String {
        crate::search::fold::words(text)
    }
}

impl PeopleState {
    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, new: Known) {
        let mut known = self.lock();
        match &mut *known {
            Some(known) if known.looked_at.is_after(new.looked_at) => {}
            known => *known = Some(new),
        }
    }
}

/// The last entry in a part of the journal that changed somebody.
fn last_change(engine: &dyn Engine, after: Seq, until: Seq) -> Result<Option<Seq>, store::Error> {
    let mut last = None;
    let complete = each_entry(engine, after, until, &mut |entry| {
        if changes_people(entry) {
            last = Some(entry.seq);
        }
    })?;
    Ok(if complete { last } else { Some(until) })
}

/// Who was changed in a part of the journal, and whether they could be seen before; none if it is too long or has gaps.
fn touched(
    engine: &dyn Engine,
    after: Seq,
    until: Seq,
) -> Result<Option<BTreeMap<PrincipalId, bool>>, store::Error> {
    let mut seen: BTreeMap<PrincipalId, bool> = BTreeMap::new();
    let mut aliases: BTreeMap<String, PrincipalId> = BTreeMap::new();
    let mut touched = BTreeMap::new();
    let mut whole = true;
    // Whether somebody is new, and whose an alias was that is gone, only what was before tells.
    let complete = each_entry(engine, Seq::START, until, &mut |entry| {
        whole &= entry.commit.is_some();
        for mutation in entry.commit.iter().flat_map(|commit| &commit.mutations) {
            let whom = match mutation {
                Mutation::SetPrincipal(principal) => principal.id,
                Mutation::RemovePrincipal { principal } => *principal,
                Mutation::SetAlias(alias) => {
                    aliases.insert(alias.address.clone(), alias.principal);
                    alias.principal
                }
                Mutation::RemoveAlias { address } => match aliases.remove(address) {
                    Some(principal) => principal,
                    None => continue,
                },
                _ => continue,
            };
            if entry.seq.is_after(after) {
                let was_there = seen.get(&whom).copied().unwrap_or(false);
                touched.entry(whom).or_insert(was_there);
            }
            match mutation {
                Mutation::SetPrincipal(principal) => {
                    seen.insert(whom, principal.enabled);
                }
                Mutation::RemovePrincipal { .. } => {
                    seen.insert(whom, false);
                }
                _ => {}
            }
        }
    })?;
    Ok((complete && whole).then_some(touched))
}

/// Calls for each entry; no if there are too many or one is missing.
fn each_entry(
    engine: &dyn Engine,
    after: Seq,
    until: Seq,
    each: &mut dyn FnMut(&Entry),
) -> Result<bool, store::Error> {
    let (mut at, mut count) = (after, 0_usize);
    while until.is_after(at) {
        let entries = engine.journal(AccountId::DIRECTORY, at, ENTRIES_PAGE)?;
        count = count.saturating_add(entries.len());
        if entries.is_empty() || count > PEOPLE_ENTRIES_MAX {
            return Ok(false);
        }
        for entry in &entries {
            if entry.seq != at.next() {
                return Ok(false);
            }
            at = entry.seq;
            if !at.is_after(until) {
                each(entry);
            }
        }
    }
    Ok(true)
}

/// Whether an entry changed somebody.
fn changes_people(entry: &Entry) -> bool {
    let Some(commit) = &entry.commit else {
        return true;
    };
    commit.mutations.iter().any(|mutation| {
        matches!(
            mutation,
            Mutation::SetPrincipal(_)
                | Mutation::RemovePrincipal { .. }
                | Mutation::SetAlias(_)
                | Mutation::RemoveAlias { .. }
        )
    })
}
