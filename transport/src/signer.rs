//! The door to the keys that outgoing mail is signed with.

use std::fmt;

/// Signs outgoing messages (RFC 6376).
pub trait Signer: fmt::Debug + Send + Sync {
    /// The whole `DKIM-Signature` fields that are to stand on top of the message, with their line ends; none if there is
    /// no key for the domain of its author. Runs on a thread for such work; asked at every attempt, so that keys can change.
    fn sign(&self, message: &[u8], now_seconds: u64) -> Option<String>;
}

/// Signs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSigner;

impl Signer for NoSigner {
    fn sign(&self, _message: &[u8], _now_seconds: u64) -> Option<String> {
        None
    }
}
