//! A data folder with a history in it: everything that can happen to mail happens.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

use model::{
    AccountId, Actor, Clock, Domain, EmailMeta, Headers, Keyword, MailboxId, MailboxName,
    ManualClock, NumberSet, Part, PrincipalKind, QueueStanding, QueuedRecipient, Rights, Role,
    ThreadKeys, Timestamp,
};
use seal::{SigningKey, VerifierKey};
use store::{
    Change, Engine, KeywordChange, NewEmail, NewPrincipal, NewQueueItem, Outcome, Request,
    SearchText, Source,
};
use store_local::{LocalEngine, Options, Signer};
use tempfile::TempDir;

/// The account most of it happens in.
pub(crate) const ANNA: AccountId = AccountId(1);
/// The first moment.
pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);

pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) clock: ManualClock,
}

impl House {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            clock: ManualClock::new(START),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    pub(crate) fn open(&self) -> Arc<LocalEngine> {
        open(&self.data(), &self.clock.clock())
    }

    /// Makes changes one second after whatever came before.
    pub(crate) fn commit(
        &self,
        engine: &dyn Engine,
        account: AccountId,
        changes: Vec<Change>,
    ) -> Vec<Outcome> {
        self.clock.advance_ms(1_000);
        let at = self.clock.clock().now();
        let request = Request {
            account,
            actor: Actor::system(),
            at,
            if_seq: None,
            changes,
        };
        let (sender, receiver) = channel();
        engine.submit(
            vec![request],
            Box::new(move |answers| drop(sender.send(answers))),
        );
        receiver.recv().unwrap().pop().unwrap().unwrap().outcomes
    }

    /// Mail that comes, changes, is copied, moved, destroyed, restored, purged and queued; a directory beside it.
    pub(crate) fn live(&self, engine: &LocalEngine) {
        let directory = AccountId::DIRECTORY;
        self.commit(
            engine,
            directory,
            vec![Change::SetDomain(Domain {
                name: "a.example".into(),
                catch_all: None,
            })],
        );
        let new = NewPrincipal {
            address: "anna@a.example".into(),
            name: "Anna".into(),
            kind: PrincipalKind::Person,
            quota_octets: None,
            administrator: false,
        };
        self.commit(engine, directory, vec![Change::AddPrincipal(new)]);
        for (name, role) in [("Inbox", Some(Role::Inbox)), ("Archiv", None)] {
            let name = MailboxName::try_from(name).unwrap();
            self.commit(
                engine,
                ANNA,
                vec![Change::CreateMailbox {
                    parent: None,
                    name,
                    role,
                }],
            );
        }
        let (inbox, archive) = (MailboxId(1), MailboxId(2));
        for number in 0..20 {
            self.add(
                engine,
                inbox,
                &format!("message {number} "),
                100 + number * 10,
            );
        }
        self.add(engine, inbox, "large and hard to pack", 400_000);
        let keywords = vec![
            Keyword::try_from("$seen").unwrap(),
            Keyword::try_from("projekt").unwrap(),
        ];
        let uids = NumberSet::range(3, 9);
        let change = KeywordChange::Add(keywords);
        self.commit(
            engine,
            ANNA,
            vec![Change::SetKeywords {
                mailbox: inbox,
                uids,
                change,
                unchanged_since: None,
            }],
        );
        let share = Change::SetShare {
            mailbox: inbox,
            principal: None,
            rights: Rights::LOOKUP,
        };
        self.commit(engine, ANNA, vec![share]);
        let uids = NumberSet::range(1, 4);
        self.commit(
            engine,
            ANNA,
            vec![Change::CopyEmails {
                from: inbox,
                uids,
                to: archive,
            }],
        );
        let uids = NumberSet::range(5, 6);
        self.commit(
            engine,
            ANNA,
            vec![Change::MoveEmails {
                from: inbox,
                uids,
                to: archive,
            }],
        );
        let uids = NumberSet::range(1, 2).union(&NumberSet::range(20, 21));
        self.commit(
            engine,
            ANNA,
            vec![Change::DestroyEmails {
                mailbox: inbox,
                uids,
                only_deleted: false,
            }],
        );
        self.commit(
            engine,
            ANNA,
            vec![Change::RestoreEmail {
                email: model::EmailId(20),
                mailbox: inbox,
            }],
        );
        let destroyed_before = self.clock.clock().now();
        self.commit(
            engine,
            ANNA,
            vec![Change::PurgeEmails {
                destroyed_before,
                limit: 100,
            }],
        );
        let meta = meta("queued");
        let item = NewQueueItem {
            reverse_path: "anna@a.example".into(),
            recipients: vec![QueuedRecipient {
                forward_path: "x@b.example".into(),
                notify: None,
                original: None,
            }],
            source: Source::New(engine.prepare(b"Subject: queued\r\n\r\n", meta).unwrap()),
            size: 19,
            envelope_id: None,
            dsn_return: None,
            smtputf8: false,
            require_tls: false,
            standing: QueueStanding::default(),
        };
        self.commit(engine, ANNA, vec![Change::Enqueue(Box::new(item))]);
    }

    pub(crate) fn add(
        &self,
        engine: &LocalEngine,
        mailbox: MailboxId,
        topic: &str,
        octets: usize,
    ) -> Outcome {
        let message = message(topic, octets);
        let blob = engine.prepare(&message, meta(topic)).unwrap();
        let new = NewEmail {
            mailbox,
            keywords: Vec::new(),
            received_at: self.clock.clock().now(),
            sent_at: None,
            size: u32::try_from(message.len()).unwrap(),
            source: Source::New(blob),
            thread: ThreadKeys {
                message_ids: vec![octets as u64],
                subject: 1,
            },
            text: None,
        };
        self.commit(engine, ANNA, vec![Change::AddEmail(Box::new(new))])
            .pop()
            .unwrap()
    }
}

pub(crate) fn open(data: &Path, clock: &Clock) -> Arc<LocalEngine> {
    LocalEngine::open(data, options(clock)).unwrap()
}

pub(crate) fn options(clock: &Clock) -> Options {
    let signer = Signer {
        origin: "test.example/log".into(),
        key: Arc::new(key()),
    };
    let extract = Arc::new(|message: &[u8]| SearchText {
        body: String::from_utf8_lossy(message).into_owned(),
        ..SearchText::default()
    });
    Options {
        extract,
        signer: Some(Arc::new(signer)),
        clock: clock.clone(),
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed("test.example/log".parse().unwrap(), &[7; 32])
}

pub(crate) fn verifier() -> VerifierKey {
    key().verifier().clone()
}

fn meta(topic: &str) -> Vec<u8> {
    let headers = Headers {
        subject: Some(topic),
        preview: topic,
        ..Headers::default()
    };
    let part = Part {
        kind: "text",
        subtype: "plain",
        ..Part::default()
    };
    EmailMeta {
        headers,
        parts: vec![part],
    }
    .encode()
    .unwrap()
}

/// Bytes that hardly pack, so that large ones lie in a file.
pub(crate) fn message(topic: &str, octets: usize) -> Vec<u8> {
    let mut message = format!("Subject: {topic}\r\n\r\n").into_bytes();
    let mut seed = octets as u64 | 1;
    while message.len() < octets {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        message.extend(format!("{seed:x} ").bytes());
    }
    message
}
