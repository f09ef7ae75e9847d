//! The IMAP face: RFC 9051 (IMAP4rev2) and RFC 3501 (IMAP4rev1), for every mail client.
//!
//! `codec` turns bytes into typed commands and typed responses into bytes; it is pure.

pub mod codec;

pub use codec::fuzz;
