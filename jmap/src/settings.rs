//! Settings: what the program hands to the service.

use directory::Random;
use listen::Budget;
use listen::http::HttpLimits;

use crate::limits::{BODIES_OCTETS_MAX, HEAD_TIMEOUT, UPLOAD_OCTETS_MAX};
use crate::subscription::VapidKey;

/// What all requests have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether somebody may show a password without TLS over loopback; for tests and benchmarks.
    pub plain_sign_in_on_loopback: bool,
    /// The memory for bodies of requests, shared by all connections.
    pub budget: Budget,
    /// The key by which push services know the server; without it nobody is told of one.
    pub vapid: Option<VapidKey>,
    /// Where numbers come from that nobody can guess.
    pub random: Random,
}

impl Default for Settings {
    /// Safe settings: passwords only under TLS.
    fn default() -> Self {
        Self {
            plain_sign_in_on_loopback: false,
            budget: Budget::new(BODIES_OCTETS_MAX),
            vapid: None,
            random: Random::system(),
        }
    }
}

/// The limits that the HTTP shell serves this face with.
#[must_use]
pub fn http_limits() -> HttpLimits {
    HttpLimits {
        body_octets: UPLOAD_OCTETS_MAX,
        head_timeout: HEAD_TIMEOUT,
        ..HttpLimits::default()
    }
}
