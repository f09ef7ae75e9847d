//! Pool: sessions that are kept open for the next message, and how many there may be to one destination.
//!
//! Invariants: a session is in the pool or in use, never both; what is kept is bounded in number and time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::{
    CONNECTIONS_PER_DESTINATION_MAX, DESTINATIONS_MAX, IDLE_CONNECTIONS_MAX, IDLE_MS_MAX,
};
use super::security::Security;
use super::session::{Session, When};
use super::tls::Demand;

/// What makes sessions interchangeable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    host: String,
    port: u16,
    helo: String,
    user: Option<String>,
    when: When,
    checked: Checked,
}

/// How the certificate was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Checked {
    Not,
    Reported,
    WebPki,
    Dane,
}

impl Key {
    /// For sessions with this host under these demands.
    pub(crate) fn new(
        host: &str,
        port: u16,
        helo: &str,
        user: Option<&str>,
        security: &Security,
    ) -> Self {
        Self {
            host: host.to_owned(),
            port,
            helo: helo.to_owned(),
            user: user.map(str::to_owned),
            when: security.when,
            checked: match &security.demand {
                Demand::Nothing => Checked::Not,
                Demand::WebPki | Demand::Dane(_) if !security.enforced => Checked::Reported,
                Demand::WebPki => Checked::WebPki,
                Demand::Dane(_) => Checked::Dane,
            },
        }
    }
}

/// Sessions kept open.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    destinations: HashMap<Key, Destination>,
    idle: usize,
    /// Sessions that are to take leave.
    leaving: Vec<Session>,
}

#[derive(Debug)]
struct Destination {
    idle: Vec<(Timestamp, Session)>,
    permits: Arc<Semaphore>,
}

impl Destination {
    fn new() -> Self {
        Self {
            idle: Vec::new(),
            permits: Arc::new(Semaphore::new(CONNECTIONS_PER_DESTINATION_MAX)),
        }
    }

    fn in_use(&self) -> bool {
        !self.idle.is_empty() || Arc::strong_count(&self.permits) > 1
    }
}

/// The right to have one session with a destination.
#[derive(Debug)]
pub(crate) struct Permit {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more session with the destination is allowed.
    pub(crate) async fn permit(&self, key: &Key) -> Permit {
        let permits = {
            let mut inner = self.lock();
            if inner.destinations.len() >= DESTINATIONS_MAX {
                inner
                    .destinations
                    .retain(|_, destination| destination.in_use());
            }
            let destination = inner.destinations.entry(key.clone());
            Arc::clone(&destination.or_insert_with(Destination::new).permits)
        };
        Permit {
            // It is never closed; were it, there would be no limit instead of no mail.
            _permit: permits.acquire_owned().await.ok(),
        }
    }

    /// A session that was kept, the youngest first.
    pub(crate) fn take(&self, key: &Key, now: Timestamp) -> Option<Session> {
        let mut inner = self.lock();
        let destination = inner.destinations.get_mut(key)?;
        let (since, session) = destination.idle.pop()?;
        inner.idle = inner.idle.saturating_sub(1);
        match is_old(since, now) {
            false => Some(session),
            true => {
                inner.leave(session);
                None
            }
        }
    }

    /// Keeps a session for later, or lets it take leave.
    pub(crate) fn put(&self, key: &Key, session: Session, now: Timestamp) {
        let mut inner = self.lock();
        if !session.can_go_on() || inner.idle >= IDLE_CONNECTIONS_MAX {
            inner.leave(session);
            return;
        }
        let destination = inner.destinations.entry(key.clone());
        let idle = &mut destination.or_insert_with(Destination::new).idle;
        idle.push((now, session));
        inner.idle = inner.idle.saturating_add(1);
    }

    /// The sessions that nobody needs any more, for taking leave of the server.
    pub(crate) fn leaving(&self, now: Timestamp) -> Vec<Session> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        for destination in inner.destinations.values_mut() {
            let old = destination
                .idle
                .extract_if(.., |(since, _)| is_old(*since, now));
            for (_, session) in old {
                inner.idle = inner.idle.saturating_sub(1);
                inner.leaving.push(session);
            }
        }
        std::mem::take(&mut inner.leaving)
    }
}

fn is_old(since: Timestamp, now: Timestamp) -> bool {
    now.0.saturating_sub(since.0) >= IDLE_MS_MAX
}

impl Inner {
    fn leave(&mut self, session: Session) {
        // Those that are already closed, or too many, are just dropped.
        if !session.closing && self.leaving.len() < IDLE_CONNECTIONS_MAX {
            self.leaving.push(session);
        }
    }
}
