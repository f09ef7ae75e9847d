//! Anna and Bert with a queue, an engine in memory, a network that a script plays, and a clock that runs ahead when nobody works.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use directory::{Directory, NewPerson, Random};
use egress::Egress;
use egress::wire::{
    Delivered, Delivery, Failure, RecipientResult, Request, Response, SmtpReply, Why,
};
use groupware::{Caller, Groupware, Submission};
use model::{
    AccountId, Actor, Clock, DsnNotify, Face, PrincipalId, QueueStanding, Queued, QueuedRecipient,
    Role, SessionId, Timestamp,
};
use store::{Engine as _, Store};
use testbed::MemoryEngine;
use tokio_util::sync::CancellationToken;
use transport::{NoSigner, Outside, Queue, Settings};

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) delivery: Delivery,
    pub(crate) message: Bytes,
    pub(crate) at: Timestamp,
}

/// The network.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) egress: Egress,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Network {
    pub(crate) fn new(
        clock: &Clock,
        play: impl Fn(&str, usize) -> RecipientResult + Send + Sync + 'static,
    ) -> Self {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let asked: Mutex<BTreeMap<String, usize>> = Mutex::default();
        let (log, clock) = (Arc::clone(&seen), clock.clone());
        let egress = Egress::scripted(move |request, message| {
            let Request::Deliver(delivery) = request else {
                panic!("the queue only delivers");
            };
            let mut results = Vec::new();
            for recipient in &delivery.recipients {
                let mut asked = asked.lock().unwrap();
                let times = asked.entry(recipient.forward_path.clone()).or_default();
                results.push(play(&recipient.forward_path, *times));
                *times += 1;
            }
            log.lock().unwrap().push(Seen {
                delivery: *delivery,
                message,
                at: clock.now(),
            });
            let delivered = Delivered {
                results,
                observations: Vec::new(),
            };
            (Response::Delivered(delivered), Bytes::new())
        });
        Self { egress, seen }
    }

    /// How often each recipient was asked for.
    pub(crate) fn asked(&self) -> BTreeMap<String, usize> {
        let mut asked = BTreeMap::new();
        for seen in &*self.seen.lock().unwrap() {
            for recipient in &seen.delivery.recipients {
                *asked.entry(recipient.forward_path.clone()).or_default() += 1;
            }
        }
        asked
    }

    pub(crate) fn deliveries(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

pub(crate) fn taken() -> RecipientResult {
    RecipientResult::Delivered {
        host: "mx.example.net".into(),
        reply: reply(250, "ok"),
        dsn: false,
    }
}

pub(crate) fn later(code: u16) -> RecipientResult {
    RecipientResult::Transient(Failure {
        host: Some("mx.example.net".into()),
        reply: Some(reply(code, "try again")),
        ..Why::Reply.into()
    })
}

pub(crate) fn never(code: u16) -> RecipientResult {
    RecipientResult::Permanent(Failure {
        host: Some("mx.example.net".into()),
        reply: Some(reply(code, "no such user")),
        ..Why::Reply.into()
    })
}

pub(crate) fn dead() -> RecipientResult {
    RecipientResult::Transient(Why::Unreachable.into())
}

fn reply(code: u16, text: &str) -> SmtpReply {
    SmtpReply {
        code,
        enhanced: None,
        text: text.into(),
    }
}

pub(crate) struct World {
    pub(crate) groupware: Groupware,
    pub(crate) engine: Arc<MemoryEngine>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) anna: PrincipalId,
    pub(crate) bert: PrincipalId,
    pub(crate) settings: Settings,
}

impl World {
    pub(crate) async fn new() -> Self {
        let start = tokio::time::Instant::now();
        let clock = Clock::new(move || {
            let elapsed = i64::try_from(start.elapsed().as_millis()).unwrap();
            Timestamp::from_seconds(1_700_000_000).plus_ms(elapsed)
        });
        let engine = MemoryEngine::new(Arc::new(|_| store::SearchText::default()));
        let shared: Arc<dyn store::Engine> = engine.clone();
        let store = Store::new(shared);
        let count = Mutex::new(0_u64);
        let random = Random::new(move |bytes| {
            let mut count = count.lock().unwrap();
            *count += 1;
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = count.to_le_bytes()[at % 8];
            }
        });
        let directory = Directory::new(
            store.clone(),
            clock.clone(),
            random.clone(),
            directory::Settings::default(),
        );
        let actor = Actor::system();
        directory.add_domain(&actor, "example.org").await.unwrap();
        let mut persons = Vec::new();
        for name in ["anna", "bert"] {
            let person = NewPerson {
                address: format!("{name}@example.org"),
                name: name.into(),
                password: None,
                quota_octets: None,
                administrator: false,
            };
            persons.push(directory.add_person(&actor, person).await.unwrap());
        }
        Self {
            groupware: Groupware::new(store.clone(), directory, clock.clone()),
            anna: persons[0],
            bert: persons[1],
            engine,
            clock,
            random,
            settings: Settings {
                host: "mail.example.org".into(),
                ..Settings::default()
            },
        }
    }

    pub(crate) fn queue(&self, network: &Network) -> Queue {
        let outside = Outside {
            groupware: self.groupware.clone(),
            egress: network.egress.clone(),
            signer: Arc::new(NoSigner),
            random: self.random.clone(),
        };
        Queue::new(outside, self.settings.clone())
    }

    /// Lets a new queue work for so long, and then cuts it off.
    pub(crate) async fn work(&self, network: &Network, time: Duration) -> Queue {
        let queue = self.queue(network);
        let run = queue.clone().run(CancellationToken::new());
        let _ = tokio::time::timeout(time, run).await;
        queue
    }

    /// Anna sends something.
    pub(crate) async fn send(&self, recipients: &[&str]) -> Vec<Queued> {
        self.send_with(recipients, None, QueueStanding::default())
            .await
    }

    pub(crate) async fn send_with(
        &self,
        recipients: &[&str],
        notify: Option<DsnNotify>,
        standing: QueueStanding,
    ) -> Vec<Queued> {
        let recipients = recipients.iter().map(|path| QueuedRecipient {
            forward_path: (*path).into(),
            notify,
            original: Some(format!("rfc822;{path}")),
        });
        let text = "From: anna@example.org\r\nTo: someone\r\nSubject: Hello\r\nMessage-ID: <1@example.org>\r\n\r\nThe body\r\n";
        let submission = Submission {
            reverse_path: "anna@example.org".into(),
            recipients: recipients.collect(),
            message: self.groupware.prepare(text.into()).await.unwrap(),
            envelope_id: Some("envelope-1".into()),
            dsn_return: None,
            smtputf8: false,
            require_tls: false,
            standing,
        };
        let done = self.groupware.submit(&self.caller(), submission).await;
        for done in done.unwrap() {
            done.unwrap();
        }
        self.waiting().await
    }

    pub(crate) fn caller(&self) -> Caller {
        caller(self.anna)
    }

    /// All that waits.
    pub(crate) async fn waiting(&self) -> Vec<Queued> {
        let mut all: Vec<Queued> = Vec::new();
        loop {
            let after = all.last().map(Queued::place);
            let page = self.groupware.queue_page(after, 1_000).await.unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// The messages in somebody's inbox.
    pub(crate) async fn inbox(&self, principal: PrincipalId) -> Vec<String> {
        let owner = caller(principal);
        let head = self.groupware.open_own(&owner).await.unwrap();
        let inbox = head.with_role(Role::Inbox).unwrap().id;
        let account = AccountId::from(principal);
        let all = model::NumberSet::range(1, u32::MAX);
        let rows = self.engine.rows(account, inbox, &all).unwrap();
        let emails: Vec<_> = rows.iter().map(|row| row.email).collect();
        let mut messages = Vec::new();
        self.engine
            .messages(account, &emails, &mut |_, message| {
                messages.push(String::from_utf8(message.to_vec()).unwrap());
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        messages
    }
}

pub(crate) fn caller(principal: PrincipalId) -> Caller {
    Caller::new(Actor {
        principal: Some(principal),
        credential: None,
        session: SessionId(1),
        face: Face::Submission,
        address: None,
    })
}

pub(crate) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

pub(crate) const fn hours(hours: u64) -> Duration {
    minutes(hours * 60)
}
