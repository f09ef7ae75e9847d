//! Collected: what one reader of evidence has noticed so far; those of several readers become one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use evidence::Moment;

use super::clocks::Clocks;
use super::files::Pages;
use super::inventory::Inventory;
use super::mail::Mail;
use super::trace::Trace;
use crate::assessment::{Finding, Grade, Rung, UNREAD_MAX, Unread};
use crate::baseline::Baselines;
use crate::builds::Build;

/// Traces of one grade that are kept; a flood of scans does not push out what went well.
const TRACES_PER_GRADE_MAX: usize = 30_000;
/// Traces of one address on one rung that are kept.
const TRACES_PER_ADDRESS_MAX: u32 = 400;
/// Findings that are kept.
const FINDINGS_MAX: usize = 20_000;
/// Hours of one kind of log that are kept: more than a century.
const HOURS_MAX: usize = 1_000_000;
/// Names of pages that are kept.
const PAGES_MAX: usize = 2_000_000;

/// The lists that are compiled in, read when they are first asked for.
static BASELINES: LazyLock<Baselines> = LazyLock::new(Baselines::embedded);

/// What was noticed.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    baselines: Option<Baselines>,
    pub(crate) traces: Vec<Trace>,
    /// How many were kept of each address on each rung.
    crowd: HashMap<(Rung, Grade, String), u32>,
    kept: HashMap<Grade, usize>,
    /// Traces that are counted only.
    pub(crate) more_traces: u64,
    pub(crate) findings: Vec<Finding>,
    /// Kinds of logs by name.
    pub(crate) logs: BTreeMap<String, Log>,
    /// By server: builds, and when they were seen.
    pub(crate) builds: BTreeMap<(String, Build), BTreeMap<i64, (Moment, Moment)>>,
    /// Hours in which somebody from outside was answered, with the first.
    pub(crate) outside: BTreeMap<i64, Moment>,
    /// To which clocks the times of files belong.
    pub(crate) clocks: Clocks,
    /// Who read mail, and where mail went.
    pub(crate) mail: Mail,
    pub(crate) servers: BTreeSet<String>,
    /// The servers whose front ends wrote the logs of requests.
    pub(crate) fronts: BTreeSet<String>,
    /// Which logs there were, and which are here.
    pub(crate) inventory: Inventory,
    /// Pages that were not recognised, and those that were read.
    pub(crate) unproven: Pages,
    /// Web pages that are there, as lists or the folder itself name them, in normal form.
    pub(crate) pages: BTreeSet<String>,
    /// Pages that were compiled: page, virtual path, where it is told, when.
    pub(crate) compiled: Vec<Compiled>,
    /// Failed sign-ins: by address and five minutes, with the first place.
    pub(crate) guesses: BTreeMap<(String, i64), (u32, crate::assessment::Citation)>,
    /// When the server came to be, as an export says.
    pub(crate) installed: Option<Moment>,
    pub(crate) unread: Vec<Unread>,
    pub(crate) more_unread: u64,
    pub(crate) files: u64,
    pub(crate) octets: u64,
    pub(crate) rows: u64,
}

/// What one kind of log covers.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) files: u64,
    pub(crate) rows: u64,
    /// Hours in which something was written.
    pub(crate) hours: BTreeSet<i64>,
    pub(crate) from: Option<Moment>,
    pub(crate) until: Option<Moment>,
}

/// A page that ASP.NET has compiled.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// Its name.
    pub(crate) page: String,
    /// Where it was called: `/owa/auth/x.aspx`; empty if unknown.
    pub(crate) url: String,
    pub(crate) at: Option<Moment>,
    pub(crate) cites: crate::assessment::Citation,
}

impl Collected {
    /// Nothing yet; files are compared with these lists, or with those that are compiled in.
    pub(crate) fn with(baselines: Option<&Baselines>) -> Self {
        Self {
            baselines: baselines.cloned(),
            ..Self::default()
        }
    }

    /// The lists that files are compared with.
    pub(crate) fn baselines(&self) -> &Baselines {
        self.baselines.as_ref().unwrap_or(&BASELINES)
    }

    /// Keeps a trace, unless there are enough of its kind.
    pub(crate) fn add(&mut self, trace: Trace) {
        let key = (trace.rung, trace.grade, trace.keys.address.clone());
        let of_address =
            if self.crowd.len() < TRACES_PER_GRADE_MAX * 4 || self.crowd.contains_key(&key) {
                self.crowd.entry(key).or_insert(0)
            } else {
                self.more_traces += 1;
                return;
            };
        *of_address += 1;
        let kept = self.kept.entry(trace.grade).or_insert(0);
        if *of_address > TRACES_PER_ADDRESS_MAX || *kept >= TRACES_PER_GRADE_MAX {
            self.more_traces += 1;
            return;
        }
        *kept += 1;
        self.traces.push(trace);
    }

    /// Keeps a finding.
    pub(crate) fn find(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else if finding.grade > Grade::Scan
            && let Some(light) = self
                .findings
                .iter_mut()
                .find(|light| light.grade < finding.grade)
        {
            *light = finding;
        }
    }

    /// Notes that a part was passed over.
    pub(crate) fn pass(&mut self, file: &str, why: impl Into<String>) {
        if self.unread.len() < UNREAD_MAX {
            self.unread.push(Unread {
                file: file.to_owned(),
                why: why.into(),
            });
        } else {
            self.more_unread += 1;
        }
    }

    /// The log of a kind.
    pub(crate) fn log(&mut self, kind: &str) -> &mut Log {
        if !self.logs.contains_key(kind) {
            self.logs.insert(kind.to_owned(), Log::default());
        }
        self.logs.get_mut(kind).expect("it was just put there")
    }

    /// Notes which build a server had.
    pub(crate) fn saw_build(&mut self, server: &str, build: Build, at: Moment) {
        let server = server_name(server);
        let hours = self.builds.entry((server, build)).or_default();
        if hours.len() < HOURS_MAX {
            let (first, last) = hours.entry(at.hour()).or_insert((at, at));
            *first = at.min(*first);
            *last = at.max(*last);
        }
    }

    /// Notes a page that is there.
    pub(crate) fn saw_page(&mut self, normal: &str) {
        if self.pages.len() < PAGES_MAX {
            self.pages.insert(normal.to_owned());
        }
    }

    /// Takes over what another reader has noticed.
    pub(crate) fn merge(&mut self, other: Self) {
        for trace in other.traces {
            self.add(trace);
        }
        for finding in other.findings {
            self.find(finding);
        }
        for (kind, log) in other.logs {
            let own = self.log(&kind);
            own.files += log.files;
            own.rows += log.rows;
            own.hours.extend(log.hours);
            own.from = own.from.into_iter().chain(log.from).min();
            own.until = own.until.max(log.until);
        }
        for (key, hours) in other.builds {
            let own = self.builds.entry(key).or_default();
            for (hour, (from, until)) in hours {
                let (first, last) = own.entry(hour).or_insert((from, until));
                *first = from.min(*first);
                *last = until.max(*last);
            }
        }
        for (hour, at) in other.outside {
            let own = self.outside.entry(hour).or_insert(at);
            *own = at.min(*own);
        }
        self.clocks.merge(other.clocks);
        self.mail.merge(other.mail);
        self.servers.extend(other.servers);
        self.fronts.extend(other.fronts);
        self.inventory.merge(other.inventory);
        self.unproven.merge(other.unproven);
        self.pages.extend(other.pages);
        self.compiled.extend(other.compiled);
        for (key, (count, cites)) in other.guesses {
            let own = self.guesses.entry(key).or_insert((0, cites));
            own.0 += count;
        }
        self.installed = self.installed.into_iter().chain(other.installed).min();
        for unread in other.unread {
            self.pass(&unread.file, unread.why);
        }
        self.more_unread += other.more_unread;
        self.more_traces += other.more_traces;
        self.files += other.files;
        self.octets += other.octets;
        self.rows += other.rows;
    }
}

impl Log {
    /// Notes that something was written at a time.
    pub(crate) fn saw(&mut self, at: Moment) {
        self.saw_hour(at.hour());
        self.from = Some(self.from.map_or(at, |from| from.min(at)));
        self.until = self.until.max(Some(at));
    }

    /// Notes that something was written in an hour.
    pub(crate) fn saw_hour(&mut self, hour: i64) {
        if self.hours.len() < HOURS_MAX {
            self.hours.insert(hour);
        }
    }
}

/// A server under one name: without its domain, in capitals.
pub(crate) fn server_name(name: &str) -> String {
    name.split('.')
        .next()
        .unwrap_or(name)
        .trim()
        .to_ascii_uppercase()
}
