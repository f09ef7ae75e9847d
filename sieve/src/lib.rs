//! Sieve: the language in which people say what happens to their mail (RFC 5228 and its extensions).
//!
//! A text becomes a [`Script`] once; [`run`] then says for each message what is to be done. Nothing is done here: no input, output
//! or clock, and nothing can be executed. Every run is bounded in steps, actions and memory (see [`limits`]).
//!
//! | RFC | what | spoken | file |
//! |---|---|---|---|
//! | 5228 | the language: `encoded-character`, `envelope`, `fileinto` | yes | `lexer.rs`, `grammar.rs`, `check.rs`, `run.rs` |
//! | 3894 | `copy` | yes | `run/action.rs` |
//! | 4790, 5051 | comparators: octet, ascii-casemap, ascii-numeric, unicode-casemap | yes | `collation.rs` |
//! | 5173 | `body` | yes | `run/test.rs`, `message/part.rs` |
//! | 5183 | `environment` | yes | `run/test.rs` |
//! | 5229 | `variables` | yes | `text.rs`, `variables.rs` |
//! | 5230, 6131 | `vacation`, `vacation-seconds` | yes | `run/vacation.rs`, `reply.rs` |
//! | 5231 | `relational` | yes | `run/matcher.rs` |
//! | 5232 | `imap4flags` | yes | `flags.rs`, `run/action.rs` |
//! | 5233 | `subaddress` | yes | `message/address.rs` |
//! | 5235 | `spamtest`, `spamtestplus`, `virustest` | yes | `run/test.rs` |
//! | 5260 | `date`, `index` | yes | `run/date.rs`, `moment.rs` |
//! | 5293 | `editheader` | yes | `run/edit.rs` |
//! | 5429 | `reject`, `ereject` | yes | `run/action.rs` |
//! | 5435, 5436 | `enotify` with `mailto` | yes | `notify.rs`, `reply.rs` |
//! | 5463 | `ihave` | yes | `check/test.rs` |
//! | 5490 | `mailbox`; no metadata | partial | `check/target.rs` |
//! | 5703 | `mime`, `foreverypart`, `extracttext`, `replace`, `enclose` | yes | `message.rs`, `run/edit.rs` |
//! | 6009 | `redirect-dsn` | partial | `run/action.rs` |
//! | 6134 | `extlists` | yes | `run/matcher.rs` |
//! | 6609 | `include` | yes | `run.rs` |
//! | 6785 | `imapsieve` | yes | `run.rs` |
//! | 7352 | `duplicate` | yes | `run/test.rs` |
//! | 8579 | `special-use` | yes | `check/target.rs` |
//! | 8580 | `fcc` | yes | `check/target.rs` |
//! | 9042 | `mailboxid` | yes | `check/target.rs` |
//!
//! Not here: regular expressions (no RFC, and no bound on their time in general), `convert`, programs.

pub mod limits;

mod fault;

mod capability;

mod lexer;

mod grammar;

mod text;

mod collation;

mod wildcard;

mod fingerprint;

mod needs;

mod program;

mod check;

mod script;

mod surroundings;

mod input;

mod message;

mod moment;

mod notify;

mod variables;

mod flags;

mod destination;

mod reply;

mod outcome;

mod run;

mod exercise;

pub use capability::{CAPABILITIES, NOTIFY_METHODS};
pub use destination::{Edition, FileInto, Redirect};
pub use exercise::fuzz;
pub use fault::{ParseError, RunFault};
pub use fingerprint::Fingerprint;
pub use input::{Cause, Environment, Event, Input};
pub use limits::Limits;
pub use needs::{Needs, Place};
pub use outcome::{Action, Outcome};
pub use reply::{Letterhead, Notify, ReplyBody, Vacation};
pub use run::run;
pub use script::Script;
pub use surroundings::{Nowhere, Surroundings};
