//! `wachpost verify`.
//!
//! Always reads the folder itself, in a process of its own: a server that was tampered with is not asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use admin::Progress;
use clap::Args;
use seal::{Checkpoint, Note, VerifierKey};
use serde_json::{Value, json};
use store_local::{Extent, Finding, Kept, Verify as Asked, VerifyReport};

use super::context::Context;
use crate::notary::{self, Notary, mark};
use crate::problem::{Exit, Problem};
use crate::progress::ProgressLine;
use crate::{show, witness};

/// Octets of a file with a key or a checkpoint.
const FILE_OCTETS_MAX: u64 = 256 * 1024;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost verify                                   everything\n  \
    wachpost verify --since-last                      what is new, in a moment: for every hour\n  \
    wachpost verify --checkpoint kept.txt             also against a checkpoint kept elsewhere\n  \
    wachpost verify --print-key > notary.pub          for use on another machine:\n  \
    wachpost verify --backup /mnt/backup --key notary.pub\n\n\
    Checks the chain of each account, the tree against the checkpoints that the notary signed, that it remembers, that\n\
    witnesses cosigned and that are named here, every message's bytes, and the state against one that is made anew\n\
    from the journal. Changes nothing in the data folder; the server may run, and goes on working.\n\n\
    Ends with 0 if everything is as it should be, 3 if something was found, 1 if the folder cannot be read, 75 if it\n\
    cannot be at the moment (such as no room for the second state), 78 if the configuration or the key is wrong.")]
pub(crate) struct Verify {
    /// Only what came since the last time that everything was as it should be, and who may do what. Finds no change to
    /// older messages, and none to mail in the state: verify everything now and then, too.
    #[arg(long, conflicts_with_all = ["only_journal", "backup"])]
    since_last: bool,
    /// Only chain, tree and signatures: no messages, no state.
    #[arg(long, conflicts_with = "backup")]
    only_journal: bool,
    /// Verify a backup instead of the data folder; needs no configuration.
    #[arg(long, value_name = "FOLDER")]
    backup: Option<PathBuf>,
    /// The notary's public key, or a file with it; for backups.
    #[arg(long, value_name = "KEY", requires = "backup")]
    key: Option<String>,
    /// A checkpoint that was kept elsewhere; the journal must be what it was signed over, or have grown out of it.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// Where it is remembered how far everything was as it should be; beside the notary's memory by default.
    #[arg(long, value_name = "FILE", conflicts_with = "backup")]
    mark: Option<PathBuf>,
    /// An empty folder with room for a second state; by default one in the data folder, or among the temporary files for a
    /// backup, which is removed afterwards.
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Print the notary's public key, and do nothing else.
    #[arg(
        long,
        conflicts_with_all = ["since_last", "only_journal", "backup", "key", "checkpoint", "mark", "scratch"]
    )]
    print_key: bool,
}

impl Verify {
    pub(crate) fn run(self, context: &mut Context) -> Result<ExitCode, Problem> {
        if self.print_key {
            let key = Notary::load(&context.config()?.notary_key)?.verifier();
            context.show(&json!({ "key": key.to_string() }), |_| {
                show::line(&key.to_string());
            });
            return Ok(ExitCode::SUCCESS);
        }
        let outcome = match &self.backup {
            Some(folder) => self.backup(folder)?,
            None => self.data_folder(context)?,
        };
        outcome.show(context);
        Ok(if outcome.is_clean() {
            ExitCode::SUCCESS
        } else {
            Exit::Findings.into()
        })
    }

    fn data_folder(&self, context: &mut Context) -> Result<Outcome, Problem> {
        let config = context.config()?;
        let notary = Notary::load(&config.notary_key)?;
        let key = notary.verifier();
        let mut outcome = Outcome::default();
        // First of all: what is signed after this may be over entries that come later than those looked at.
        let mut kept = Vec::new();
        match notary::signed_last(config, &key) {
            Ok(last) => kept.extend(last.map(|checkpoint| Kept {
                size: checkpoint.size(),
                root: checkpoint.root(),
                by: "the notary".to_owned(),
            })),
            Err(why) => outcome
                .faults
                .push(format!("the notary's memory cannot be used: {why}")),
        }
        let known = witness::known(config, &key, &self.checkpoint)?;
        kept.extend(known.kept);
        outcome.faults.extend(known.faults);
        let path = self.mark.clone().unwrap_or_else(|| mark::path_of(config));
        let extent = match () {
            () if self.only_journal => Extent::Journal,
            () if self.since_last => match mark::read(&path, &key) {
                Ok(Some(verified)) => Extent::Since(verified),
                Ok(None) => {
                    let note = "nothing was verified before, so everything is";
                    outcome.notes.push(note.to_owned());
                    Extent::Everything
                }
                Err(why) => {
                    let shown = path.display();
                    outcome.notes.push(format!(
                        "`{shown}` does not say how far was verified before ({why}), so everything is"
                    ));
                    Extent::Everything
                }
            },
            () => Extent::Everything,
        };
        let own = config.data.join(format!("verify-{}", std::process::id()));
        let asked = Asked {
            data: &config.data,
            scratch: self.scratch.as_deref().unwrap_or(&own),
            key: Some(&key),
            kept,
            extent,
        };
        outcome.report = run(&asked, self.scratch.is_none())?;
        outcome.extent = Some(extent);
        if outcome.is_clean()
            && let Some(upto) = &outcome.report.upto
            && let Err(problem) = notary.write_mark(upto, &path)
        {
            outcome
                .notes
                .push(format!("how far was verified is not remembered: {problem}"));
        }
        Ok(outcome)
    }

    fn backup(&self, folder: &Path) -> Result<Outcome, Problem> {
        let key = self.key.as_deref().map(read_key).transpose()?;
        let mut outcome = Outcome::default();
        if key.is_none() {
            let note = "no signature was checked: name the notary's public key with `--key`";
            outcome.notes.push(note.to_owned());
        }
        let mut kept = Vec::new();
        for path in &self.checkpoint {
            let (one, fault) = read_checkpoint(path, key.as_ref())?;
            kept.push(one);
            outcome.faults.extend(fault);
        }
        let own = std::env::temp_dir().join(format!("wachpost-verify-{}", std::process::id()));
        let asked = Asked {
            data: folder,
            scratch: self.scratch.as_deref().unwrap_or(&own),
            key: key.as_ref(),
            kept,
            extent: Extent::Backup,
        };
        outcome.report = run(&asked, self.scratch.is_none())?;
        outcome.extent = Some(Extent::Backup);
        Ok(outcome)
    }
}

/// Verifies and shows progress; removes the folder of the second state if it was made here.
fn run(asked: &Asked<'_>, remove: bool) -> Result<VerifyReport, Problem> {
    let mut line = ProgressLine::new();
    let report = asked.run(&mut |what, done, total| {
        line.show(&Progress {
            what: what.to_owned(),
            done,
            total,
        });
    });
    drop(line);
    if remove {
        // There may be none.
        let _ = fs::remove_dir_all(asked.scratch);
    }
    Ok(report?)
}

fn read_small(path: &Path) -> Result<Vec<u8>, Problem> {
    let wrong = |error: &dyn std::fmt::Display| Problem::file("read", path, error);
    let size = fs::metadata(path).map_err(|error| wrong(&error))?.len();
    if size > FILE_OCTETS_MAX {
        return Err(wrong(&"it is too large"));
    }
    fs::read(path).map_err(|error| wrong(&error))
}

/// A public key as C2SP signed-note writes it, or the file it stands in.
fn read_key(text: &str) -> Result<VerifierKey, Problem> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let octets = read_small(Path::new(text)).map_err(|problem| {
        Problem::new(
            Exit::Config,
            format!("{problem}; `--key` wants what `wachpost verify --print-key` prints, or a file with it"),
        )
    })?;
    let text_in_file = String::from_utf8_lossy(&octets);
    text_in_file.trim().parse().map_err(|error| {
        Problem::new(
            Exit::Config,
            format!("`{text}` holds no public key: {error}"),
        )
    })
}

/// A checkpoint in a file, and what is wrong with its signature.
fn read_checkpoint(
    path: &Path,
    key: Option<&VerifierKey>,
) -> Result<(Kept, Option<String>), Problem> {
    let shown = path.display();
    let not_one = |error| Problem::failed(format!("`{shown}` is no checkpoint: {error}"));
    let note = Note::parse(&read_small(path)?).map_err(not_one)?;
    let checkpoint: Checkpoint = note.text().parse().map_err(not_one)?;
    let fault = key
        .filter(|key| note.verify(std::slice::from_ref(*key)).is_err())
        .map(|_| format!("the checkpoint in `{shown}` is not signed with the key that was named"));
    let kept = Kept {
        size: checkpoint.size(),
        root: checkpoint.root(),
        by: format!("the file `{shown}`"),
    };
    Ok((kept, fault))
}

/// What came out, with what is to be said beside it.
#[derive(Debug, Default)]
struct Outcome {
    report: VerifyReport,
    extent: Option<Extent>,
    /// What is wrong outside of the folder.
    faults: Vec<String>,
    notes: Vec<String>,
}

impl Outcome {
    fn is_clean(&self) -> bool {
        self.report.is_clean() && self.faults.is_empty()
    }

    fn show(&self, context: &Context) {
        context.show(&self.json(), |_| self.tell());
    }

    fn json(&self) -> Value {
        let faults = self
            .faults
            .iter()
            .map(|fault| json!({ "kind": "kept", "text": fault }));
        let findings: Vec<_> = self
            .report
            .findings
            .iter()
            .map(finding)
            .chain(faults)
            .collect();
        let notes: Vec<_> = self.report.notes.iter().chain(&self.notes).collect();
        let (extent, since) = match self.extent {
            Some(Extent::Everything) | None => ("everything", None),
            Some(Extent::Backup) => ("backup", None),
            Some(Extent::Journal) => ("journal", None),
            Some(Extent::Since(then)) => ("since", Some(then.size)),
        };
        let report = &self.report;
        json!({
            "clean": self.is_clean(),
            "extent": extent,
            "since": since,
            "entries": report.entries,
            "messages": report.messages,
            "objects": report.objects,
            "checkpoints": report.checkpoints,
            "signed": report.signed,
            "kept": report.kept,
            "findings": findings,
            "more_findings": report.more_findings,
            "notes": notes,
        })
    }

    fn tell(&self) {
        let report = &self.report;
        let since = match self.extent {
            Some(Extent::Since(then)) => format!(" behind entry {}", then.size),
            _ => String::new(),
        };
        show::line(&format!(
            "checked {} entries{since}, {} messages, {} events, contacts and files, {} checkpoints of the notary, {} kept \
             elsewhere",
            report.entries, report.messages, report.objects, report.checkpoints, report.kept
        ));
        for note in report.notes.iter().chain(&self.notes) {
            show::line(&format!("note: {note}"));
        }
        for finding in &report.findings {
            show::line(&format!("FOUND {finding}"));
            if let Finding::State {
                rows,
                unexplained,
                missing,
                changed,
                ..
            } = finding
            {
                for row in rows {
                    show::line(&format!("      {row}"));
                }
                let told = u64::try_from(rows.len()).unwrap_or(u64::MAX);
                let more = (unexplained + missing + changed).saturating_sub(told);
                if more > 0 {
                    show::line(&format!("      and {more} more rows"));
                }
            }
        }
        for fault in &self.faults {
            show::line(&format!("FOUND {fault}"));
        }
        if report.more_findings > 0 {
            show::line(&format!("and {} more findings", report.more_findings));
        }
        if !self.is_clean() {
            show::line(
                "what is stored is not what was committed: keep a copy of the data folder for those who will look into \
                 it, before anything else is done",
            );
            return;
        }
        show::line(match self.extent {
            Some(Extent::Since(_)) => {
                "everything that is new is as the journal says, and so is who may do what"
            }
            Some(Extent::Journal) => "the journal is whole and as it was signed",
            _ => "everything is as the journal says",
        });
    }
}

/// A finding in parts that a program can read.
fn finding(finding: &Finding) -> Value {
    let mut value = json!({ "kind": finding.kind(), "text": finding.to_string() });
    let parts = match finding {
        Finding::Entry { entry, whose, what } => {
            json!({ "entry": entry, "whose": whose, "what": what })
        }
        Finding::Tree { what } => json!({ "what": what }),
        Finding::Blob { blob, whose, what } => {
            json!({ "message": blob, "whose": whose, "what": what })
        }
        Finding::File { name } => json!({ "file": name }),
        Finding::State {
            table,
            noun,
            unexplained,
            missing,
            changed,
            rows,
        } => {
            let rows: Vec<_> = rows
                .iter()
                .map(|row| json!({ "how": row.how.word(), "row": row.row }))
                .collect();
            json!({
                "table": table, "about": noun, "unexplained": unexplained, "missing": missing, "changed": changed,
                "rows": rows,
            })
        }
    };
    if let (Value::Object(value), Value::Object(parts)) = (&mut value, parts) {
        value.extend(parts);
    }
    value
}
