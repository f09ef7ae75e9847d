//! What the bodies of requests other than REPORT say.

mod acl;
mod attachment;
mod lock;
mod mkcol;
mod propfind;
mod proppatch;
mod share;

pub use acl::{AclRequest, RequestedAce};
pub use attachment::AttachmentAction;
pub use lock::LockInfo;
pub use mkcol::{MkCalendar, Mkcol, component_set};
pub use propfind::{Propfind, Selection};
pub use proppatch::{PropertyChange, Proppatch};
pub use share::{InviteReply, Post, ShareAccess, ShareChange};

/// Properties named in one request.
pub const PROPERTIES_MAX: usize = 1_024;

#[cfg(test)]
mod tests;
