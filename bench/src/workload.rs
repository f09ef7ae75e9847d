//! A workload: the same work for each server in turn, A B A B, as often as there are rounds.

pub(crate) mod calendar;

pub(crate) mod delivery;

pub(crate) mod idle;

pub(crate) mod jmap;

pub(crate) mod mailbox;

pub(crate) mod queue;

pub(crate) mod reception;

pub(crate) mod relay;

pub(crate) mod sieve;

mod traffic;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::meter;
use crate::report::{Figure, Goal, Report, Sample};
use crate::server::{self, Kind, Plan, Site, Transport};

/// What all workloads need to know.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// Which servers, side by side; goals are compared for the first, ratios are to the second.
    /// `wachpost,dovecot`, or what else does the same work, if nothing is said.
    #[arg(long, value_delimiter = ',', global = true)]
    server: Vec<Kind>,
    /// How often each is measured, in turns; the medians count.
    #[arg(long, default_value_t = 3, global = true)]
    pub(crate) rounds: usize,
    /// Prints JSON instead of tables.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Small sizes and one round, done in less than two minutes: shows that it works, not how fast it is.
    #[arg(long, global = true)]
    pub(crate) quick: bool,
    /// The program of Wachpost; by default the one that was built with this.
    #[arg(long, value_name = "PATH", global = true)]
    wachpost: Option<PathBuf>,
    /// Where to write; new folders in it are used and removed.
    #[arg(long, default_value = "target", global = true)]
    pub(crate) folder: PathBuf,
}

impl Common {
    /// As it is, or one round where it shall be quick.
    pub(crate) fn settled(mut self) -> Self {
        if self.quick {
            self.rounds = 1;
        }
        self
    }

    fn wachpost(&self) -> Result<PathBuf> {
        if let Some(path) = &self.wachpost {
            return Ok(path.clone());
        }
        // `cargo xtask bench` says which it built.
        if let Some(path) = std::env::var_os("WACHPOST_PROGRAM") {
            return Ok(path.into());
        }
        let own = std::env::current_exe().context("where this program is")?;
        Ok(own.with_file_name("wachpost"))
    }
}

/// What tells workloads apart.
pub(crate) trait Workload {
    /// What it keeps of a server between rounds.
    type Prepared;

    fn title(&self) -> String;

    fn figures(&self) -> Vec<Figure>;

    /// Accounts that it needs.
    fn users(&self) -> Vec<String>;

    /// The servers that are measured if nothing is said.
    fn peers(&self) -> Vec<Kind> {
        vec![Kind::Wachpost, Kind::DOVECOT]
    }

    /// Before the first round.
    fn prepare(&self, place: &Place<'_>) -> Result<Self::Prepared>;

    /// One round with one server.
    fn round(&self, place: &Place<'_>, prepared: &mut Self::Prepared) -> Result<Sample>;
}

/// Where a server is set up.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    kind: Kind,
    folder: &'a Path,
    wachpost: &'a Path,
    users: &'a [String],
}

impl Place<'_> {
    /// A new server without any mail.
    pub(crate) fn set_up(&self) -> Result<Site> {
        self.plan(None)
    }

    /// The same, which also takes mail by SMTP and sends it on.
    pub(crate) fn set_up_with(&self, transport: &Transport) -> Result<Site> {
        self.plan(Some(transport))
    }

    fn plan(&self, transport: Option<&Transport>) -> Result<Site> {
        Site::set_up(&Plan {
            kind: self.kind,
            folder: self.folder,
            users: self.users,
            wachpost: self.wachpost,
            transport,
        })
    }
}

/// Does the work; a server that is not there is left out and a note says so.
pub(crate) fn run<W: Workload>(workload: &W, common: &Common) -> Result<Report> {
    let wachpost = common.wachpost()?;
    let users = workload.users();
    let mut figures = workload.figures();
    figures.push(Figure::new(
        SYNC,
        "the disk: one fdatasync just before, ms",
        Goal::None,
    ));
    let mut report = Report {
        title: format!("{}; rounds: {}", workload.title(), common.rounds),
        figures,
        servers: Vec::new(),
        notes: Vec::new(),
    };
    server::remove_leftovers(&common.folder)?;
    let mut places = Vec::new();
    let servers = if common.server.is_empty() {
        workload.peers()
    } else {
        common.server.clone()
    };
    for kind in servers {
        if let Some(why) = server::missing(kind, &wachpost) {
            report.notes.push(format!("without {kind}: {why}"));
            continue;
        }
        eprintln!("{}: {kind}: set up", workload.title());
        let place = Place {
            kind,
            folder: &common.folder,
            wachpost: &wachpost,
            users: &users,
        };
        let prepared = workload
            .prepare(&place)
            .with_context(|| format!("{kind}"))?;
        places.push((place, prepared));
        report.servers.push((kind.to_string(), Vec::new()));
    }
    ensure!(
        !places.is_empty(),
        "no server to measure: {}",
        report.notes.join("; ")
    );
    for round in 1..=common.rounds {
        for ((place, prepared), (name, rounds)) in places.iter_mut().zip(&mut report.servers) {
            eprintln!(
                "{}: {name}: round {round} of {}",
                workload.title(),
                common.rounds
            );
            let sync_ms = meter::sync_ms(&common.folder)?;
            let mut sample = workload
                .round(place, prepared)
                .with_context(|| name.clone())?;
            sample.insert(SYNC.to_owned(), sync_ms);
            rounds.push(sample);
        }
    }
    Ok(report)
}

/// How fast the disk was: rates of a server that syncs cannot be read without it.
const SYNC: &str = "sync_ms";
