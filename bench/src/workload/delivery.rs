//! Delivery: messages by LMTP over some connections at once, until all of them are seen over IMAP.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{Place, Workload};
use crate::corpus::Corpus;
use crate::processes::{Used, memory_kib};
use crate::report::{Figure, Goal, Sample};
use crate::server::{Running, Site, address};
use crate::smtp::Sender;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many messages are delivered.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) messages: u64,
    /// To how many users.
    #[arg(long, default_value_t = 20)]
    pub(crate) users: usize,
    /// Over how many connections at once.
    #[arg(long, default_value_t = 8)]
    pub(crate) connections: usize,
}

/// How long messages may take from the server's OK until they are seen.
const VISIBLE_WAIT: Duration = Duration::from_secs(60);

/// Who sends all of them.
pub(crate) const SENDER: &str = "sender@sender.example";

#[derive(Debug)]
pub(crate) struct Delivery {
    size: Size,
    corpus: Corpus,
}

impl Delivery {
    pub(crate) fn new(mut size: Size, quick: bool) -> Self {
        if quick {
            size.messages = size.messages.min(2_000);
        }
        Self {
            size,
            corpus: Corpus::new(),
        }
    }
}

impl Workload for Delivery {
    type Prepared = ();

    fn title(&self) -> String {
        let Size {
            messages,
            users,
            connections,
        } = self.size;
        format!(
            "delivery of {messages} messages of 12 KiB to {users} users over {connections} LMTP connections"
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("messages_per_s", "messages/s", Goal::TimesPeer(3.0)),
            Figure::new(
                "cpu_s_per_1000",
                "server CPU s per 1,000, until idle",
                Goal::AtMost(0.5),
            ),
            Figure::new(
                "cpu_s_per_1000_delivering",
                "  of it until the last OK",
                Goal::None,
            ),
            Figure::new(
                "disk_octets_per_message",
                "octets on disk per message",
                Goal::AtMost(10_000.0),
            ),
            Figure::new(
                "device_octets_per_message",
                "octets written to the device per message",
                Goal::None,
            ),
            Figure::new("octets_per_message", "octets of a message", Goal::None),
            Figure::new("p50_ms", "one delivery, median, ms", Goal::None),
            Figure::new("p99_ms", "one delivery, 99th percentile, ms", Goal::None),
            Figure::new(
                "visible_ms",
                "last OK until all seen over IMAP, ms",
                Goal::None,
            ),
            Figure::new("settle_s", "last OK until idle, s", Goal::None),
            Figure::new("memory_mib", "memory afterwards, MiB", Goal::None),
            Figure::new(
                "client_cpu_s_per_1000",
                "client CPU s per 1,000",
                Goal::None,
            ),
        ]
    }

    fn users(&self) -> Vec<String> {
        (1..=self.size.users)
            .map(|number| format!("u{number}"))
            .collect()
    }

    fn prepare(&self, _: &Place<'_>) -> Result<()> {
        Ok(())
    }

    fn round(&self, place: &Place<'_>, (): &mut ()) -> Result<Sample> {
        let site = place.set_up()?;
        let running = site.start()?;
        let users = self.users();
        // Makes the mailboxes, so that this is not part of the work.
        ensure!(visible(&running, &users)? == 0, "there is mail already");
        let disk = site.disk_octets();
        let load = Load {
            corpus: &self.corpus,
            users: &users,
            messages: self.size.messages,
            connections: self.size.connections,
        };
        let mut sample = load.run(&site, &running)?;
        let per_message = |octets: u64| octets as f64 / self.size.messages as f64;
        let disk = per_message(site.disk_octets().saturating_sub(disk));
        sample.insert("disk_octets_per_message".to_owned(), disk);
        let memory_mib = memory_kib(running.process()) as f64 / 1024.0;
        sample.insert("memory_mib".to_owned(), memory_mib);
        running.stop()?;
        Ok(sample)
    }
}

/// Messages for a server, in round robin to users.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) users: &'a [String],
    pub(crate) messages: u64,
    pub(crate) connections: usize,
}

impl Load<'_> {
    /// Delivers, waits until all is seen and the server is idle again; anything lost is an error.
    pub(crate) fn run(&self, site: &Site, running: &Running<'_>) -> Result<Sample> {
        let next = AtomicU64::new(0);
        let done = Mutex::new(Done::default());
        let (before, own, start) = (
            Used::by(running.process()),
            Used::by(std::process::id()),
            Instant::now(),
        );
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.connections)
                .map(|_| scope.spawn(|| self.deliver(site, &next, &done)))
                .collect();
            threads
                .into_iter()
                .try_for_each(|thread| match thread.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
        })?;
        let (delivered_s, acknowledged) = (start.elapsed().as_secs_f64(), Instant::now());
        let delivering = Used::by(running.process()).since(before);
        // The server's processes descend from this one.
        let client = Used::by(std::process::id()).since(own).cpu_s - delivering.cpu_s;
        loop {
            let seen = visible(running, self.users)?;
            if seen == self.messages {
                break;
            }
            ensure!(
                acknowledged.elapsed() < VISIBLE_WAIT,
                "of {} messages only {seen} are there",
                self.messages
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let visible_ms = acknowledged.elapsed().as_secs_f64() * 1e3;
        running.settle();
        let used = Used::by(running.process()).since(before);
        let mut done = done.into_inner().unwrap_or_default();
        done.times_ms.sort_by(f64::total_cmp);
        let percentile = |part: usize| done.times_ms.get(done.times_ms.len() * part / 100).copied();
        let count = self.messages as f64;
        let values = [
            ("messages_per_s", count / delivered_s),
            ("cpu_s_per_1000", used.cpu_s / count * 1e3),
            ("cpu_s_per_1000_delivering", delivering.cpu_s / count * 1e3),
            ("client_cpu_s_per_1000", client / count * 1e3),
            (
                "device_octets_per_message",
                used.written_octets as f64 / count,
            ),
            ("octets_per_message", done.octets as f64 / count),
            ("p50_ms", percentile(50).unwrap_or(0.0)),
            ("p99_ms", percentile(99).unwrap_or(0.0)),
            ("visible_ms", visible_ms),
            ("settle_s", acknowledged.elapsed().as_secs_f64()),
        ];
        Ok(values
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect())
    }

    /// One connection.
    fn deliver(&self, site: &Site, next: &AtomicU64, done: &Mutex<Done>) -> Result<()> {
        let mut client = Sender::lmtp(site.lmtp)?;
        let mut own = Done::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.messages {
                break;
            }
            if own.times_ms.len() % SESSION_MESSAGES == SESSION_MESSAGES - 1 {
                // No server takes messages without end in one session.
                client.quit()?;
                client = Sender::lmtp(site.lmtp)?;
            }
            let user = usize::try_from(number)? % self.users.len();
            let to = address(&self.users[user]);
            let message = self.corpus.message(number, &to);
            own.octets += message.len() as u64;
            let start = Instant::now();
            client.send(SENDER, &to, &message)?;
            own.times_ms.push(start.elapsed().as_secs_f64() * 1e3);
        }
        if let Ok(mut done) = done.lock() {
            done.octets += own.octets;
            done.times_ms.append(&mut own.times_ms);
        }
        client.quit()
    }
}

/// Messages of one session.
const SESSION_MESSAGES: usize = 1_000;

#[derive(Debug, Default)]
struct Done {
    octets: u64,
    times_ms: Vec<f64>,
}

/// How many messages the users see.
fn visible(running: &Running<'_>, users: &[String]) -> Result<u64> {
    let mut count = 0;
    for user in users {
        let mut client = running.sign_in(user)?;
        count += client.messages("INBOX")?;
        client.sign_out()?;
    }
    Ok(count)
}
