//! `scout census look` and `scout census mandate`: looking at servers oneself, and who allows it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use evidence::Moment;
use scout::census::look::{Looked, TARGETS_MAX, Target, look};
use scout::census::mandate::{MANDATE_OCTETS_MAX, Mandate};
use scout::census::show as shown;
use seal::{KeyName, Note, SigningKey, VerifierKey};

use super::{Place, failed};
use crate::cli::show;
use crate::problem::Problem;

/// Octets of a list of targets, or of keys.
const LIST_OCTETS_MAX: u64 = 64 << 20;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    scout census look --mandate mandate.txt --trust keys.txt 192.0.2.7 smtp://192.0.2.8\n\n\
    What is sent is what a browser or a mail server would send: the page where people sign in, the manifest of a download, or only a\n\
    good-bye after the greeting. Nothing tries a hole. Every address must be in the mandate, or nothing is sent at all.")]
pub(crate) struct Look {
    /// Addresses: `192.0.2.7`, `192.0.2.7:444`, `smtp://192.0.2.7`, `imap://[2001:db8::1]`.
    #[arg(value_name = "ADDRESS")]
    targets: Vec<Target>,
    /// A file with an address in each line, and after a blank the name to ask for.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// The signed mandate.
    #[arg(long, value_name = "FILE")]
    mandate: PathBuf,
    /// A file with the keys whose mandates are trusted, one in each line.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Answer in JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Look {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        let now = now();
        let mandate = open(&self.mandate, &self.trust, now)?;
        let mut targets = self.targets;
        if let Some(list) = &self.list {
            for line in read(list)?.lines().map(str::trim) {
                if !line.is_empty() && !line.starts_with('#') {
                    targets.push(line.parse().map_err(Problem::failed)?);
                }
            }
        }
        if targets.is_empty() || targets.len() > TARGETS_MAX {
            return Err(Problem::failed("give between one and a million addresses"));
        }
        let mut all: Vec<Looked> = Vec::new();
        look(&targets, &mandate, &mut std::thread::sleep, &mut |looked| {
            all.push(looked)
        })
        .map_err(failed)?;
        let mut store = self.place.open()?;
        let mut import = store.import("look", &mandate.by).map_err(failed)?;
        for sighting in all.iter().filter_map(|looked| looked.sighting(now)) {
            import.add(&sighting).map_err(failed)?;
        }
        import.finish().map_err(failed)?;
        if self.json {
            show::json(&all);
        } else {
            let rows: Vec<Vec<String>> = all
                .into_iter()
                .map(|looked| {
                    let failed = looked.failed.unwrap_or_default();
                    vec![
                        looked.target.to_string(),
                        looked.product,
                        looked.version,
                        failed,
                    ]
                })
                .collect();
            show::text(&shown::table(
                &["address", "product", "version", "problem"],
                &rows,
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum MandateCommand {
    /// Make a key that signs mandates; prints the public half, which those who look have to trust.
    Key(Key),
    /// Sign a mandate.
    Sign(Sign),
    /// Say whether a mandate holds today, and for what.
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Key {
    /// Whose key it is, as a name without blanks: `stadtwerke.example/mandate`.
    #[arg(value_name = "NAME")]
    name: String,
    /// The file for the secret half; it must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "A mandate is a text such as:\n  \
    scout mandate 1\n  by: Stadtwerke Musterstadt, information security officer\n  for: CERT of the state\n  \
    range: 192.0.2.0/24\n  range: 2001:db8:7::/48\n  until: 2026-12-31\n  rate: 2\n\n\
    `rate` is requests in a second; 1 if nothing is said, 10 at most.")]
pub(crate) struct Sign {
    /// The text of the mandate.
    #[arg(value_name = "FILE")]
    text: PathBuf,
    /// The file with the secret key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The signed mandate.
    #[arg(value_name = "FILE")]
    mandate: PathBuf,
    /// A file with the keys whose mandates are trusted, one in each line.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
}

impl MandateCommand {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        match self {
            Self::Key(key) => key.run(),
            Self::Sign(sign) => sign.run(),
            Self::Check(check) => check.run(),
        }
    }
}

impl Key {
    fn run(self) -> Result<ExitCode, Problem> {
        let name: KeyName = self.name.parse().map_err(failed)?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(failed)?;
        let key = SigningKey::from_seed(name, &seed);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = options
            .open(&self.out)
            .and_then(|mut file| writeln!(file, "{}", key.to_secret_text().as_str()));
        written.map_err(|error| Problem::file("write", &self.out, &error))?;
        show::line(&key.verifier().to_string());
        Ok(ExitCode::SUCCESS)
    }
}

impl Sign {
    fn run(self) -> Result<ExitCode, Problem> {
        let text = read(&self.text)?;
        // What would be refused later is not signed at all.
        Mandate::read(&text).map_err(failed)?;
        let key = SigningKey::from_secret_text(&read(&self.key)?).map_err(failed)?;
        let mut note = Note::new(text.trim_end().to_owned() + "\n").map_err(failed)?;
        note.sign(&key).map_err(failed)?;
        show::text(&note.to_string());
        Ok(ExitCode::SUCCESS)
    }
}

impl Check {
    fn run(self) -> Result<ExitCode, Problem> {
        let mandate = open(&self.mandate, &self.trust, now())?;
        show::line(&format!(
            "{} allows {} to look at {} ranges until {}, {} requests in a second at most",
            scout::report::escape::plain(&mandate.by),
            scout::report::escape::plain(&mandate.to),
            mandate.ranges.len(),
            mandate.until,
            mandate.rate
        ));
        Ok(ExitCode::SUCCESS)
    }
}

fn open(mandate: &Path, trust: &Path, now: Moment) -> Result<Mandate, Problem> {
    let mut trusted = Vec::new();
    for line in read(trust)?.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            let key: VerifierKey = line
                .parse()
                .map_err(|error| Problem::file("read a key in", trust, &error))?;
            trusted.push(key);
        }
    }
    let octets = read(mandate)?;
    if octets.len() > MANDATE_OCTETS_MAX {
        return Err(Problem::failed("a mandate has no more than 64 KiB"));
    }
    Mandate::open(octets.as_bytes(), &trusted, now).map_err(failed)
}

fn read(path: &Path) -> Result<String, Problem> {
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(LIST_OCTETS_MAX).read_to_string(&mut text))
        .map_err(|error| Problem::file("read", path, &error))?;
    Ok(text)
}

fn now() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
