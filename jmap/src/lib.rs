//! JMAP (RFC 8620): mail, calendars, contacts and sharing as one API over HTTP.
//!
//! A request is let in, read (`codec/`), and its calls are done one after the other (`api.rs`) by the
//! file of each method (`method/`), which reads its arguments, asks `groupware`, and encodes what it gets. What is the
//! same for all types stands in `standard/`.
//!
//! **Does not:** keep anything, decide what somebody may do, know an engine.

mod codec;

mod answer;

mod api;

mod blob;

mod call;

mod counters;

mod error;

mod house;

mod jscalendar;

mod limits;

mod method;

mod push;

mod received;

mod service;

mod session;

mod settings;

mod sign_in;

mod standard;

mod state;

mod turns;

mod visit;

mod words;

pub use counters::Counters;
pub use method::methods;
pub use push::{NoKey, Push, PushSender, Pushed, VapidKey};
pub use service::Jmap;
pub use settings::{Settings, http_limits};

/// Reads any octets as what clients send: requests, and frames of WebSockets.
///
/// # Panics
/// If a reader accepts what it cannot write again, which is what a fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    codec::fuzz(input);
    push::fuzz(input);
    jscalendar::fuzz(input);
}
