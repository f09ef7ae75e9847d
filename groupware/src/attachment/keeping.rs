//! Keeping: which calendar object an attachment is kept for, and for how long.
//!
//! A file is kept for one object: its UID is its managed id and the UID of that object. Where a client writes the line of an
//! attachment into another object as well, the same bytes are kept for that one, too. A file goes when its object goes, or
//! names it no more; like every object it can be restored for the retention time, and comes back with an earlier version of
//! the object that names it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use icalendar::CalendarObject;
use model::{AccountId, CollectionId, CollectionKind, PathSegment};
use store::{
    Change, CollectionChange, Condition, Head, NewObject, ObjectRow, Source, TagChange, Version,
};

use crate::Groupware;
use crate::caller::Caller;
use crate::collection::{CollectionAccess, attachments, wrap};
use crate::error::Error;
use crate::object::{Object, ObjectView};
use crate::refusal::Refusal;

/// Digits of the hash in the name of a file that is kept for a further object.
const HASH_DIGITS: usize = 32;

/// Whether the account has attachments at all.
pub(crate) fn has_attachments(head: &Head) -> bool {
    attachments(head).is_some_and(|folder| folder.objects > 0)
}

/// The managed id of a file, and the UID of the object it is kept for.
pub(super) fn parts(file: &Object) -> Option<(&str, &str)> {
    file.row.uid.split_once(' ')
}

/// The files with this managed id, whatever they are kept for.
pub(super) fn files_of<'a>(
    files: &'a ObjectView,
    managed_id: &'a str,
) -> impl Iterator<Item = &'a Arc<Object>> {
    let is_it = move |file: &&Arc<Object>| parts(file).is_some_and(|(id, _)| id == managed_id);
    files.iter().filter(is_it)
}

/// The file that is kept for an object.
pub(super) fn file_of<'a>(
    files: &'a ObjectView,
    managed_id: &'a str,
    uid: &'a str,
) -> Option<&'a Arc<Object>> {
    files_of(files, managed_id).find(|file| parts(file).is_some_and(|(_, of)| of == uid))
}

/// The change that takes a file away.
pub(super) fn gone(file: &Object) -> Change {
    wrap(CollectionChange::DestroyObject {
        collection: file.row.collection,
        name: file.row.name.clone(),
        scheduled: true,
        condition: Condition::Any,
    })
}

impl Groupware {
    /// What is to be written with an object that a client puts: files that it names, and that are kept for another one, are
    /// kept for this one as well (RFC 8607 3.7). A managed id that is none of ours is another server's, and stays as it is.
    ///
    /// # Errors
    /// [`Refusal::AttachmentId`] for a file of objects that the caller may not read.
    pub(crate) async fn adopted(
        &self,
        access: &CollectionAccess,
        uid: &str,
        body: &[u8],
    ) -> Result<Vec<Change>, Error> {
        let Some(folder) = attachments(&access.head).filter(|folder| folder.objects > 0) else {
            return Ok(Vec::new());
        };
        let object = CalendarObject::read(body)?;
        let ids = object.managed_ids();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let files = self.object_view(&access.head, folder.id).await?;
        let mut changes = Vec::new();
        for id in ids {
            if file_of(&files, id, uid).is_some() {
                continue;
            }
            let (mut is_ours, mut readable) = (false, None);
            for file in files_of(&files, id) {
                is_ours = true;
                if self.is_named(access, file, None).await? {
                    readable = Some(file);
                    break;
                }
            }
            match readable {
                Some(file) => changes.push(kept_for(folder.id, &file.row, id, uid)?),
                None if is_ours => return Err(Refusal::AttachmentId.into()),
                None => {}
            }
        }
        Ok(changes)
    }

    /// Takes away the files that are kept for an object which does not name them any more; those for all objects of the
    /// account where no UID is given. What cannot be taken away now goes another time.
    pub(crate) async fn dispose_attachments(
        &self,
        caller: &Caller,
        account: AccountId,
        uid: Option<&str>,
    ) {
        if let Err(error) = self.dispose(caller, account, uid).await {
            tracing::info!(%error, %account, "attachments that nothing names are kept for now");
        }
    }

    async fn dispose(
        &self,
        caller: &Caller,
        account: AccountId,
        uid: Option<&str>,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        let Some(folder) = attachments(&access.head).filter(|folder| folder.objects > 0) else {
            return Ok(());
        };
        let all = access.head.collections.all.values();
        let calendars: HashSet<CollectionId> = all
            .filter(|found| found.kind == CollectionKind::Calendar)
            .map(|found| found.id)
            .collect();
        let files = self.object_view(&access.head, folder.id).await?;
        let mut changes = Vec::new();
        for file in files.iter() {
            let is_meant = parts(file).is_some_and(|(_, of)| uid.is_none_or(|uid| of == uid));
            if is_meant && !self.names(account, calendars.clone(), file, None).await? {
                changes.push(gone(file));
            }
        }
        if !changes.is_empty() {
            self.change(caller, account, changes).await?;
        }
        Ok(())
    }

    /// The changes that bring back the files which an earlier version of an object names.
    pub(crate) async fn files_back(
        &self,
        access: &CollectionAccess,
        body: &[u8],
        uid: &str,
        versions: &[Version],
    ) -> Result<Vec<Change>, Error> {
        let Some(folder) = attachments(&access.head) else {
            return Ok(Vec::new());
        };
        let Ok(object) = CalendarObject::read(body) else {
            return Ok(Vec::new());
        };
        let files = self.object_view(&access.head, folder.id).await?;
        let mut wanted: BTreeSet<String> = object
            .managed_ids()
            .into_iter()
            .filter(|id| file_of(&files, id, uid).is_none())
            .map(|id| format!("{id} {uid}"))
            .collect();
        let mut changes = Vec::new();
        for version in versions
            .iter()
            .filter(|version| version.collection == folder.id)
        {
            if wanted.remove(&version.uid) {
                changes.push(wrap(CollectionChange::Put(NewObject {
                    collection: folder.id,
                    name: version.name.clone(),
                    uid: version.uid.clone(),
                    size: version.size,
                    source: Source::Stored {
                        blob: version.blob,
                        meta: Arc::clone(&version.meta),
                    },
                    tag: TagChange::None,
                    media_type: version.media_type.clone(),
                    condition: Condition::Any,
                })));
            }
        }
        Ok(changes)
    }
}

/// The same file for another object.
fn kept_for(
    folder: CollectionId,
    row: &ObjectRow,
    managed_id: &str,
    uid: &str,
) -> Result<Change, Error> {
    let hash = blake3::hash(uid.as_bytes()).to_hex();
    let name = format!("{managed_id}.{}", &hash.as_str()[..HASH_DIGITS]);
    Ok(wrap(CollectionChange::Put(NewObject {
        collection: folder,
        name: PathSegment::try_from(name).map_err(|error| Error::internal(&error))?,
        uid: format!("{managed_id} {uid}"),
        size: row.size,
        source: Source::Stored {
            blob: row.blob,
            meta: Arc::clone(&row.meta),
        },
        tag: TagChange::None,
        media_type: row.media_type.clone(),
        condition: Condition::Any,
    })))
}
