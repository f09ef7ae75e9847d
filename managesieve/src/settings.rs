//! Settings: what the service offers and how long it waits.

use std::time::Duration;

use directory::Random;

/// What all connections of the service have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This server's name, in the greeting.
    pub hostname: Box<str>,
    /// How long a client may be silent before it signed in.
    pub sign_in_timeout: Duration,
    /// How long a signed-in client may be silent. RFC 5804 1.2: at least 30 minutes.
    pub idle_timeout: Duration,
    /// How long a client may take to take what it is sent.
    pub write_timeout: Duration,
    /// Whether somebody may show a password without TLS over loopback; for tests and benchmarks.
    pub plain_sign_in_on_loopback: bool,
    /// Whether there is a certificate for `STARTTLS`.
    pub starttls: bool,
    /// Where the numbers of sessions come from.
    pub random: Random,
}

impl Settings {
    /// Safe settings: passwords only under TLS.
    #[must_use]
    pub fn new(hostname: &str) -> Self {
        Self {
            hostname: hostname.into(),
            sign_in_timeout: SIGN_IN_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            plain_sign_in_on_loopback: false,
            starttls: true,
            random: Random::system(),
        }
    }
}

/// RFC 5804 1.2 asks for patience with signed-in clients only.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(60);
/// RFC 5804 1.2: at least 30 minutes, and one more.
const IDLE_TIMEOUT: Duration = Duration::from_secs(31 * 60);
/// A client that takes nothing for so long has gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
