//! Objects by their numbers, wherever in an account they lie; what changed among them, whatever the collection.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, Mutation, NumberSet, ObjectId, Seq,
};
use store::{Engine, Head};

use super::view::{Object, ObjectView};
use crate::Groupware;
use crate::caller::Caller;
use crate::collection::{CollectionAccess, CollectionInfo};
use crate::error::Error;

/// Entries of the journal that are looked at to tell objects that are new from others put in the same instant.
const ENTRIES_OF_AN_INSTANT_MAX: usize = 1_000;

/// Entries that are looked at for what went together with its collection: whoever was away for longer lists all there is.
const ENTRIES_OF_COLLECTIONS_MAX: usize = 20_000;

/// An object that was asked for by its number.
#[derive(Clone, Debug)]
pub struct FoundObject {
    /// The object.
    pub object: Arc<Object>,
    /// Where it is, and what the caller may do there.
    pub collection: CollectionInfo,
}

/// A collection whose objects the caller may read, with them.
#[derive(Clone, Debug)]
pub struct ReadableCollection {
    /// The collection, and what the caller may do there.
    pub info: CollectionInfo,
    /// Its objects.
    pub view: Arc<ObjectView>,
}

/// How an account's collections of one kind stand, for one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindState {
    /// The last entry that touched them.
    pub seq: Seq,
    /// A check sum of which of them the caller sees, and with what rights: a collection that goes leaves no other trace.
    pub sight: u32,
}

/// What changed among the objects of a kind (RFC 8620 5.2), each in one of the three at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindChanges {
    /// New since then.
    pub created: NumberSet,
    /// There before, and with another body, place or properties now.
    pub updated: NumberSet,
    /// There before, and gone. Some may never have been seen by the caller.
    pub destroyed: NumberSet,
    /// The state up to which this is true.
    pub until: Option<KindState>,
    /// Whether there is more to ask for from there.
    pub more: bool,
}

impl Groupware {
    /// Objects of one kind of collection by their numbers, in the order asked for; none where the number is no object's
    /// that the caller may read. The account's standard collections are made on first use.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller sees nothing of the account; or the store cannot be read.
    pub async fn objects_by_id(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: CollectionKind,
        ids: &[ObjectId],
    ) -> Result<Vec<Option<FoundObject>>, Error> {
        let readable = self.readable_collections(caller, account, kind).await?;
        let find = |id: &ObjectId| {
            readable.iter().find_map(|collection| {
                let object = collection.view.by_id(*id)?;
                Some(FoundObject {
                    object: Arc::clone(object),
                    collection: collection.info.clone(),
                })
            })
        };
        Ok(ids.iter().map(find).collect())
    }

    /// All collections of a kind that the caller may read, by number, with what is in them.
    ///
    /// # Errors
    /// As for [`Groupware::objects_by_id`].
    pub async fn readable_collections(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: CollectionKind,
    ) -> Result<Vec<ReadableCollection>, Error> {
        let access = self.kind_access(caller, account).await?;
        let mut readable = Vec::new();
        for info in readable_of(&access, kind) {
            let view = self.object_view(&access.head, info.collection.id).await?;
            readable.push(ReadableCollection { info, view });
        }
        Ok(readable)
    }

    /// How the objects of a kind stand: what [`Groupware::kind_changes`] starts from.
    ///
    /// # Errors
    /// As for [`Groupware::objects_by_id`].
    pub async fn objects_state(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: CollectionKind,
    ) -> Result<KindState, Error> {
        let access = self.kind_access(caller, account).await?;
        Ok(objects_state(&access, kind))
    }

    /// How the collections of a kind stand themselves, without what is in them.
    ///
    /// # Errors
    /// As for [`Groupware::objects_by_id`].
    pub async fn collections_state(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: CollectionKind,
    ) -> Result<KindState, Error> {
        let access = self.kind_access(caller, account).await?;
        Ok(collections_state(&access, kind))
    }

    /// What changed among the objects of a kind after `since`, at most `max` of them.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] for a state that never was, if the caller sees other collections now than then, or if
    /// one entry alone changed more than `max`.
    pub async fn kind_changes(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: CollectionKind,
        since: KindState,
        max: Option<usize>,
    ) -> Result<KindChanges, Error> {
        let access = self.kind_access(caller, account).await?;
        let now = objects_state(&access, kind);
        if since == now {
            return Ok(KindChanges {
                until: Some(now),
                ..KindChanges::default()
            });
        }
        let other_sight = since.sight != now.sight && !access.is_owner();
        if since.seq.is_after(access.head.seq) || other_sight {
            return Err(Error::CannotCalculate);
        }
        let mut steps: BTreeMap<ObjectId, (Seq, Option<Arc<Object>>)> = BTreeMap::new();
        let mut unseen = Vec::new();
        for info in readable_of(&access, kind) {
            let collection = info.collection.id;
            let view = self.object_view(&access.head, collection).await?;
            match view.gone_after(since.seq) {
                Some(gone) => gone.for_each(|gone| note_gone(&mut steps, gone.object, gone.gone)),
                None => unseen.push(collection),
            }
            for object in view.changed_after(since.seq) {
                let step = (object.row.changed, Some(Arc::clone(object)));
                steps.insert(object.row.object, step);
            }
        }
        let seen_otherwise = since.sight != now.sight;
        let head = Arc::clone(&access.head);
        let read = move |engine: &dyn Engine| {
            let mut gone: Vec<(ObjectId, Seq)> = Vec::new();
            for collection in unseen {
                let left = engine.gone(account, collection, since.seq)?;
                gone.extend(left.iter().map(|gone| (gone.object, gone.gone)));
            }
            if seen_otherwise {
                match gone_with_collections(engine, &head, since.seq)? {
                    Some(more) => gone.extend(more),
                    None => return Ok(None),
                }
            }
            let before = Seq(since.seq.0.saturating_sub(1));
            let entries = engine.journal(account, before, ENTRIES_OF_AN_INSTANT_MAX)?;
            Ok(Some((gone, entries)))
        };
        let read = self.store.read(read).await?;
        let (gone, entries) = read.ok_or(Error::CannotCalculate)?;
        for (object, at) in gone {
            note_gone(&mut steps, object, at);
        }
        let news = News::new(since.seq, &entries);
        let mut ordered: Vec<(Seq, ObjectId, Option<Arc<Object>>)> = steps
            .into_iter()
            .map(|(id, (seq, object))| match news.made.get(&id) {
                // What is new and changed since is told as new with what came before that change, and then as changed.
                Some(made) if object.is_some() => (*made, id, object),
                _ => (seq, id, object),
            })
            .collect();
        ordered.sort_by_key(|(seq, id, _)| (*seq, *id));
        let mut changes = KindChanges::default();
        let kept = whole_entries(&ordered, max)?;
        changes.more = kept < ordered.len();
        let last = ordered.get(kept.wrapping_sub(1)).filter(|_| changes.more);
        changes.until = Some(last.map_or(now, |(seq, ..)| KindState {
            seq: *seq,
            sight: now.sight,
        }));
        ordered.truncate(kept);
        ordered.sort_by_key(|(_, id, _)| *id);
        for (_, id, object) in ordered {
            match object {
                Some(object) if news.is_new(&object) => changes.created.push(id.0),
                Some(_) => changes.updated.push(id.0),
                None => changes.destroyed.push(id.0),
            }
        }
        Ok(changes)
    }

    async fn kind_access(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<CollectionAccess, Error> {
        self.ensure_collections(account.into()).await?;
        let access = self.collection_access(caller, account).await?;
        if !access.is_owner() && access.visible().next().is_none() {
            return Err(Error::NotFound);
        }
        Ok(access)
    }
}

/// The collections of a kind that the caller may read, by number.
fn readable_of(
    access: &CollectionAccess,
    kind: CollectionKind,
) -> impl Iterator<Item = CollectionInfo> + '_ {
    access.visible().filter(move |info| {
        info.collection.kind == kind && info.rights.contains(CollectionRights::READ)
    })
}

fn objects_state(access: &CollectionAccess, kind: CollectionKind) -> KindState {
    state(
        readable_of(access, kind)
            .map(|info| (info.collection.objects_changed, info.collection.id, 0)),
    )
}

pub(super) fn collections_state(access: &CollectionAccess, kind: CollectionKind) -> KindState {
    let visible = access.visible().filter(|info| info.collection.kind == kind);
    state(visible.map(|info| (info.collection.changed, info.collection.id, info.rights.0)))
}

fn state(seen: impl Iterator<Item = (Seq, CollectionId, u8)>) -> KindState {
    let mut seq = Seq::START;
    let mut hash = blake3::Hasher::new();
    for (changed, id, rights) in seen {
        seq = seq.max(changed);
        hash.update(&id.0.to_be_bytes());
        hash.update(&[rights]);
    }
    let [a, b, c, d, ..] = *hash.finalize().as_bytes();
    KindState {
        seq,
        sight: u32::from_be_bytes([a, b, c, d]),
    }
}

/// What left a collection, unless it is in another one by now.
fn note_gone(
    steps: &mut BTreeMap<ObjectId, (Seq, Option<Arc<Object>>)>,
    object: ObjectId,
    at: Seq,
) {
    let step = steps.entry(object).or_insert((at, None));
    if step.1.is_none() {
        step.0 = step.0.max(at);
    }
}

/// Objects that were destroyed together with their collection, of which nothing else is left; none if too much was done
/// since, or entries are missing.
fn gone_with_collections(
    engine: &dyn Engine,
    head: &Head,
    since: Seq,
) -> Result<Option<Vec<(ObjectId, Seq)>>, store::Error> {
    let mut gone = Vec::new();
    let (mut after, mut looked_at) = (since, 0_usize);
    while head.seq.is_after(after) {
        let entries = engine.journal(head.account, after, ENTRIES_OF_AN_INSTANT_MAX)?;
        looked_at = looked_at.saturating_add(entries.len());
        if entries.is_empty() || looked_at > ENTRIES_OF_COLLECTIONS_MAX {
            return Ok(None);
        }
        for entry in &entries {
            let Some(commit) = entry.commit.as_ref().filter(|_| entry.seq == after.next()) else {
                return Ok(None);
            };
            after = entry.seq;
            for mutation in &commit.mutations {
                if let Mutation::DestroyObjects {
                    collection,
                    objects,
                    ..
                } = mutation
                    && !head.collections.all.contains_key(collection)
                {
                    gone.extend(objects.iter().map(|object| (ObjectId(object), entry.seq)));
                }
            }
        }
    }
    Ok(Some(gone))
}

/// How many of the steps, in their order, are at most `max` and end with an entry.
fn whole_entries(
    ordered: &[(Seq, ObjectId, Option<Arc<Object>>)],
    max: Option<usize>,
) -> Result<usize, Error> {
    let Some(max) = max.filter(|max| *max < ordered.len()) else {
        return Ok(ordered.len());
    };
    let cut = ordered.get(max).map(|(seq, ..)| *seq);
    let kept = ordered
        .iter()
        .take(max)
        .rposition(|(seq, ..)| Some(*seq) != cut)
        .map_or(0, |last| last.saturating_add(1));
    if kept == 0 {
        return Err(Error::CannotCalculate);
    }
    Ok(kept)
}

/// Tells objects that were not there yet after one entry.
struct News {
    /// When that entry was committed; none if it was before the first.
    at: Option<model::Timestamp>,
    /// The first object that was made after it within the entries that were looked at.
    first: Option<ObjectId>,
    /// Where those were made that were made within them.
    made: BTreeMap<ObjectId, Seq>,
}

impl News {
    fn new(since: Seq, entries: &[store::Entry]) -> Self {
        let at = entries
            .iter()
            .find(|entry| entry.seq == since)
            .map(|entry| entry.at);
        let mut made = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.seq.is_after(since)) {
            for mutation in entry.commit.iter().flat_map(|commit| &commit.mutations) {
                if let Mutation::PutObject(put) = mutation
                    && put.replaces.is_none()
                {
                    made.entry(put.object).or_insert(entry.seq);
                }
            }
        }
        let first = made.keys().next().copied();
        Self { at, first, made }
    }

    fn is_new(&self, object: &Object) -> bool {
        if let Some(first) = self.first {
            // Numbers are given out in order.
            return object.row.object >= first;
        }
        self.at.is_none_or(|at| object.row.created_at > at)
    }
}
