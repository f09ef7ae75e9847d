//! The client: who is at the other end, as the journal names them.

use std::sync::Arc;

use directory::SignedIn;
use directory::sasl::ChannelBinding;
use groupware::Caller;
use listen::{Connection, Facts};
use model::{Actor, Face, SessionId};

use crate::service::Shared;
use crate::session::{Peer, Service};

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) caller: Caller,
    pub(crate) facts: Arc<Facts>,
}

impl Client {
    pub(crate) fn new(shared: &Shared, connection: &Connection) -> Self {
        let actor = Actor {
            principal: None,
            credential: None,
            session: SessionId(u64::from_be_bytes(shared.random.bytes())),
            face: match shared.service {
                Service::Mx => Face::Smtp,
                Service::Submission => Face::Submission,
                Service::Lmtp => Face::Lmtp,
            },
            address: connection.peer_ip(),
        };
        Self {
            caller: Caller::new(actor),
            facts: Arc::clone(connection.facts()),
        }
    }

    pub(crate) fn actor(&self) -> &Actor {
        &self.caller.actor
    }

    /// From now on it acts as this principal.
    pub(crate) fn signed_in(&mut self, as_whom: &SignedIn) {
        self.caller.actor.principal = Some(as_whom.principal.id);
        self.caller.actor.credential = Some(as_whom.credential);
    }

    /// The connection is under TLS now. RFC 3207 4.2: what was learnt before counts no more.
    pub(crate) fn tls_started(&mut self, connection: &Connection) {
        self.caller.actor.principal = None;
        self.caller.actor.credential = None;
        self.facts = Arc::clone(connection.facts());
    }
}

/// What the session must know of a connection.
pub(crate) fn peer(connection: &Connection) -> Peer {
    Peer {
        tls: connection.is_tls(),
        bound: channel_binding(connection).is_available(),
        loopback: connection.is_loopback(),
    }
}

/// What an exchange over this connection can be tied to.
pub(crate) fn channel_binding(connection: &Connection) -> ChannelBinding {
    ChannelBinding {
        exporter: connection.tls_exporter().map(|octets| octets.to_vec()),
        server_end_point: connection.tls_server_end_point().map(<[u8]>::to_vec),
    }
}
