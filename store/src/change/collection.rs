//! What is asked of collections and the objects in them.

use std::collections::BTreeMap;

use model::{
    BlobId, CollectionId, CollectionKind, CollectionRights, ObjectId, PathSegment, PrincipalId,
    Properties, Seq, Timestamp,
};

use super::Source;
use crate::error::Error;
use crate::rows::ObjectRow;

/// What must hold of the object of that name for a change to be made; else it is refused with `StateMismatch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    #[default]
    Any,
    /// There is none.
    Absent,
    /// There is one.
    Present,
    /// Its body is one of these.
    Body(Vec<BlobId>),
    /// Its schedule tag is this one (RFC 6638 8.3).
    ScheduleTag(Seq),
}

impl Condition {
    /// Makes sure that it holds of the object of that name, or of there being none.
    ///
    /// # Errors
    /// [`Error::StateMismatch`] if it does not.
    pub fn check(&self, stands: Option<&ObjectRow>) -> Result<(), Error> {
        let holds = match self {
            Self::Any => true,
            Self::Absent => stands.is_none(),
            Self::Present => stands.is_some(),
            Self::Body(blobs) => stands.is_some_and(|row| blobs.contains(&row.blob.id)),
            Self::ScheduleTag(tag) => stands.is_some_and(|row| row.schedule_tag == Some(*tag)),
        };
        if holds {
            Ok(())
        } else {
            Err(Error::StateMismatch)
        }
    }
}

/// What becomes of an object's schedule tag (RFC 6638 3.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagChange {
    /// Nobody else is told of it; where it has a tag, that is `Error::Scheduled`.
    None,
    /// It changed in a way that others were not told of: it keeps the tag it has.
    Keep,
    /// It changed for all who take part.
    New,
}

/// An object to be added, or another body for the one of that name.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// Where.
    pub collection: CollectionId,
    /// Its name there.
    pub name: PathSegment,
    /// The `UID` of the calendar object or contact card; empty where there is none. No other object of the
    /// collection has it.
    pub uid: String,
    /// Octets of its body.
    pub size: u32,
    /// Its body, with what was read from it as its metadata.
    pub source: Source,
    /// What becomes of its schedule tag.
    pub tag: TagChange,
    /// Its media type, where the kind of collection does not tell.
    pub media_type: Option<String>,
    /// What must hold.
    pub condition: Condition,
}

/// One thing that is wanted of collections and objects.
#[derive(Clone, Debug)]
pub enum CollectionChange {
    /// A new collection. Answer: `Outcome::Collection`.
    Create {
        /// Inside which one.
        parent: Option<CollectionId>,
        /// What it holds.
        kind: CollectionKind,
        /// Its name in its place.
        name: PathSegment,
        /// What is said of it.
        properties: Properties,
    },
    /// Another place, name, or other properties.
    Update {
        /// Which.
        collection: CollectionId,
        /// Inside which one.
        parent: Option<CollectionId>,
        /// Its name there.
        name: PathSegment,
        /// What is said of it.
        properties: Properties,
    },
    /// A collection without collections in it goes.
    Destroy {
        /// Which.
        collection: CollectionId,
        /// Whether its objects are destroyed with it; otherwise it must be empty.
        with_objects: bool,
    },
    /// What a principal may do with it from now on; none stands for everybody who can sign in.
    Share {
        /// Which.
        collection: CollectionId,
        /// Who.
        principal: Option<PrincipalId>,
        /// What.
        rights: CollectionRights,
    },
    /// What a principal may do on all collections in the owner's place from now on.
    SetDeputy {
        /// Who.
        principal: PrincipalId,
        /// What.
        rights: CollectionRights,
    },
    /// A new object or another body. Answer: `Outcome::Object`.
    Put(NewObject),
    /// What clients keep at an object for themselves.
    SetProperties {
        /// Where.
        collection: CollectionId,
        /// Its name there.
        name: PathSegment,
        /// All of them, by `{namespace}name`.
        dead: BTreeMap<String, String>,
    },
    /// Another place or name. Answer: `Outcome::Object`.
    Move {
        /// From where.
        from: CollectionId,
        /// Its name there.
        name: PathSegment,
        /// To where.
        to: CollectionId,
        /// Its name there.
        new_name: PathSegment,
        /// Whether an object that has that name is destroyed first.
        replace: bool,
        /// What must hold of the object that moves.
        condition: Condition,
    },
    /// An object goes; its body is restorable for the retention time.
    DestroyObject {
        /// Where.
        collection: CollectionId,
        /// Its name there.
        name: PathSegment,
        /// Whether it may be one that others take part in; otherwise that is `Error::Scheduled`.
        scheduled: bool,
        /// What must hold.
        condition: Condition,
    },
    /// Nothing happens; the request is refused with `StateMismatch` if an object of the collection changed after
    /// `since`. Comes before the request's own changes to the collection.
    Unchanged {
        /// Which.
        collection: CollectionId,
        /// The moment in question.
        since: Seq,
    },
    /// Bodies that were replaced or destroyed before then go for good. Answer: `Outcome::Purged`.
    PurgeVersions {
        /// Before when.
        before: Timestamp,
        /// At most how many.
        limit: u32,
    },
    /// These replaced or destroyed bodies go for good. Answer: `Outcome::Purged`.
    PurgeThese {
        /// Object and the entry that replaced or destroyed that body; those that are not there are passed over.
        versions: Vec<(ObjectId, Seq)>,
    },
}
