//! The SMTP face: mail comes in from other servers (MX), from the organisation's own people (submission) and from a
//! local relay (LMTP).
//!
//! | RFC | what | spoken | file |
//! |---|---|---|---|
//! | 5321 | SMTP | yes, VRFY answers 252, EXPN 502 | `codec`, `session` |
//! | 1870 | SIZE | yes | `codec/command/parameters.rs`, `session.rs` |
//! | 2033 | LMTP | yes | `session.rs`, `delivery.rs` |
//! | 2034, 3463, 5248 | enhanced status codes | yes | `codec/reply.rs` |
//! | 2920 | PIPELINING | yes | `session.rs`, `wire.rs` |
//! | 3030 | CHUNKING, BINARYMIME | yes | `codec/chunk.rs` |
//! | 3207 | STARTTLS | yes | `session.rs` |
//! | 3461, 6533 | DSN | parameters are kept | `codec/command/parameters.rs`, `codec/xtext.rs` |
//! | 3848 | protocol names in `Received` | yes | `received.rs` |
//! | 4954 | AUTH | PLAIN, LOGIN, SCRAM-SHA-256, SCRAM-SHA-256-PLUS, OAUTHBEARER (RFC 7628) | `codec/sasl.rs`, `command/auth.rs` |
//! | 6152 | 8BITMIME | yes | `codec/command/parameters.rs` |
//! | 6409 | submission | yes | `submission.rs`, `header.rs` |
//! | 6531 | SMTPUTF8 | yes | `codec/path.rs`, `session.rs` |
//! | 8689 | REQUIRETLS | accepted and kept | `session.rs` |
//! | 9422 | LIMITS | MAILMAX, RCPTMAX | `session/greeting.rs` |
//!
//! [`Smtp`] is the face of one service: give it connections. `codec`, `session` and `received` are pure: bytes and values
//! in, bytes and values out; they read no clock and touch no socket. The rest carries out what the session decides.

pub mod codec;
pub mod received;
pub mod session;

mod settings;

mod counters;

mod error;

mod service;

mod memory;

mod wire;

mod client;

mod transaction;

mod trace;

mod header;

mod path;

mod reception;

mod delivery;

mod submission;

mod success;

mod acceptance;

mod command;

mod connection;

mod fuzz;

pub use connection::Smtp;
pub use counters::{Counters, Reading};
pub use fuzz::fuzz;
pub use settings::Settings;
