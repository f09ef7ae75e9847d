//! `scout assess`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use evidence::Moment;
use scout::assess::{Options, Progress, assess};
use scout::assessment::{Assessment, Verdict};
use scout::baseline::rules::Rules;
use scout::baseline::{Baselines, List};
use scout::report;

use super::lock_in::lock_in;
use crate::problem::Problem;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    scout assess evidence/                  the answer, on the screen\n  \
    scout assess evidence/ --out report/    and as files: report.html and others\n  \
    scout assess evidence/ --json           for programs\n\n\
    Into the folder belongs what `scout collect` lists: logs, event logs, lists of files, pages and exports, as they lie or packed \
    (gz, zip). A disk image will do, too: mount it read-only and give its root. Nothing is changed there. While scout reads, it \
    can write nothing but its report, start no program and reach no network.\n\n\
    With --out: report.html and report.txt for people, report.json for programs, stix.json (STIX 2.1) and indicators.csv for \
    others to look for, collect-next.txt for what is missing.\n\n\
    Exit codes: 0 no trace within what the logs cover, 3 compromised, 4 attempted, 5 cannot know; 1 failed, 2 wrong command line.")]
pub(crate) struct Assess {
    /// The folder with what was collected, a zip of it, or where a disk image is mounted read-only.
    #[arg(value_name = "FOLDER")]
    evidence: PathBuf,
    /// A folder for the reports; made if it is not there.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
    /// YARA rules, tried on pages and on other files of at most 4 MiB.
    #[arg(long, value_name = "FILE")]
    yara: Vec<PathBuf>,
    /// Lists of a newer build's files, made by `scout baseline create`.
    #[arg(long, value_name = "FILE")]
    baseline: Vec<PathBuf>,
    /// Files that are read at the same time; as many as there are processors by default.
    #[arg(long, value_name = "COUNT")]
    workers: Option<usize>,
    /// Refuse to read where the kernel cannot lock the process in.
    #[arg(long)]
    require_lock: bool,
}

impl Assess {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        let folder = fs::canonicalize(&self.evidence)
            .map_err(|error| Problem::file("read", &self.evidence, &error))?;
        if let Some(out) = &self.out {
            fs::create_dir_all(out)
                .map_err(|error| Problem::file("make the folder", out, &error))?;
        }
        let workers = self
            .workers
            .or_else(|| thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
            .clamp(1, 64);
        let rules = self.rules()?;
        let baselines = self.baselines()?;
        let line = ProgressLine::new();
        lock_in(&[&folder], self.out.as_deref(), self.require_lock)?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            });
        let options = Options {
            folder: &folder,
            rules: rules.as_ref(),
            baselines: baselines.as_ref(),
            workers,
            now: Moment(now),
        };
        let assessment = assess(&options, &|progress| line.show(progress))
            .map_err(|error| Problem::file("read", &folder, &error))?;
        line.end();
        if let Some(out) = &self.out {
            write_reports(&assessment, out)?;
            let page = out.join("report.html");
            // Whoever closed standard error does not want to know.
            let _ = writeln!(io::stderr(), "the report is in `{}`", page.display());
        }
        let answer = if self.json {
            report::json(&assessment)
        } else {
            report::text(&assessment)
        };
        io::stdout()
            .write_all(answer.as_bytes())
            .map_err(|error| Problem::failed(format!("cannot write the answer: {error}")))?;
        Ok(code(assessment.verdict))
    }
}

/// Octets of a file of rules or of a list.
const BROUGHT_OCTETS_MAX: u64 = 64 * MEBIBYTE;

/// Reads a text that whoever examines the server brings.
fn brought(path: &Path) -> Result<String, Problem> {
    let octets = fs::metadata(path)
        .map_err(|error| Problem::file("read", path, &error))?
        .len();
    if octets > BROUGHT_OCTETS_MAX {
        return Err(Problem::file("read", path, &"it is too large"));
    }
    fs::read_to_string(path).map_err(|error| Problem::file("read", path, &error))
}

impl Assess {
    /// The rules, compiled before the process is locked in.
    fn rules(&self) -> Result<Option<Rules>, Problem> {
        if self.yara.is_empty() {
            return Ok(None);
        }
        let texts = self
            .yara
            .iter()
            .map(|path| Ok((path.display().to_string(), brought(path)?)));
        let texts: Vec<_> = texts.collect::<Result<_, Problem>>()?;
        let rules = Rules::compile(&texts);
        rules
            .map(Some)
            .map_err(|error| Problem::failed(error.to_string()))
    }

    /// The lists that are compiled in, and those that are brought.
    fn baselines(&self) -> Result<Option<Baselines>, Problem> {
        if self.baseline.is_empty() {
            return Ok(None);
        }
        let mut baselines = Baselines::embedded();
        for path in &self.baseline {
            let list =
                List::read(&brought(path)?).map_err(|error| Problem::file("read", path, &error))?;
            baselines.add(&[list]);
        }
        Ok(Some(baselines))
    }
}

fn code(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::NoTrace => ExitCode::SUCCESS,
        Verdict::Compromised => ExitCode::from(3),
        Verdict::Attempted => ExitCode::from(4),
        Verdict::CannotKnow => ExitCode::from(5),
    }
}

fn write_reports(assessment: &Assessment, out: &Path) -> Result<(), Problem> {
    let reports: [(&str, String); 6] = [
        ("report.txt", report::text(assessment)),
        ("report.html", report::html(assessment)),
        ("report.json", report::json(assessment)),
        ("stix.json", report::stix(assessment)),
        ("indicators.csv", report::indicators_csv(assessment)),
        ("collect-next.txt", report::collect_next(assessment)),
    ];
    for (name, text) in reports {
        let path = out.join(name);
        fs::write(&path, text).map_err(|error| Problem::file("write", &path, &error))?;
    }
    Ok(())
}

/// How often a terminal is written to.
const TERMINAL_PAUSE: Duration = Duration::from_millis(200);
/// How often anything else is.
const FILE_PAUSE: Duration = Duration::from_secs(10);
/// Octets of a mebibyte.
const MEBIBYTE: u64 = 1_048_576;

/// Progress on standard error.
#[derive(Debug)]
struct ProgressLine {
    shown_at: Mutex<Instant>,
    is_terminal: bool,
    pause: Duration,
}

impl ProgressLine {
    fn new() -> Self {
        let is_terminal = io::stderr().is_terminal();
        let pause = if is_terminal {
            TERMINAL_PAUSE
        } else {
            FILE_PAUSE
        };
        Self {
            shown_at: Mutex::new(Instant::now()),
            is_terminal,
            pause,
        }
    }

    fn show(&self, progress: Progress) {
        let Ok(mut shown_at) = self.shown_at.try_lock() else {
            return;
        };
        if shown_at.elapsed() < self.pause {
            return;
        }
        *shown_at = Instant::now();
        let (done, total) = (progress.done / MEBIBYTE, progress.total / MEBIBYTE);
        // Nobody may be reading, which is no fault of the work.
        let _ = if self.is_terminal {
            write!(io::stderr(), "\r\x1b[Kread {done} of {total} MiB")
        } else {
            writeln!(io::stderr(), "read {done} of {total} MiB")
        };
    }

    fn end(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
