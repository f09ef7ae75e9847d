//! A house with two people, Alice and Bob, and a face for them.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use directory::{Argon2Cost, Directory, NewPerson, Random, Secret};
use listen::Connection;
use listen::http::HttpLimits;
use model::{Actor, ManualClock, Timestamp};
use signin::{Client, Fetch, Provider, Settings, SignIn};
use store::{SearchText, Store};
use testbed::MemoryEngine;
use tokio::runtime::Runtime;

/// Noon of 1 May 2026.
const NOW: Timestamp = Timestamp(1_777_636_800_000);
/// How long a test waits for an answer before it fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where the server is reached.
pub(crate) const ISSUER: &str = "https://mail.example.org";

pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) clock: ManualClock,
    signin: SignIn,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Self::clock(), None, None)
    }

    pub(crate) fn clock() -> ManualClock {
        ManualClock::new(NOW)
    }

    pub(crate) fn with(
        clock: ManualClock,
        provider: Option<Provider>,
        fetch: Option<Arc<dyn Fetch>>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let engine = MemoryEngine::open(Arc::new(|_: &[u8]| SearchText::default()));
        let store = Store::new(engine);
        let random = random();
        let settings = directory::Settings {
            argon2: Argon2Cost {
                memory_kib: 8,
                passes: 1,
                lanes: 1,
            },
            scram_iterations: 4_096,
            ..directory::Settings::default()
        };
        let directory = Directory::new(store, clock.clock(), random.clone(), settings);
        runtime.block_on(people(&directory));
        let settings = Settings {
            clients: vec![Client {
                id: "thunderbird".into(),
                name: "Thunderbird".into(),
                redirect_uris: vec![
                    "http://localhost/".into(),
                    "https://app.example.net/cb".into(),
                ],
            }],
            provider,
            plain_sign_in_on_loopback: true,
            ..Settings::new(ISSUER, clock.clock(), random)
        };
        let signin = SignIn::new(directory, settings, fetch);
        Self {
            runtime,
            clock,
            signin,
        }
    }

    /// Sends a request over a connection of its own.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        fields: &[(String, String)],
        body: &str,
    ) -> Answered {
        let (mut near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        near.set_read_timeout(Some(PATIENCE)).unwrap();
        let router = self.signin.router();
        self.runtime.spawn(async move {
            let far = tokio::net::UnixStream::from_std(far).unwrap();
            let connection = Connection::detached(far);
            listen::http::converse(connection, router, HttpLimits::default()).await;
        });
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: mail.example.org\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        near.write_all(format!("{head}\r\n{body}").as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).unwrap();
        read(&String::from_utf8(answer).unwrap())
    }

    /// Sends JSON as our own pages do.
    pub(crate) fn post(
        &self,
        path: &str,
        cookie: Option<&str>,
        body: &serde_json::Value,
    ) -> Answered {
        let mut fields = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Sec-Fetch-Site".to_owned(), "same-origin".to_owned()),
        ];
        fields.extend(cookie.map(|cookie| ("Cookie".to_owned(), cookie.to_owned())));
        self.ask("POST", path, &fields, &body.to_string())
    }
}

impl Answered {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self
            .fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The cookies that are set, as they are sent back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let value = self.field("set-cookie")?;
        value.split(';').next().map(str::to_owned)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("JSON expected: {self:?}"))
    }
}

fn read(answer: &str) -> Answered {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let fields = lines.filter_map(|line| line.split_once(": "));
    Answered {
        status: status.parse().unwrap(),
        fields: fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}

/// Bytes that look random but are the same in every run.
fn random() -> Random {
    let next = AtomicU32::new(0);
    Random::new(move |octets| {
        octets.fill_with(|| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            number.wrapping_mul(2_654_435_761).to_be_bytes()[0]
        });
    })
}

async fn people(directory: &Directory) {
    let system = Actor::system();
    directory.add_domain(&system, "example.org").await.unwrap();
    for person in ["alice", "bob"] {
        let new = NewPerson {
            address: format!("{person}@example.org"),
            name: format!("{}{}", person[..1].to_uppercase(), &person[1..]),
            password: Some(Secret::from(format!("secret-of-{person}"))),
            quota_octets: None,
            administrator: false,
        };
        directory.add_person(&system, new).await.unwrap();
    }
}
