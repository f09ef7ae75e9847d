//! Rows of the state as readers get them.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    BlobRef, CollectionId, EmailId, Keywords, MailboxId, ObjectId, PathSegment, Seq, ThreadId,
    Timestamp, Uid,
};

/// An email in its mailbox: all that listing, counting and sorting need, and nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailRow {
    /// Its number in the mailbox.
    pub uid: Uid,
    /// Its number in the account.
    pub email: EmailId,
    /// Its thread.
    pub thread: ThreadId,
    /// Its size in octets.
    pub size: u32,
    /// Its keywords.
    pub keywords: Keywords,
    /// The last commit that changed it in this mailbox.
    pub changed: Seq,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its `Date` in seconds since 1970, if readable.
    pub sent_at: Option<i64>,
}

/// Where an email is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its number there.
    pub uid: Uid,
}

/// A destroyed email that can still be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// Its number in the account.
    pub email: EmailId,
    /// The mailbox it was in.
    pub mailbox: MailboxId,
    /// When it was destroyed.
    pub destroyed_at: Timestamp,
    /// Its thread.
    pub thread: ThreadId,
    /// Its size in octets.
    pub size: u32,
    /// The keywords it had.
    pub keywords: Keywords,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its `Date` in seconds since 1970, if readable.
    pub sent_at: Option<i64>,
}

/// An object in its collection, with what was read from its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// Its number in the account.
    pub object: ObjectId,
    /// Where it is.
    pub collection: CollectionId,
    /// Its name there.
    pub name: PathSegment,
    /// Its `UID`; empty where there is none.
    pub uid: String,
    /// Octets of its body.
    pub size: u32,
    /// Its body.
    pub blob: BlobRef,
    /// The last commit that changed its body, name, place or properties.
    pub changed: Seq,
    /// The commit that last changed what others were told of it.
    pub schedule_tag: Option<Seq>,
    /// When it was put here first.
    pub created_at: Timestamp,
    /// When its body was last changed.
    pub modified_at: Timestamp,
    /// Its media type, where the kind of collection does not tell.
    pub media_type: Option<String>,
    /// What clients keep here for themselves, by `{namespace}name`.
    pub dead: Arc<BTreeMap<String, String>>,
    /// What was read from its body, as it was handed in with it.
    pub meta: Arc<[u8]>,
}

/// An object that is not in the collection any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneObject {
    /// Its number in the account.
    pub object: ObjectId,
    /// The name it had there.
    pub name: PathSegment,
    /// The commit that took it away.
    pub gone: Seq,
}

/// A body that was replaced or destroyed and can still be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Whose.
    pub object: ObjectId,
    /// The commit that replaced or destroyed it.
    pub until: Seq,
    /// When that was.
    pub at: Timestamp,
    /// Whether the object was destroyed, not its body replaced.
    pub destroyed: bool,
    /// The collection it was in.
    pub collection: CollectionId,
    /// Its name there.
    pub name: PathSegment,
    /// Its `UID`.
    pub uid: String,
    /// Octets of the body.
    pub size: u32,
    /// The body.
    pub blob: BlobRef,
    /// Its media type.
    pub media_type: Option<String>,
    /// What was read from it.
    pub meta: Arc<[u8]>,
}
