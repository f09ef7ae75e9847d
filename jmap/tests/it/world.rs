//! A house with a few people and a group, and a service for them.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use directory::{Argon2Cost, Directory, NewGroup, NewPerson, Random, Secret};
use groupware::{Caller, Groupware, NewMessage, message};
use jmap::{Jmap, Settings};
use listen::{Budget, Connection};
use model::{
    AccountId, Actor, Face, Keyword, ManualClock, PrincipalId, Rights, SessionId, Timestamp,
};
use store::{SearchText, Store};
use testbed::MemoryEngine;
use tokio::runtime::Runtime;

/// Noon of 1 May 2026.
pub(crate) const NOW: Timestamp = Timestamp(1_777_636_800_000);
/// How long a test waits for a reply before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) jmap: Jmap,
    pub(crate) groupware: Groupware,
    pub(crate) clock: ManualClock,
}

/// A message that lies in a mailbox before anything is asked.
#[derive(Clone, Debug)]
pub(crate) struct Laid {
    pub(crate) person: PrincipalId,
    /// The name of the mailbox.
    pub(crate) mailbox: String,
    pub(crate) text: String,
    pub(crate) keywords: Vec<String>,
    pub(crate) received_at: Option<Timestamp>,
}

impl World {
    /// A house with these people (`NAME@example.org`, `secret-of-NAME`), all of them in the group `team`.
    pub(crate) fn new(people: &[String], quota_octets: Option<u64>) -> (Self, Vec<PrincipalId>) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let clock = ManualClock::new(NOW);
        let (groupware, ids) = runtime.block_on(house(&clock, people, quota_octets));
        let settings = Settings {
            vapid: None,
            plain_sign_in_on_loopback: true,
            budget: Budget::new(256 * 1024 * 1024),
            random: random(),
        };
        let world = Self {
            runtime,
            jmap: Jmap::new(groupware.clone(), settings),
            groupware,
            clock,
        };
        (world, ids)
    }

    /// One end of a connection that is served.
    pub(crate) fn connect(&self) -> UnixStream {
        self.serve(UnixStream::pair().unwrap())
    }

    /// The same, with a connection that holds a few KiB that the client did not read, whatever machine this is.
    pub(crate) fn connect_narrow(&self) -> UnixStream {
        let (near, far) = UnixStream::pair().unwrap();
        socket2::SockRef::from(&far)
            .set_send_buffer_size(4_096)
            .unwrap();
        self.serve((near, far))
    }

    fn serve(&self, (near, far): (UnixStream, UnixStream)) -> UnixStream {
        far.set_nonblocking(true).unwrap();
        near.set_read_timeout(Some(PATIENCE)).unwrap();
        let router = self.jmap.router();
        self.runtime.spawn(async move {
            let far = tokio::net::UnixStream::from_std(far).unwrap();
            let connection = Connection::detached(far);
            listen::http::converse(connection, router, jmap::http_limits()).await;
        });
        near
    }

    /// Lays a message into a mailbox; answers the numbers of the email and of its thread.
    pub(crate) fn lay(&self, laid: &Laid) -> (u32, u32) {
        self.runtime.block_on(async {
            let (caller, account) = (caller(laid.person), AccountId::from(laid.person));
            self.groupware.open_own(&caller).await.unwrap();
            let all = self.groupware.mailboxes(&caller, account).await.unwrap();
            let named = all
                .iter()
                .find(|info| info.mailbox.name.as_str() == laid.mailbox);
            let mailbox = named.unwrap().mailbox.id;
            let text = laid.text.replace("\r\n", "\n").replace('\n', "\r\n");
            let message = self.groupware.prepare(text.into_bytes()).await.unwrap();
            let keywords = laid.keywords.iter();
            let new = NewMessage {
                message,
                keywords: keywords
                    .map(|word| Keyword::try_from(word.as_str()).unwrap())
                    .collect(),
                received_at: laid.received_at,
            };
            let added = self
                .groupware
                .append(&caller, account, mailbox, vec![new])
                .await;
            let added = added.unwrap();
            (added[0].email.0, added[0].thread.0)
        })
    }

    /// Shares a mailbox with somebody.
    pub(crate) fn share(
        &self,
        from: PrincipalId,
        mailbox: &str,
        with: PrincipalId,
        rights: Rights,
    ) {
        self.runtime.block_on(async {
            let (caller, account) = (caller(from), AccountId::from(from));
            self.groupware.open_own(&caller).await.unwrap();
            let all = self.groupware.mailboxes(&caller, account).await.unwrap();
            let named = all
                .iter()
                .find(|info| info.mailbox.name.as_str() == mailbox);
            let id = named.unwrap().mailbox.id;
            let shared = self
                .groupware
                .set_share(&caller, account, id, Some(with), rights)
                .await;
            shared.unwrap();
        });
    }
}

/// Somebody who acts through another face.
pub(crate) fn caller(person: PrincipalId) -> Caller {
    Caller::new(Actor {
        principal: Some(person),
        credential: None,
        session: SessionId(1),
        face: Face::Imap,
        address: None,
    })
}

/// Bytes that look random but are the same in every run.
fn random() -> Random {
    let next = AtomicU8::new(0);
    Random::new(move |octets| octets.fill_with(|| next.fetch_add(77, Ordering::Relaxed)))
}

async fn house(
    clock: &ManualClock,
    people: &[String],
    quota_octets: Option<u64>,
) -> (Groupware, Vec<PrincipalId>) {
    let engine = MemoryEngine::open(Arc::new(|octets: &[u8]| {
        let text = message::parse(octets).text;
        SearchText {
            from: text.from,
            to: text.to,
            cc: text.cc,
            bcc: text.bcc,
            subject: text.subject,
            body: text.body,
        }
    }));
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
    let mut ids = Vec::new();
    for person in people {
        let new = NewPerson {
            address: format!("{person}@example.org"),
            name: format!("{}{}", person[..1].to_uppercase(), &person[1..]),
            password: Some(Secret::from(format!("secret-of-{person}"))),
            quota_octets,
            administrator: false,
        };
        ids.push(directory.add_person(&system, new).await.unwrap());
    }
    let team = NewGroup {
        address: "team@example.org".into(),
        name: "The team".into(),
        members: ids.clone(),
    };
    directory.add_group(&system, team).await.unwrap();
    (groupware, ids)
}
