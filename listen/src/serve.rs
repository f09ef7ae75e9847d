//! Serving: takes connections from a listener and gives each that is within the limits to the face's handler.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::{Connection, Facts, Place};
use crate::limits::{ACCEPT_PAUSE_MAX, ACCEPT_PAUSE_MIN, HANDSHAKE_TIMEOUT};
use crate::listener::{Accepted, Listener, Running};
use crate::{Address, Counters, Deadline, Error, Gate, Network, Peer, TlsConfig, proxy};

/// How connections of a service are protected.
#[derive(Clone, Debug)]
pub enum Security {
    /// No TLS at all.
    Plain,
    /// Plain at first; the face may offer to change ([`Connection::start_tls`]).
    StartTls(TlsConfig),
    /// TLS from the first octet.
    Implicit(TlsConfig),
}

/// What a listener is served with. Services may share a [`Gate`], and with it its limits, and counters.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name in logs and metrics, such as `submission`.
    pub name: &'static str,
    /// Who may be inside at a time.
    pub gate: Gate,
    /// What happened.
    pub counters: Arc<Counters>,
    /// TLS.
    pub security: Security,
    /// Networks of the proxies whose word about the client is believed. From there, and only from there, the header of
    /// the PROXY protocol is required.
    pub trusted_proxies: Vec<Network>,
    /// Time for PROXY header and TLS handshake together.
    pub handshake_timeout: Duration,
    /// What a client beyond the limits is told before it is closed, such as `421 4.3.2 ...` (RFC 5321 3.8) or
    /// `* BYE ...` (RFC 9051 7.1.5). Not said where TLS comes first.
    pub refusal: &'static [u8],
}

impl Service {
    /// A service without TLS and proxies, with counters of its own.
    pub fn new(name: &'static str, gate: Gate) -> Self {
        Self {
            name,
            gate,
            counters: Arc::default(),
            security: Security::Plain,
            trusted_proxies: Vec::new(),
            handshake_timeout: HANDSHAKE_TIMEOUT,
            refusal: b"",
        }
    }

    fn trusts(&self, peer: Peer) -> bool {
        peer.ip().is_some_and(|ip| {
            self.trusted_proxies
                .iter()
                .any(|network| network.contains(ip))
        })
    }

    /// Turns a client away.
    fn refuse(&self, transport: &crate::transport::Transport, peer: Peer) {
        self.counters.refused();
        tracing::debug!(service = self.name, %peer, "connection refused: over the limit");
        if !matches!(self.security, Security::Implicit(_)) {
            transport.refuse(self.refusal);
        }
    }
}

type Handler = Arc<dyn Fn(Connection) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Serves a listener until `stopping` is cancelled; then closes it and returns. The connections go on, each a task of
/// `tracker`: their handlers see [`Connection::stopping`] and end when they can, and whoever shuts down waits for the
/// tracker. A panic of a handler ends its connection only.
///
/// # Errors
/// If the runtime cannot take over the socket. Failures to accept are counted, logged and tried again after a pause.
pub async fn serve<H, F>(
    listener: Listener,
    service: Service,
    stopping: CancellationToken,
    tracker: TaskTracker,
    handler: H,
) -> io::Result<()>
where
    H: Fn(Connection) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let handler: Handler = Arc::new(move |connection| Box::pin(handler(connection)));
    accept_all(
        listener.start()?,
        Arc::new(service),
        stopping,
        tracker,
        handler,
    )
    .await;
    Ok(())
}

async fn accept_all(
    running: Running,
    service: Arc<Service>,
    stopping: CancellationToken,
    tracker: TaskTracker,
    handler: Handler,
) {
    let mut failures = 0;
    loop {
        // Both branches are cancellation-safe.
        let accepted = tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            accepted = running.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => {
                failures = 0;
                if let Some(arrival) = admit(accepted, &service) {
                    tracker.spawn(attend(
                        arrival,
                        Arc::clone(&service),
                        stopping.clone(),
                        Arc::clone(&handler),
                    ));
                }
            }
            Err(error) if is_of_the_connection(&error) => service.counters.accept_failed(),
            Err(error) => {
                service.counters.accept_failed();
                failures += 1;
                let pause = accept_pause(failures);
                tracing::warn!(service = service.name, %error, ?pause, "cannot accept connections; trying again");
                let _ = Deadline::after(pause).bound(stopping.cancelled()).await;
            }
        }
    }
}

/// Failures of the one connection that was about to be accepted, after which the next can be tried at once.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Interrupted
    )
}

/// Doubles from failure to failure, so that want of file descriptors does not burn a processor.
fn accept_pause(failures: u32) -> Duration {
    ACCEPT_PAUSE_MIN
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(ACCEPT_PAUSE_MAX)
}

/// A connection that has a place; its client may still be unknown.
struct Arrival {
    accepted: Accepted,
    place: Place,
    proxied: bool,
}

/// Decides without waiting, so that a flood beyond the limits costs no tasks.
fn admit(mut accepted: Accepted, service: &Service) -> Option<Arrival> {
    service.counters.accepted();
    accepted.transport.count_into(Arc::clone(&service.counters));
    let Some(permit) = service.gate.enter() else {
        service.refuse(&accepted.transport, accepted.peer);
        return None;
    };
    let mut place = Place::new(permit, Arc::clone(&service.counters));
    let proxied = service.trusts(accepted.peer);
    if !proxied && !place.book(accepted.peer) {
        service.refuse(&accepted.transport, accepted.peer);
        return None;
    }
    Some(Arrival {
        accepted,
        place,
        proxied,
    })
}

async fn attend(
    arrival: Arrival,
    service: Arc<Service>,
    stopping: CancellationToken,
    handler: Handler,
) {
    let peer = arrival.accepted.peer;
    let _watch = PanicWatch {
        service: &service,
        peer,
    };
    // Boxed, so that the task does not keep the room for handshakes as long as the connection lives.
    let established = Box::pin(establish(arrival, &service, stopping.clone()));
    let established = tokio::select! {
        biased;
        () = stopping.cancelled() => return,
        established = established => established,
    };
    match established {
        Ok(Some(connection)) => handler(connection).await,
        Ok(None) => {}
        Err(error) => {
            tracing::debug!(service = service.name, %peer, %error, "connection not established")
        }
    }
}

/// Does what comes before the first word of the protocol; `None` if the client was turned away.
async fn establish(
    arrival: Arrival,
    service: &Service,
    stopping: CancellationToken,
) -> Result<Option<Connection>, Error> {
    let deadline = Deadline::after(service.handshake_timeout);
    let Arrival {
        accepted:
            Accepted {
                mut transport,
                peer,
                local,
            },
        mut place,
        proxied,
    } = arrival;
    let mut facts = Facts {
        service: service.name,
        peer,
        local,
        proxy: None,
        tls: None,
    };
    if proxied {
        let header = proxy::read(&mut transport, deadline)
            .await
            .inspect_err(|_| service.counters.proxy_failed())?;
        if let proxy::Header::Proxied {
            source,
            destination,
        } = header
        {
            facts.proxy = Some(peer);
            facts.peer = source.into();
            facts.local = Address::Ip(destination);
        }
        if !place.book(facts.peer) {
            service.refuse(&transport, facts.peer);
            return Ok(None);
        }
    }
    Ok(Some(match &service.security {
        Security::Plain => Connection::new(transport, facts, None, stopping, place),
        Security::StartTls(tls) => {
            Connection::new(transport, facts, Some(tls.clone()), stopping, place)
        }
        Security::Implicit(tls) => {
            let connection = Connection::new(transport, facts, Some(tls.clone()), stopping, place);
            connection.start_tls(deadline).await?
        }
    }))
}

/// Tells the operator when a handler panics; the runtime itself contains it.
struct PanicWatch<'a> {
    service: &'a Service,
    peer: Peer,
}

impl Drop for PanicWatch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.service.counters.panicked();
            tracing::error!(service = self.service.name, peer = %self.peer, "a connection ended in a panic");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_doubles_and_has_an_end() {
        let pauses: Vec<_> = (1..=8)
            .map(|failures| accept_pause(failures).as_millis())
            .collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000]);
        assert_eq!(accept_pause(u32::MAX), ACCEPT_PAUSE_MAX);
    }
}
