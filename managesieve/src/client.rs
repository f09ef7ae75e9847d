//! A client: who it is, and what it is offered.

use std::sync::Arc;

use directory::SignedIn;
use directory::sasl::{ChannelBinding, Mechanism};
use groupware::{Caller, Groupware};
use listen::Connection;
use model::{Actor, Face, SessionId};

use crate::answer::{Answer, Failure};
use crate::codec::Encoder;
use crate::session::{Offer, Phase, capabilities};
use crate::settings::Settings;
use crate::user::User;

/// One session.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) groupware: Groupware,
    pub(crate) settings: Arc<Settings>,
    pub(crate) user: Option<Arc<User>>,
}

impl Client {
    pub(crate) fn new(groupware: Groupware, settings: Arc<Settings>) -> Self {
        Self {
            groupware,
            settings,
            user: None,
        }
    }

    /// The state of RFC 5804 2.
    pub(crate) fn phase(&self) -> Phase {
        match &self.user {
            None => Phase::NotAuthenticated,
            Some(_) => Phase::Authenticated,
        }
    }

    /// Who is signed in.
    pub(crate) fn user(&self) -> Result<Arc<User>, Failure> {
        self.user
            .clone()
            .ok_or_else(|| Answer::no("Sign in first").into())
    }

    /// The client is somebody from now on.
    pub(crate) fn signed_in(&mut self, signed_in: SignedIn, connection: &Connection) -> Arc<User> {
        let actor = Actor {
            principal: Some(signed_in.principal.id),
            credential: Some(signed_in.credential),
            session: SessionId(u64::from_ne_bytes(self.settings.random.bytes())),
            face: Face::ManageSieve,
            address: connection.peer_ip(),
        };
        let user = Arc::new(User {
            groupware: self.groupware.clone(),
            caller: Caller::new(actor),
            account: signed_in.principal.id.into(),
            principal: signed_in.principal,
        });
        self.user = Some(Arc::clone(&user));
        user
    }

    /// Whether a password may cross this connection: RFC 5804 2.1 wants TLS for it.
    pub(crate) fn may_show_password(&self, connection: &Connection) -> bool {
        connection.is_tls() || (self.settings.plain_sign_in_on_loopback && connection.is_loopback())
    }

    /// Writes what this client is offered now.
    pub(crate) fn capabilities(&self, connection: &Connection, encoder: &mut Encoder<'_>) {
        let encrypted = self.may_show_password(connection);
        let binding = binding(connection);
        let mechanisms = Mechanism::offered(encrypted, &binding)
            .filter(|mechanism| *mechanism != Mechanism::Login)
            // RFC 5804 1.7: after sign-in there is nothing to choose from.
            .filter(|_| self.user.is_none())
            .collect();
        let owner = self
            .user
            .as_ref()
            .map(|user| user.principal.address.as_str());
        capabilities(
            &Offer {
                owner,
                start_tls: self.user.is_none()
                    && self.settings.starttls
                    && connection.can_start_tls(),
                mechanisms,
                redirects_max: self.groupware.filter_policy().redirects_max,
            },
            encoder,
        );
    }
}

/// What SCRAM can be tied to on this connection.
pub(crate) fn binding(connection: &Connection) -> ChannelBinding {
    ChannelBinding {
        exporter: connection.tls_exporter().map(|data| data.to_vec()),
        server_end_point: connection.tls_server_end_point().map(<[u8]>::to_vec),
    }
}
