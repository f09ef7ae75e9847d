//! The way out for what is pushed: a trait, since only one process of the server connects to others.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;

/// A request to a push service (RFC 8030 5), or to whatever else a client named.
#[derive(Clone, PartialEq, Eq)]
pub struct Push {
    /// Where to: an `https:` URL that a client chose. Whoever connects refuses addresses that are not the world's.
    pub url: String,
    /// Fields of its head.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Bytes,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The push service answered with this status. With it, how many seconds it asks us to wait (RFC 9110 10.2.3).
    Answered {
        /// RFC 9110 15.
        status: u16,
        /// `Retry-After`.
        retry_after_s: Option<u32>,
    },
    /// Nobody answered, or nobody may be asked at that address.
    Unreachable,
}

/// Sends requests to push services.
pub trait PushSender: Send + Sync {
    /// Sends one `POST`, follows no redirect, and waits for the status.
    fn send(&self, push: Push) -> Pin<Box<dyn Future<Output = Pushed> + Send + '_>>;
}

impl fmt::Debug for Push {
    /// Without the address: whoever knows it can push.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("octets", &self.body.len())
            .finish_non_exhaustive()
    }
}
