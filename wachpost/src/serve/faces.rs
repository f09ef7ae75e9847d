//! Faces: which one attends to the connections of which service.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use admin::http::Router;
use admin::{Metrics, Services};
use dav::Dav;
use imap::Imap;
use jmap::Jmap;
use listen::http::HttpLimits;
use listen::{Budget, Connection, Listener, Service};
use managesieve::ManageSieve;
use signin::SignIn;

use smtp::{Smtp, session};
use transport::reception::Observer;
use transport::{Queue, Reception};

use super::listeners::Kind;
use super::tlog::Witnessing;
use super::{Served, administration, sign_in};
use crate::config::Config;
use crate::config::listeners::Address;
use crate::open::House;

/// Memory for requests of commands: two of the largest size at a time, and not what mail clients use up.
const ADMIN_BUDGET_OCTETS: usize = 4 * admin::FRAME_OCTETS_MAX;

/// Where programs find JMAP: at the first port that is listened on for HTTPS.
fn jmap_url(config: &Config, hostname: &str) -> Option<Box<str>> {
    let port = config
        .listen
        .https
        .0
        .iter()
        .find_map(|address| match address {
            Address::Ip(socket) => Some(socket.port()),
            Address::Unix(_) => None,
        })?;
    let port = if port == 443 {
        String::new()
    } else {
        format!(":{port}")
    };
    Some(format!("https://{hostname}{port}/.well-known/jmap").into())
}

type Handler = Arc<dyn Fn(Connection) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The faces that speak to people's programs and to other servers.
#[derive(Clone, Debug)]
pub(crate) struct MailFaces {
    pub(crate) reception: Reception,
    pub(crate) mx: Smtp,
    pub(crate) submission: Smtp,
    pub(crate) lmtp: Smtp,
    pub(crate) imap: Imap,
    pub(crate) managesieve: ManageSieve,
    pub(crate) dav: Dav,
    pub(crate) jmap: Jmap,
    pub(crate) sign_in: SignIn,
}

impl MailFaces {
    pub(crate) fn new(served: &Served<'_>, house: &House, queue: &Queue) -> Self {
        let config = served.config;
        let hostname = config.hostname.0.as_str();
        let smtp_settings = smtp::Settings {
            size_limit_octets: config.limits.message_size.0,
            recipients_limit: config.smtp.recipients,
            plain_sign_in_on_loopback: config.allow_plaintext_sign_in_on_loopback,
            ..smtp::Settings::new(hostname, served.budget.clone(), house.random.clone())
        };
        let reception = Reception::new(
            house.groupware.clone(),
            served.egress.clone(),
            config.reception.settings(hostname),
        );
        if config.outgoing.reports.is_some() {
            reception.set_observer(Arc::clone(queue.dmarc_reports()) as Arc<dyn Observer>);
        }
        let smtp_settings = smtp::Settings {
            reception: Some(reception.clone()),
            ..smtp_settings
        };
        let imap_settings = imap::Settings {
            append_limit_octets: config.limits.message_size.octets(),
            plain_sign_in_on_loopback: config.allow_plaintext_sign_in_on_loopback,
            starttls: served.tls.is_some(),
            budget: served.budget.clone(),
            random: house.random.clone(),
            jmap_url: jmap_url(config, hostname),
            ..imap::Settings::new(hostname)
        };
        let managesieve_settings = managesieve::Settings {
            plain_sign_in_on_loopback: config.allow_plaintext_sign_in_on_loopback,
            starttls: served.tls.is_some(),
            random: house.random.clone(),
            ..managesieve::Settings::new(hostname)
        };
        let dav_settings = dav::Settings {
            plain_sign_in_on_loopback: config.allow_plaintext_sign_in_on_loopback,
            budget: served.budget.clone(),
            random: house.random.clone(),
        };
        let jmap_settings = jmap::Settings {
            plain_sign_in_on_loopback: config.allow_plaintext_sign_in_on_loopback,
            budget: served.budget.clone(),
            vapid: served.vapid.clone(),
            random: house.random.clone(),
        };
        let smtp = |service| Smtp::new(house.groupware.clone(), service, smtp_settings.clone());
        Self {
            reception,
            mx: smtp(session::Service::Mx),
            submission: smtp(session::Service::Submission),
            lmtp: smtp(session::Service::Lmtp),
            imap: Imap::new(house.groupware.clone(), imap_settings),
            managesieve: ManageSieve::new(house.groupware.clone(), managesieve_settings),
            dav: Dav::new(house.groupware.clone(), dav_settings),
            jmap: Jmap::new(house.groupware.clone(), jmap_settings),
            sign_in: sign_in::face(served, house),
        }
    }
}

/// All faces with what they need.
pub(crate) struct Faces {
    mail: MailFaces,
    services: Services,
    admin_budget: Budget,
    monitoring: Router,
    administration: Router,
    tlog: Router,
    well_known: Router,
}

impl Faces {
    pub(crate) fn new(
        mail: MailFaces,
        services: Services,
        metrics: Metrics,
        well_known: Router,
        administration: Router,
        witnessing: &Witnessing,
    ) -> Self {
        Self {
            mail,
            monitoring: admin::http::router(metrics, services.clone()),
            well_known,
            administration,
            tlog: witnessing.face.router(),
            services,
            admin_budget: Budget::new(ADMIN_BUDGET_OCTETS),
        }
    }

    /// Starts to serve a listener.
    pub(crate) fn attend(
        &self,
        kind: Kind,
        listener: Listener,
        service: Service,
        served: &Served<'_>,
    ) {
        let (stopping, tracker) = (served.stopping.clone(), served.tracker.clone());
        let handler = match kind {
            Kind::Mx => smtp_handler(&self.mail.mx),
            Kind::Submission | Kind::Submissions => smtp_handler(&self.mail.submission),
            Kind::Lmtp => smtp_handler(&self.mail.lmtp),
            Kind::Imap | Kind::Imaps => self.imap_handler(),
            Kind::ManageSieve => self.managesieve_handler(),
            Kind::Admin => self.admin_handler(),
            Kind::Tlog | Kind::TlogHttp => {
                let (router, limits) = (self.tlog.clone(), tlog::http_limits());
                let serving =
                    listen::http::serve(listener, service, limits, router, stopping, tracker);
                return watch(kind, serving, served);
            }
            Kind::Http | Kind::Https => {
                let (router, limits) = (self.web(), web_limits());
                let serving =
                    listen::http::serve(listener, service, limits, router, stopping, tracker);
                return watch(kind, serving, served);
            }
            Kind::Administration | Kind::AdministrationHttp => {
                let (router, limits) = (self.administration.clone(), administration::limits());
                let serving =
                    listen::http::serve(listener, service, limits, router, stopping, tracker);
                return watch(kind, serving, served);
            }
            Kind::Monitoring => {
                let (router, limits) = (self.monitoring.clone(), HttpLimits::default());
                let serving =
                    listen::http::serve(listener, service, limits, router, stopping, tracker);
                return watch(kind, serving, served);
            }
        };
        let serving = listen::serve(listener, service, stopping, tracker, move |connection| {
            handler(connection)
        });
        watch(kind, serving, served);
    }

    /// Everything that is reached over HTTP.
    fn web(&self) -> Router {
        let Self { mail, .. } = self;
        mail.dav
            .router()
            .merge(mail.jmap.router())
            .merge(mail.sign_in.router())
            .merge(self.well_known.clone())
            .merge(super::web::router(mail.dav.root()))
    }

    fn imap_handler(&self) -> Handler {
        let imap = self.mail.imap.clone();
        Arc::new(move |connection| {
            let imap = imap.clone();
            Box::pin(async move { imap.serve(connection).await })
        })
    }

    fn managesieve_handler(&self) -> Handler {
        let managesieve = self.mail.managesieve.clone();
        Arc::new(move |connection| {
            let managesieve = managesieve.clone();
            Box::pin(async move { managesieve.serve(connection).await })
        })
    }

    fn admin_handler(&self) -> Handler {
        let (services, budget) = (self.services.clone(), self.admin_budget.clone());
        Arc::new(move |connection| {
            Box::pin(admin::converse(
                connection,
                services.clone(),
                budget.clone(),
            ))
        })
    }
}

/// The widest limits of those who are reached over HTTP: each has narrower ones of its own.
fn web_limits() -> HttpLimits {
    let (dav, jmap) = (dav::http_limits(), jmap::http_limits());
    HttpLimits {
        body_octets: dav.body_octets.max(jmap.body_octets),
        head_timeout: dav.head_timeout.max(jmap.head_timeout),
        body_timeout: dav.body_timeout.max(jmap.body_timeout),
        ..dav
    }
}

fn smtp_handler(smtp: &Smtp) -> Handler {
    let smtp = smtp.clone();
    Arc::new(move |connection| {
        let smtp = smtp.clone();
        Box::pin(async move { smtp.serve(connection).await })
    })
}

/// Runs a listener as a task of its own.
fn watch(
    kind: Kind,
    serving: impl Future<Output = io::Result<()>> + Send + 'static,
    served: &Served<'_>,
) {
    served.tracker.spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(listener = kind.name(), %error, "a listener ended");
        }
    });
}
