//! The IMAP grammar as a server needs it: octets to typed commands, typed responses to octets.
//!
//! A connection's octets go through a [`Framer`], which finds where a command ends and asks before a
//! literal is taken; the whole command goes through [`parse`]; answers are appended to a buffer by an
//! [`Encoder`]. Nothing here reads a socket, a clock or the store, and nothing panics on any input.
#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

mod framer;

mod fault;
mod lexer;

mod acl;
mod append;
mod command;
mod date;
mod fetch;
mod flag;
mod list;
mod mailbox;
mod metadata;
mod quota;
mod search;
mod select;
mod sequence;
mod sort_thread;
mod status;
mod store;

mod encode;

pub use acl::{AclChange, AclRights, RightsError, SetAcl};
pub use append::{Append, AppendForm, AppendMessage};
pub use command::{Command, IdField, ParseError, Secret, Tag, parse};
pub use date::{Date, DateTime};
pub use encode::{
    Code, Condition, Encoder, Esearch, FetchEncoder, ListEntry, MailboxAttribute, Namespaces,
    QuotaUsage, Rfc822, StatusValue, ThreadNode, collapse,
};
pub use fault::{Fault, MailboxError};
pub use fetch::{Fetch, FetchItem, Partial, Section, SectionText};
pub use flag::Flag;
pub use framer::{Frame, FrameError, FrameFault, FrameLimits, Framer, LiteralRequest};
pub use list::{List, ListReturn, ListSelection, SpecialUse};
pub use mailbox::{HIERARCHY_SEPARATOR, Mailbox, list_matches};
pub use metadata::{GetMetadata, MetadataDepth, MetadataEntry, SetMetadata};
pub use quota::{QuotaResource, SetQuota};
pub use search::{PartialRange, Search, SearchKey, SearchReturn};
pub use select::{Qresync, Select};
pub use sequence::{Bound, SequenceRange, SequenceSet};
pub use sort_thread::{Sort, SortCriterion, SortKey, Thread, ThreadAlgorithm};
pub use status::StatusItem;
pub use store::{Store, StoreAction};

/// In which form a session exchanges text beyond US-ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextForm {
    /// Mailbox names in modified UTF-7, header text in encoded-words: a session that enabled nothing.
    #[default]
    Ascii,
    /// UTF-8 in quoted strings: after `ENABLE UTF8=ACCEPT` (RFC 9755 3) or `ENABLE IMAP4rev2`
    /// (RFC 9051 5.1).
    Utf8,
}

/// Whether a command names messages by sequence number or by UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Message sequence numbers (RFC 9051 2.3.1.2).
    Sequence,
    /// Unique identifiers, the command was prefixed with `UID` (RFC 9051 6.4.9).
    Uid,
}

/// Feeds any octets through the framer and every framed command through the parser.
///
/// It is the entry point of the fuzz target; it returns nothing and must never panic.
pub fn fuzz(input: &[u8]) {
    let mut framer = Framer::new(FrameLimits::after_login(FUZZ_APPEND_OCTETS_MAX));
    let mut rest = input;
    loop {
        match framer.feed(&mut rest) {
            Frame::More => break,
            Frame::Literal(request) if request.octets % 7 == 3 => framer.refuse(),
            Frame::Literal(_) => framer.accept(),
            Frame::Command => fuzz_command(framer.command()),
            Frame::Failed(error) if error.fatal => break,
            Frame::Failed(_) => {}
        }
    }
    fuzz_command(input);
}

fn fuzz_command(command: &[u8]) {
    for form in [TextForm::Ascii, TextForm::Utf8] {
        match parse(command, form) {
            Ok((tag, command)) => drop((tag.as_str().len(), command)),
            Err(error) => drop(error.to_string()),
        }
    }
}

/// A small limit, so that short inputs reach the refusals, too.
const FUZZ_APPEND_OCTETS_MAX: usize = 4_096;
