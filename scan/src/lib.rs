//! Scanners: clients for rspamd, clamd and milters, over any connection, with one vocabulary for what they say.
//!
//! [`Scanner`] is the door: which protocol, and its conversation over a connection that somebody else made, under a
//! deadline that somebody else keeps. [`Verdict`] is what comes of it. The rooms `codec` of each protocol are pure:
//! bytes in, values out.
//!
//! What a message then meets with is decided elsewhere, from the verdicts of all scanners.

mod points;

mod text;

mod verdict;

mod header;

mod envelope;

mod lesson;

mod error;

mod clamd;

mod rspamd;

mod milter;

mod scanner;

mod fuzz;

pub use envelope::Envelope;
pub use error::Error;
pub use fuzz::fuzz;
pub use header::{HEADER_NAME_OCTETS_MAX, HEADER_VALUE_OCTETS_MAX, HeaderChange};
pub use lesson::Lesson;
pub use points::Points;
pub use scanner::Scanner;
pub use verdict::{Action, REASONS_MAX, Reason, Source, Verdict};
