//! Egress: the only way out. Connections to the outside, made by a process of their own.
//!
//! The serving process holds an [`Egress`]: a handle with one method for each thing that can be wanted from the
//! outside. Behind it, over one Unix stream socket, a second process ([`run`]) resolves names, decides which addresses
//! may be connected to, speaks TLS and the protocols, and answers. It sees no data folder and no key of ours.
//!
//! **Rooms.** [`wire`]: what the two say to each other. `client`: the handle. `process`: the loop of the process.
//!
//! **Invariants.** Every request has a deadline; the number of requests and of octets under way is bounded in the
//! handle and again in the process; a frame is at most [`wire::FRAME_OCTETS_MAX`] long; dropping a question ends the
//! work on it. Nothing that the process connects to was chosen by the peer of a connection alone: the address is
//! checked after it was resolved.
//!
//! **Does not:** decide what becomes of a message; keep anything on disk; hold keys of ours.
//!
//! | standard | part | file |
//! |---|---|---|
//! | RFC 4033, 4034, 4035, 5155 | DNSSEC validation, through hickory | `process/resolve.rs` |
//! | RFC 4592, 6672 | wildcards and DNAME under DNSSEC, where hickory errs | `process/resolve/second.rs` |
//! | RFC 2308, 9520 | what does not exist and what failed is remembered | `process/resolve/memory.rs` |
//! | RFC 6890, 6052, 4291 | addresses that are not the Internet | `process/policy.rs` |
//! | RFC 8305 | order of addresses | `process/resolve/addresses.rs` |
//! | RFC 5321, 2920, 3030, 1870, 6152, 6531, 3461, 6710, 9422 | SMTP client | `process/smtp.rs` |
//! | RFC 3207, 4954, 4616 | STARTTLS, AUTH PLAIN and LOGIN | `process/smtp/session.rs` |
//! | RFC 7505, 7504 | domains and hosts that take no mail | `process/smtp/route.rs`, `process/smtp/attempt.rs` |
//! | RFC 6698, 7671, 7672 | DANE | `process/dane.rs`, `process/smtp/security.rs` |
//! | RFC 8461 | MTA-STS | `process/mta_sts.rs` |
//! | RFC 8689 | REQUIRETLS | `process/smtp/security.rs`, `process/smtp/transaction.rs` |
//! | RFC 8460 | what is observed of TLS | `process/flaw.rs`, `process/smtp/security.rs` |
//! | RFC 9110, 9112 | HTTP client, through hyper | `process/fetch.rs` |
//! | RFC 2136, 8945 | DNS UPDATE with TSIG | `process/update.rs` |

pub mod wire;

mod client;

mod process;

pub use client::{Egress, Error};
pub use process::{RunError, fuzz, run};
