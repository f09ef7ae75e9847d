//! Connection: one client, over TCP, TLS or a Unix socket, compressed or not; what a face reads from and writes to.

mod input;
mod read;
mod write;

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use crate::deflate::Deflate;
use crate::gate::Permit;
use crate::stream::Stream;
use crate::tls::exporter;
use crate::transport::Transport;
use crate::{Address, Counters, Deadline, Error, Peer, TlsConfig, TlsFacts};

use input::Input;

/// A connection with one client.
///
/// Reading is cancellation-safe, so a face may wait for input and for something else at once, and write after either:
///
/// ```ignore
/// let stopping = connection.stopping();
/// loop {
///     tokio::select! {
///         line = connection.line(LINE_OCTETS_MAX, IDLE_TIMEOUT) => handle(line?),
///         change = changes.recv() => connection.send(&encode(change), WRITE_TIMEOUT).await?,
///         () = stopping.cancelled() => break,
///     }
/// }
/// ```
///
/// Without input and output it holds next to nothing: buffers exist only while there is something in them.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    deflate: Option<Box<Deflate>>,
    input: Input,
    facts: Arc<Facts>,
    tls: Option<TlsConfig>,
    stopping: CancellationToken,
    place: Place,
}

/// What is known about a connection; cheap to clone and to keep.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The name of the service.
    pub service: &'static str,
    /// The client.
    pub peer: Peer,
    /// Where the client connected to.
    pub local: Address,
    /// The proxy that spoke for the client (PROXY protocol).
    pub proxy: Option<Peer>,
    /// What TLS agreed on, where it is in use.
    pub tls: Option<TlsFacts>,
}

/// The place of a connection in its service, given back on drop.
#[derive(Debug)]
pub(crate) struct Place {
    permit: Option<Permit>,
    counters: Option<Arc<Counters>>,
}

impl Place {
    pub(crate) fn new(permit: Permit, counters: Arc<Counters>) -> Self {
        counters.opened();
        Self {
            permit: Some(permit),
            counters: Some(counters),
        }
    }

    /// Books the connection on its client; false if the client has too many.
    pub(crate) fn book(&mut self, peer: Peer) -> bool {
        self.permit.as_mut().is_none_or(|permit| permit.book(peer))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(counters) = &self.counters {
            counters.closed();
        }
    }
}

impl Connection {
    pub(crate) fn new(
        transport: Transport,
        facts: Facts,
        tls: Option<TlsConfig>,
        stopping: CancellationToken,
        place: Place,
    ) -> Self {
        Self {
            stream: Stream::Plain(transport),
            deflate: None,
            input: Input::default(),
            facts: Arc::new(facts),
            tls,
            stopping,
            place,
        }
    }

    /// A connection outside of any service, over one end of a socket pair: for tests of faces.
    pub fn detached(stream: UnixStream) -> Self {
        let facts = Facts {
            service: "detached",
            peer: Peer::Unix { user_id: None },
            local: Address::Unix(std::path::PathBuf::new()),
            proxy: None,
            tls: None,
        };
        let place = Place {
            permit: None,
            counters: None,
        };
        Self::new(
            Transport::unix(stream),
            facts,
            None,
            CancellationToken::new(),
            place,
        )
    }

    /// What is known about it.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// The client; behind a trusted proxy the one that the proxy speaks for.
    pub fn peer(&self) -> Peer {
        self.facts.peer
    }

    /// The client's address; `None` on a Unix socket.
    pub fn peer_ip(&self) -> Option<IpAddr> {
        self.facts.peer.ip()
    }

    /// Where the client connected to.
    pub fn local(&self) -> &Address {
        &self.facts.local
    }

    /// Whether client, and proxy if there is one, are on this machine, so that nobody can listen in.
    pub fn is_loopback(&self) -> bool {
        self.facts.peer.is_loopback() && self.facts.proxy.is_none_or(|proxy| proxy.is_loopback())
    }

    /// Whether TLS is in use.
    pub fn is_tls(&self) -> bool {
        self.facts.tls.is_some()
    }

    /// What TLS agreed on.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.facts.tls.as_ref()
    }

    /// Whether the face may offer to start TLS.
    pub fn can_start_tls(&self) -> bool {
        self.tls.is_some() && !self.is_tls() && self.deflate.is_none()
    }

    /// Whether it is compressed.
    pub fn is_compressed(&self) -> bool {
        self.deflate.is_some()
    }

    /// Channel binding `tls-exporter` (RFC 9266) for SCRAM-PLUS; `None` without TLS 1.3.
    pub fn tls_exporter(&self) -> Option<[u8; 32]> {
        match &self.stream {
            Stream::Tls(tls) => exporter(tls.get_ref().1),
            Stream::Plain(_) => None,
        }
    }

    /// Channel binding `tls-server-end-point` (RFC 5929 4) for SCRAM-PLUS; `None` where it is not defined.
    pub fn tls_server_end_point(&self) -> Option<&[u8]> {
        self.tls()?.server_end_point()
    }

    /// Cancelled when the server shuts down: say goodbye and end.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Changes to TLS, after the face has told the client to start. A failure ends the connection.
    ///
    /// # Errors
    /// [`Error::UnreadPlaintext`] if the client already sent something: taken as if it had come through TLS, it would
    /// let an attacker inject commands (RFC 3207 6, RFC 9051 11.3). [`Error::TlsUnavailable`],
    /// [`Error::AlreadyActive`], [`Error::Handshake`], [`Error::TimedOut`] as their names say.
    pub async fn start_tls(self, within: impl Into<Deadline>) -> Result<Self, Error> {
        let Self {
            stream,
            deflate,
            input,
            facts,
            tls,
            stopping,
            place,
        } = self;
        if !input.is_empty() {
            return Err(Error::UnreadPlaintext);
        }
        let config = tls.ok_or(Error::TlsUnavailable)?;
        let (Stream::Plain(transport), None) = (stream, &deflate) else {
            return Err(Error::AlreadyActive);
        };
        let outcome = within
            .into()
            .bound(Box::pin(config.accept(transport)))
            .await;
        let outcome = outcome.and_then(|outcome| outcome.map_err(Error::Handshake));
        place.count_handshake(outcome.is_ok());
        let (stream, agreed) = outcome?;
        let facts = Facts {
            tls: Some(agreed),
            ..Facts::clone(&facts)
        };
        Ok(Self {
            stream: Stream::Tls(Box::new(stream)),
            deflate,
            input,
            facts: Arc::new(facts),
            tls: Some(config),
            stopping,
            place,
        })
    }

    /// Changes to compression in both directions (RFC 4978), after the face has sent and flushed its consent.
    ///
    /// # Errors
    /// [`Error::UnreadPlaintext`] if the client did not wait for the consent, which RFC 4978 3 demands,
    /// [`Error::AlreadyActive`] the second time.
    pub fn compress(mut self) -> Result<Self, Error> {
        if self.deflate.is_some() {
            return Err(Error::AlreadyActive);
        }
        if !self.input.is_empty() {
            return Err(Error::UnreadPlaintext);
        }
        self.deflate = Some(Box::new(Deflate::new()));
        Ok(self)
    }

    /// The stream itself with what must live as long; for HTTP, which has its own buffers.
    pub(crate) fn into_stream(self) -> (Stream, Place) {
        (self.stream, self.place)
    }
}

impl Place {
    fn count_handshake(&self, succeeded: bool) {
        let Some(counters) = &self.counters else {
            return;
        };
        if succeeded {
            counters.tls_succeeded();
        } else {
            counters.tls_failed();
        }
    }
}
