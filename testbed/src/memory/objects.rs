//! Objects in collections, those that are gone, and their earlier bodies, as plain maps.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{BlobRef, CollectionId, Mutation, ObjectId, PathSegment, PutObject, Seq, Timestamp};
use store::{Collections, Error, GoneObject, ObjectRow, Version};

use super::state::damaged;

/// What is folded of one account's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Objects {
    pub(super) rows: BTreeMap<(CollectionId, PathSegment), Noted<ObjectRow>>,
    pub(super) versions: BTreeMap<(ObjectId, Seq), Noted<Version>>,
    /// By collection, commit and object.
    pub(super) gone: BTreeMap<(CollectionId, Seq, ObjectId), GoneObject>,
}

/// A row whose metadata lies elsewhere, by its BLAKE3: the row's own is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Noted<T> {
    pub(super) row: T,
    pub(super) meta: [u8; 32],
}

impl Objects {
    /// Folds one mutation; those that are not about objects change nothing.
    pub(super) fn fold(
        &mut self,
        mutation: &Mutation,
        seq: Seq,
        at: Timestamp,
    ) -> Result<(), Error> {
        match mutation {
            Mutation::PutObject(put) => self.put(put, seq, at),
            Mutation::SetObjectProperties {
                collection,
                object,
                dead,
            } => {
                let place = self.place(*collection, *object)?;
                let row = &mut self.rows.get_mut(&place).ok_or_else(missing)?.row;
                row.dead = Arc::new(dead.clone());
                row.changed = seq;
                Ok(())
            }
            Mutation::MoveObject(moved) => {
                let mut noted = self.leave(moved.from, moved.object, seq)?;
                noted.row.collection = moved.to;
                noted.row.name = moved.name.clone();
                noted.row.changed = seq;
                let place = (moved.to, moved.name.clone());
                match self.rows.insert(place, noted) {
                    Some(_) => Err(damaged("an object is moved onto another")),
                    None => Ok(()),
                }
            }
            Mutation::DestroyObjects {
                collection,
                objects,
                ..
            } => {
                for object in objects.iter().map(ObjectId) {
                    let noted = self.leave(*collection, object, seq)?;
                    self.keep(&noted, seq, at, true);
                }
                Ok(())
            }
            Mutation::DestroyCollection { collection } => {
                self.gone.retain(|(of, _, _), _| of != collection);
                Ok(())
            }
            Mutation::PurgeVersions { versions } => versions.iter().try_for_each(|version| {
                self.versions.remove(version).map(drop).ok_or_else(missing)
            }),
            _ => Ok(()),
        }
    }

    fn put(&mut self, put: &PutObject, seq: Seq, at: Timestamp) -> Result<(), Error> {
        let place = (put.collection, put.name.clone());
        let before = self.rows.remove(&place);
        if before.as_ref().map(|noted| noted.row.size) != put.replaces
            || before
                .as_ref()
                .is_some_and(|noted| noted.row.object != put.object)
        {
            return Err(damaged("a body replaces another one than it says"));
        }
        if let Some(before) = &before {
            self.keep(before, seq, at, false);
        }
        let before = before.map(|noted| noted.row);
        let row = ObjectRow {
            object: put.object,
            collection: put.collection,
            name: put.name.clone(),
            uid: put.uid.clone(),
            size: put.size,
            blob: put.blob,
            changed: seq,
            schedule_tag: put.schedule_tag,
            created_at: before.as_ref().map_or(at, |before| before.created_at),
            modified_at: at,
            media_type: put.media_type.clone(),
            dead: before.map(|before| before.dead).unwrap_or_default(),
            meta: Arc::default(),
        };
        let meta = put.meta;
        self.rows.insert(place, Noted { row, meta });
        Ok(())
    }

    /// Takes an object out of its collection, which remembers it.
    fn leave(
        &mut self,
        collection: CollectionId,
        object: ObjectId,
        seq: Seq,
    ) -> Result<Noted<ObjectRow>, Error> {
        let place = self.place(collection, object)?;
        let noted = self.rows.remove(&place).ok_or_else(missing)?;
        let gone = GoneObject {
            object,
            name: noted.row.name.clone(),
            gone: seq,
        };
        self.gone.insert((collection, seq, object), gone);
        Ok(noted)
    }

    /// A body that an object has no more stays as a version of it.
    fn keep(&mut self, noted: &Noted<ObjectRow>, until: Seq, at: Timestamp, destroyed: bool) {
        let row = &noted.row;
        let version = Version {
            object: row.object,
            until,
            at,
            destroyed,
            collection: row.collection,
            name: row.name.clone(),
            uid: row.uid.clone(),
            size: row.size,
            blob: row.blob,
            media_type: row.media_type.clone(),
            meta: Arc::default(),
        };
        let noted = Noted {
            row: version,
            meta: noted.meta,
        };
        self.versions.insert((row.object, until), noted);
    }

    fn place(
        &self,
        collection: CollectionId,
        object: ObjectId,
    ) -> Result<(CollectionId, PathSegment), Error> {
        self.rows
            .iter()
            .find(|((of, _), noted)| *of == collection && noted.row.object == object)
            .map(|(place, _)| place.clone())
            .ok_or_else(missing)
    }

    /// Where bodies are, with their metadata.
    pub(super) fn named(&self) -> impl Iterator<Item = (BlobRef, [u8; 32])> + '_ {
        let rows = self.rows.values().map(|noted| (noted.row.blob, noted.meta));
        let versions = self.versions.values();
        rows.chain(versions.map(|noted| (noted.row.blob, noted.meta)))
    }

    /// Compares the counters of every collection with its objects, and what else must hold of them.
    pub(super) fn recount(&self, collections: &Collections) -> Result<(), Error> {
        for collection in collections.all.values() {
            let rows = || {
                let rows = self.rows.values().map(|noted| &noted.row);
                rows.filter(|row| row.collection == collection.id)
            };
            let octets: u64 = rows().map(|row| u64::from(row.size)).sum();
            if rows().count() != collection.objects as usize || octets != collection.octets {
                return Err(damaged("a counter of objects is not what a recount gives"));
            }
        }
        let mut numbers: Vec<_> = self.rows.values().map(|noted| noted.row.object).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() != self.rows.len() {
            return Err(damaged("an object is in two places"));
        }
        let is_homeless = |id: &CollectionId| !collections.all.contains_key(id);
        if self.rows.keys().any(|(of, _)| is_homeless(of))
            || self.gone.keys().any(|(of, _, _)| is_homeless(of))
        {
            return Err(damaged("something is left of a collection that is gone"));
        }
        Ok(())
    }
}

fn missing() -> Error {
    damaged("a mutation names an object or version that is not there")
}
