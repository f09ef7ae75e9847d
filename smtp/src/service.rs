//! What all connections of a service share.

use std::sync::Arc;

use directory::Random;
use directory::sasl::Mechanism;
use groupware::{Groupware, MESSAGE_OCTETS_MAX};
use listen::{Budget, Connection};
use transport::Reception;

use crate::Settings;
use crate::counters::Counters;
use crate::received::TRACE_OCTETS_MAX;
use crate::session::{self, Service};

/// The operations, the settings and the counters of one service.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) groupware: Groupware,
    pub(crate) service: Service,
    pub(crate) budget: Budget,
    pub(crate) reception: Option<Reception>,
    pub(crate) random: Random,
    pub(crate) counters: Counters,
    plain: Arc<session::Settings>,
    with_starttls: Arc<session::Settings>,
}

impl Shared {
    pub(crate) fn new(groupware: Groupware, service: Service, settings: Settings) -> Self {
        let size_max = MESSAGE_OCTETS_MAX.min(settings.budget.limit_octets());
        let size_max = size_max.saturating_sub(TRACE_OCTETS_MAX);
        let mechanisms = match service {
            Service::Submission => &Mechanism::ALL[..],
            Service::Mx | Service::Lmtp => &[],
        };
        let plain = session::Settings {
            service,
            hostname: settings.hostname.into(),
            size_limit_octets: settings
                .size_limit_octets
                .min(u64::try_from(size_max).unwrap_or(u64::MAX)),
            recipients_limit: settings.recipients_limit,
            messages_limit: settings.messages_limit,
            errors_limit: settings.errors_limit,
            starttls: false,
            mechanisms: mechanisms.iter().map(|it| it.as_str().into()).collect(),
            plain_sign_in_on_loopback: settings.plain_sign_in_on_loopback,
        };
        let with_starttls = session::Settings {
            starttls: true,
            ..plain.clone()
        };
        Self {
            groupware,
            service,
            budget: settings.budget,
            reception: settings.reception.filter(|_| service != Service::Lmtp),
            random: settings.random,
            counters: Counters::default(),
            plain: Arc::new(plain),
            with_starttls: Arc::new(with_starttls),
        }
    }

    /// This server's name.
    pub(crate) fn hostname(&self) -> &str {
        &self.plain.hostname
    }

    /// The settings of the session over this connection.
    pub(crate) fn session_settings(&self, connection: &Connection) -> Arc<session::Settings> {
        Arc::clone(match connection.can_start_tls() {
            true => &self.with_starttls,
            false => &self.plain,
        })
    }
}
