//! A house with three people, Alice, Bob and Carol, a group and a room, and a service for them.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use dav::{Dav, Settings};
use directory::{
    Argon2Cost, Directory, NewGroup, NewPerson, NewResource, Random, ResourceKind, Secret,
};
use groupware::Groupware;
use listen::{Budget, Connection, ConnectionLimits, Gate, Listener, Service};
use model::{Actor, ManualClock, Timestamp};
use store::{SearchText, Store};
use testbed::MemoryEngine;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Noon of 1 May 2026.
const NOW: Timestamp = Timestamp(1_777_636_800_000);
/// How long a test waits for an answer before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    runtime: Runtime,
    dav: Dav,
    pub(crate) clock: ManualClock,
}

impl World {
    /// The house that a transcript of this name is played against.
    pub(crate) fn new(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let clock = ManualClock::new(NOW);
        let groupware = runtime.block_on(house(&clock, name));
        let settings = Settings {
            plain_sign_in_on_loopback: !name.contains("/privacy/"),
            budget: Budget::new(64 * 1024 * 1024),
            random: random(),
        };
        let dav = Dav::new(groupware, settings);
        Self {
            runtime,
            dav,
            clock,
        }
    }

    /// One end of a connection that is served.
    pub(crate) fn connect(&self) -> UnixStream {
        let (near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        near.set_read_timeout(Some(PATIENCE)).unwrap();
        let router = self.dav.router().route("/", self.dav.root());
        self.runtime.spawn(async move {
            let far = tokio::net::UnixStream::from_std(far).unwrap();
            let connection = Connection::detached(far);
            listen::http::converse(connection, router, dav::http_limits()).await;
        });
        near
    }

    /// Serves on a port of this machine until the world ends.
    pub(crate) fn listen(&self, port: u16) -> SocketAddr {
        let listener = Listener::tcp(([127, 0, 0, 1], port).into()).unwrap();
        let address = listener.local_address().socket().unwrap();
        let service = Service::new("http", Gate::new(ConnectionLimits::default()));
        let serving = listen::http::serve(
            listener,
            service,
            dav::http_limits(),
            self.dav.router().route("/", self.dav.root()),
            CancellationToken::new(),
            TaskTracker::new(),
        );
        let _inside = self.runtime.enter();
        self.runtime.spawn(serving);
        address
    }
}

/// Bytes that look random but are the same in every run.
fn random() -> Random {
    let next = AtomicU8::new(0);
    Random::new(move |octets| octets.fill_with(|| next.fetch_add(77, Ordering::Relaxed)))
}

async fn house(clock: &ManualClock, name: &str) -> Groupware {
    let engine = MemoryEngine::open(Arc::new(|_: &[u8]| SearchText::default()));
    let store = Store::new(engine);
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
    let directory = Directory::new(store.clone(), clock.clock(), random(), settings);
    let groupware = Groupware::new(store, directory, clock.clock());
    let directory = groupware.directory();
    let system = Actor::system();
    directory.add_domain(&system, "example.org").await.unwrap();
    let mut members = Vec::new();
    for person in ["alice", "bob", "carol"] {
        let new = NewPerson {
            address: format!("{person}@example.org"),
            name: format!("{}{}", person[..1].to_uppercase(), &person[1..]),
            password: Some(Secret::from(format!("secret-of-{person}"))),
            quota_octets: name.contains("/quota/").then_some(2_000),
            administrator: false,
        };
        members.push(directory.add_person(&system, new).await.unwrap());
    }
    let team = NewGroup {
        address: "team@example.org".into(),
        name: "The team".into(),
        members: members.split_off(1),
    };
    directory.add_group(&system, team).await.unwrap();
    let room = NewResource {
        address: "room@example.org".into(),
        name: "Blue room".into(),
        what: ResourceKind::Room(Some(8)),
    };
    directory.add_resource(&system, room).await.unwrap();
    groupware
}
