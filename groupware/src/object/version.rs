//! Earlier versions: bodies of objects that were replaced or destroyed, until they are purged; listed and brought back.

use std::sync::Arc;

use model::{AccountId, CollectionId, CollectionKind, CollectionRights, ObjectId, PathSegment};
use model::{Seq, Timestamp};
use store::{Condition, Version};

use super::{NewBody, ObjectPut, ObjectView, Summary, decode_meta};
use crate::Groupware;
use crate::caller::Caller;
use crate::collection::CollectionAccess;
use crate::error::Error;

/// A body that an object had, and that can be brought back.
#[derive(Clone, Debug)]
pub struct ObjectVersion {
    /// Which one.
    pub id: VersionId,
    /// When it was replaced or destroyed.
    pub at: Timestamp,
    /// Whether the object was destroyed then, not its body replaced.
    pub destroyed: bool,
    /// The collection it was in, which may have been destroyed since.
    pub collection: CollectionId,
    /// Its name there.
    pub name: PathSegment,
    /// Its UID; empty for a file.
    pub uid: String,
    /// Octets of the body.
    pub size: u32,
    /// What was read from the body; unknown where the collection is gone.
    pub summary: Summary,
}

/// Names an earlier version within its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId {
    /// The object's number.
    pub object: ObjectId,
    /// The entry that replaced or destroyed it.
    pub until: Seq,
}

impl Groupware {
    /// The earlier versions of objects that can be brought back, by object and age.
    ///
    /// # Errors
    /// `WRITE` is needed: those of collections where the caller lacks it are left out. What was in a collection that is
    /// gone is shown to the account's owner and to deputies who may write. [`Error::NotFound`] to those who see nothing of
    /// the account.
    pub async fn object_versions(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<ObjectVersion>, Error> {
        let access = self.collection_access(caller, account).await?;
        if !access.is_owner() && access.visible().next().is_none() {
            return Err(Error::NotFound);
        }
        let all = self.store.read(move |engine| engine.versions(account));
        let mut shown = Vec::new();
        for version in all.await? {
            if may_restore(&access, &version) {
                shown.push(described(&access, version));
            }
        }
        Ok(shown)
    }

    /// Brings an earlier version back: its body is put again, now and by the caller, into the collection it was in or into
    /// another one. It takes the place of the object with its UID that is there, whose body becomes an earlier version in
    /// its turn. Who takes part is told, as with every body that is put.
    ///
    /// # Errors
    /// `WRITE` is needed where it was and where it goes. [`Error::NotFound`] if there is no such version, or its
    /// collection is gone and no other is named; [`Error::AlreadyExists`] if something else has its name by now;
    /// [`Error::UidConflict`] if its UID is in another collection.
    pub async fn restore_version(
        &self,
        caller: &Caller,
        account: AccountId,
        id: VersionId,
        into: Option<CollectionId>,
    ) -> Result<ObjectPut, Error> {
        let access = self.collection_access(caller, account).await?;
        let all = self.store.read(move |engine| engine.versions(account));
        let all = all.await?;
        let version = all
            .iter()
            .find(|version| (version.object, version.until) == (id.object, id.until))
            .filter(|version| may_restore(&access, version))
            .ok_or(Error::NotFound)?;
        let into = into.unwrap_or(version.collection);
        access.require(into, CollectionRights::WRITE)?;
        let view = self.object_view(&access.head, into).await?;
        let (name, condition) = place(&view, version)?;
        let (blob, media_type) = (version.blob, version.media_type.clone());
        let mut bodies = self.store_bodies(vec![blob]).await?;
        let body = bodies.pop().flatten().ok_or(Error::NotFound)?;
        let files = self.files_back(&access, &body, &version.uid, &all).await?;
        if !files.is_empty() {
            self.change(caller, account, files).await?;
        }
        let new = NewBody {
            name,
            body,
            media_type,
            condition,
            tell_organizer: true,
        };
        self.put_object(caller, account, into, new).await
    }
}

/// Whether the caller may see a version and bring it back.
fn may_restore(access: &CollectionAccess, version: &Version) -> bool {
    if access.head.collections.get(version.collection).is_ok() {
        let found = access.require(version.collection, CollectionRights::WRITE);
        // Messages to somebody's inbox were handled when they came.
        return found.is_ok_and(|found| found.kind != CollectionKind::ScheduleInbox);
    }
    access.require_account(CollectionRights::WRITE).is_ok()
}

fn described(access: &CollectionAccess, version: Version) -> ObjectVersion {
    let collection = access.head.collections.get(version.collection);
    ObjectVersion {
        id: VersionId {
            object: version.object,
            until: version.until,
        },
        at: version.at,
        destroyed: version.destroyed,
        collection: version.collection,
        name: version.name,
        uid: version.uid,
        size: version.size,
        summary: collection.map_or(Summary::Unknown, |collection| {
            decode_meta(collection.kind, &version.meta)
        }),
    }
}

/// Where a version goes back to, and what must still hold when it does.
fn place(view: &Arc<ObjectView>, version: &Version) -> Result<(PathSegment, Condition), Error> {
    let same = |uid: &str| !uid.is_empty() && uid == version.uid;
    // RFC 4791 5.3.2.1 `no-uid-conflict`: one object for each UID, whatever its name is by now.
    let living = view.iter().find(|object| same(&object.row.uid));
    let living = living.or_else(|| view.get(&version.name));
    let Some(living) = living else {
        return Ok((version.name.clone(), Condition::Absent));
    };
    if living.row.uid != version.uid {
        return Err(Error::AlreadyExists);
    }
    let condition = Condition::Body(vec![living.row.blob.id]);
    Ok((living.row.name.clone(), condition))
}
