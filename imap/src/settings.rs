//! Settings: what the service offers and how long it waits.

use std::time::Duration;

use directory::Random;
use listen::Budget;

/// What all connections of the service have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This server's name, in the greeting.
    pub hostname: Box<str>,
    /// Octets of one message that `APPEND` takes (RFC 7889).
    pub append_limit_octets: usize,
    /// How long a client may be silent before it signed in.
    pub sign_in_timeout: Duration,
    /// How long a signed-in client may be silent. RFC 9051 5.4: at least 30 minutes.
    pub idle_timeout: Duration,
    /// How long a client may take to take what it is sent.
    pub write_timeout: Duration,
    /// Whether somebody may show a password without TLS over loopback; for tests and benchmarks.
    pub plain_sign_in_on_loopback: bool,
    /// Whether there is a certificate for `STARTTLS`.
    pub starttls: bool,
    /// The memory for messages that are being appended, shared by all connections.
    pub budget: Budget,
    /// Where the numbers of sessions come from.
    pub random: Random,
    /// The address of the session object of JMAP (RFC 8620 2), if the accounts are reached by it, too.
    pub jmap_url: Option<Box<str>>,
}

impl Settings {
    /// Safe settings: 50 MiB for a message, passwords only under TLS.
    #[must_use]
    pub fn new(hostname: &str) -> Self {
        Self {
            hostname: hostname.into(),
            append_limit_octets: APPEND_OCTETS_MAX,
            sign_in_timeout: SIGN_IN_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            plain_sign_in_on_loopback: false,
            starttls: true,
            budget: Budget::new(APPEND_BUDGET_OCTETS),
            random: Random::system(),
            jmap_url: None,
        }
    }
}

/// As large as what is taken by submission.
const APPEND_OCTETS_MAX: usize = 50 * 1024 * 1024;
/// For all messages that are being appended at one time.
const APPEND_BUDGET_OCTETS: usize = 256 * 1024 * 1024;
/// RFC 9051 5.4 asks for patience with signed-in clients only.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(60);
/// RFC 9051 5.4: at least 30 minutes; one more, for clients that renew `IDLE` at the last moment (RFC 2177).
const IDLE_TIMEOUT: Duration = Duration::from_secs(31 * 60);
/// A client that takes nothing for so long has gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
