//! The census of scout: how fast sightings are imported and hosts counted.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use scout::builds::Hole;
use scout::census::count::{By, Question, count};
use scout::census::import::{self, Options};
use scout::census::{Day, Store};

use crate::meter::Meter;
use crate::report::{Figure, Goal, Report, Sample};
use crate::workload::Common;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// Rows that are imported.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u32,
    /// Rows of the second import, in which the hosts of a world-wide report are counted.
    #[arg(long, default_value_t = 270_000)]
    hosts: u32,
}

/// Versions as front ends show them, with three parts, and some with four.
const VERSIONS: [&str; 8] = [
    "15.2.792",
    "15.1.2176",
    "15.0.1497",
    "15.1.2106.2",
    "15.2.721",
    "15.1.2242.4",
    "15.0.1395",
    "14.3.496",
];
const COUNTRIES: [&str; 8] = ["DE", "US", "GB", "IT", "AT", "FR", "NL", "CH"];
const SECTORS: [&str; 4] = [
    "Communications, Service Provider, and Hosting Service",
    "Government",
    "Education",
    "",
];

pub(crate) fn run(size: &Size, common: &Common) -> Result<Report> {
    let (rows, hosts) = if common.quick {
        (50_000, 20_000)
    } else {
        (size.rows, size.hosts)
    };
    let folder = tempfile::tempdir_in(&common.folder).context("a folder to write to")?;
    let (large, usual) = (
        folder.path().join("large.csv"),
        folder.path().join("usual.csv"),
    );
    fs::write(&large, shadowserver(rows)).context("cannot write rows to import")?;
    fs::write(&usual, shadowserver(hosts)).context("cannot write rows to import")?;
    let mut rounds = Vec::new();
    for round in 0..common.rounds {
        eprintln!("census: round {} of {}", round + 1, common.rounds);
        let mut sample = Sample::new();
        let store = folder.path().join(format!("large-{round}.db"));
        sample.insert("import_s".to_owned(), import(&large, &store, rows)?);
        fs::remove_file(&store)?;
        let store = folder.path().join(format!("usual-{round}.db"));
        sample.insert("usual_import_s".to_owned(), import(&usual, &store, hosts)?);
        sample.insert("count_s".to_owned(), count_hosts(&store, hosts)?);
        sample.insert(
            "octets".to_owned(),
            fs::metadata(&store)?.len() as f64 / f64::from(hosts),
        );
        rounds.push(sample);
    }
    Ok(Report {
        title: format!(
            "census: {rows} rows imported; {hosts} imported and counted; rounds: {}",
            common.rounds
        ),
        figures: vec![
            Figure::new(
                "import_s",
                &format!("importing {rows} rows, s"),
                Goal::AtMost(20.0),
            ),
            Figure::new(
                "usual_import_s",
                &format!("importing {hosts} rows, s"),
                Goal::AtMost(6.0),
            ),
            Figure::new(
                "count_s",
                &format!("counting {hosts} hosts by country and state, s"),
                Goal::AtMost(4.0),
            ),
            Figure::new("octets", "octets of the store per row", Goal::None),
        ],
        servers: vec![("scout".to_owned(), rounds)],
        notes: Vec::new(),
    })
}

fn import(from: &Path, store: &Path, rows: u32) -> Result<f64> {
    let meter = Meter::start();
    let mut store = Store::open(store)?;
    let imported = import::file(from, Options::default(), &mut store, &mut |_| {})?;
    drop(store);
    let cost = meter.stop();
    ensure!(
        imported.sightings == u64::from(rows),
        "only {} rows were imported",
        imported.sightings
    );
    Ok(cost.wall_s)
}

fn count_hosts(store: &Path, rows: u32) -> Result<f64> {
    let meter = Meter::start();
    let store = Store::open(store)?;
    let question = Question {
        date: Day::parse("2021-03-09").context("a date")?,
        window_days: 7,
        hole: Hole::ProxyLogon,
        by: vec![By::Country, By::State],
        only: Vec::new(),
    };
    let counted = count(&store, &question)?;
    let cost = meter.stop();
    ensure!(
        counted.hosts == u64::from(rows),
        "only {} hosts were counted",
        counted.hosts
    );
    Ok(cost.wall_s)
}

/// A report as Shadowserver makes it, each row another host.
fn shadowserver(rows: u32) -> String {
    let mut text = String::from(
        "\"timestamp\",\"severity\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\",\"asn\",\"geo\",\"region\",\"city\",\"naics\",\"hostname_source\",\"sector\",\"version\",\"servername\",\"url\"\n",
    );
    for row in 0..rows {
        // An odd factor visits each address once, far from the one before, as reports do.
        let address = std::net::Ipv4Addr::from(row.wrapping_mul(2_654_435_761));
        let pick = |from: &[&'static str]| from[row as usize % from.len()];
        let _ = writeln!(
            text,
            "\"2021-03-09 00:{:02}:{:02}\",\"critical\",\"{address}\",\"tcp\",443,\"mail{row}.example.org\",\"exchange;cve-2021-26855\",{},\"{}\",\"REGION\",\"CITY\",517311,\"ptr\",\"{}\",\"{}\",\"EX{}\",",
            row / 60 % 60,
            row % 60,
            row % 60_000 + 1,
            pick(&COUNTRIES),
            pick(&SECTORS),
            pick(&VERSIONS),
            row % 5_000,
        );
    }
    text
}
