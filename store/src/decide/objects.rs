//! Deciding about objects in collections.

use std::collections::BTreeMap;

use model::{
    CollectionId, CollectionKind, MoveObject, Mutation, NumberSet, ObjectId, PathSegment,
    PutObject, Seq,
};

use super::Deciding;
use super::collections::octets;
use crate::change::{Condition, NewObject, Outcome, Source, TagChange};
use crate::error::Error;
use crate::rows::ObjectRow;

/// Objects one collection can have.
const OBJECTS_PER_COLLECTION_MAX: u32 = 1_000_000;
/// Octets of a `UID`: RFC 7986 5.3 wants them short; Exchange's have 112.
const UID_OCTETS_MAX: usize = 1_024;
/// Octets of what clients keep at one object for themselves.
const OBJECT_PROPERTIES_OCTETS_MAX: usize = 64 * 1024;

impl Deciding<'_> {
    pub(super) fn put_object(&mut self, new: &NewObject, place: usize) -> Result<Outcome, Error> {
        let kind = self.head.collections.get(new.collection)?.kind;
        let stands = self.touch(new.collection, &new.name)?;
        new.condition.check(stands.as_ref())?;
        let (blob, meta) = match &new.source {
            Source::New(blob) => (blob.id, blob.meta_hash),
            Source::Stored { blob, meta } => (blob.id, *blake3::hash(meta).as_bytes()),
        };
        if let Some(row) = &stands {
            if row.schedule_tag.is_some() && new.tag == TagChange::None {
                return Err(Error::Scheduled);
            }
            let tag_stays = match new.tag {
                TagChange::None => row.schedule_tag.is_none(),
                TagChange::Keep => row.schedule_tag.is_some(),
                TagChange::New => false,
            };
            if row.blob.id == blob && row.media_type == new.media_type && tag_stays {
                return Ok(moved_or_put(row, false));
            }
        }
        let schedule_tag = match new.tag {
            TagChange::None => None,
            TagChange::Keep => stands
                .as_ref()
                .and_then(|row| row.schedule_tag)
                .or(Some(self.seq)),
            TagChange::New => Some(self.seq),
        };
        self.check_uid(new, kind, stands.as_ref(), schedule_tag.is_some())?;
        self.check_room(new.collection, new.size, stands.as_ref())?;
        let object = match &stands {
            Some(row) => row.object,
            None => self.head.collections.next_object,
        };
        self.added.push((self.mutations.len(), place));
        let blob_ref = self.place(&new.source);
        self.push(Mutation::PutObject(PutObject {
            collection: new.collection,
            object,
            name: new.name.clone(),
            uid: new.uid.clone(),
            size: new.size,
            replaces: stands.as_ref().map(|row| row.size),
            blob: blob_ref,
            meta,
            schedule_tag,
            media_type: new.media_type.clone(),
        }))?;
        Ok(Outcome::Object {
            object,
            created: stands.is_none(),
            blob,
            schedule_tag,
        })
    }

    pub(super) fn set_object_properties(
        &mut self,
        collection: CollectionId,
        name: &PathSegment,
        dead: &BTreeMap<String, String>,
    ) -> Result<Outcome, Error> {
        self.head.collections.get(collection)?;
        let row = self.touch(collection, name)?.ok_or(OBJECT_NOT_FOUND)?;
        if octets(dead) > OBJECT_PROPERTIES_OCTETS_MAX {
            return Err(Error::Limit("the properties are too long"));
        }
        if *row.dead != *dead {
            self.push(Mutation::SetObjectProperties {
                collection,
                object: row.object,
                dead: dead.clone(),
            })?;
        }
        Ok(Outcome::Done)
    }

    pub(super) fn move_object(
        &mut self,
        (from, name): (CollectionId, &PathSegment),
        (to, new_name): (CollectionId, &PathSegment),
        replace: bool,
        condition: &Condition,
    ) -> Result<Outcome, Error> {
        let kind = self.head.collections.get(from)?.kind;
        if self.head.collections.get(to)?.kind != kind {
            return Err(Error::Invalid("the other collection holds other objects"));
        }
        if (from, name) == (to, new_name) {
            return Err(Error::Invalid("an object cannot be moved onto itself"));
        }
        let row = self.touch(from, name)?.ok_or(OBJECT_NOT_FOUND)?;
        condition.check(Some(&row))?;
        let in_the_way = self.touch(to, new_name)?;
        if in_the_way.is_some() && !replace {
            return Err(Error::AlreadyExists("the object"));
        }
        // Those who take part in what is replaced would not hear of it.
        if in_the_way
            .as_ref()
            .is_some_and(|gone| gone.schedule_tag.is_some())
        {
            return Err(Error::Scheduled);
        }
        self.check_folder(to, new_name)?;
        if !row.uid.is_empty() {
            self.touch_word(to, uid_word(&row.uid))?;
            let same = self
                .lookup
                .objects_with_uid(self.head.account, &row.uid)?
                .into_iter()
                .find(|other| {
                    other.collection == to && other.object != row.object && other.name != *new_name
                });
            if let Some(other) = same {
                return Err(conflict(&other));
            }
        }
        if let Some(gone) = &in_the_way {
            self.destroy_row(gone)?;
        }
        self.push(Mutation::MoveObject(MoveObject {
            object: row.object,
            from,
            to,
            name: new_name.clone(),
            size: row.size,
        }))?;
        Ok(moved_or_put(&row, in_the_way.is_none()))
    }

    pub(super) fn destroy_object(
        &mut self,
        collection: CollectionId,
        name: &PathSegment,
        scheduled: bool,
        condition: &Condition,
    ) -> Result<Outcome, Error> {
        self.head.collections.get(collection)?;
        let row = self.touch(collection, name)?.ok_or(OBJECT_NOT_FOUND)?;
        condition.check(Some(&row))?;
        if row.schedule_tag.is_some() && !scheduled {
            return Err(Error::Scheduled);
        }
        self.destroy_row(&row)?;
        Ok(Outcome::Done)
    }

    pub(super) fn purge_these_versions(
        &mut self,
        versions: &[(ObjectId, Seq)],
    ) -> Result<Outcome, Error> {
        let mut versions = versions.to_vec();
        versions.sort_unstable();
        versions.dedup();
        let mut there = Vec::with_capacity(versions.len());
        for (object, until) in versions {
            if self.lookup.has_version(self.head.account, object, until)? {
                there.push((object, until));
            }
        }
        self.purge_versions(there)
    }

    pub(super) fn purge_versions(
        &mut self,
        versions: Vec<(ObjectId, Seq)>,
    ) -> Result<Outcome, Error> {
        let count = u32::try_from(versions.len()).unwrap_or(u32::MAX);
        let twice = |mutation: &Mutation| matches!(mutation, Mutation::PurgeVersions { .. });
        if self.mutations.iter().any(twice) {
            return Err(Error::Invalid("one request purges bodies once"));
        }
        if count > 0 {
            self.push(Mutation::PurgeVersions { versions })?;
        }
        Ok(Outcome::Purged { count })
    }

    fn destroy_row(&mut self, row: &ObjectRow) -> Result<(), Error> {
        self.push(Mutation::DestroyObjects {
            collection: row.collection,
            objects: NumberSet::range(row.object.0, row.object.0),
            octets: u64::from(row.size),
        })
    }

    /// The object of that name before the request, which touches it only once.
    fn touch(
        &mut self,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error> {
        self.touch_word(collection, format!("/{name}"))?;
        self.lookup.object(self.head.account, collection, name)
    }

    /// Whether an earlier change of the request concerns an object of that name.
    pub(super) fn is_touched(&self, collection: CollectionId, name: &PathSegment) -> bool {
        self.objects_touched
            .contains(&(collection, format!("/{name}")))
    }

    fn touch_word(&mut self, collection: CollectionId, word: String) -> Result<(), Error> {
        if self.many && !self.objects_touched.insert((collection, word)) {
            return Err(Error::Invalid(
                "two changes of the request concern the same object",
            ));
        }
        Ok(())
    }

    /// RFC 4791 5.3.2.1, RFC 6352 6.3.2.1 `no-uid-conflict`: a UID is there once in a collection, and an object
    /// keeps it. RFC 6638 3.2.4.1: one that is scheduled is there once among all calendars.
    fn check_uid(
        &mut self,
        new: &NewObject,
        kind: CollectionKind,
        stands: Option<&ObjectRow>,
        scheduled: bool,
    ) -> Result<(), Error> {
        if new.uid.len() > UID_OCTETS_MAX {
            return Err(Error::Limit("the UID is too long"));
        }
        self.check_folder(new.collection, &new.name)?;
        if new.uid.is_empty() || kind == CollectionKind::ScheduleInbox {
            return Ok(());
        }
        if let Some(row) = stands.filter(|row| !row.uid.is_empty() && row.uid != new.uid) {
            return Err(conflict(row));
        }
        self.touch_word(new.collection, uid_word(&new.uid))?;
        if scheduled {
            self.touch_word(ALL_CALENDARS, uid_word(&new.uid))?;
        }
        let others = self.lookup.objects_with_uid(self.head.account, &new.uid)?;
        let in_conflict = others.into_iter().find(|other| {
            let itself = other.collection == new.collection && other.name == new.name;
            let is_calendar = |id| {
                let collection = self.head.collections.get(id);
                collection.is_ok_and(|other| other.kind == CollectionKind::Calendar)
            };
            !itself
                && (other.collection == new.collection
                    || scheduled && other.schedule_tag.is_some() && is_calendar(other.collection))
        });
        in_conflict.map_or(Ok(()), |other| Err(conflict(&other)))
    }

    /// Within a folder, an object and a folder cannot have the same name.
    fn check_folder(&self, collection: CollectionId, name: &PathSegment) -> Result<(), Error> {
        let folder = CollectionKind::Folder;
        match self
            .head
            .collections
            .named(folder, Some(collection), name.as_str())
        {
            Some(_) => Err(Error::AlreadyExists("a folder of this name")),
            None => Ok(()),
        }
    }

    fn check_room(
        &self,
        collection: CollectionId,
        size: u32,
        stands: Option<&ObjectRow>,
    ) -> Result<(), Error> {
        match stands {
            // What gets no larger is taken even above the quota.
            Some(row) if size <= row.size => Ok(()),
            Some(row) => self.check_quota(u64::from(size - row.size)),
            None => {
                if self.head.collections.get(collection)?.objects >= OBJECTS_PER_COLLECTION_MAX {
                    return Err(Error::Limit(
                        "the collection has as many objects as it can have",
                    ));
                }
                self.check_quota(u64::from(size))
            }
        }
    }
}

/// Stands for all calendars at once among what a request touches: no collection has this number.
const ALL_CALENDARS: CollectionId = CollectionId(0);

/// How a `UID` is told from a name among what a request touches.
fn uid_word(uid: &str) -> String {
    format!("={uid}")
}

const OBJECT_NOT_FOUND: Error = Error::NotFound("the object");

fn conflict(row: &ObjectRow) -> Error {
    Error::UidConflict {
        collection: row.collection,
        name: row.name.clone(),
    }
}

fn moved_or_put(row: &ObjectRow, created: bool) -> Outcome {
    Outcome::Object {
        object: row.object,
        created,
        blob: row.blob.id,
        schedule_tag: row.schedule_tag,
    }
}
