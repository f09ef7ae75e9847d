//! Probe: opens a session with each address of a host to see its TLS, and takes leave again.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use listen::Deadline;

use super::Smtp;
use super::limits::ADDRESSES_PER_HOST_MAX;
use super::session::{NotOpened, Opening, Seen, Session, When};
use super::tls::Demand;
use crate::process::connect::ConnectError;
use crate::process::flaw::Flaw;
use crate::process::resolve::Unresolved;
use crate::wire::{Probe, ProbeResult, Probed, TlsResult};

/// How long one address may take.
const PROBE_TIME_MAX: Duration = Duration::from_secs(30);

impl Smtp {
    /// Looks at the TLS of a host, at all its addresses at once.
    pub(crate) async fn probe(&self, probe: &Probe) -> Result<Vec<Probed>, Unresolved> {
        let found = self.surroundings.addresses(&probe.host).await?;
        let some = found.list.iter().take(ADDRESSES_PER_HOST_MAX);
        let looks = some.map(|address| async move {
            Probed {
                address: *address,
                seen: self.look(*address, probe).await,
            }
        });
        Ok(join_all(looks).await)
    }

    async fn look(&self, address: IpAddr, probe: &Probe) -> ProbeResult {
        let socket = SocketAddr::new(address, self.port);
        let connected = match self.surroundings.connect(socket, PROBE_TIME_MAX).await {
            Ok(connected) => connected,
            Err(error) => return ProbeResult::Unreachable(unconnected(&error)),
        };
        let opening = Opening {
            helo: &probe.helo,
            name: &probe.host,
            // It may well be ourselves.
            stranger: false,
            when: When::Always,
            demand: &Demand::WebPki,
            enforced: false,
            credentials: None,
            timeouts: &self.timeouts,
            checks: &self.checks,
            until: Deadline::after(PROBE_TIME_MAX),
        };
        match Session::open(connected.stream, &opening).await {
            Ok((session, seen)) => {
                session.channel.quit(self.timeouts.quit).await;
                match seen {
                    Seen::Tls(None) => ProbeResult::Trusted,
                    Seen::Tls(Some(flaw)) => flawed(&flaw),
                    Seen::Plain => not_offered("STARTTLS is not offered"),
                }
            }
            Err(NotOpened::NoStartTls(None)) => not_offered("STARTTLS is not offered"),
            Err(NotOpened::NoStartTls(Some(reply))) => {
                not_offered(&format!("STARTTLS: {} {}", reply.code, reply.text))
            }
            Err(NotOpened::Tls(no_tls)) => flawed(no_tls.flaw()),
            Err(NotOpened::Refused(reply) | NotOpened::SignIn(Some(reply))) => {
                ProbeResult::Unreachable(format!("it says {} {}", reply.code, reply.text))
            }
            Err(NotOpened::Broken(_) | NotOpened::Ourselves | NotOpened::SignIn(None)) => {
                ProbeResult::Unreachable("the connection broke".to_owned())
            }
        }
    }
}

fn flawed(flaw: &Flaw) -> ProbeResult {
    ProbeResult::Flawed {
        result: flaw.result,
        detail: flaw.detail.clone(),
    }
}

fn not_offered(detail: &str) -> ProbeResult {
    ProbeResult::Flawed {
        result: TlsResult::StarttlsNotSupported,
        detail: detail.to_owned(),
    }
}

fn unconnected(error: &ConnectError) -> String {
    match error {
        ConnectError::Refused => "this address is not allowed in `[egress]`".to_owned(),
        ConnectError::TimedOut => "it does not answer".to_owned(),
        ConnectError::Failed(_) | ConnectError::NoAddress => "it cannot be reached".to_owned(),
    }
}
