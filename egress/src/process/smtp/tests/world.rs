//! A world of the tests' own: names, addresses, servers and web pages.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use model::{ManualClock, Timestamp};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::io::DuplexStream;

use crate::process::connect::ConnectError;
use crate::process::fetch::FetchError;
use crate::process::resolve::{Addresses, Unresolved};
use crate::process::smtp::Smtp;
use crate::process::smtp::limits::Timeouts;
use crate::process::smtp::tls::Checks;
use crate::process::surroundings::{Connected, Surroundings};
use crate::wire::{
    Answer, Delivered, Delivery, Existence, Host, HostTls, HttpRequest, HttpResponse, Kind,
    MessageTls, Question, Recipient, RecipientResult, Record, Route, Secure,
};

/// What a server does with each connection.
pub(super) type Serve = Arc<dyn Fn(DuplexStream) -> BoxFuture<'static, ()> + Send + Sync>;

/// A web page, or why there is none.
pub(super) type Page = Result<(u16, &'static str, String), FetchError>;

/// The world.
pub(super) struct World {
    answers: HashMap<(String, Kind), Result<Answer, Unresolved>>,
    hosts: HashMap<String, (Vec<IpAddr>, Secure, String)>,
    servers: HashMap<IpAddr, Serve>,
    pages: Mutex<HashMap<String, Page>>,
    pub(super) clock: ManualClock,
    random: AtomicU64,
    pub(super) connects: Mutex<Vec<SocketAddr>>,
    pub(super) fetches: Mutex<Vec<String>>,
}

/// 2026-06-01T00:00:00Z
pub(super) const NOW: Timestamp = Timestamp(1_780_272_000_000);

impl World {
    /// Without anything in it.
    pub(super) fn new() -> Self {
        Self {
            answers: HashMap::new(),
            hosts: HashMap::new(),
            servers: HashMap::new(),
            pages: Mutex::new(HashMap::new()),
            clock: ManualClock::new(NOW),
            random: AtomicU64::new(0),
            connects: Mutex::new(Vec::new()),
            fetches: Mutex::new(Vec::new()),
        }
    }

    /// Records at a name.
    pub(super) fn records(
        mut self,
        name: &str,
        kind: Kind,
        secure: Secure,
        records: &[Record],
    ) -> Self {
        let answer = Answer {
            records: records.to_vec(),
            secure,
            ttl_seconds: 300,
            existence: match records.is_empty() {
                true => Existence::NoData,
                false => Existence::Present,
            },
            canonical_name: name.to_owned(),
        };
        self.answers.insert((name.to_owned(), kind), Ok(answer));
        self
    }

    /// No answer at a name.
    pub(super) fn silent(mut self, name: &str, kind: Kind) -> Self {
        let key = (name.to_owned(), kind);
        self.answers.insert(key, Err(Unresolved::ServerFailed));
        self
    }

    /// Mail exchangers of a domain.
    pub(super) fn mx(self, domain: &str, secure: Secure, hosts: &[(u16, &str)]) -> Self {
        let mx = |(preference, exchange): &(u16, &str)| Record::Mx {
            preference: *preference,
            exchange: (*exchange).to_owned(),
        };
        let records: Vec<_> = hosts.iter().map(mx).collect();
        self.records(domain, Kind::Mx, secure, &records)
    }

    /// A host at an address.
    pub(super) fn host(mut self, name: &str, secure: Secure, addresses: &[&str]) -> Self {
        let list = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let host = (list, secure, name.to_owned());
        self.hosts.insert(name.to_owned(), host);
        self
    }

    /// What listens at an address.
    pub(super) fn server(mut self, address: &str, serve: Serve) -> Self {
        self.servers.insert(address.parse().unwrap(), serve);
        self
    }

    /// A page of the web.
    pub(super) fn page(self, url: &str, page: Page) -> Self {
        self.set_page(url, page);
        self
    }

    /// Changes a page of the web.
    pub(super) fn set_page(&self, url: &str, page: Page) {
        self.pages.lock().unwrap().insert(url.to_owned(), page);
    }

    /// The addresses that were connected to.
    pub(super) fn connected(&self) -> Vec<String> {
        let connects = self.connects.lock().unwrap();
        connects.iter().map(|to| to.ip().to_string()).collect()
    }
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        self.clock.clock().now()
    }

    fn lookup<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Answer, Unresolved>> {
        let known = self.answers.get(&(question.name.clone(), question.kind));
        let none = Answer {
            records: Vec::new(),
            secure: Secure::Insecure,
            ttl_seconds: 300,
            existence: Existence::NoName,
            canonical_name: question.name.clone(),
        };
        let answer = known.cloned().unwrap_or(Ok(none));
        async move { answer }.boxed()
    }

    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Addresses, Unresolved>> {
        let found = match (self.hosts.get(name), name.parse::<IpAddr>()) {
            (Some((list, secure, canonical_name)), _) => Addresses {
                list: list.clone(),
                secure: *secure,
                canonical_name: canonical_name.clone(),
                existence: Existence::Present,
            },
            (None, Ok(address)) => Addresses {
                list: vec![address],
                secure: Secure::Insecure,
                canonical_name: name.to_owned(),
                existence: Existence::Present,
            },
            (None, Err(_)) => Addresses {
                list: Vec::new(),
                secure: Secure::Insecure,
                canonical_name: name.to_owned(),
                existence: Existence::NoName,
            },
        };
        async move { Ok(found) }.boxed()
    }

    fn connect(
        &self,
        address: SocketAddr,
        _within: Duration,
    ) -> BoxFuture<'_, Result<Connected, ConnectError>> {
        self.connects.lock().unwrap().push(address);
        let serve = self.servers.get(&address.ip()).cloned();
        async move {
            let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            let serve = serve.ok_or_else(|| ConnectError::Failed(refused()))?;
            let (ours, theirs) = tokio::io::duplex(64 * 1_024);
            super::beside(serve(theirs));
            Ok(Connected {
                stream: Box::new(ours),
                local: Some("198.51.100.1".parse().unwrap()),
            })
        }
        .boxed()
    }

    fn fetch<'a>(
        &'a self,
        request: &'a HttpRequest,
    ) -> BoxFuture<'a, Result<(HttpResponse, Bytes), FetchError>> {
        self.fetches.lock().unwrap().push(request.url.clone());
        let page = self.pages.lock().unwrap().get(&request.url).cloned();
        let fetched = page
            .unwrap_or(Err(FetchError::Unreachable))
            .map(|(status, media, body)| {
                let headers = vec![("content-type".to_owned(), media.to_owned())];
                (HttpResponse { status, headers }, Bytes::from(body))
            });
        async move { fetched }.boxed()
    }

    fn random(&self) -> u64 {
        self.random.fetch_add(1, Ordering::Relaxed)
    }
}

/// A client in a world, that trusts these authorities.
pub(super) fn client(world: &Arc<World>, authorities: &[CertificateDer<'static>]) -> Smtp {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let checks = Checks::new(Arc::new(roots), provider, world.clock.clock()).unwrap();
    let surroundings = Arc::clone(world) as Arc<dyn Surroundings>;
    Smtp::with(surroundings, checks, 25, Timeouts::STANDARD)
}

/// A message to a domain's mail exchangers.
pub(super) fn to_domain(domain: &str, recipients: &[&str]) -> Delivery {
    let recipient = |path: &&str| Recipient {
        forward_path: (*path).to_owned(),
        notify: None,
        original: None,
    };
    Delivery {
        route: Route::Domain(domain.to_owned()),
        helo: "us.example.com".to_owned(),
        reverse_path: "a@example.com".to_owned(),
        recipients: recipients.iter().map(recipient).collect(),
        envelope_id: None,
        dsn_return: None,
        eight_bit: false,
        smtputf8: false,
        message_tls: MessageTls::AsPublished,
        priority: None,
    }
}

/// A message to a configured host.
pub(super) fn to_host(name: &str, tls: HostTls, recipients: &[&str]) -> Delivery {
    Delivery {
        route: Route::Host(Host {
            name: name.to_owned(),
            port: 25,
            tls,
            credentials: None,
        }),
        ..to_domain("", recipients)
    }
}

/// Results in a word each.
pub(super) fn words(delivered: &Delivered) -> Vec<String> {
    delivered.results.iter().map(word).collect()
}

fn word(result: &RecipientResult) -> String {
    let (kind, failure) = match result {
        RecipientResult::Delivered { host, reply, dsn } => {
            let dsn = if *dsn { " dsn" } else { "" };
            return format!("delivered {} {host}{dsn}", reply.code);
        }
        RecipientResult::Transient(failure) => ("transient", failure),
        RecipientResult::Permanent(failure) => ("permanent", failure),
    };
    let mut word = format!("{kind} {:?}", failure.why);
    if let Some(reply) = &failure.reply {
        word.push_str(&format!(" {}", reply.code));
        if let Some((class, subject, detail)) = reply.enhanced {
            word.push_str(&format!(" {class}.{subject}.{detail}"));
        }
    }
    if failure.uncertain {
        word.push_str(" uncertain");
    }
    word
}
