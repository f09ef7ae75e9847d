//! Calendar objects: what a text of RFC 5545 says, when it takes place, and which parts of it are asked for.
//!
//! Text comes in as bytes and is taken apart without loss ([`Tree`]); [`CalendarObject`] is a tree that has been found to be
//! one calendar object resource (RFC 4791 4.1). From it come a [`Summary`] to keep beside the bytes, [`Occurrence`]s, answers
//! to a [`Filter`], the parts a [`Retrieval`] asks for, and [`Busy`] times.
//!
//! Everything is bounded in size, work and occurrences by the constants in [`limit`]. Does no I/O, reads no clock, stores
//! nothing, and never changes the bytes it was given: where it writes text, that is text made for one answer.

mod fault;

pub mod limit;

mod civil;

mod value;

mod tree;

mod rule;

mod zone;

mod moment;

mod part;

mod object;

mod occurrence;

mod summary;

pub use fault::Fault;
pub use moment::{Form, Moment};
pub use object::CalendarObject;
pub use occurrence::Occurrence;
pub use part::Kind;
pub use summary::{Class, Status, Summary, address};
pub use tree::{Component, Parameter, Property, Tree};
pub use value::Duration;
pub use zone::{Zone, write_timezone};
