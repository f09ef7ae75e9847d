//! Bodies of answers, appended to a buffer as they come, without a tree.

mod error;
mod lock;
mod multistatus;
mod principal_search;
mod property;
mod schedule;
mod sharing;
mod writer;

pub use error::error_body;
pub use lock::{ActiveLock, LockScope, lock_body};
pub use multistatus::{Multistatus, Response, mkcol_body};
pub use principal_search::principal_search_properties;
pub use property::{Ace, AcePrincipal, Privilege, PrivilegeNode, ResourceType};
pub use schedule::{RecipientAnswer, schedule_body};
pub use sharing::{InviteState, Sharee};
pub use writer::XmlWriter;
pub(crate) use writer::{escape_attribute, escape_text};

#[cfg(test)]
mod tests;
