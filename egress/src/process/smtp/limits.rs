//! Bounds of the SMTP client: how long it waits, how much it reads, how far it tries.

use std::time::Duration;

/// How long each step of a session may take (RFC 5321 4.5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// Until a TCP connection stands.
    pub(crate) connect: Duration,
    /// Until the greeting has come.
    pub(crate) greeting: Duration,
    /// Until EHLO, HELO, STARTTLS, AUTH, RSET is answered.
    pub(crate) command: Duration,
    /// Until the TLS handshake is done.
    pub(crate) handshake: Duration,
    /// Until MAIL is answered.
    pub(crate) mail: Duration,
    /// Until RCPT is answered.
    pub(crate) rcpt: Duration,
    /// Until DATA is answered.
    pub(crate) data: Duration,
    /// Until the peer has taken one more block of the message.
    pub(crate) block: Duration,
    /// Until the final dot is answered.
    pub(crate) end: Duration,
    /// Until QUIT is answered; nothing depends on it any more.
    pub(crate) quit: Duration,
}

impl Timeouts {
    /// What the standard asks for, and for steps it does not name about the same.
    pub(crate) const STANDARD: Self = Self {
        // The host has further addresses, and the domain further hosts.
        connect: Duration::from_secs(30),
        // RFC 5321 4.5.3.2.1: five minutes.
        greeting: Duration::from_secs(5 * 60),
        command: Duration::from_secs(5 * 60),
        handshake: Duration::from_secs(60),
        // RFC 5321 4.5.3.2.2: five minutes.
        mail: Duration::from_secs(5 * 60),
        // RFC 5321 4.5.3.2.3: five minutes.
        rcpt: Duration::from_secs(5 * 60),
        // RFC 5321 4.5.3.2.4: two minutes.
        data: Duration::from_secs(2 * 60),
        // RFC 5321 4.5.3.2.5: three minutes for each block.
        block: Duration::from_secs(3 * 60),
        // RFC 5321 4.5.3.2.6: ten minutes, since who gives up early sends the message twice.
        end: Duration::from_secs(10 * 60),
        quit: Duration::from_secs(2),
    };

    /// The same, but nothing longer than this.
    pub(crate) fn at_most(self, max: Duration) -> Self {
        Self {
            connect: self.connect.min(max),
            greeting: self.greeting.min(max),
            command: self.command.min(max),
            handshake: self.handshake.min(max),
            mail: self.mail.min(max),
            rcpt: self.rcpt.min(max),
            data: self.data.min(max),
            block: self.block.min(max),
            end: self.end.min(max),
            quit: self.quit.min(max),
        }
    }
}

/// One line of a reply. RFC 5321 4.5.3.1.5: 512 octets at least; some servers write more.
pub(crate) const REPLY_LINE_OCTETS_MAX: usize = 2_048;

/// Lines of one reply; an answer to EHLO has about 15.
pub(crate) const REPLY_LINES_MAX: usize = 128;

/// Octets of text that are kept of one reply; what is longer is cut.
pub(crate) const REPLY_TEXT_OCTETS_MAX: usize = 4_096;

/// Octets read from a peer at once.
pub(crate) const READ_OCTETS: usize = 4_096;

/// Recipients in one transaction. RFC 5321 4.5.3.1.8: every server takes 100.
pub(crate) const RECIPIENTS_PER_TRANSACTION_MAX: usize = 100;

/// Commands sent ahead of their replies. RFC 2920 3.1: never so much that both sides wait for the other to read.
pub(crate) const PIPELINED_COMMANDS_MAX: usize = 50;

/// A path, ENVID or ORCPT that is sent. RFC 5321 4.5.3.1.3 and RFC 3461 allow less.
pub(crate) const ARGUMENT_OCTETS_MAX: usize = 1_500;

/// A message up to this is sent in one go with its envelope where CHUNKING and PIPELINING are offered; of a bigger one the
/// recipients are asked about first.
pub(crate) const BDAT_AT_ONCE_OCTETS_MAX: usize = 64 * 1_024;

/// Pieces of a message in one vectored write.
pub(crate) const BODY_PIECES_MAX: usize = 64;

/// Octets of a message that are looked at and written in one piece, so that a large one leaves time for others.
pub(crate) const BODY_PIECE_OCTETS_MAX: usize = 64 * 1_024;

/// Observations of TLS in one attempt. Together with the results they fit in a frame, whatever strangers publish.
pub(crate) const OBSERVATIONS_MAX: usize = 8;

/// Octets of a policy that go into one observation.
pub(crate) const POLICY_OCTETS_MAX: usize = 4_096;

/// Hosts of one domain that are tried in one attempt.
pub(crate) const HOSTS_MAX: usize = 6;

/// Records of one MX answer that are looked at.
pub(crate) const MX_RECORDS_MAX: usize = 64;

/// Addresses of one host that are tried in one attempt.
pub(crate) const ADDRESSES_PER_HOST_MAX: usize = 4;

/// Connections to one destination at once.
pub(crate) const CONNECTIONS_PER_DESTINATION_MAX: usize = 20;

/// Idle connections kept open in all.
pub(crate) const IDLE_CONNECTIONS_MAX: usize = 200;

/// How long an idle connection is kept.
pub(crate) const IDLE_MS_MAX: i64 = 30_000;

/// Messages over one connection.
pub(crate) const MESSAGES_PER_CONNECTION_MAX: u32 = 100;

/// Destinations whose connections are counted at once; idle entries beyond it are dropped.
pub(crate) const DESTINATIONS_MAX: usize = 4_096;
