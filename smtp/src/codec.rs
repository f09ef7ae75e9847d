//! The codec: bytes of SMTP and LMTP to typed commands and message bytes, typed replies to bytes.
//!
//! Invariants: nothing here panics on any input, every buffer has a named bound in [`limits`], and only CRLF ends a
//! line. The codec does not know which command is allowed when; that is [`crate::session`].
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

mod chunk;
mod command;
mod data;
pub mod limits;
mod line;
mod path;
mod reply;
mod sasl;
mod xtext;

pub use chunk::{ChunkReader, ChunkStep};
pub use command::parameters::{
    AuthParameter, Body, MailParameters, Notify, OriginalRecipient, RcptParameters, Return,
};
pub use command::{ClientName, Command, CommandError, parse_command};
pub use data::{DataReader, DataRefusal, DataStep};
pub use line::{LineError, LineKind, LineReader, LineStep};
pub use path::{Domain, ForwardPath, LocalPart, Mailbox, PathError, ReversePath};
pub use reply::{EnhancedCode, Reply};
pub use sasl::{SaslLine, SaslResponse, parse_sasl_line};
pub use xtext::{decode_xtext, encode_xtext};
