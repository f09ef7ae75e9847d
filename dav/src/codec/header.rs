//! The header fields of WebDAV, CalDAV and CardDAV, from the text of their values to typed ones.
//!
//! Each `parse` takes the value of one field; where a field may come several times, the caller joins the values
//! with `, ` as RFC 9110 5.3 allows.

mod accept;
mod destination;
mod disposition;
mod etag;
mod if_header;
mod lists;
mod simple;

pub use accept::{VcardVersion, accepted_vcard_version};
pub use destination::{Destination, path_of};
pub use disposition::file_name;
pub use etag::{ETag, Matches};
pub use if_header::{IF_CONDITIONS_MAX, IfCondition, IfHeader, IfList, IfState};
pub use lists::{Prefer, Return};
pub use simple::{Depth, MediaType, Timeout, lock_token, true_or_false};

/// Octets of one header field's value. `If` with the tokens of many locks is the longest.
pub const HEADER_OCTETS_MAX: usize = 16 * 1024;

#[cfg(test)]
mod tests;
