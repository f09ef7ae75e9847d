//! The engine alone: durable commits by many writers, against a bare log.

pub(crate) mod seal;

pub(crate) mod verify;

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use model::{
    AccountId, Actor, Clock, EmailMeta, Headers, MailboxId, MailboxName, Part, Role, ThreadKeys,
    Timestamp,
};
use store::{Change, Engine, NewEmail, Outcome, Request, SearchText, Source};
use store_local::{LeftOut, LocalEngine, Options, Sign};

use crate::meter::{Cost, Meter};
use crate::report::{Figure, Goal, Report, Sample};
use crate::workload::Common;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many writers at once.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    writers: Vec<usize>,
    /// How many seconds each slice takes.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How many accounts the messages go to.
    #[arg(long, default_value_t = 200)]
    accounts: u32,
}

/// Octets of one message.
const MESSAGE_OCTETS: usize = 8_192;

/// Shares of a bare log that shall be reached with so many writers.
const GOALS: [(usize, f64); 2] = [(16, 0.40), (64, 0.50)];

pub(crate) fn run(size: &Size, common: &Common) -> Result<Report> {
    let (writers, seconds) = if common.quick {
        (&[16][..], 2)
    } else {
        (&size.writers[..], size.seconds)
    };
    let mut rounds = Vec::new();
    for round in 0..common.rounds {
        eprintln!("engine: round {} of {}", round + 1, common.rounds);
        let mut sample = Sample::new();
        for &writers in writers {
            let folder = tempfile::tempdir_in(&common.folder).context("a folder to write to")?;
            let (bare, cost, _) = measure(writers, seconds, bare(folder.path())?);
            let bare_per_s = bare as f64 / cost.wall_s;
            let bare_cpu_us = cost.cpu_s * 1e6 / bare as f64;
            let opening = Opening {
                accounts: size.accounts,
                signer: None,
                left_out: LeftOut {
                    seal: false,
                    entries: false,
                },
            };
            let engine = Bench::open(&folder.path().join("data"), opening)?;
            let (count, cost, p99) = measure(writers, seconds, engine.worker(round));
            engine.engine.stop();
            let per_s = count as f64 / cost.wall_s;
            let per = |value: f64| value / count as f64;
            let values = [
                ("bare_per_s", bare_per_s),
                ("bare_cpu_us", bare_cpu_us),
                ("per_s", per_s),
                ("share", per_s / bare_per_s),
                ("cpu_us", per(cost.cpu_s * 1e6)),
                ("device_octets", per(cost.written_octets as f64)),
                ("p99_ms", p99),
            ];
            sample.extend(values.map(|(key, value)| (format!("{key}_{writers}"), value)));
        }
        rounds.push(sample);
    }
    Ok(Report {
        title: format!(
            "engine alone: durable commits of {MESSAGE_OCTETS} octets; rounds: {}",
            common.rounds
        ),
        figures: writers
            .iter()
            .flat_map(|writers| figures(*writers))
            .collect(),
        servers: vec![("wachpost's engine".to_owned(), rounds)],
        notes: Vec::new(),
    })
}

fn figures(writers: usize) -> [Figure; 7] {
    let goal = GOALS
        .iter()
        .find(|(of, _)| *of == writers)
        .map(|(_, share)| *share);
    let figure = |key: &str, label: &str, goal: Goal| {
        Figure::new(
            &format!("{key}_{writers}"),
            &format!("{writers:>3} writers: {label}"),
            goal,
        )
    };
    let device = if goal.is_some() {
        Goal::AtMost(30_000.0)
    } else {
        Goal::None
    };
    [
        figure("bare_per_s", "bare append+fdatasync/s", Goal::None),
        figure("bare_cpu_us", "its CPU of one, us", Goal::None),
        figure("per_s", "commits/s", Goal::None),
        figure(
            "share",
            "share of bare",
            goal.map_or(Goal::None, Goal::AtLeast),
        ),
        figure("cpu_us", "CPU of a commit, us", Goal::None),
        figure(
            "device_octets",
            "octets written to the device per commit",
            device,
        ),
        figure("p99_ms", "99th percentile, ms", Goal::None),
    ]
}

/// Lets so many threads work for so long; gives how often they did, what it cost, and the 99th percentile in ms.
fn measure(writers: usize, seconds: u64, work: impl Fn(usize, u64) + Sync) -> (u64, Cost, f64) {
    let count = AtomicU64::new(0);
    let times = Mutex::new(Vec::new());
    let until = Instant::now() + Duration::from_secs(seconds);
    let meter = Meter::start();
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (count, times, work) = (&count, &times, &work);
            scope.spawn(move || {
                let mut own = Vec::new();
                while Instant::now() < until {
                    let start = Instant::now();
                    work(writer, count.fetch_add(1, Ordering::Relaxed));
                    own.push(start.elapsed());
                }
                if let Ok(mut times) = times.lock() {
                    times.extend(own);
                }
            });
        }
    });
    let cost = meter.stop();
    let mut times = times.into_inner().unwrap_or_default();
    times.sort_unstable();
    let p99 = times
        .get(times.len() * 99 / 100)
        .map_or(0.0, |time| time.as_secs_f64() * 1e3);
    (count.into_inner(), cost, p99)
}

/// Appends the same number of octets with one fdatasync for all that wait.
fn bare(folder: &Path) -> Result<impl Fn(usize, u64) + Sync + use<>> {
    let file = File::create(folder.join("bare.log"))?;
    let state = Arc::new((Mutex::new((0u64, 0u64, false)), Condvar::new()));
    let message = message(0);
    Ok(move |_, _| {
        let (lock, changed) = &*state;
        let Ok(mut log) = lock.lock() else { return };
        let at = log.0;
        log.0 += message.len() as u64;
        let mine = log.0;
        drop(file.write_at(&message, at));
        while log.1 < mine {
            if log.2 {
                let Ok(next) = changed.wait(log) else { return };
                log = next;
                continue;
            }
            log.2 = true;
            let upto = log.0;
            drop(log);
            drop(file.sync_data());
            let Ok(next) = lock.lock() else { return };
            log = next;
            log.1 = upto;
            log.2 = false;
            changed.notify_all();
        }
    })
}

struct Bench {
    engine: Arc<LocalEngine>,
    accounts: u32,
    /// Made beforehand: making them is not what is measured.
    messages: Vec<Vec<u8>>,
}

/// Different messages that are made.
const MESSAGES: u64 = 512;

/// How the engine is opened.
struct Opening {
    /// Accounts that are made; none where they are there already.
    accounts: u32,
    signer: Option<Arc<dyn Sign>>,
    left_out: LeftOut,
}

impl Bench {
    fn open(data: &Path, opening: Opening) -> Result<Self> {
        let Opening {
            accounts,
            signer,
            left_out,
        } = opening;
        let clock = Clock::new(now);
        let options = Options {
            extract: Arc::new(|_| SearchText::default()),
            signer,
            clock,
        };
        let engine = LocalEngine::open_without(data, options, left_out)?;
        let requests = (1..=accounts)
            .map(|account| {
                let name = MailboxName::try_from("Inbox").map_err(|error| anyhow!("{error}"))?;
                request(
                    account,
                    vec![Change::CreateMailbox {
                        parent: None,
                        name,
                        role: Some(Role::Inbox),
                    }],
                )
            })
            .collect::<Result<Vec<_>>>()?;
        let messages = (0..MESSAGES).map(message).collect();
        let bench = Self {
            engine,
            accounts,
            messages,
        };
        if accounts > 0 {
            bench.commit(requests)?;
        }
        Ok(bench)
    }

    fn commit(&self, requests: Vec<Request>) -> Result<Vec<Outcome>> {
        // As little as a waiting task of the server costs; a channel of the standard library is ten times as large.
        let told = Arc::new(Mutex::new(None));
        let (teller, asker) = (Arc::clone(&told), std::thread::current());
        self.engine.submit(
            requests,
            Box::new(move |answers| {
                if let Ok(mut told) = teller.lock() {
                    *told = Some(answers);
                }
                asker.unpark();
            }),
        );
        let answers = loop {
            let mut told = told.lock().map_err(|_| anyhow!("the writer panicked"))?;
            if let Some(answers) = told.take() {
                break answers;
            }
            drop(told);
            std::thread::park();
        };
        let mut outcomes = Vec::new();
        for answer in answers {
            outcomes.extend(answer?.outcomes);
        }
        Ok(outcomes)
    }

    fn worker(&self, round: usize) -> impl Fn(usize, u64) + Sync + '_ {
        move |_, number| {
            let account =
                u32::try_from(number.wrapping_mul(2_654_435_761) % u64::from(self.accounts))
                    .unwrap_or(0)
                    + 1;
            if let Err(error) = self.deliver(account, number + ((round as u64) << 32)) {
                eprintln!("{error}");
            }
        }
    }

    fn deliver(&self, account: u32, number: u64) -> Result<()> {
        self.commit(vec![self.delivery(account, number, MESSAGE_OCTETS)?])
            .map(drop)
    }

    /// A message of so many octets at most that comes into the INBOX.
    fn delivery(&self, account: u32, number: u64, octets_max: usize) -> Result<Request> {
        let message = &self.messages[usize::try_from(number % MESSAGES)?];
        let message = &message[..message.len().min(octets_max)];
        let text = format!("message number {number} about the quarterly figures");
        let id = format!("<{number}@bench.example>");
        let headers = Headers {
            subject: Some(&text),
            message_id: Some(&id),
            preview: &text,
            ..Headers::default()
        };
        let part = Part {
            kind: "text",
            subtype: "plain",
            body_end: 8_192,
            ..Part::default()
        };
        let meta = EmailMeta {
            headers,
            parts: vec![part],
        }
        .encode()?;
        let blob = self.engine.prepare(message, meta)?;
        let new = NewEmail {
            mailbox: MailboxId(1),
            keywords: Vec::new(),
            received_at: now(),
            sent_at: None,
            size: u32::try_from(message.len())?,
            source: Source::New(blob),
            thread: ThreadKeys {
                message_ids: vec![number.wrapping_mul(0x9e37_79b9_7f4a_7c15)],
                subject: number,
            },
            text: Some(Arc::new(SearchText {
                subject: text,
                ..SearchText::default()
            })),
        };
        request(account, vec![Change::AddEmail(Box::new(new))])
    }
}

fn request(account: u32, changes: Vec<Change>) -> Result<Request> {
    Ok(Request {
        account: AccountId(account),
        actor: Actor::system(),
        at: now(),
        if_seq: None,
        changes,
    })
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A message of words, so that it packs about as well as mail does.
fn message(number: u64) -> Vec<u8> {
    let mut message = Vec::with_capacity(MESSAGE_OCTETS);
    let mut seed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while message.len() < MESSAGE_OCTETS {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        drop(write!(message, "{:x} ", seed & 0xffff_ffff));
        message.extend_from_slice(
            [
                &b"and the report of "[..],
                b"please see the ",
                b"with kind regards ",
            ][(seed % 3) as usize],
        );
    }
    message.truncate(MESSAGE_OCTETS);
    message
}
