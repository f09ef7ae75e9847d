//! The grammar of WebDAV, CalDAV and CardDAV as a server needs it: octets to typed requests, answers to octets.
//!
//! A request's body becomes an [`Element`] tree within [`BodyLimits`] and then one of the types of [`request`] or
//! a [`Report`](report::Report); its header fields are read by [`header`], its path and the links in bodies by
//! [`href`]. Answers are appended to a buffer by an [`XmlWriter`] and what stands on it ([`response`]), never
//! through a tree. Nothing here reads a socket, a clock or the store, and nothing panics on any input.
#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

mod fault;
mod precondition;
mod status;

mod namespace;
mod property;

mod xml;

mod value;

mod date;

pub mod header;
pub mod href;
pub mod report;
pub mod request;
pub mod response;

mod fuzz;

pub use date::{http_date, parse_utc, rfc3339, utc};
pub use fault::Fault;
pub use fuzz::fuzz;
pub use namespace::{Namespace, Tag};
pub use precondition::{Condition, Precondition};
pub use property::{Property, PropertyName};
pub use response::XmlWriter;
pub use status::Status;
pub use value::PropertyValue;
pub use xml::{Attribute, BodyLimits, Element, Node};
