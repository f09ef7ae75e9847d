//! What changed among the collections of a kind, without what is in them.

use std::collections::BTreeMap;

use model::{AccountId, CollectionId, CollectionKind, Mutation, NumberSet, Seq};
use store::{Engine, Entry};

use super::by_id::{KindChanges, KindState, collections_state};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Entries of the journal that are looked at: whoever was away for longer lists the collections, which are few.
const COLLECTION_ENTRIES_MAX: usize = 20_000;

/// Entries that are read at once.
const ENTRIES_PAGE: usize = 1_000;

/// What became of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Created,
    Updated,
    Destroyed,
}

impl Groupware {
    /// What changed among the collections of a kind after `since`. The numbers are those of [`CollectionId`]; among those
    /// that are gone there may be some of another kind.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] for a state that never was, after more than 20,000 entries, and where somebody else
    /// than the owner sees other collections, or has other rights on them, than then.
    pub async fn collection_changes(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: CollectionKind,
        since: KindState,
    ) -> Result<KindChanges, Error> {
        self.ensure_collections(account.into()).await?;
        let access = self.collection_access(caller, account).await?;
        if !access.is_owner() && access.visible().next().is_none() {
            return Err(Error::NotFound);
        }
        let now = collections_state(&access, kind);
        let mut changes = KindChanges {
            until: Some(now),
            ..KindChanges::default()
        };
        if since == now {
            return Ok(changes);
        }
        let other_sight = since.sight != now.sight && !access.is_owner();
        if since.seq.is_after(access.head.seq) || other_sight {
            return Err(Error::CannotCalculate);
        }
        let (after, head_seq) = (since.seq, access.head.seq);
        let read = move |engine: &dyn Engine| fates(engine, account, after, head_seq);
        let fates = self.store.read(read).await?.ok_or(Error::CannotCalculate)?;
        let mut sets = [Vec::new(), Vec::new(), Vec::new()];
        for (id, fate) in fates {
            let there = access.head.collections.all.get(&id);
            let visible = there.is_some_and(|collection| {
                collection.kind == kind && !access.rights(collection).is_empty()
            });
            match (there, fate) {
                (Some(_), _) if !visible => {}
                (Some(_), Fate::Created) => sets[0].push((id.0, id.0)),
                (Some(_), _) => sets[1].push((id.0, id.0)),
                (None, Fate::Destroyed) => sets[2].push((id.0, id.0)),
                (None, _) => {}
            }
        }
        let [created, updated, destroyed] = sets.map(NumberSet::from_ranges);
        changes.created = created;
        changes.updated = updated;
        changes.destroyed = destroyed;
        Ok(changes)
    }
}

/// What became of each collection after an entry; none if too much was done since, or entries are missing.
fn fates(
    engine: &dyn Engine,
    account: AccountId,
    since: Seq,
    until: Seq,
) -> Result<Option<BTreeMap<CollectionId, Fate>>, store::Error> {
    let mut fates = BTreeMap::new();
    let (mut after, mut looked_at) = (since, 0_usize);
    while until.is_after(after) {
        let entries = engine.journal(account, after, ENTRIES_PAGE)?;
        looked_at = looked_at.saturating_add(entries.len());
        if entries.is_empty() || looked_at > COLLECTION_ENTRIES_MAX {
            return Ok(None);
        }
        for entry in &entries {
            let Some(()) = note(&mut fates, entry, &mut after) else {
                return Ok(None);
            };
        }
    }
    Ok(Some(fates))
}

fn note(fates: &mut BTreeMap<CollectionId, Fate>, entry: &Entry, after: &mut Seq) -> Option<()> {
    if entry.seq != after.next() {
        return None;
    }
    *after = entry.seq;
    for mutation in &entry.commit.as_ref()?.mutations {
        match mutation {
            Mutation::CreateCollection(new) => {
                fates.insert(new.collection, Fate::Created);
            }
            Mutation::UpdateCollection { collection, .. }
            | Mutation::ShareCollection { collection, .. } => {
                fates.entry(*collection).or_insert(Fate::Updated);
            }
            // RFC 8620 5.2: what was created and destroyed in between need not be told.
            Mutation::DestroyCollection { collection }
                if fates.remove(collection) != Some(Fate::Created) =>
            {
                fates.insert(*collection, Fate::Destroyed);
            }
            _ => {}
        }
    }
    Some(())
}
