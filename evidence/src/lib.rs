//! Evidence: the formats of what an Exchange server and its Windows write: logs, event logs, lists and exports.
//!
//! Bytes go in, rows that borrow from them come out; nothing is judged here, no file is opened, no clock is read. All of it may
//! have been written by an intruder: every reader is bounded, and what cannot be read is told and passed over.

mod moment;

pub use moment::Moment;
