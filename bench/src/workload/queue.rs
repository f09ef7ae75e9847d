//! A long queue: what messages take that wait because the next server is down, and what new mail suffers.
//!
//! The queue is filled through the engine, as submission does it: one request for each message, many in one sync.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use model::{
    AccountId, Actor, Clock, EmailMeta, Headers, Part, QueueStanding, QueuedRecipient, Timestamp,
};
use store::{Change, Engine, NewQueueItem, Request, SearchText, Source};
use store_local::{LocalEngine, Options};

use super::delivery::SENDER;
use super::traffic::{cpu_of, hand_over};
use super::{Place, Workload};
use crate::corpus::Corpus;
use crate::processes::memory_kib;
use crate::report::{Figure, Goal, Sample};
use crate::server::{Kind, Running, Site, Transport, address};

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many messages wait.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) waiting: u64,
    /// How many new ones are delivered, to a server whose queue is empty and to one whose queue is long.
    #[arg(long, default_value_t = 4_000)]
    pub(crate) new_messages: u64,
}

/// The accounts, in whose names the messages wait and to whom new mail comes.
const USERS: usize = 20;
/// Connections for new mail.
const CONNECTIONS: usize = 8;
/// Domains that the waiting messages are for.
const DOMAINS: u64 = 1_000;
/// Messages of one sync.
const BATCH: u64 = 1_000;
/// Octets of a waiting message: where it lies is all that a queue knows of it.
const MESSAGE_OCTETS: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Queue {
    size: Size,
    corpus: Corpus,
}

impl Queue {
    pub(crate) fn new(mut size: Size, quick: bool) -> Self {
        if quick {
            size.waiting = size.waiting.min(20_000);
            size.new_messages = size.new_messages.min(1_000);
        }
        Self {
            size,
            corpus: Corpus::new(),
        }
    }

    /// Delivers new mail; gives messages per second and CPU milliseconds for each.
    fn deliver(&self, running: &Running<'_>, first: u64) -> Result<(f64, f64)> {
        let connections = (0..CONNECTIONS).map(|_| running.lmtp());
        let connections = connections.collect::<Result<Vec<_>>>()?;
        let users = self.users();
        let mut seconds = 0.0;
        let cpu_s = cpu_of(running, || {
            let messages = first..first + self.size.new_messages;
            seconds = hand_over(connections, messages, |sender, number| {
                let user = usize::try_from(number)? % users.len();
                let to = address(&users[user]);
                sender.send(SENDER, &to, &self.corpus.message(number, &to))
            })?;
            Ok(())
        })?;
        let count = self.size.new_messages as f64;
        Ok((count / seconds, cpu_s / count * 1e3))
    }
}

/// Two servers that are alike, but for what waits.
#[derive(Debug)]
pub(crate) struct Sites {
    empty: Site,
    long: Site,
    filled_per_s: f64,
    /// How many new messages there were.
    delivered: u64,
}

impl Workload for Queue {
    type Prepared = Sites;

    fn title(&self) -> String {
        format!(
            "{} messages that wait, {} new ones",
            self.size.waiting, self.size.new_messages
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new(
                "memory_mib",
                "memory with the long queue, MiB",
                Goal::AtMost(300.0),
            ),
            Figure::new(
                "memory_empty_mib",
                "memory with an empty one, MiB",
                Goal::None,
            ),
            Figure::new(
                "memory_afterwards_mib",
                "memory with the long one, after new mail, MiB",
                Goal::None,
            ),
            Figure::new(
                "share",
                "new mail/s, of that with an empty queue",
                Goal::AtLeast(0.8),
            ),
            Figure::new("new_per_s", "new mail/s, long queue", Goal::None),
            Figure::new("new_empty_per_s", "new mail/s, empty queue", Goal::None),
            Figure::new("cpu_ms", "CPU ms of one, long queue", Goal::None),
            Figure::new("cpu_empty_ms", "CPU ms of one, empty queue", Goal::None),
            Figure::new("start_ms", "start with the long queue, ms", Goal::None),
            Figure::new("settle_s", "from then until idle, s", Goal::None),
            Figure::new("filled_per_s", "messages queued/s", Goal::None),
        ]
    }

    fn users(&self) -> Vec<String> {
        (1..=USERS).map(|number| format!("u{number}")).collect()
    }

    fn peers(&self) -> Vec<Kind> {
        vec![Kind::Wachpost]
    }

    fn prepare(&self, place: &Place<'_>) -> Result<Sites> {
        // Nobody listens there any more.
        let next = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let transport = Transport {
            next: Some(next),
            retry_s: 86_400,
            ..Transport::default()
        };
        let (empty, long) = (
            place.set_up_with(&transport)?,
            place.set_up_with(&transport)?,
        );
        for site in [&empty, &long] {
            // Makes the mailboxes, so that this is not part of the work.
            let running = site.start()?;
            for user in self.users() {
                running.sign_in(&user)?.sign_out()?;
            }
            running.stop()?;
        }
        let start = Instant::now();
        fill(long.data(), &self.users(), self.size.waiting).context("to fill the queue")?;
        Ok(Sites {
            empty,
            long,
            filled_per_s: self.size.waiting as f64 / start.elapsed().as_secs_f64(),
            delivered: 0,
        })
    }

    fn round(&self, _: &Place<'_>, sites: &mut Sites) -> Result<Sample> {
        let first = sites.delivered;
        sites.delivered += self.size.new_messages;
        let memory_mib = |running: &Running<'_>| memory_kib(running.process()) as f64 / 1024.0;

        let running = sites.empty.start()?;
        running.settle();
        let memory_empty = memory_mib(&running);
        let (new_empty_per_s, cpu_empty_ms) = self.deliver(&running, first)?;
        running.stop()?;

        let running = sites.long.start()?;
        let start_ms = running.greeted_after.as_secs_f64() * 1e3;
        let start = Instant::now();
        running.settle();
        let settle_s = start.elapsed().as_secs_f64();
        let memory = memory_mib(&running);
        let (new_per_s, cpu_ms) = self.deliver(&running, first)?;
        let memory_afterwards = memory_mib(&running);
        running.stop()?;

        let values = [
            ("memory_mib", memory),
            ("memory_empty_mib", memory_empty),
            ("memory_afterwards_mib", memory_afterwards),
            ("share", new_per_s / new_empty_per_s),
            ("new_per_s", new_per_s),
            ("new_empty_per_s", new_empty_per_s),
            ("cpu_ms", cpu_ms),
            ("cpu_empty_ms", cpu_empty_ms),
            ("start_ms", start_ms),
            ("settle_s", settle_s),
            ("filled_per_s", sites.filled_per_s),
        ];
        Ok(values
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect())
    }
}

/// Queues so many messages in the names of the users; the server does not run.
fn fill(data: &Path, users: &[String], messages: u64) -> Result<()> {
    let options = Options {
        extract: Arc::new(|_| SearchText::default()),
        signer: None,
        clock: Clock::new(now),
    };
    let engine = LocalEngine::open(data, options)?;
    let accounts = users.iter().map(|user| {
        let principal = engine.principal_at(&address(user))?;
        let principal = principal.with_context(|| format!("{user} is not there"))?;
        Ok((address(user), AccountId::from(principal.id)))
    });
    let accounts = accounts.collect::<Result<Vec<_>>>()?;
    let (sender, receiver) = channel();
    let mut under_way = 0;
    for first in (0..messages).step_by(usize::try_from(BATCH)?) {
        let numbers = first..messages.min(first + BATCH);
        let requests = numbers.map(|number| {
            let (address, account) = &accounts[usize::try_from(number)? % accounts.len()];
            request(&*engine, *account, address, number)
        });
        let sender = sender.clone();
        engine.submit(
            requests.collect::<Result<_>>()?,
            Box::new(move |answers| drop(sender.send(answers))),
        );
        under_way += 1;
        // One is made while another is synced.
        while under_way > 1 || (under_way > 0 && first + BATCH >= messages) {
            for answer in receiver.recv()? {
                ensure!(answer?.outcomes.len() == 1, "a message was not queued");
            }
            under_way -= 1;
        }
    }
    engine.stop();
    Ok(())
}

fn request(engine: &dyn Engine, account: AccountId, from: &str, number: u64) -> Result<Request> {
    let to = format!("r{number}@domain{}.example.net", number % DOMAINS);
    let id = format!("<q{number}@example.test>");
    let subject = format!("waiting message number {number}");
    let mut message =
        format!("From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: {id}\r\n\r\n");
    while message.len() < MESSAGE_OCTETS {
        message.push_str("With kind regards, and until the next server is there again.\r\n");
    }
    let part = Part {
        kind: "text",
        subtype: "plain",
        body_end: u32::try_from(message.len())?,
        ..Part::default()
    };
    let headers = Headers {
        subject: Some(&subject),
        message_id: Some(&id),
        ..Headers::default()
    };
    let meta = EmailMeta {
        headers,
        parts: vec![part],
    };
    let item = NewQueueItem {
        reverse_path: from.to_owned(),
        recipients: vec![QueuedRecipient {
            forward_path: to,
            notify: None,
            original: None,
        }],
        source: Source::New(engine.prepare(message.as_bytes(), meta.encode()?)?),
        size: u32::try_from(message.len())?,
        envelope_id: None,
        dsn_return: None,
        smtputf8: false,
        require_tls: false,
        standing: QueueStanding::default(),
    };
    Ok(Request {
        account,
        actor: Actor::system(),
        at: now(),
        if_seq: None,
        changes: vec![Change::Enqueue(Box::new(item))],
    })
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
