//! A house with two people, Alice and Bob, and a service that listens on socket pairs.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use directory::{Argon2Cost, Directory, NewPerson, Random, Secret};
use groupware::Groupware;
use listen::Connection;
use managesieve::{ManageSieve, Settings};
use model::{Actor, ManualClock, Timestamp};
use store::{SearchText, Store};
use testbed::MemoryEngine;
use testbed::transcript::Wire;
use tokio::runtime::Runtime;

/// Noon of 1 May 2026.
const NOW: Timestamp = Timestamp(1_777_636_800_000);
/// How long a test waits for an answer before it fails.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets that Alice's account may hold where a transcript wants to see them used up.
const QUOTA_OCTETS: u64 = 600;

pub(crate) struct World {
    runtime: Runtime,
    groupware: Groupware,
    service: ManageSieve,
}

impl World {
    /// The house that a transcript of this name is played against.
    pub(crate) fn new(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let groupware = runtime.block_on(house(name));
        let service = ManageSieve::new(groupware.clone(), Self::settings(name));
        Self {
            runtime,
            groupware,
            service,
        }
    }

    /// Does something to the house past the service.
    pub(crate) fn run<T>(&self, work: impl AsyncFnOnce(&Groupware) -> T) -> T {
        self.runtime.block_on(work(&self.groupware))
    }

    fn settings(name: &str) -> Settings {
        let mut settings = Settings::new("mail.example.org");
        settings.plain_sign_in_on_loopback = !name.contains("/privacy/");
        settings.random = random();
        if name.contains("/timeout/") {
            settings.sign_in_timeout = Duration::from_millis(50);
            settings.idle_timeout = Duration::from_millis(50);
        }
        settings
    }

    /// Opens a connection; the first four are signed in.
    pub(crate) fn connect(&self, connection: u8) -> Box<dyn Wire> {
        let (mut near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        near.set_read_timeout(Some(PATIENCE)).unwrap();
        let service = self.service.clone();
        self.runtime.spawn(async move {
            let far = tokio::net::UnixStream::from_std(far).unwrap();
            service.serve(Connection::detached(far)).await;
        });
        let initial = match connection {
            1 | 2 => "AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldC1vZi1hbGljZQ==",
            3 | 4 => "AGJvYkBleGFtcGxlLm9yZwBzZWNyZXQtb2YtYm9i",
            _ => return Box::new(near),
        };
        while !line(&mut near).starts_with("OK") {}
        write!(near, "AUTHENTICATE \"PLAIN\" \"{initial}\"\r\n").unwrap();
        let answer = line(&mut near);
        assert!(answer.starts_with("OK"), "{answer}");
        Box::new(near)
    }
}

pub(crate) fn line(stream: &mut impl Read) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        line.extend(octet);
    }
    String::from_utf8(line).unwrap()
}

/// The next line of the server.
pub(crate) fn hear(wire: &mut dyn Wire) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut octet = [0];
        assert_eq!(wire.receive(&mut octet).unwrap(), 1, "the server went");
        line.extend(octet);
    }
    String::from_utf8(line).unwrap()
}

/// Bytes that look random but are the same in every run.
fn random() -> Random {
    let next = AtomicU8::new(0);
    Random::new(move |octets| octets.fill_with(|| next.fetch_add(77, Ordering::Relaxed)))
}

async fn house(transcript: &str) -> Groupware {
    let engine: Arc<dyn store::Engine> = MemoryEngine::open(Arc::new(|_| SearchText::default()));
    let store = Store::new(engine);
    let clock = ManualClock::new(NOW).clock();
    let settings = directory::Settings {
        argon2: Argon2Cost {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        },
        scram_iterations: 4_096,
        stand_in_key: Some(Secret::new([7; 32])),
        ..directory::Settings::default()
    };
    let directory = Directory::new(store.clone(), clock.clone(), random(), settings);
    let system = Actor::system();
    directory.add_domain(&system, "example.org").await.unwrap();
    for name in ["alice", "bob"] {
        let is_small = name == "alice" && transcript.contains("/quota/");
        let person = NewPerson {
            address: format!("{name}@example.org"),
            name: name.to_owned(),
            password: Some(Secret::from(format!("secret-of-{name}"))),
            quota_octets: is_small.then_some(QUOTA_OCTETS),
            administrator: false,
        };
        directory.add_person(&system, person).await.unwrap();
    }
    Groupware::new(store, directory, clock)
}
