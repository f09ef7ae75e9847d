//! A client: who it is, what it selected and enabled, and what it is offered.

use std::sync::Arc;

use directory::SignedIn;
use directory::sasl::{ChannelBinding, Mechanism};
use groupware::{Caller, Groupware};
use listen::Connection;
use model::{Actor, Face, SessionId};

use crate::answer::{Answer, Failure};
use crate::selected::Selected;
use crate::session::{Enabled, Offer, Phase, capabilities};
use crate::settings::Settings;
use crate::user::User;

/// One session.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) groupware: Groupware,
    pub(crate) settings: Arc<Settings>,
    pub(crate) user: Option<Arc<User>>,
    pub(crate) selected: Option<Box<Selected>>,
    pub(crate) enabled: Enabled,
}

impl Client {
    pub(crate) fn new(groupware: Groupware, settings: Arc<Settings>) -> Self {
        Self {
            groupware,
            settings,
            user: None,
            selected: None,
            enabled: Enabled::default(),
        }
    }

    /// The state of RFC 9051 3.
    pub(crate) fn phase(&self) -> Phase {
        match (&self.user, &self.selected) {
            (None, _) => Phase::NotAuthenticated,
            (Some(_), None) => Phase::Authenticated,
            (Some(_), Some(_)) => Phase::Selected,
        }
    }

    /// Who is signed in.
    pub(crate) fn user(&self) -> Result<Arc<User>, Failure> {
        self.user
            .clone()
            .ok_or_else(|| Answer::bad("Sign in first").into())
    }

    /// What is selected.
    pub(crate) fn selected(&mut self) -> Result<&mut Selected, Failure> {
        self.selected
            .as_deref_mut()
            .ok_or_else(|| Answer::bad("Select a mailbox first").into())
    }

    /// The client is somebody from now on.
    pub(crate) fn signed_in(&mut self, signed_in: SignedIn, connection: &Connection) -> Arc<User> {
        let actor = Actor {
            principal: Some(signed_in.principal.id),
            credential: Some(signed_in.credential),
            session: SessionId(u64::from_ne_bytes(self.settings.random.bytes())),
            face: Face::Imap,
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

    /// Whether a password may cross this connection: RFC 9051 11.5 wants TLS for it.
    pub(crate) fn may_show_password(&self, connection: &Connection) -> bool {
        connection.is_tls() || (self.settings.plain_sign_in_on_loopback && connection.is_loopback())
    }

    /// The names of what this client is offered now.
    pub(crate) fn capabilities(&self, connection: &Connection) -> Vec<String> {
        let encrypted = self.may_show_password(connection);
        let binding = binding(connection);
        let mechanisms = Mechanism::offered(encrypted, &binding)
            .filter(|mechanism| *mechanism != Mechanism::Login)
            .collect();
        capabilities(&Offer {
            signed_in: self.user.is_some(),
            start_tls: self.settings.starttls && connection.can_start_tls(),
            login: encrypted,
            mechanisms,
            compress: !connection.is_compressed(),
            append_limit_octets: self.settings.append_limit_octets,
            host: self.settings.hostname.to_string(),
            jmap: self.settings.jmap_url.is_some(),
        })
    }
}

/// What SCRAM can be tied to on this connection.
pub(crate) fn binding(connection: &Connection) -> ChannelBinding {
    ChannelBinding {
        exporter: connection.tls_exporter().map(|data| data.to_vec()),
        server_end_point: connection.tls_server_end_point().map(<[u8]>::to_vec),
    }
}
