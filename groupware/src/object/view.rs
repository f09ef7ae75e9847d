//! The view of a collection: its objects by name with what was read from them, as they were after a certain entry.
//!
//! One view is shared by all who ask; it never changes. The cache keeps the newest and brings it up to date from the
//! rows that changed since.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, CollectionId, CollectionKind, ObjectId, PathSegment, Seq};
use store::{Collection, Engine, GoneObject, Head, ObjectRow};

use super::decode_meta;
use super::meta::Summary;
use super::parsed::ParsedSlot;
use crate::Groupware;
use crate::error::Error;

/// Octets of all views that are held for the next who asks.
pub(crate) const OBJECT_VIEWS_OCTETS_MAX: usize = 64 * 1024 * 1024;

/// Octets an object takes beside its texts: a generous guess.
const OBJECT_OCTETS: usize = 512;

/// Objects that left a collection, as a view keeps them for those who ask what changed a short while ago.
const GONE_MAX: usize = 64;

/// Collections that are read at the same time; two who want the same one must not read it twice.
const LOADING_SHARDS: usize = 16;

/// An object with what was read from its body.
#[derive(Debug)]
pub struct Object {
    /// Its row.
    pub row: ObjectRow,
    /// What was read from its body.
    pub summary: Summary,
    /// Its body as it was read, if it is a calendar object that somebody asked about.
    pub(crate) parsed: ParsedSlot,
}

/// A collection as it was after one entry of the journal.
#[derive(Clone, Debug)]
pub struct ObjectView {
    collection: Arc<Collection>,
    objects: BTreeMap<PathSegment, Arc<Object>>,
    /// The same by the entry that changed them last.
    by_change: BTreeMap<(Seq, ObjectId), Arc<Object>>,
    /// The same by number.
    by_id: BTreeMap<ObjectId, Arc<Object>>,
    /// What left after `gone_since`, in that order.
    gone: VecDeque<GoneObject>,
    gone_since: Seq,
    octets: usize,
}

impl ObjectView {
    /// The collection it is of.
    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    /// The last entry that changed an object of the collection.
    #[must_use]
    pub fn until(&self) -> Seq {
        self.collection.objects_changed
    }

    /// The object of that name.
    #[must_use]
    pub fn get(&self, name: &PathSegment) -> Option<&Arc<Object>> {
        self.objects.get(name)
    }

    /// The object of that number.
    #[must_use]
    pub fn by_id(&self, id: ObjectId) -> Option<&Arc<Object>> {
        self.by_id.get(&id)
    }

    /// All objects by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values()
    }

    /// The objects that changed after an entry, in that order.
    pub(crate) fn changed_after(&self, since: Seq) -> impl Iterator<Item = &Arc<Object>> {
        self.by_change
            .range((since.next(), ObjectId(0))..)
            .map(|(_, object)| object)
    }

    /// What left after an entry, in that order; none if the view does not reach back so far.
    pub(crate) fn gone_after(&self, since: Seq) -> Option<impl Iterator<Item = &GoneObject>> {
        let first = self.gone.partition_point(|gone| !gone.gone.is_after(since));
        since
            .is_at_least(self.gone_since)
            .then(|| self.gone.range(first..))
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    fn new(collection: Arc<Collection>) -> Self {
        Self {
            collection,
            objects: BTreeMap::new(),
            by_change: BTreeMap::new(),
            by_id: BTreeMap::new(),
            gone: VecDeque::new(),
            gone_since: Seq::START,
            octets: 0,
        }
    }

    /// Takes over what the store has since this view.
    fn follow(
        &mut self,
        engine: &dyn Engine,
        account: AccountId,
        collection: &Arc<Collection>,
    ) -> Result<(), store::Error> {
        let since = if self.objects.is_empty() {
            Seq::START
        } else {
            self.until()
        };
        // The rows are read first: what leaves in between is then told by the later read.
        let rows = engine.objects(account, collection.id, since)?;
        if since == Seq::START {
            self.gone.clear();
            self.gone_since = collection.objects_changed;
        } else {
            for gone in engine.gone(account, collection.id, since)? {
                let is_it = self
                    .objects
                    .get(&gone.name)
                    .is_some_and(|object| object.row.object == gone.object);
                if is_it && let Some(object) = self.objects.remove(&gone.name) {
                    self.forget(&object);
                }
                self.note_gone(gone);
            }
        }
        for row in rows {
            self.octets += octets(&row);
            let object = Arc::new(Object::new(row, collection.kind));
            let name = object.row.name.clone();
            if let Some(old) = self.objects.insert(name, Arc::clone(&object)) {
                self.forget(&old);
            }
            self.by_id.insert(object.row.object, Arc::clone(&object));
            self.by_change
                .insert((object.row.changed, object.row.object), object);
        }
        self.collection = Arc::clone(collection);
        Ok(())
    }

    /// Keeps what left, the newest of it.
    fn note_gone(&mut self, gone: GoneObject) {
        // A row that was read twice, because it was newer than the head, is kept once.
        if self
            .gone
            .iter()
            .rev()
            .any(|known| (known.gone, known.object) == (gone.gone, gone.object))
        {
            return;
        }
        self.gone.push_back(gone);
        if self.gone.len() > GONE_MAX
            && let Some(oldest) = self.gone.pop_front()
        {
            self.gone_since = self.gone_since.max(oldest.gone);
        }
    }

    /// Takes an object that has no name any more out of the rest.
    fn forget(&mut self, object: &Object) {
        self.by_change
            .remove(&(object.row.changed, object.row.object));
        self.by_id.remove(&object.row.object);
        self.octets = self.octets.saturating_sub(octets(&object.row));
    }
}

impl Object {
    pub(crate) fn new(row: ObjectRow, kind: CollectionKind) -> Self {
        let summary = decode_meta(kind, &row.meta);
        Self {
            row,
            summary,
            parsed: ParsedSlot::default(),
        }
    }
}

/// The newest known views, least recently used out.
#[derive(Debug)]
pub(crate) struct ObjectViews {
    octets_max: usize,
    slots: Mutex<Slots>,
    loading: [tokio::sync::Mutex<()>; LOADING_SHARDS],
}

#[derive(Debug, Default)]
struct Slots {
    by_collection: HashMap<(AccountId, CollectionId), (Arc<ObjectView>, u64)>,
    octets: usize,
    uses: u64,
}

impl ObjectViews {
    pub(crate) fn new(octets_max: usize) -> Self {
        Self {
            octets_max,
            slots: Mutex::default(),
            loading: Default::default(),
        }
    }

    fn find(&self, account: AccountId, collection: CollectionId) -> Option<Arc<ObjectView>> {
        let mut slots = self.slots();
        slots.uses += 1;
        let uses = slots.uses;
        let (view, used) = slots.by_collection.get_mut(&(account, collection))?;
        *used = uses;
        Some(Arc::clone(view))
    }

    fn remove(&self, account: AccountId, collection: CollectionId) {
        let mut slots = self.slots();
        if let Some((old, _)) = slots.by_collection.remove(&(account, collection)) {
            slots.octets = slots.octets.saturating_sub(old.octets);
        }
    }

    fn insert(&self, account: AccountId, view: &Arc<ObjectView>) {
        let mut slots = self.slots();
        let slots = &mut *slots;
        slots.uses += 1;
        let key = (account, view.collection.id);
        let entry = (Arc::clone(view), slots.uses);
        if let Some((old, _)) = slots.by_collection.insert(key, entry) {
            slots.octets = slots.octets.saturating_sub(old.octets);
        }
        slots.octets += view.octets;
        while slots.octets > self.octets_max && slots.by_collection.len() > 1 {
            let oldest = slots
                .by_collection
                .iter()
                .filter(|(other, _)| **other != key)
                .min_by_key(|(_, (_, used))| *used)
                .map(|(key, _)| *key);
            let Some((old, _)) = oldest.and_then(|oldest| slots.by_collection.remove(&oldest))
            else {
                break;
            };
            slots.octets = slots.octets.saturating_sub(old.octets);
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Groupware {
    /// The view of a collection that is at least as new as the head.
    pub(crate) async fn object_view(
        &self,
        head: &Arc<Head>,
        id: CollectionId,
    ) -> Result<Arc<ObjectView>, Error> {
        let account = head.account;
        let collection = head.collections.get(id)?;
        let current = |view: &Arc<ObjectView>| {
            view.until().is_at_least(collection.objects_changed)
                && view.collection.changed.is_at_least(collection.changed)
        };
        if let Some(view) = self.object_views.find(account, id).filter(current) {
            return Ok(view);
        }
        let shard = (account.0 as usize ^ id.0 as usize) % LOADING_SHARDS;
        let _turn = self.object_views.loading[shard].lock().await;
        let behind = self.object_views.find(account, id);
        if let Some(view) = behind.clone().filter(current) {
            return Ok(view);
        }
        // Taken out, so that it is changed in place if nobody looks at it; whoever wants it meanwhile waits its turn.
        self.object_views.remove(account, id);
        let collection = Arc::clone(collection);
        let read = self.store.read(move |engine| {
            let mut view =
                behind.unwrap_or_else(|| Arc::new(ObjectView::new(Arc::clone(&collection))));
            Arc::make_mut(&mut view).follow(engine, account, &collection)?;
            Ok(view)
        });
        let view = read.await?;
        self.object_views.insert(account, &view);
        Ok(view)
    }
}

fn octets(row: &ObjectRow) -> usize {
    OBJECT_OCTETS + row.name.as_str().len() * 2 + row.uid.len() + row.meta.len() * 2
}
