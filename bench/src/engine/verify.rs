//! Verifying a long journal: chain and tree, everything, and what came since the last time.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use model::{Keyword, MailboxId, MailboxName, NumberSet};
use seal::{SigningKey, VerifierKey};
use store::{Change, Committed, Engine, Error, KeywordChange, Request};
use store_local::{Extent, LeftOut, Signer, Verify, VerifyReport};

use super::{Bench, Opening, request};
use crate::report::{Figure, Goal, Report, Sample};
use crate::workload::Common;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// Entries in the journal.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// Entries that come after the first verification.
    #[arg(long, default_value_t = 1_000)]
    later: u64,
}

/// Accounts that things happen in.
const ACCOUNTS: u32 = 200;
/// Octets of a message: most of what is verified are entries.
const MESSAGE_OCTETS: usize = 2_048;
/// Requests that are handed over at once.
const REQUESTS_AT_ONCE: usize = 256;
/// Such that nobody waits for the disk.
const WAITING_MAX: usize = 4;
const INBOX: MailboxId = MailboxId(1);
const ARCHIVE: MailboxId = MailboxId(2);
const NAME: &str = "bench.example/journal";

pub(crate) fn run(size: &Size, common: &Common) -> Result<Report> {
    let (entries, later) = if common.quick {
        (20_000, 200)
    } else {
        (size.entries, size.later)
    };
    let folder = tempfile::tempdir_in(&common.folder).context("a folder to write to")?;
    let data = folder.path().join("data");
    eprintln!("verify: making a journal of {entries} entries");
    let began = Instant::now();
    fill(&data, 0, entries)?;
    eprintln!("verify: made in {:.0} s", began.elapsed().as_secs_f64());
    let mut rounds = Vec::new();
    let mut upto = entries;
    for round in 0..common.rounds {
        eprintln!("verify: round {} of {}", round + 1, common.rounds);
        let mut sample = Sample::new();
        let mut put = |key: &str, (seconds, mib): (f64, f64)| {
            sample.insert(format!("{key}_s"), seconds);
            sample.insert(format!("{key}_mib"), mib);
        };
        let (_, cost) = verify(folder.path(), &data, Extent::Journal)?;
        put("journal", cost);
        let (report, cost) = verify(folder.path(), &data, Extent::Everything)?;
        put("everything", cost);
        let then = report.upto.context("a clean report")?;
        fill(&data, upto, later)?;
        upto += later;
        let (report, cost) = verify(folder.path(), &data, Extent::Since(then))?;
        ensure!(report.entries >= later, "{report:?}");
        put("since", cost);
        rounds.push(sample);
    }
    let octets = |name: &str| {
        fs::metadata(data.join(name)).map_or(0.0, |file| file.len() as f64 / (1 << 20) as f64)
    };
    let note = format!(
        "journal.db {:.0} MiB, state.db {:.0} MiB, {ACCOUNTS} accounts, half of the entries bring a message of {MESSAGE_OCTETS} \
         octets, the others mark or move some",
        octets("journal.db"),
        octets("state.db")
    );
    Ok(Report {
        title: format!(
            "verify: {entries} entries, {later} later; rounds: {}",
            common.rounds
        ),
        figures: figures(),
        servers: vec![("wachpost's engine".to_owned(), rounds)],
        notes: vec![note],
    })
}

fn figures() -> Vec<Figure> {
    vec![
        Figure::new("journal_s", "chain and tree, s", Goal::AtMost(10.0)),
        Figure::new("journal_mib", "chain and tree, MiB", Goal::None),
        Figure::new(
            "everything_s",
            "everything, with replay and comparison, s",
            Goal::AtMost(150.0),
        ),
        Figure::new("everything_mib", "everything, MiB", Goal::None),
        Figure::new("since_s", "since the last time, s", Goal::AtMost(1.0)),
        Figure::new("since_mib", "since the last time, MiB", Goal::None),
    ]
}

fn key() -> Result<SigningKey> {
    Ok(SigningKey::from_seed(NAME.parse()?, &[7; 32]))
}

/// Verifies; seconds, and MiB that the process had more at most.
fn verify(folder: &Path, data: &Path, extent: Extent) -> Result<(VerifyReport, (f64, f64))> {
    let key: VerifierKey = key()?.verifier().clone();
    let asked = Verify {
        data,
        scratch: &folder.join("scratch"),
        key: Some(&key),
        kept: Vec::new(),
        extent,
    };
    // proc(5): 5 sets the highest mark of the resident memory back.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = memory_kib("VmRSS:");
    let began = Instant::now();
    let report = asked.run(&mut |_, _, _| {})?;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(report.is_clean(), "{:?}", report.findings);
    let more = memory_kib("VmHWM:").saturating_sub(before);
    Ok((report, (seconds, more as f64 / 1_024.0)))
}

fn memory_kib(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// What an account has.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// The last message in the INBOX.
    last: u32,
    /// Up to here they were moved.
    moved: u32,
    turns: u64,
}

/// Appends so many entries to a journal that has `from` of them by the same rule.
fn fill(data: &Path, from: u64, count: u64) -> Result<()> {
    let signer = Signer {
        origin: NAME.to_owned(),
        key: Arc::new(key()?),
    };
    let opening = Opening {
        accounts: if from == 0 { ACCOUNTS } else { 0 },
        signer: Some(Arc::new(signer)),
        left_out: LeftOut {
            seal: false,
            entries: false,
        },
    };
    let bench = Bench::open(data, opening)?;
    let mut accounts = [Standing::default(); ACCOUNTS as usize];
    if from == 0 {
        let name = MailboxName::try_from("Archive").map_err(|error| anyhow::anyhow!("{error}"))?;
        let create = |account| {
            let change = Change::CreateMailbox {
                parent: None,
                name: name.clone(),
                role: None,
            };
            request(account, vec![change])
        };
        bench.commit((1..=ACCOUNTS).map(create).collect::<Result<_>>()?)?;
    } else {
        // Only new messages, so that nothing has to be known of the old ones.
        let mut waiting = VecDeque::new();
        for first in (0..count).step_by(REQUESTS_AT_ONCE) {
            let last = count.min(first + REQUESTS_AT_ONCE as u64);
            let requests = (first..last)
                .map(|number| bench.delivery(account_of(number), from + number, MESSAGE_OCTETS))
                .collect::<Result<Vec<_>>>()?;
            submit(&bench, requests, &mut waiting)?;
        }
        settle(&mut waiting, 0)?;
        bench.engine.stop();
        return Ok(());
    }
    let mut waiting = VecDeque::new();
    let mut number = 0;
    while bench.engine.size()? < count {
        let left = count - bench.engine.size()?;
        let at_once = (REQUESTS_AT_ONCE as u64).min(left);
        let mut requests = Vec::with_capacity(REQUESTS_AT_ONCE);
        for _ in 0..at_once {
            number += 1;
            let account = account_of(number);
            let standing = &mut accounts[account as usize - 1];
            requests.push(next(&bench, account, standing, number)?);
        }
        submit(&bench, requests, &mut waiting)?;
        if left < (REQUESTS_AT_ONCE * WAITING_MAX * 2) as u64 {
            settle(&mut waiting, 0)?;
        }
    }
    settle(&mut waiting, 0)?;
    bench.engine.stop();
    Ok(())
}

fn account_of(number: u64) -> u32 {
    u32::try_from(number.wrapping_mul(2_654_435_761) % u64::from(ACCOUNTS)).unwrap_or(0) + 1
}

/// The next thing that happens in an account: a message, a mark, a message, a mark, now and then some are moved.
fn next(bench: &Bench, account: u32, standing: &mut Standing, number: u64) -> Result<Request> {
    standing.turns += 1;
    if standing.turns % 2 == 1 {
        standing.last += 1;
        return bench.delivery(account, number, MESSAGE_OCTETS);
    }
    let change = if standing.turns.is_multiple_of(20) {
        let uids = NumberSet::range(standing.moved + 1, standing.moved + 4);
        standing.moved += 4;
        Change::MoveEmails {
            from: INBOX,
            uids,
            to: ARCHIVE,
        }
    } else {
        let seen = Keyword::try_from("$seen").map_err(|error| anyhow::anyhow!("{error}"))?;
        Change::SetKeywords {
            mailbox: INBOX,
            uids: NumberSet::range(standing.last, standing.last),
            change: KeywordChange::Add(vec![seen]),
            unchanged_since: None,
        }
    };
    request(account, vec![change])
}

type Answers = Receiver<Vec<Result<Committed, Error>>>;

/// Hands requests over, and waits where too many are waiting already.
fn submit(bench: &Bench, requests: Vec<Request>, waiting: &mut VecDeque<Answers>) -> Result<()> {
    let (sender, receiver) = channel();
    bench.engine.submit(
        requests,
        Box::new(move |answers| drop(sender.send(answers))),
    );
    waiting.push_back(receiver);
    settle(waiting, WAITING_MAX)
}

/// Waits until no more than so many are waiting.
fn settle(waiting: &mut VecDeque<Answers>, left: usize) -> Result<()> {
    while waiting.len() > left {
        let Some(answers) = waiting.pop_front() else {
            break;
        };
        for answer in answers.recv()? {
            answer?;
        }
    }
    Ok(())
}
