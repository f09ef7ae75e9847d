//! The door to the keys that outgoing mail is signed with.

use std::fmt;

/// Signs outgoing messages (RFC 6376).
pub trait Signer: fmt::Debug + Send + Sync {
    /// The whole fields that are to stand on top of the message, with their line ends: `DKIM-Signature` where there is a
    /// key for the domain of its author; else, for what came from outside and is sent on from an address of ours, the next
    /// set of its ARC chain (RFC 8617). Runs on a thread for such work; asked at every attempt, so that keys can change.
    fn sign(&self, message: &[u8], reverse_path: &str, now_seconds: u64) -> Option<String>;
}

/// Signs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSigner;

impl Signer for NoSigner {
    fn sign(&self, _message: &[u8], _reverse_path: &str, _now_seconds: u64) -> Option<String> {
        None
    }
}
