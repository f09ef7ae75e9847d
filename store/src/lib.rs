//! The store: what is kept of every account, and the only way to change it.
//!
//! [`Store`] is the handle everything above uses. Behind it stands an [`Engine`], which keeps the journal
//! and the state that is folded from it. A change goes in as a [`Request`] of [`Change`]s (what is wanted);
//! [`decide`] turns it into mutations (what will be, with every number in it); the engine makes
//! the commit durable, folds it, and answers. [`Head`] is the part of the fold that is small enough to be held whole.
//!
//! Contains no SQL, knows no protocol, and checks no rights: `groupware` does.

mod error;

mod change;

mod collections;

mod head;

mod decide;

mod rows;

mod text;

mod blob;

mod notice;

mod engine;

mod upload;

mod handle;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use blob::{Blob, Place};
pub use change::{
    Change, CollectionChange, Committed, Condition, KeywordChange, NewEmail, NewObject,
    NewPrincipal, NewQueueItem, NewSecret, Outcome, QueueChange, Request, Source, TagChange,
};
pub use collections::{Collection, Collections};
pub use decide::{Decided, Lookup, decide};
pub use engine::{Engine, Entry, Reply, Stored};
pub use error::Error;
pub use handle::{Store, Watch};
pub use head::{Head, Mailbox};
pub use model::ThreadKeys;
pub use notice::Notice;
pub use rows::{Destroyed, EmailRow, GoneObject, Located, ObjectRow, Version};
pub use text::{Extract, Field, SearchText, TextQuery};
pub use upload::{UploadBounds, UploadPlace, Uploads};
