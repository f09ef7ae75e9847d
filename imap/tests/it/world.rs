//! A house with two people, Alice and Bob, and a service that listens on socket pairs.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use directory::{Argon2Cost, Directory, NewPerson, Random, Secret};
use groupware::{Caller, Groupware, NewMessage};
use imap::{Imap, Settings};
use listen::{Budget, Connection};
use model::{Actor, Face, ManualClock, PrincipalId, Role, Seq, SessionId, Timestamp};
use store::{SearchText, Store};
use testbed::MemoryEngine;
use testbed::transcript::Wire;
use tokio::runtime::Runtime;

use crate::forgetful::Forgetful;

/// Noon of 1 May 2026.
const NOW: Timestamp = Timestamp(1_777_636_800_000);
/// How long a test waits for an answer before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// Five entries of Alice's account are there before a transcript begins; of its own four are forgotten, too.
const FORGOTTEN_UNTIL: Seq = Seq(9);

pub(crate) struct World {
    runtime: Runtime,
    groupware: Groupware,
    imap: Imap,
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
        let imap = Imap::new(groupware.clone(), Self::settings(name));
        Self {
            runtime,
            groupware,
            imap,
        }
    }

    /// Does something to the house past the service.
    pub(crate) fn run<T>(&self, work: impl AsyncFnOnce(&Groupware) -> T) -> T {
        self.runtime.block_on(work(&self.groupware))
    }

    /// The service, and what its connections run on.
    pub(crate) fn parts(self) -> (Runtime, Imap) {
        (self.runtime, self.imap)
    }

    fn settings(name: &str) -> Settings {
        let mut settings = Settings::new("mail.example.org");
        settings.plain_sign_in_on_loopback = !name.contains("/privacy/");
        settings.append_limit_octets = 10_000;
        settings.random = random();
        if name.contains("/jmap_access/") {
            settings.jmap_url = Some("https://mail.example.org/.well-known/jmap".into());
        }
        if name.contains("/budget/") {
            settings.budget = Budget::new(1);
        }
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
        let imap = self.imap.clone();
        self.runtime.spawn(async move {
            let far = tokio::net::UnixStream::from_std(far).unwrap();
            imap.serve(Connection::detached(far)).await;
        });
        let name = match connection {
            1 | 2 => "alice",
            3 | 4 => "bob",
            _ => return Box::new(near),
        };
        line(&mut near);
        write!(near, "in LOGIN {name}@example.org secret-of-{name}\r\n").unwrap();
        let answer = line(&mut near);
        assert!(answer.starts_with("in OK"), "{answer}");
        Box::new(near)
    }
}

fn line(stream: &mut UnixStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
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
    let engine = MemoryEngine::open(Arc::new(|message: &[u8]| {
        let text = groupware::message::parse(message).text;
        SearchText {
            from: text.from,
            to: text.to,
            cc: text.cc,
            bcc: text.bcc,
            subject: text.subject,
            body: text.body,
        }
    }));
    let engine = if transcript.contains("/qresync_forgotten/") {
        Forgetful::over(engine, FORGOTTEN_UNTIL)
    } else {
        engine
    };
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
    let groupware = Groupware::new(store, directory, clock);
    let quota_octets = if transcript.contains("/quota_full/") {
        1_200
    } else {
        100 * 1024
    };
    for name in ["alice", "bob"] {
        let person = NewPerson {
            address: format!("{name}@example.org"),
            name: name.to_owned(),
            password: Some(Secret::from(format!("secret-of-{name}"))),
            quota_octets: (name == "alice").then_some(quota_octets),
            administrator: false,
        };
        let directory = groupware.directory();
        let id = directory.add_person(&system, person).await.unwrap();
        fill(
            &groupware,
            id,
            if name == "alice" { &MESSAGES } else { &[] },
        )
        .await;
        if transcript.contains("/metadata/") {
            let by = caller(id);
            let put = groupware.put_script(&by, id.into(), "events", EVENTS.into());
            put.await.unwrap();
        }
    }
    groupware
}

/// Opens an account and puts messages into its inbox, one minute after the other.
async fn fill(groupware: &Groupware, principal: PrincipalId, messages: &[&str]) {
    let caller = caller(principal);
    let head = groupware.open_own(&caller).await.unwrap();
    let inbox = head.with_role(Role::Inbox).unwrap().id;
    for (minute, message) in (0..).zip(messages) {
        let message = message.replace('\n', "\r\n").into_bytes();
        let new = NewMessage {
            message: groupware.prepare(message).await.unwrap(),
            keywords: Vec::new(),
            received_at: Some(NOW.plus_ms((minute - 90) * 60_000)),
        };
        groupware
            .append(&caller, head.account, inbox, vec![new])
            .await
            .unwrap();
    }
}

fn caller(principal: PrincipalId) -> Caller {
    Caller::new(Actor {
        principal: Some(principal),
        credential: None,
        session: SessionId(0),
        face: Face::Lmtp,
        address: None,
    })
}

/// A script that mailboxes can name.
const EVENTS: &str = "require [\"imapsieve\", \"environment\", \"imap4flags\", \"fileinto\"];\n\
    if environment :is \"imap.cause\" \"APPEND\" { addflag \"\\\\Flagged\"; }\n\
    elsif environment :is \"imap.cause\" \"COPY\" { fileinto \"Archive\"; }\n\
    elsif environment :contains \"imap.changedflags\" \"\\\\Answered\" { addflag \"done\"; }\n";

const MESSAGES: [&str; 3] = [
    include_str!("../messages/plain.eml"),
    include_str!("../messages/reply.eml"),
    include_str!("../messages/mixed.eml"),
];
