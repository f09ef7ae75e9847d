//! Settings: what a service offers and how much it takes.

/// Which of the three services a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Port 25: mail from other servers for our own domains.
    Mx,
    /// Ports 587 and 465: mail from our own people to anybody (RFC 6409).
    Submission,
    /// Mail from a relay of ours (RFC 2033).
    Lmtp,
}

impl Service {
    pub(super) fn is_lmtp(self) -> bool {
        self == Self::Lmtp
    }

    pub(super) fn is_smtp(self) -> bool {
        !self.is_lmtp()
    }
}

/// What all sessions of a listener have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which service.
    pub service: Service,
    /// This server's name, in the greeting.
    pub hostname: Box<str>,
    /// Octets of a message, at most (RFC 1870 4).
    pub size_limit_octets: u64,
    /// Recipients of one message, at most. RFC 5321 4.5.3.1.8: at least 100.
    pub recipients_limit: usize,
    /// Messages of one session, at most.
    pub messages_limit: u32,
    /// So many refused commands end a session.
    pub errors_limit: u32,
    /// Whether there is a certificate for STARTTLS.
    pub starttls: bool,
    /// SASL mechanisms in upper case and in the order of preference; those ending in `-PLUS` are offered where there is
    /// something in TLS to bind to.
    /// Used by submission alone.
    pub mechanisms: Vec<Box<str>>,
    /// Whether somebody may sign in without TLS over loopback; for tests and benchmarks.
    pub plain_sign_in_on_loopback: bool,
}

impl Settings {
    /// Safe settings for a service: 50 MiB, STARTTLS, and no way of signing in yet.
    #[must_use]
    pub fn new(service: Service, hostname: &str) -> Self {
        Self {
            service,
            hostname: hostname.into(),
            size_limit_octets: SIZE_OCTETS_MAX,
            recipients_limit: RECIPIENTS_MAX,
            messages_limit: MESSAGES_MAX,
            errors_limit: ERRORS_MAX,
            starttls: true,
            mechanisms: Vec::new(),
            plain_sign_in_on_loopback: false,
        }
    }

    /// Whether this peer may sign in at all, now.
    pub(super) fn may_sign_in(&self, peer: Peer) -> bool {
        peer.tls || (self.plain_sign_in_on_loopback && peer.loopback)
    }

    /// Whether this mechanism is there for this peer.
    pub(super) fn offers(&self, mechanism: &str, peer: Peer) -> bool {
        self.offered(peer).any(|offered| offered == mechanism)
    }

    /// The mechanisms that are there for this peer. RFC 5802 6: a `-PLUS` needs a channel to bind to.
    pub(super) fn offered(&self, peer: Peer) -> impl Iterator<Item = &str> {
        let may = self.service == Service::Submission && self.may_sign_in(peer);
        self.mechanisms
            .iter()
            .map(AsRef::as_ref)
            .filter(move |mechanism: &&str| may && (peer.bound || !mechanism.ends_with("-PLUS")))
    }
}

/// What is known of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// It is under TLS already (port 465).
    pub tls: bool,
    /// There is something in TLS that signing in can be bound to (RFC 5056).
    pub bound: bool,
    /// It comes from this machine.
    pub loopback: bool,
}

/// Octets of a message where nothing else is set. Ours; Exchange Online takes up to 150 MB, most others 25 to 50.
pub const SIZE_OCTETS_MAX: u64 = 50 * 1024 * 1024;

/// Recipients of one message where nothing else is set. RFC 5321 4.5.3.1.8: 100 must be possible.
pub const RECIPIENTS_MAX: usize = 1_000;

/// Messages of one session where nothing else is set. Ours.
pub const MESSAGES_MAX: u32 = 10_000;

/// Refused commands that end a session where nothing else is set. RFC 5321 7.8 lets a server defend itself.
pub const ERRORS_MAX: u32 = 20;

/// Failed attempts to sign in that end a session. RFC 4954 4 lets a server end it.
pub const AUTH_FAILURES_MAX: u32 = 3;

/// Commands without purpose (NOOP, RSET ...) between two messages before each counts as an error. Ours.
pub const JUNK_COMMANDS_MAX: u32 = 100;
