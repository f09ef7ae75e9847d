//! Conversations with scanners that say what a script tells them.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod clamd;
mod milter;
mod replay;
mod rspamd;
mod script;
