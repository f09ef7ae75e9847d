//! Attachments of calendar objects that the server keeps (RFC 8607): added, replaced, removed and read.
//!
//! An attachment is an object, named by its managed id, in a folder of the account that the calendar is in; it comes and goes
//! with the same write as the text that names it. It is there for whoever may read a calendar object that names it, and for
//! nobody by its name alone. The text says where it is with a link that the caller writes.
//!
//! **Does not:** take away attachments when the object that names them goes; make a component of its own for an occurrence
//! that has none.

use std::collections::HashSet;
use std::sync::Arc;

use icalendar::{AttachmentEdit, CalendarObject, ManagedAttachment, edit_attachments};
use model::{
    AccountId, Actor, CollectionId, CollectionKind, CollectionRights, PathSegment, Properties,
};
use store::{Change, Collection, CollectionChange, Condition, Engine, Head, Request, TagChange};

use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::collection::{ATTACHMENTS, CollectionAccess, attachments, wrap};
use crate::error::Error;
use crate::object::{OBJECT_OCTETS_MAX, Object, ObjectPlace, ObjectPut, PreparedObject, prepare};
use crate::refusal::Refusal;

/// The largest attachment, in octets (RFC 8607 6.2 `max-attachment-size`).
pub const ATTACHMENT_OCTETS_MAX: usize = OBJECT_OCTETS_MAX;
/// Attachments of one calendar object (RFC 8607 6.3 `max-attachments-per-resource`).
pub const ATTACHMENTS_PER_OBJECT_MAX: usize = 50;

/// Octets of a file's name: what fits into a path.
const FILE_NAME_OCTETS_MAX: usize = model::SEGMENT_OCTETS_MAX;
/// What a file is called that comes without a name.
const UNNAMED: &str = "attachment";
/// Hexadecimal digits of a managed id: 128 bits, which nobody guesses.
const MANAGED_ID_DIGITS: usize = 32;

/// A file to be attached.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    /// Its bytes.
    pub body: Vec<u8>,
    /// Its media type, without parameters.
    pub media_type: Option<String>,
    /// What it is called; where nothing is said, as the one whose place it takes.
    pub file_name: Option<String>,
}

/// What becomes of an object's attachments.
#[derive(Clone, Debug)]
pub enum AttachmentChange {
    /// One more.
    Add {
        /// For which occurrences, by RECURRENCE-ID, `M` for the series; for all where none is named.
        instances: Vec<String>,
        /// The file.
        new: NewAttachment,
    },
    /// Another in the place of one, for all occurrences that have it.
    Update {
        /// The one that goes.
        managed_id: String,
        /// The file that comes.
        new: NewAttachment,
    },
    /// One goes.
    Remove {
        /// For which occurrences, as above.
        instances: Vec<String>,
        /// Which.
        managed_id: String,
    },
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentChanged {
    /// The calendar object that names the attachments.
    pub put: ObjectPut,
    /// The managed id of the new attachment.
    pub managed_id: Option<PathSegment>,
}

/// A new attachment made ready.
struct Ready {
    prepared: PreparedObject,
    hash: blake3::Hash,
    octets: usize,
    media_type: Option<String>,
    file_name: Option<String>,
}

impl Groupware {
    /// Changes the attachments of a calendar object; who takes part is told with the same write. `link` says where an
    /// attachment is, by its managed id and its file's name.
    ///
    /// # Errors
    /// `WRITE` is needed. [`Error::Refused`] with the four refusals of attachments, or what
    /// [`Groupware::put_object`] refuses; [`Error::StateMismatch`] if the condition does not hold; [`Error::OverQuota`].
    pub async fn change_attachments(
        &self,
        caller: &Caller,
        place: &ObjectPlace,
        condition: &Condition,
        change: AttachmentChange,
        link: &(dyn Fn(&PathSegment, &PathSegment) -> String + Send + Sync),
    ) -> Result<AttachmentChanged, Error> {
        let access = self.collection_access(caller, place.account).await?;
        let calendar = access.require(place.collection, CollectionRights::WRITE)?;
        if calendar.kind != CollectionKind::Calendar {
            return Err(Error::Forbidden);
        }
        let folder = self.ensure_attachments(place.account).await?;
        let (instances, managed_id, new) = match change {
            AttachmentChange::Add { instances, new } => (instances, None, Some(new)),
            AttachmentChange::Update { managed_id, new } => {
                (Vec::new(), Some(managed_id), Some(new))
            }
            AttachmentChange::Remove {
                instances,
                managed_id,
            } => (instances, Some(managed_id), None),
        };
        let new = match new {
            Some(new) => Some(self.ready(&folder, new).await?),
            None => None,
        };
        for _ in 0..ATTEMPTS_MAX {
            let access = self.collection_access(caller, place.account).await?;
            let calendar = Arc::clone(access.require(place.collection, CollectionRights::WRITE)?);
            let view = self.object_view(&access.head, place.collection).await?;
            let object = Arc::clone(view.get(&place.name).ok_or(Error::NotFound)?);
            condition.check(Some(&object.row))?;
            let files = self.object_view(&access.head, folder.id).await?;
            let old = managed_id.as_deref();
            let old_file = old
                .and_then(|id| PathSegment::try_from(id).ok())
                .and_then(|id| files.get(&id).cloned());
            let mut also = Vec::new();
            let text = self.body(&object).await?;
            let (id, line) = match &new {
                Some(new) => {
                    let id = self.managed_id(place.account, &object, new)?;
                    let name = file_name(new, &text, old)?;
                    also.push(new.change(folder.id, &id, &object.row.uid));
                    let url = link(&id, &name);
                    (Some(id.clone()), Some((id, name, url)))
                }
                None => (None, None),
            };
            let named = line.as_ref().map(|(id, name, url)| ManagedAttachment {
                managed_id: id.as_str(),
                media_type: new.as_ref().and_then(|new| new.media_type.as_deref()),
                file_name: name.as_str(),
                octets: new.as_ref().map_or(0, |new| new.octets),
                url,
            });
            let edit = match (named, old) {
                (Some(by), Some(managed_id)) => AttachmentEdit::Replace { managed_id, by },
                (Some(new), None) => AttachmentEdit::Add(new),
                (None, managed_id) => AttachmentEdit::Remove {
                    managed_id: managed_id.unwrap_or_default(),
                },
            };
            let instances: Vec<&str> = instances.iter().map(String::as_str).collect();
            let edited = edit_attachments(&text, &instances, &edit)?;
            if edited.len() > OBJECT_OCTETS_MAX {
                return Err(Error::TooLarge);
            }
            let read = CalendarObject::read(&edited)?;
            let names = read.managed_ids();
            if matches!(edit, AttachmentEdit::Add(_)) && names.len() > ATTACHMENTS_PER_OBJECT_MAX {
                return Err(Refusal::AttachmentCount.into());
            }
            let old_stays = old.is_some_and(|old| names.contains(old));
            if let Some(file) = old_file.filter(|_| !old_stays)
                && !self.is_named_elsewhere(&access, &file, &object).await?
            {
                also.push(wrap(CollectionChange::DestroyObject {
                    collection: folder.id,
                    name: file.row.name.clone(),
                    scheduled: true,
                    condition: Condition::Any,
                }));
            }
            let stood = Condition::Body(vec![object.row.blob.id]);
            let work = move |engine: &dyn Engine| {
                let prepared = prepare(engine, &calendar, &edited)?;
                Ok((edited, prepared))
            };
            let edited = self.blocking(work).await?;
            match self.put_edited(caller, place, edited, stood, also).await {
                Ok(put) => {
                    return Ok(AttachmentChanged {
                        put,
                        managed_id: id,
                    });
                }
                // Somebody was faster: all is looked at again.
                Err(Error::StateMismatch) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::StateMismatch)
    }

    /// An attachment in an account by its managed id. It is there for whoever may read a calendar object of the account
    /// that names it, and for whoever takes part: has an object with the same UID that names it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody else.
    pub async fn attachment(
        &self,
        caller: &Caller,
        account: AccountId,
        managed_id: &PathSegment,
    ) -> Result<Arc<Object>, Error> {
        let access = self.collection_access(caller, account).await?;
        let folder = attachments(&access.head).ok_or(Error::NotFound)?;
        let files = self.object_view(&access.head, folder.id).await?;
        let file = files.get(managed_id).ok_or(Error::NotFound)?;
        if self.is_named(&access, file, None).await? {
            return Ok(Arc::clone(file));
        }
        if !access.is_owner() {
            let own = self
                .collection_access(caller, caller.principal()?.into())
                .await?;
            if self.is_named(&own, file, None).await? {
                return Ok(Arc::clone(file));
            }
        }
        Err(Error::NotFound)
    }

    /// Whether an object of the account names the attachment, other than the one that changes.
    async fn is_named_elsewhere(
        &self,
        access: &CollectionAccess,
        file: &Object,
        changes: &Object,
    ) -> Result<bool, Error> {
        let all = access.head.collections.all.values();
        let calendars = all.filter(|found| found.kind == CollectionKind::Calendar);
        let calendars = calendars.map(|found| found.id).collect();
        let but = (changes.row.collection, changes.row.name.clone());
        self.names(access.head.account, calendars, file, Some(but))
            .await
    }

    /// Whether an object that may be read names the attachment.
    async fn is_named(
        &self,
        access: &CollectionAccess,
        file: &Object,
        but: Option<(CollectionId, PathSegment)>,
    ) -> Result<bool, Error> {
        let readable = access
            .visible()
            .filter(|info| {
                info.collection.kind == CollectionKind::Calendar
                    && info.rights.contains(CollectionRights::READ)
            })
            .map(|info| info.collection.id)
            .collect();
        self.names(access.head.account, readable, file, but).await
    }

    async fn names(
        &self,
        account: AccountId,
        calendars: HashSet<CollectionId>,
        file: &Object,
        but: Option<(CollectionId, PathSegment)>,
    ) -> Result<bool, Error> {
        let Some(uid) = uid_of(file).map(str::to_owned) else {
            return Ok(false);
        };
        let id = file.row.name.clone();
        self.blocking(move |engine| {
            for row in engine.objects_with_uid(account, &uid)? {
                let left_out = but.as_ref().is_some_and(|(collection, name)| {
                    row.collection == *collection && row.name == *name
                });
                if left_out || !calendars.contains(&row.collection) {
                    continue;
                }
                let body = engine.blob(row.blob)?;
                let read = CalendarObject::read(&body);
                if read.is_ok_and(|object| object.managed_ids().contains(id.as_str())) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
    }

    /// The folder of attachments, made when the first is attached.
    async fn ensure_attachments(&self, account: AccountId) -> Result<Arc<Collection>, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let head: Arc<Head> = self.store.engine().head(account)?.ok_or(Error::NotFound)?;
            if let Some(folder) = attachments(&head) {
                return Ok(Arc::clone(folder));
            }
            let name =
                PathSegment::try_from(ATTACHMENTS).map_err(|error| Error::internal(&error))?;
            let request = Request {
                account,
                // Whoever attaches the first file does not choose the place.
                actor: Actor::system(),
                at: self.clock.now(),
                if_seq: None,
                changes: vec![wrap(CollectionChange::Create {
                    parent: None,
                    kind: CollectionKind::Folder,
                    name,
                    properties: Properties::default(),
                })],
            };
            match self.store.commit(request).await {
                Ok(_) | Err(store::Error::AlreadyExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::StateMismatch)
    }

    async fn ready(&self, folder: &Arc<Collection>, new: NewAttachment) -> Result<Ready, Error> {
        if new.body.len() > ATTACHMENT_OCTETS_MAX {
            return Err(Refusal::AttachmentSize.into());
        }
        let (folder, octets) = (Arc::clone(folder), new.body.len());
        let work = move |engine: &dyn Engine| {
            let hash = blake3::hash(&new.body);
            Ok((prepare(engine, &folder, &new.body)?, hash))
        };
        let (prepared, hash) = self.blocking(work).await?;
        Ok(Ready {
            prepared,
            hash,
            octets,
            media_type: new.media_type,
            file_name: new.file_name,
        })
    }

    /// A managed id that nobody can guess who does not know the file and the object, and that is new with every change.
    fn managed_id(
        &self,
        account: AccountId,
        object: &Object,
        new: &Ready,
    ) -> Result<PathSegment, Error> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&account.0.to_be_bytes());
        hasher.update(format!("{:?}", object.row.blob.id).as_bytes());
        hasher.update(&self.clock.now().0.to_be_bytes());
        hasher.update(new.hash.as_bytes());
        let digits = hasher.finalize().to_hex();
        PathSegment::try_from(&digits.as_str()[..MANAGED_ID_DIGITS])
            .map_err(|error| Error::internal(&error))
    }
}

impl Ready {
    /// The change that puts it there. What its UID says is its managed id, which is there once, and the UID of the calendar
    /// object that it came with.
    fn change(&self, folder: CollectionId, id: &PathSegment, uid: &str) -> Change {
        let mut prepared = self.prepared.clone();
        prepared.uid = format!("{id} {uid}");
        let (tag, media_type) = (TagChange::None, self.media_type.clone());
        prepared.put(folder, id.clone(), tag, media_type, Condition::Any)
    }
}

/// The UID of the calendar object that an attachment came with.
fn uid_of(file: &Object) -> Option<&str> {
    file.row.uid.split_once(' ').map(|(_, uid)| uid)
}

/// The name of the file as it can stand in a path: what was said, or what the one is called whose place it takes.
fn file_name(new: &Ready, text: &[u8], old: Option<&str>) -> Result<PathSegment, Error> {
    let kept = match (&new.file_name, old) {
        (None, Some(old)) => CalendarObject::read(text)?.attachment_name(old),
        _ => None,
    };
    let wanted = new.file_name.as_ref().or(kept.as_ref());
    let wanted = wanted.map_or(UNNAMED, String::as_str);
    let allowed = |c: &char| !c.is_control() && !matches!(c, '/' | '\\');
    let mut name: String = wanted.chars().filter(allowed).collect();
    name.truncate(name.floor_char_boundary(FILE_NAME_OCTETS_MAX));
    PathSegment::try_from(name)
        .or_else(|_| PathSegment::try_from(UNNAMED))
        .map_err(|error| Error::internal(&error))
}
