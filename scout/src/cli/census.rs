//! `scout census`: who runs what.

mod look;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use scout::builds::Hole;
use scout::census::count::{By, Filter, Question, WINDOW_DAYS, count, list, trend};
use scout::census::import::{self, Format, Options};
use scout::census::{Day, Store, chart, compare, facts, show as shown};

use super::lock_in::lock_in;
use super::show;
use crate::problem::Problem;

#[derive(Debug, Subcommand)]
#[command(after_help = "A census from what others saw:\n  \
    scout census import seen.csv shodan.json.gz         1. read it into census.db\n  \
    scout census show --by state --where country=DE     2. count\n  \
    scout census show --by as,sector                    3. in which networks and sectors\n  \
    scout census trend --by state                       4. on each day\n  \
    scout census compare 2026-11-01 --by state          5. what became of each host since\n  \
    scout census report --out census.html               6. all of it, with charts\n\n\
    Nothing is asked of any server, but by `look`, and only where a signed mandate allows it.")]
pub(crate) enum Census {
    /// Read what others saw: Shadowserver, Shodan, Censys, nmap, zgrab2, plain lists; also packed with gzip.
    Import(Import),
    /// Count hosts by product, release, version, patch state, country, network or sector.
    Show(Show),
    /// Count on each day that something was seen.
    Trend(Trend),
    /// Say what became of each host between two dates.
    Compare(Compare),
    /// List the hosts one by one.
    Hosts(Hosts),
    /// Write everything into one HTML file with charts.
    Report(Report),
    /// Show what was imported.
    Imports(Imports),
    /// Show figures that others published, with their sources.
    Facts(Facts),
    /// Look at servers oneself, where a signed mandate allows it.
    Look(look::Look),
    /// Mandates: make keys, sign, check.
    #[command(subcommand)]
    Mandate(look::MandateCommand),
}

impl Census {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        match self {
            Self::Import(import) => import.run(),
            Self::Show(show) => show.run(),
            Self::Trend(trend) => trend.run(),
            Self::Compare(compare) => compare.run(),
            Self::Hosts(hosts) => hosts.run(),
            Self::Report(report) => report.run(),
            Self::Imports(imports) => imports.run(),
            Self::Facts(facts) => facts.run(),
            Self::Look(look) => look.run(),
            Self::Mandate(mandate) => mandate.run(),
        }
    }
}

/// Where the census is kept.
#[derive(Debug, Args)]
struct Place {
    /// The file of the census.
    #[arg(long, value_name = "FILE", default_value = "census.db")]
    store: PathBuf,
}

impl Place {
    fn open(&self) -> Result<Store, Problem> {
        Store::open(&self.store).map_err(|error| Problem::file("open", &self.store, &error))
    }

    /// To count in: an empty store that was made by mistake would only confuse.
    fn open_existing(&self) -> Result<Store, Problem> {
        if !self.store.exists() {
            return Err(Problem::failed(format!(
                "there is no census in `{}` yet; make one with `scout census import`",
                self.store.display()
            )));
        }
        self.open()
    }
}

/// What is asked.
#[derive(Debug, Args)]
struct Asked {
    #[command(flatten)]
    place: Place,
    /// The date; the last one that is there, if nothing is said.
    #[arg(long, value_name = "DATE")]
    date: Option<Day>,
    /// How many days up to the date belong to it: sources do not see every host every day.
    #[arg(long, value_name = "DAYS", default_value_t = WINDOW_DAYS)]
    window: u16,
    /// For which hole patch states are told.
    #[arg(long, default_value = "proxylogon")]
    hole: Hole,
    /// Only hosts of which this holds, such as `country=DE` or `state=vulnerable`; may be given more than once.
    #[arg(long = "where", value_name = "WHAT=VALUE")]
    only: Vec<Filter>,
}

impl Asked {
    fn question(&self, store: &Store, by: Vec<By>) -> Result<Question, Problem> {
        let last = store.last_day().map_err(failed)?;
        let date = self.date.or(last).ok_or_else(|| {
            Problem::failed(
                "the census is empty; read something into it with `scout census import`",
            )
        })?;
        Ok(Question {
            date,
            window_days: self.window,
            hole: self.hole,
            by,
            only: self.only.clone(),
        })
    }
}

/// How to answer.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Form {
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
    /// Answer in CSV, for spreadsheets.
    #[arg(long)]
    csv: bool,
    /// Write a chart into a file instead.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Form {
    /// Answers in the form that was asked for; says whether it was one other than a table.
    fn answer(
        &self,
        value: &impl serde::Serialize,
        (head, rows): &(Vec<&str>, Vec<Vec<String>>),
        chart: impl FnOnce() -> String,
    ) -> Result<(), Problem> {
        if self.json {
            show::json(value);
        } else if self.csv {
            show::text(&shown::csv(head, rows));
        } else if let Some(path) = &self.svg {
            write(path, &chart::standalone(&chart()))?;
        } else {
            show::text(&shown::table(head, rows));
        }
        Ok(())
    }

    const fn is_table(&self) -> bool {
        !self.json && !self.csv && self.svg.is_none()
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Plain lists have an address in each line, and what is known of it:\n  \
    192.0.2.7\n  192.0.2.8:443 15.1.2507.6 DE mail.example.org\n  [2001:db8::1]:25 Postfix\n\
    Lists and files without times need `--date`.\n\n\
    While it reads, the process can write nothing but the census, start no program and reach no network."
)]
pub(crate) struct Import {
    /// What to read.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// What it is; told from how it begins, if nothing is said.
    #[arg(long)]
    format: Option<Format>,
    /// When it was seen, instead of what its rows say.
    #[arg(long, value_name = "DATE")]
    date: Option<Day>,
    /// Refuse to read where the kernel cannot lock the process in.
    #[arg(long)]
    require_lock: bool,
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Import {
    fn run(self) -> Result<ExitCode, Problem> {
        let folder = match self.place.store.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let files: Vec<&Path> = self.files.iter().map(PathBuf::as_path).collect();
        lock_in(&files, Some(folder), self.require_lock)?;
        let mut store = self.place.open()?;
        let options = Options {
            format: self.format,
            date: self.date,
        };
        let mut all = Vec::new();
        for path in &self.files {
            let mut progress = |sightings: u64| {
                if !self.json && sightings.is_multiple_of(500_000) {
                    show::note(&format!("{}: {sightings} sightings so far", path.display()));
                }
            };
            let imported = import::file(path, options, &mut store, &mut progress)
                .map_err(|error| Problem::file("import", path, &error))?;
            if !self.json {
                show::line(&format!(
                    "{}: {} sightings; passed over: {} unreadable, {} too long, {} not of mail",
                    path.display(),
                    imported.sightings,
                    imported.unreadable,
                    imported.too_long,
                    imported.other
                ));
            }
            all.push(imported);
        }
        if self.json {
            show::json(&all);
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    asked: Asked,
    /// By what hosts are told apart; several with commas.
    #[arg(long, value_delimiter = ',', default_value = "state")]
    by: Vec<By>,
    #[command(flatten)]
    form: Form,
}

impl Show {
    fn run(self) -> Result<ExitCode, Problem> {
        let store = self.asked.place.open_existing()?;
        let question = self.asked.question(&store, self.by)?;
        let counted = count(&store, &question).map_err(failed)?;
        if self.form.is_table() {
            show::line(&format!(
                "{} hosts at {} addresses, {} to {}; states for {}",
                counted.hosts,
                counted.addresses,
                counted.from,
                counted.date,
                counted.hole.name()
            ));
        }
        let table = shown::counted(&counted);
        let chart = || shown::counted_chart(&counted);
        self.form.answer(&counted, &table, chart)?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Trend {
    #[command(flatten)]
    asked: Asked,
    /// By what hosts are told apart; several with commas.
    #[arg(long, value_delimiter = ',', default_value = "state")]
    by: Vec<By>,
    /// Only every so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 1)]
    every: u16,
    #[command(flatten)]
    form: Form,
}

impl Trend {
    fn run(self) -> Result<ExitCode, Problem> {
        let store = self.asked.place.open_existing()?;
        let question = self.asked.question(&store, self.by)?;
        let mut dates: Vec<Day> = Vec::new();
        for day in store.days().map_err(failed)? {
            let far = dates
                .last()
                .is_none_or(|last| day.0 - last.0 >= i32::from(self.every));
            if far && day <= question.date {
                dates.push(day);
            }
        }
        let counted = trend(&store, &question, &dates).map_err(failed)?;
        let table = shown::trended(&counted);
        let chart = || shown::trended_chart(&counted);
        self.form.answer(&counted, &table, chart)?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The earlier date; `--date` says the later one.
    #[arg(value_name = "DATE")]
    before: Day,
    #[command(flatten)]
    asked: Asked,
    /// In what respect.
    #[arg(long, default_value = "state")]
    by: By,
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
    /// Answer in CSV, for spreadsheets: what became of each host.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Compare {
    fn run(self) -> Result<ExitCode, Problem> {
        let store = self.asked.place.open_existing()?;
        let question = self.asked.question(&store, vec![self.by])?;
        let comparison = compare::compare(&store, &question, self.before).map_err(failed)?;
        let (flow_head, flow_rows) = shown::flows(&comparison);
        if self.json {
            show::json(&comparison);
        } else if self.csv {
            show::text(&shown::csv(&flow_head, &flow_rows));
        } else {
            show::line(&format!(
                "{} hosts on {}, {} on {}; states for {}\n",
                comparison.hosts_before,
                comparison.before,
                comparison.hosts_after,
                comparison.after,
                question.hole.name()
            ));
            let (head, rows) = shown::compared(&comparison);
            show::text(&shown::table(&head, &rows));
            show::line("\nWhat became of each host:\n");
            show::text(&shown::table(&flow_head, &flow_rows));
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Hosts {
    #[command(flatten)]
    asked: Asked,
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
    /// Answer in CSV, for spreadsheets.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Hosts {
    fn run(self) -> Result<ExitCode, Problem> {
        const HEAD: [&str; 10] = [
            "address", "port", "seen", "product", "version", "state", "country", "AS", "sector",
            "names",
        ];
        let store = self.asked.place.open_existing()?;
        let question = self.asked.question(&store, Vec::new())?;
        let rows = list(&store, &question).map_err(failed)?;
        if self.json {
            let objects: Vec<serde_json::Map<String, serde_json::Value>> = rows
                .into_iter()
                .map(|row| {
                    HEAD.into_iter()
                        .map(str::to_owned)
                        .zip(row.map(Into::into))
                        .collect()
                })
                .collect();
            show::json(&objects);
            return Ok(ExitCode::SUCCESS);
        }
        let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
        let text = if self.csv {
            shown::csv(&HEAD, &rows)
        } else {
            shown::table(&HEAD, &rows)
        };
        show::text(&text);
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    asked: Asked,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Report {
    fn run(self) -> Result<ExitCode, Problem> {
        let store = self.asked.place.open_existing()?;
        let question = self.asked.question(&store, Vec::new())?;
        let page = shown::report(&store, &question).map_err(failed)?;
        write(&self.out, &page)?;
        show::line(&format!(
            "the census of {} is in `{}`",
            question.date,
            self.out.display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Imports {
    #[command(flatten)]
    place: Place,
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Imports {
    fn run(self) -> Result<ExitCode, Problem> {
        let imports = self.place.open_existing()?.imports().map_err(failed)?;
        if self.json {
            show::json(&imports);
            return Ok(ExitCode::SUCCESS);
        }
        let day = |day: Option<Day>| day.map_or_else(String::new, |day| day.to_string());
        let rows: Vec<_> = imports
            .into_iter()
            .map(|row| {
                let (first, last) = (day(row.first_day), day(row.last_day));
                vec![row.source, row.name, row.sightings.to_string(), first, last]
            })
            .collect();
        show::text(&shown::table(
            &["format", "file", "sightings", "first", "last"],
            &rows,
        ));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Facts {
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Facts {
    fn run(self) -> Result<ExitCode, Problem> {
        let facts = facts::facts();
        if self.json {
            show::json(&facts);
            return Ok(ExitCode::SUCCESS);
        }
        let rows: Vec<Vec<String>> = facts
            .iter()
            .map(|fact| {
                let metric = fact.metric.replace('_', " ");
                let texts = [
                    fact.date,
                    fact.region,
                    &metric,
                    &fact.figure(),
                    fact.unit,
                    fact.source,
                ];
                texts.map(str::to_owned).to_vec()
            })
            .collect();
        show::text(&shown::table(
            &["date", "where", "what", "figure", "of", "source"],
            &rows,
        ));
        Ok(ExitCode::SUCCESS)
    }
}

fn write(path: &PathBuf, text: &str) -> Result<(), Problem> {
    std::fs::write(path, text).map_err(|error| Problem::file("write", path, &error))
}

fn failed(error: impl std::fmt::Display) -> Problem {
    Problem::failed(error.to_string())
}
