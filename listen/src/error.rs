//! Errors of connections ([`Error`], at run time, mostly the peer's) and of setting up ([`SetupError`], the operator's).

use std::io;
use std::path::PathBuf;

use crate::Address;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The peer has gone, with or without saying so.
    #[error("the peer closed the connection")]
    Closed,
    /// The peer did not send or take enough in time.
    #[error("the peer was silent for too long")]
    TimedOut,
    /// A line, or input that nobody consumed, exceeds its limit. Nothing was consumed.
    #[error("more than {limit_octets} octets without an end")]
    TooLong {
        /// The limit that was exceeded.
        limit_octets: usize,
    },
    /// There is input from before the change to TLS or compression; it must not be taken for input from after it.
    #[error("the peer sent input ahead of the change to TLS or compression")]
    UnreadPlaintext,
    /// TLS was asked for on a service without certificates.
    #[error("no TLS is configured for this service")]
    TlsUnavailable,
    /// TLS or compression was asked for a second time, or TLS inside of compression.
    #[error("this layer is already active")]
    AlreadyActive,
    /// The TLS handshake failed.
    #[error("TLS handshake: {0}")]
    Handshake(#[source] io::Error),
    /// The header of the PROXY protocol is missing or wrong.
    #[error("PROXY protocol: {0}")]
    Proxy(#[from] crate::proxy::Malformed),
    /// The compressed input is not a DEFLATE stream (RFC 1951).
    #[error("compressed input is malformed")]
    Compression,
    /// More octets than the whole budget were asked for at once.
    #[error("{octets} octets exceed the budget of {limit_octets}")]
    OverBudget {
        /// What was asked for.
        octets: usize,
        /// What there is in all.
        limit_octets: usize,
    },
    /// Anything else that the operating system reports.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::WriteZero => Self::Closed,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

impl Error {
    /// Whether this is the ordinary end of a connection, not worth a line in the log.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

/// What is wrong with the configuration or the machine; for the operator, at start or at reload.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// An address cannot be bound.
    #[error("cannot listen on {address}: {why}")]
    Bind {
        /// The address of the configuration.
        address: Address,
        /// What the operating system says.
        why: io::Error,
    },
    /// Another process serves this Unix socket.
    #[error("cannot listen on `{path}`: another process is listening there")]
    SocketInUse {
        /// The path of the configuration.
        path: PathBuf,
    },
    /// There is something at the path of a Unix socket that is not a socket.
    #[error(
        "cannot listen on `{path}`: there is a file that is not a socket; move it away or choose another path"
    )]
    NotASocket {
        /// The path of the configuration.
        path: PathBuf,
    },
    /// A certificate or key file cannot be used.
    #[error("TLS file `{path}`: {why}")]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where known what to do.
        why: String,
    },
    /// The TLS configuration as a whole cannot be used.
    #[error("TLS: {0}")]
    Tls(String),
    /// A network is not written as `address/bits`.
    #[error(
        "`{text}` is not a network; write an address, or `address/bits` as in `192.0.2.0/24` or `2001:db8::/32`"
    )]
    Network {
        /// The text of the configuration.
        text: String,
    },
}
