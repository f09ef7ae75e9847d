//! Limits of this crate: every bound on size, count and time that holds for all services, by name and with its unit.
//!
//! What differs from service to service (lines, literals, time to sign in) is an argument and named in its face.

use std::time::Duration;

/// Connections that the kernel keeps ready for us between two accepts. Linux cuts it to `net.core.somaxconn` (4096).
pub const LISTEN_BACKLOG_CONNECTIONS: i32 = 1_024;

/// Bytes read at once from a socket. One TLS record carries at most 16,384 octets of plain text (RFC 8446 5.1).
pub const READ_CHUNK_OCTETS: usize = 16_384;

/// Unprocessed input that a connection keeps at most; also the longest line that can be read.
/// RFC 7162 4 asks servers to take command lines of at least 8,192 octets; clients with many gaps send more.
pub const READ_BUFFER_OCTETS_MAX: usize = 65_536;

/// Output that must be accepted by the peer within one write timeout: a peer that takes less is taken for stalled.
pub const WRITE_CHUNK_OCTETS: usize = 65_536;

/// Silence after which a connection gives back the memory it can do without until the peer speaks again. Measured
/// then, with both ends in one process: 3 KiB for a plain connection, 16 KiB with TLS 1.3, most of it rustls's.
pub const IDLE_RELEASE_AFTER: Duration = Duration::from_secs(5);

/// What a peer may still send after we have said the last word, before the socket is closed. Without reading it, the
/// kernel answers with a reset, which can destroy our last reply on its way (RFC 9112 9.6 describes the problem).
pub const LINGER_OCTETS_MAX: usize = 262_144;

/// Time for the above.
pub const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// Time for PROXY header and TLS handshake together, unless the service says otherwise.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections of one service or group of services, unless configured.
pub const CONNECTIONS_TOTAL_DEFAULT: usize = 20_000;

/// Connections of one client address (IPv4 address or IPv6 /64), unless configured. Mail programs open about five per
/// mailbox and several people sit behind one address.
pub const CONNECTIONS_PER_ADDRESS_DEFAULT: usize = 200;

/// First pause after a failed accept; it doubles with each further failure.
pub const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(10);

/// Longest pause after failed accepts. Out of file descriptors, the kernel keeps clients waiting in the backlog.
pub const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// Probes are sent on a silent TCP connection after this time, so that peers that vanished are noticed
/// (RFC 9293 3.8.4 asks for two hours as a default, which is too long for a server that counts its connections).
pub const KEEPALIVE_AFTER: Duration = Duration::from_secs(300);

/// Time between two such probes.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// A PROXY version 1 line including CRLF (PROXY protocol 2.1: 107 octets are enough for every possible line).
pub const PROXY_V1_OCTETS_MAX: usize = 107;

/// Addresses and extensions after the 16 octets of a PROXY version 2 header. The protocol allows 65,535 (2.2); a
/// balancer sends a few hundred (216 for Unix addresses, some more with TLS facts).
pub const PROXY_V2_PAYLOAD_OCTETS_MAX: usize = 4_096;

/// Certificates in one TLS configuration: SNI looks at each in turn.
pub const CERTIFICATES_MAX: usize = 1_000;

/// Certificates in one chain (leaf, intermediates).
pub const CHAIN_CERTIFICATES_MAX: usize = 16;

/// Request line and fields of one HTTP request (RFC 9112 3 recommends at least 8,000 octets for the line alone).
pub const HTTP_HEAD_OCTETS_MAX: usize = 65_536;

/// Number of fields in one HTTP request.
pub const HTTP_FIELDS_MAX: usize = 100;

/// Body of one HTTP request, unless the service says otherwise.
pub const HTTP_BODY_OCTETS_DEFAULT: usize = 1_048_576;

/// Time for the head of an HTTP request, also the time a connection may stay open between two requests.
pub const HTTP_HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for the next part of an HTTP body to arrive, or to be taken by the client.
pub const HTTP_STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Time for the whole body of an HTTP request, unless the service says otherwise: a client that sends one octet a
/// minute does not hold its place for ever.
pub const HTTP_BODY_TIMEOUT: Duration = Duration::from_secs(600);
