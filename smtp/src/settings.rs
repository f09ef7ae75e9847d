//! Settings: what an administrator decides about a service, and what it is given to work with.

use directory::Random;
use listen::Budget;
use transport::Reception;

use crate::session::{ERRORS_MAX, MESSAGES_MAX, RECIPIENTS_MAX, SIZE_OCTETS_MAX};

/// The settings of one service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This server's name, in the greeting and in `Received`.
    pub hostname: String,
    /// Octets of a message, at most (RFC 1870 4); cut to what the budget and the store can take at all.
    pub size_limit_octets: u64,
    /// Recipients of one message, at most. RFC 5321 4.5.3.1.8: at least 100.
    pub recipients_limit: usize,
    /// Messages of one session, at most (RFC 9422 4.1).
    pub messages_limit: u32,
    /// So many refused commands end a session.
    pub errors_limit: u32,
    /// Whether somebody may sign in without TLS over loopback; for tests and benchmarks.
    pub plain_sign_in_on_loopback: bool,
    /// Memory for messages that are being received; services may share it.
    pub budget: Budget,
    /// Who judges what strangers bring and what our own people send; nothing where nobody does. Mail from a relay of ours
    /// (LMTP) is not judged again.
    pub reception: Option<Reception>,
    /// Where ids of sessions and of messages without one come from.
    pub random: Random,
}

impl Settings {
    /// Safe settings: 50 MiB for a message, and the limits of [`crate::session`].
    #[must_use]
    pub fn new(hostname: &str, budget: Budget, random: Random) -> Self {
        Self {
            hostname: hostname.to_owned(),
            size_limit_octets: SIZE_OCTETS_MAX,
            recipients_limit: RECIPIENTS_MAX,
            messages_limit: MESSAGES_MAX,
            errors_limit: ERRORS_MAX,
            plain_sign_in_on_loopback: false,
            budget,
            reception: None,
            random,
        }
    }
}
