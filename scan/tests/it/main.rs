//! Conversations with scanners that say what a script tells them.

mod clamd;
mod milter;
mod replay;
mod rspamd;
mod script;
