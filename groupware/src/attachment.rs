//! Attachments of calendar objects that the server keeps (RFC 8607): added, replaced, removed and read.
//!
//! An attachment is an object, named by its managed id, in a folder of the account that the calendar is in; it comes with the
//! same write as the text that names it, and goes when no text does. It is there for whoever may read a calendar object that
//! names it, and for nobody by its name alone. The text says where it is with a link that the caller writes.

mod keeping;

pub(crate) use keeping::has_attachments;

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

impl AttachmentChange {
    /// For which occurrences, which goes, and which comes.
    fn parts(self) -> (Vec<String>, Option<String>, Option<NewAttachment>) {
        match self {
            Self::Add { instances, new } => (instances, None, Some(new)),
            Self::Update { managed_id, new } => (Vec::new(), Some(managed_id), Some(new)),
            Self::Remove {
                instances,
                managed_id,
            } => (instances, Some(managed_id), None),
        }
    }
}

/// A change of attachments with the file made ready.
struct Wish {
    instances: Vec<String>,
    managed_id: Option<String>,
    new: Option<Ready>,
    folder: CollectionId,
}

/// What a change of attachments comes to.
struct Edited {
    text: Vec<u8>,
    /// The managed id of the file that comes.
    id: Option<PathSegment>,
    /// What changes among the files.
    also: Vec<Change>,
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
        let (instances, managed_id, new) = change.parts();
        let new = match new {
            Some(new) => Some(self.ready(&folder, new).await?),
            None => None,
        };
        let wish = Wish {
            instances,
            managed_id,
            new,
            folder: folder.id,
        };
        for _ in 0..ATTEMPTS_MAX {
            let access = self.collection_access(caller, place.account).await?;
            let calendar = Arc::clone(access.require(place.collection, CollectionRights::WRITE)?);
            let view = self.object_view(&access.head, place.collection).await?;
            let object = Arc::clone(view.get(&place.name).ok_or(Error::NotFound)?);
            condition.check(Some(&object.row))?;
            let Edited { text, id, also } = self.edited(&access, &object, &wish, link).await?;
            let stood = Condition::Body(vec![object.row.blob.id]);
            let work = move |engine: &dyn Engine| {
                let prepared = prepare(engine, &calendar, &text)?;
                Ok((text, prepared))
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

    /// The object's text as it is wished, and what comes and goes among the files with it.
    async fn edited(
        &self,
        access: &CollectionAccess,
        object: &Object,
        wish: &Wish,
        link: &(dyn Fn(&PathSegment, &PathSegment) -> String + Send + Sync),
    ) -> Result<Edited, Error> {
        let row = &object.row;
        let mut bodies = self.store_bodies(vec![row.blob]).await?;
        let text = bodies.pop().flatten().ok_or(Error::NotFound)?;
        let old = wish.managed_id.as_deref();
        let mut also = Vec::new();
        let line = match &wish.new {
            Some(new) => {
                let id = self.managed_id(access.head.account, object, new)?;
                let name = file_name(new, &text, old)?;
                also.push(new.change(wish.folder, &id, &row.uid));
                let url = link(&id, &name);
                Some((new, id, name, url))
            }
            None => None,
        };
        let named = line.as_ref().map(|(new, id, name, url)| ManagedAttachment {
            managed_id: id.as_str(),
            media_type: new.media_type.as_deref(),
            file_name: name.as_str(),
            octets: new.octets,
            url,
        });
        let edit = match (named, old) {
            (Some(by), Some(managed_id)) => AttachmentEdit::Replace { managed_id, by },
            (Some(new), None) => AttachmentEdit::Add(new),
            (None, managed_id) => AttachmentEdit::Remove {
                managed_id: managed_id.unwrap_or_default(),
            },
        };
        let instances: Vec<&str> = wish.instances.iter().map(String::as_str).collect();
        let text = edit_attachments(&text, &instances, &edit)?;
        if text.len() > OBJECT_OCTETS_MAX {
            return Err(Error::TooLarge);
        }
        let read = CalendarObject::read(&text)?;
        let names = read.managed_ids();
        if matches!(edit, AttachmentEdit::Add(_)) && names.len() > ATTACHMENTS_PER_OBJECT_MAX {
            return Err(Refusal::AttachmentCount.into());
        }
        if let Some(old) = old.filter(|old| !names.contains(old)) {
            let files = self.object_view(&access.head, wish.folder).await?;
            let file = keeping::file_of(&files, old, &row.uid).cloned();
            if let Some(file) = file
                && !self.is_named_elsewhere(access, &file, object).await?
            {
                also.push(keeping::gone(&file));
            }
        }
        let id = line.map(|(_, id, ..)| id);
        Ok(Edited { text, id, also })
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
        let own = if access.is_owner() {
            None
        } else {
            let account = caller.principal()?.into();
            Some(self.collection_access(caller, account).await?)
        };
        for file in keeping::files_of(&files, managed_id.as_str()) {
            if self.is_named(&access, file, None).await? {
                return Ok(Arc::clone(file));
            }
            if let Some(own) = &own
                && self.is_named(own, file, None).await?
            {
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
        let Some((id, uid)) = keeping::parts(file) else {
            return Ok(false);
        };
        let (id, uid) = (id.to_owned(), uid.to_owned());
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
