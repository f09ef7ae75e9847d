//! A small organisation on an engine in memory, and a face of it that is served over sockets.
//!
//! `user@example.org` signs in with `secret`, has the alias `a@` and is with `b@` in the group `team@`; `c@`, `d@`,
//! `stranger@` and `jürgen@` are there, and `full@` has room for ten octets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use directory::{
    Argon2Cost, Directory, NewGroup, NewPerson, NewShared, Random, Secret, Settings as Rules,
};
use groupware::{Caller, Groupware};
use listen::{
    Budget, CertificateFiles, ConnectionLimits, Gate, Listener, Security, SocketMode, TlsConfig,
};
use model::{AccountId, Actor, ManualClock, PrincipalId, Queued, Role, Timestamp};
use rustls::pki_types::CertificateDer;
use smtp::session::{Service, Settings as SessionSettings};
use smtp::{Settings, Smtp};
use store::Store;
use testbed::MemoryEngine;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use transport::Reception;

/// Memory for messages that are received at a time.
pub(crate) const BUDGET_OCTETS: usize = 1_000_000;

pub(crate) struct House {
    pub(crate) groupware: Groupware,
    pub(crate) engine: Arc<MemoryEngine>,
    pub(crate) clock: ManualClock,
    pub(crate) budget: Budget,
    /// Who judges, in services that are served from now on.
    pub(crate) reception: Option<Reception>,
}

/// How a service is protected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Plain,
    StartTls,
    Tls,
}

/// A service that runs until it is dropped.
pub(crate) struct Served {
    pub(crate) smtp: Smtp,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) stopping: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        let engine = MemoryEngine::new(Arc::new(|_| store::SearchText::default()));
        let shared: Arc<dyn store::Engine> = engine.clone();
        let store = Store::new(shared);
        let clock = ManualClock::new(Timestamp::from_seconds(1_700_000_000));
        let rules = Rules {
            argon2: Argon2Cost {
                memory_kib: 8,
                passes: 1,
                lanes: 1,
            },
            scram_iterations: 4_096,
            password_chars_min: 6,
            ..Rules::default()
        };
        let directory = Directory::new(store.clone(), clock.clock(), random(), rules);
        let house = Self {
            groupware: Groupware::new(store, directory, clock.clock()),
            engine,
            clock,
            budget: Budget::new(BUDGET_OCTETS),
            reception: None,
        };
        house.fill().await;
        house
    }

    async fn fill(&self) {
        let (directory, actor) = (self.groupware.directory(), Actor::system());
        directory.add_domain(&actor, "example.org").await.unwrap();
        let mut members = Vec::new();
        for local in ["user", "b", "c", "d", "stranger", "jürgen", "full"] {
            let person = NewPerson {
                address: format!("{local}@example.org"),
                name: local.into(),
                password: (local == "user").then(|| Secret::from("secret")),
                quota_octets: (local == "full").then_some(10),
                administrator: local == "user",
            };
            members.push(directory.add_person(&actor, person).await.unwrap());
        }
        directory
            .set_alias(&actor, "a@example.org", members[0])
            .await
            .unwrap();
        let team = NewGroup {
            address: "team@example.org".into(),
            name: "Team".into(),
            members: members[..2].to_vec(),
        };
        directory.add_group(&actor, team).await.unwrap();
        let desk = NewShared {
            address: "desk@example.org".into(),
            name: "Desk".into(),
            quota_octets: None,
        };
        directory.add_shared(&actor, desk).await.unwrap();
    }

    /// A face with the settings of a session.
    pub(crate) fn face(&self, session: &SessionSettings) -> Smtp {
        let settings = Settings {
            size_limit_octets: session.size_limit_octets,
            recipients_limit: session.recipients_limit,
            messages_limit: session.messages_limit,
            errors_limit: session.errors_limit,
            plain_sign_in_on_loopback: session.plain_sign_in_on_loopback,
            reception: self.reception.clone(),
            ..Settings::new("mail.example.org", self.budget.clone(), random())
        };
        Smtp::new(self.groupware.clone(), session.service, settings)
    }

    /// Serves such a face on a port of loopback.
    pub(crate) fn serve(&self, session: &SessionSettings, offer: Offer) -> Served {
        let listener = Listener::tcp("127.0.0.1:0".parse().unwrap()).unwrap();
        self.serve_on(listener, session, offer)
    }

    /// Serves a service as it is by default, without TLS.
    pub(crate) fn serve_plain(&self, service: Service) -> Served {
        let session = SessionSettings {
            plain_sign_in_on_loopback: true,
            ..SessionSettings::new(service, "mail.example.org")
        };
        self.serve(&session, Offer::Plain)
    }

    /// Serves LMTP on a Unix socket.
    pub(crate) fn serve_unix(&self, path: &Path) -> Served {
        let listener = Listener::unix(path, SocketMode::Owner).unwrap();
        let session = SessionSettings::new(Service::Lmtp, "mail.example.org");
        self.serve_on(listener, &session, Offer::Plain)
    }

    fn serve_on(&self, listener: Listener, session: &SessionSettings, offer: Offer) -> Served {
        let smtp = self.face(session);
        let mut service = listen::Service::new("smtp", Gate::new(ConnectionLimits::default()));
        service.security = match offer {
            Offer::Plain => Security::Plain,
            Offer::StartTls => Security::StartTls(tls().0.clone()),
            Offer::Tls => Security::Implicit(tls().0.clone()),
        };
        let stopping = CancellationToken::new();
        let served = Served {
            smtp: smtp.clone(),
            address: listener.local_address().socket(),
            stopping: stopping.clone(),
        };
        let handler = move |connection| {
            let smtp = smtp.clone();
            async move { smtp.serve(connection).await }
        };
        tokio::spawn(listen::serve(
            listener,
            service,
            stopping,
            TaskTracker::new(),
            handler,
        ));
        served
    }

    pub(crate) async fn principal(&self, address: &str) -> PrincipalId {
        let directory = self.groupware.directory();
        directory.principal_at(address).await.unwrap().unwrap().id
    }

    /// The messages in an inbox, with their trace fields.
    pub(crate) async fn inbox(&self, address: &str) -> Vec<Vec<u8>> {
        self.mailbox(address, Role::Inbox).await
    }

    /// The messages in the mailbox with this role, with their trace fields.
    pub(crate) async fn mailbox(&self, address: &str, role: Role) -> Vec<Vec<u8>> {
        let principal = self.principal(address).await;
        let own = Caller::new(Actor {
            principal: Some(principal),
            ..Actor::system()
        });
        let head = self.groupware.open_own(&own).await.unwrap();
        let account = AccountId::from(principal);
        let inbox = head.with_role(role).unwrap().id;
        let view = self.groupware.view(&own, account, inbox).await.unwrap();
        let emails = view.iter().map(|row| row.email).collect();
        let chunks = self.groupware.messages(&own, account, inbox, emails).await;
        let (mut chunks, mut messages) = (chunks.unwrap(), Vec::new());
        while let Some(chunk) = chunks.next().await.unwrap() {
            messages.extend(chunk.iter().map(|(_, message)| message.to_vec()));
        }
        messages
    }

    /// The messages of all inboxes without their trace fields.
    pub(crate) async fn contents(&self) -> Vec<Vec<u8>> {
        let mut contents = Vec::new();
        for local in ["user", "b", "c", "d", "stranger", "jürgen", "full", "desk"] {
            let messages = self.inbox(&format!("{local}@example.org")).await;
            contents.extend(messages.iter().map(|message| content(message).to_vec()));
        }
        contents
    }

    /// What waits to be sent.
    pub(crate) fn queue(&self) -> Vec<Queued> {
        use store::Engine as _;
        self.engine.queue(None, 10).unwrap()
    }
}

/// A message without the trace fields that were put above it.
pub(crate) fn content(message: &[u8]) -> &[u8] {
    let mut rest = message;
    for name in [&b"Return-Path: "[..], b"Received: from "] {
        while rest.starts_with(name) {
            rest = behind_field(rest);
            if name == b"Received: from " {
                return rest;
            }
        }
    }
    rest
}

fn behind_field(message: &[u8]) -> &[u8] {
    let mut rest = message;
    loop {
        let end = rest.iter().position(|octet| *octet == b'\n').unwrap() + 1;
        rest = &rest[end..];
        if !rest.starts_with(b"\t") {
            return rest;
        }
    }
}

fn random() -> Random {
    Random::new(|octets| octets.fill(0))
}

/// The certificate of all tests, and the configuration that has it.
pub(crate) fn tls() -> &'static (TlsConfig, CertificateDer<'static>) {
    static TLS: OnceLock<(TlsConfig, CertificateDer<'static>)> = OnceLock::new();
    TLS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let files = CertificateFiles {
            chain: folder.path().join("mail.crt"),
            key: folder.path().join("mail.key"),
        };
        let made = rcgen::generate_simple_self_signed(["mail.example.org".to_owned()]).unwrap();
        std::fs::write(&files.chain, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        let config = TlsConfig::load(vec![files], &[]).unwrap();
        (config, made.cert.der().clone())
    })
}
