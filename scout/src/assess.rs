//! Assess: is somebody inside? Reads a folder of evidence and answers with a verdict.
//!
//! Each file is read once, from its beginning to its end, by one of several workers; what is noticed is small and bounded,
//! whatever the size of the evidence. Then traces are joined into runs, and set against the time in which the server was open and
//! the time that the logs cover.

mod walk;

mod source;

mod lines;

mod trace;

mod clocks;

mod collected;

mod indicators;

mod mail;

mod request;

mod commands;

mod text_log;

mod events;

mod files;

mod exports;

mod inventory;

mod read;

mod ladder;

mod needs;

mod coverage;

mod timeline;

mod verdict;

mod spread;

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use evidence::Moment;

use crate::assessment::{Assessment, Finding, FindingKind, Grade, Reading};
use crate::baseline::Baselines;
use crate::baseline::rules::Rules;
use collected::Collected;

/// Failed sign-ins of one address within five minutes that are no longer somebody who mistypes.
const GUESSES_MIN: u32 = 6;

/// How far the reading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Octets that were read, as packed.
    pub done: u64,
    /// Octets of all files.
    pub total: u64,
}

/// What to read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The folder, or an archive of it.
    pub folder: &'a Path,
    /// Rules that are tried on pages and small files, if somebody brings some.
    pub rules: Option<&'a Rules>,
    /// Lists of Microsoft's files with those of newer builds; nothing for those that are compiled in.
    pub baselines: Option<&'a Baselines>,
    /// Files that are read at the same time.
    pub workers: usize,
    /// The time at which the report is made.
    pub now: Moment,
}

/// Reads a folder of evidence and answers. `progress` is called now and then, from any thread.
///
/// # Errors
/// If the folder cannot be read; what cannot be read in it is told in the answer.
pub fn assess(
    options: &Options<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> io::Result<Assessment> {
    let mut collected = Collected::with(options.baselines);
    let mut passed = Vec::new();
    let found = walk::files(options.folder, &mut |file, why| {
        passed.push((file.to_owned(), why.to_owned()))
    })?;
    for (file, why) in passed {
        collected.pass(&file, why);
    }
    let total = found.iter().map(|file| file.octets).sum();
    let (done, next) = (AtomicU64::new(0), AtomicUsize::new(0));
    let together = Mutex::new(collected);
    thread::scope(|scope| {
        for _ in 0..options.workers.max(1) {
            scope.spawn(|| {
                let mut own = Collected::with(options.baselines);
                let with = read::With {
                    rules: options.rules,
                    tick: &|octets| {
                        let done = done.fetch_add(octets, Ordering::Relaxed) + octets;
                        progress(Progress {
                            done: done.min(total),
                            total,
                        });
                    },
                };
                while let Some(file) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
                    read::file(file, &mut own, &with);
                }
                let mut all = together
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                all.merge(own);
            });
        }
    });
    progress(Progress { done: total, total });
    let collected = together
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(answer(collected, options))
}

fn answer(mut collected: Collected, options: &Options<'_>) -> Assessment {
    clocks::settle(&mut collected);
    files::finish(&mut collected);
    guessing(&mut collected);
    short_lived(&mut collected);
    mail::read_by_intruders(&mut collected);
    let traces = std::mem::take(&mut collected.traces);
    let runs = ladder::runs(traces);
    mail::sent_on(&mut collected, &runs);
    let timeline = timeline::of(&collected, &runs);
    let coverage = coverage::of(&collected);
    collected.unread.sort_by(|a, b| a.file.cmp(&b.file));
    let reading = Reading {
        folder: options.folder.display().to_string(),
        files: collected.files,
        octets: collected.octets,
        rows: collected.rows,
        unread: std::mem::take(&mut collected.unread),
        more_unread: collected.more_unread,
    };
    let answer = verdict::of(&collected, &runs, &timeline, &coverage, &reading);
    let indicators = spread::of(&collected, &runs);
    let mut findings = collected.findings;
    findings
        .sort_by(|a, b| (b.grade, a.kind, a.at, &a.cites).cmp(&(a.grade, b.kind, b.at, &b.cites)));
    findings.dedup_by(|a, b| a.says == b.says && a.at == b.at && a.kind == b.kind);
    Assessment {
        scout: env!("CARGO_PKG_VERSION").to_owned(),
        made: options.now,
        evidence: reading,
        servers: collected
            .servers
            .into_iter()
            .filter(|server| !server.is_empty())
            .collect(),
        verdict: answer.verdict,
        reasons: answer.reasons,
        timeline,
        runs,
        findings,
        coverage,
        clocks: collected.clocks.told,
        indicators,
        collect_next: answer.collect_next,
    }
}

/// Names of files that are tried, each of another kind.
const FUZZED: [&str; 15] = [
    "HttpProxy/Ecp/x.log",
    "LogFiles/u_ex.log",
    "ECP/Server/x.log",
    "OABGeneratorLog/x.log",
    "Ews/x.log",
    "MessageTracking/x.log",
    "events.jsonl",
    "web-files.csv",
    "inbox-rules.csv",
    "exports.xml",
    "applicationHost.config",
    "owa/auth/x.aspx",
    "x.aspx.cdcab7d2.compiled",
    "evidence.zip",
    "log-files.csv",
];

/// Reads octets of anybody as evidence, twice over, and writes all reports; the first octet chooses the name of the file. Must neither
/// panic nor run away.
pub fn fuzz(input: &[u8]) {
    let Some((choice, octets)) = input.split_first() else {
        return;
    };
    let label = FUZZED[usize::from(*choice) % FUZZED.len()];
    let with = read::With {
        rules: None,
        tick: &|_| {},
    };
    let mut collected = Collected::default();
    read::octets(label, octets, &mut collected, &with);
    let mut again = Collected::default();
    read::octets(label, octets, &mut again, &with);
    collected.merge(again);
    let options = Options {
        folder: Path::new("."),
        rules: None,
        baselines: None,
        workers: 1,
        now: Moment(0),
    };
    let assessment = answer(collected, &options);
    drop(crate::report::text(&assessment));
    drop(crate::report::html(&assessment));
    drop(crate::report::json(&assessment));
    drop(crate::report::stix(&assessment));
    drop(crate::report::indicators_csv(&assessment));
}

/// Who guesses passwords.
fn guessing(collected: &mut Collected) {
    for ((address, stretch), (count, cites)) in std::mem::take(&mut collected.guesses) {
        if count >= GUESSES_MIN {
            collected.find(Finding {
                kind: FindingKind::Guessing,
                grade: Grade::Scan,
                at: Some(Moment(stretch * 5 * 60_000)),
                says: format!("{address} failed to sign in {count} times within five minutes"),
                advice: "Look whether the address succeeded afterwards.".to_owned(),
                cites,
            });
        }
    }
}

/// Accounts that were deleted within a day after they were made.
fn short_lived(collected: &mut Collected) {
    const DAY_MS: i64 = 86_400_000;
    let verbs = |finding: &Finding, verb: &str| match (finding.kind, finding.says.split_once(verb))
    {
        (FindingKind::Account, Some((_, name))) => Some((name.to_owned(), finding.at?)),
        _ => None,
    };
    let deleted: Vec<_> = collected
        .findings
        .iter()
        .filter_map(|finding| verbs(finding, " deleted the account "))
        .collect();
    for finding in &mut collected.findings {
        let Some((name, made)) = verbs(finding, " made the account ") else {
            continue;
        };
        let is_short =
            |(gone, at): &(String, Moment)| *gone == name && (0..DAY_MS).contains(&(at.0 - made.0));
        if deleted.iter().any(is_short) {
            finding.grade = Grade::Attempt;
            finding
                .says
                .push_str(", which was deleted again within a day");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_is_read_under_any_name() {
        let row = "2021-03-03T04:05:06.000Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2176,2,,Ecp,h,/ecp/y.js";
        let corpus: [&[u8]; 5] = [
            b"",
            row.as_bytes(),
            b"2021-03-03 04:05:06 ::1 POST /aspnet_client/x.aspx cafeReqId=5e58f5e5-1ddc-48d3-82c6 443 - 203.0.113.9 ua - 200 0 0 5\n",
            b"#Log-type: EWS Logs\n#Fields: SoapAction\n2021 GetItem\n",
            b"\xff\xfea\0",
        ];
        for name in 0..FUZZED.len() {
            for input in corpus {
                fuzz(&[&[u8::try_from(name).unwrap()], input].concat());
            }
        }
    }
}
