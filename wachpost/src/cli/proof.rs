//! `wachpost proof`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use admin::{JournalPage, JournalRequest, Reply, Request};
use clap::{Args, Subcommand};
use model::{Seq, Timestamp};
use seal::{Checkpoint, Hash, Judgement, Link, Note, OfflineProof};
use serde_json::json;
use store_local::History;

use super::context::{Context, unexpected};
use super::witness::{read_policy, standing};
use crate::problem::{Exit, Problem};
use crate::show;

/// Entries asked for at a time.
const PAGE_ENTRIES: u32 = 2_000;
/// Octets of a file with what an entry says.
const CONTENT_OCTETS_MAX: u64 = 256 * 1024 * 1024;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  \
    wachpost proof 1234 --out entry.tlog-proof                          entry 1234, as `verify` counts\n  \
    wachpost proof --account anna@example.org --seq 17 --out e.tlog-proof   entry 17 of her journal\n  \
    wachpost proof --account anna@example.org --email e17 --out e.tlog-proof   the entry that brought this message\n  \
    wachpost proof check e.tlog-proof --policy our.policy               on any machine, without a server"
)]
pub(crate) struct Proof {
    #[command(subcommand)]
    check: Option<Check>,
    /// Number of the entry in the journal of all accounts, from 1.
    #[arg(required_unless_present = "account", conflicts_with = "account")]
    entry: Option<u64>,
    /// Whose entry: an address, or `#` and a number.
    #[arg(long, value_name = "ADDRESS")]
    account: Option<String>,
    /// Number of the entry in the account's journal.
    #[arg(long, requires = "account", conflicts_with = "email")]
    seq: Option<u64>,
    /// Id of a message in the account (EMAILID of IMAP, `id` of JMAP): the entry that brought it.
    #[arg(long, requires = "account", value_parser = parse_email)]
    email: Option<u32>,
    /// Where to write the proof; printed if nothing is named.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where to write what the entry says, in its sealed octets, to give it away beside the proof.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Check a proof against a policy; needs no server and no data folder. Ends with 3 if nothing is proven.
    #[command(
        after_help = "Example:\n  wachpost proof check entry.tlog-proof --policy our.policy --content entry.content"
    )]
    Check(CheckProof),
}

#[derive(Debug, Args)]
struct CheckProof {
    /// The proof.
    file: PathBuf,
    /// Whom to trust: a file of C2SP tlog-policy, such as `wachpost witness policy` prints.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// What the entry is said to say.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
}

fn parse_email(text: &str) -> Result<u32, String> {
    let number = text.strip_prefix('e').unwrap_or(text).parse();
    number.map_err(|_| "write an id such as `e17`".to_owned())
}

impl Proof {
    pub(crate) fn run(self, context: &mut Context) -> Result<ExitCode, Problem> {
        if let Some(Check::Check(check)) = self.check {
            return check.run(context);
        }
        self.make(context)?;
        Ok(ExitCode::SUCCESS)
    }

    fn make(self, context: &mut Context) -> Result<(), Problem> {
        let index = self.index(context)?;
        let config = context.config()?;
        let history = History::open(&config.data)?;
        let absent = || Problem::new(Exit::NotFound, "the journal has no such entry");
        let link = history.link(index)?.ok_or_else(absent)?;
        let (note, checkpoint) = match standing(config)?.and_then(|standing| standing.best()) {
            Some(note) => covering(note, index)?.map_or_else(|| newest(&history, index), Ok)?,
            None => newest(&history, index)?,
        };
        if history.root_at(checkpoint.size())? != checkpoint.root() {
            return Err(Problem::failed(
                "the journal is not the one that was signed: run `wachpost verify`",
            ));
        }
        let proof = OfflineProof {
            extra: Some(link.encode().to_vec()),
            index,
            path: history.prove_inclusion(index, checkpoint.size())?.path,
            note,
        };
        if let Some(path) = &self.content {
            let content = history.content(index)?.ok_or_else(|| {
                Problem::new(
                    Exit::NotFound,
                    "what this entry said was dropped; its hash stays",
                )
            })?;
            write(path, &content)?;
        }
        let cosigned = proof.note.signatures().len() - 1;
        let text = proof.to_string();
        let Some(path) = self.out else {
            context.show(&json!({ "proof": text }), |_| show::line(text.trim_end()));
            return Ok(());
        };
        write(&path, text.as_bytes())?;
        let value = json!({
            "file": path,
            "entry": index + 1,
            "entries": checkpoint.size(),
            "cosignatures": cosigned,
        });
        context.show(&value, |_| {
            let (file, entries) = (path.display(), checkpoint.size());
            show::line(&format!("entry {} of {entries} is proven by `{file}`", index + 1));
            if cosigned == 0 {
                show::line("no witness has cosigned a tree with it yet: make the proof again later for one that counts outside");
            }
        });
        Ok(())
    }

    /// The entry's place in the log.
    fn index(&self, context: &mut Context) -> Result<u64, Problem> {
        let absent = || Problem::new(Exit::NotFound, "the account's journal has no such entry");
        if let Some(entry) = self.entry {
            return entry.checked_sub(1).ok_or_else(absent);
        }
        let wanted = match (self.seq, self.email) {
            (Some(seq), _) => Wanted::Seq(seq),
            (None, Some(email)) => Wanted::Email(format!("added email #{email} of ")),
            (None, None) => {
                let message = "say which entry of the account: `--seq` or `--email`";
                return Err(Problem::new(Exit::Failed, message));
            }
        };
        let mut after = match wanted {
            Wanted::Seq(seq) => Seq(seq.saturating_sub(1)),
            Wanted::Email(_) => Seq::START,
        };
        loop {
            let request = JournalRequest {
                account: self.account.clone(),
                after,
                limit: match wanted {
                    Wanted::Seq(_) => 1,
                    Wanted::Email(_) => PAGE_ENTRIES,
                },
                since: None,
                until: None,
                actor: None,
                session: None,
                face: None,
            };
            let Reply::Journal(JournalPage { entries, next }) =
                context.ask(Request::Journal(request))?
            else {
                return Err(unexpected());
            };
            let found = entries.iter().find(|entry| match &wanted {
                Wanted::Seq(seq) => entry.seq == *seq,
                Wanted::Email(words) => entry
                    .what
                    .iter()
                    .any(|step| step.starts_with(words.as_str())),
            });
            match (found, next, &wanted) {
                (Some(found), _, _) => return Ok(found.index),
                (None, Some(next), Wanted::Email(_)) => after = Seq(next),
                (None, _, _) => return Err(absent()),
            }
        }
    }
}

enum Wanted {
    Seq(u64),
    /// What the entry's step begins with.
    Email(String),
}

/// The checkpoint, if its tree has the entry.
fn covering(note: Note, index: u64) -> Result<Option<(Note, Checkpoint)>, Problem> {
    let checkpoint: Checkpoint = note.text().parse().map_err(|error| {
        Problem::failed(format!("a cosigned checkpoint cannot be read: {error}"))
    })?;
    Ok((checkpoint.size() > index).then_some((note, checkpoint)))
}

/// The last that the notary signed.
fn newest(history: &History, index: u64) -> Result<(Note, Checkpoint), Problem> {
    let none = || {
        Problem::new(
            Exit::NotFound,
            "no checkpoint covers this entry yet: one is made soon after each change",
        )
    };
    let (_, note) = history.checkpoint()?.ok_or_else(none)?;
    let note = Note::parse(note.as_bytes())
        .map_err(|error| Problem::failed(format!("the checkpoint cannot be read: {error}")))?;
    covering(note, index)?.ok_or_else(none)
}

/// Writes a new file.
fn write(path: &Path, octets: &[u8]) -> Result<(), Problem> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(octets))
        .map_err(|error| Problem::file("write", path, &error))
}

fn read(path: &Path, octets_max: u64) -> Result<Vec<u8>, Problem> {
    let metadata = fs::metadata(path).map_err(|error| Problem::file("read", path, &error))?;
    if metadata.len() > octets_max {
        return Err(Problem::failed(format!(
            "`{}` is too large",
            path.display()
        )));
    }
    fs::read(path).map_err(|error| Problem::file("read", path, &error))
}

impl CheckProof {
    fn run(self, context: &Context) -> Result<ExitCode, Problem> {
        let policy = read_policy(&self.policy)?;
        let octets = read(&self.file, OfflineProof::BYTES_MAX as u64)?;
        let content = match &self.content {
            Some(path) => Some(read(path, CONTENT_OCTETS_MAX)?),
            None => None,
        };
        match check(&octets, &policy, content.as_deref()) {
            Ok((link, judgement, index)) => {
                show_proven(&link, &judgement, index, content.is_some(), context);
                Ok(ExitCode::SUCCESS)
            }
            Err(why) => {
                context.show(&json!({ "proven": false, "why": why }), |_| {
                    show::line(&format!("NOT PROVEN: {why}"));
                });
                Ok(Exit::Findings.into())
            }
        }
    }
}

/// What is proven: the sealed head of the entry, by whom, and its place.
fn check(
    octets: &[u8],
    policy: &seal::Policy,
    content: Option<&[u8]>,
) -> Result<(Link, Judgement, u64), String> {
    let proof = OfflineProof::parse(octets).map_err(|error| error.to_string())?;
    let extra = proof.extra.as_deref().unwrap_or_default();
    // The extra data is not believed: its hash is what the proof is about.
    let link = Link::decode(extra).map_err(|_| {
        "it does not say which entry it is about: it was not made by Wachpost".to_owned()
    })?;
    let judgement = proof
        .check(&link.hash(), policy)
        .map_err(|error| error.to_string())?;
    if content.is_some_and(|content| Hash::of(content) != link.payload) {
        return Err("the content is not what the entry says".to_owned());
    }
    Ok((link, judgement, proof.index))
}

fn show_proven(
    link: &Link,
    judgement: &Judgement,
    index: u64,
    has_content: bool,
    context: &Context,
) {
    let moment = |seconds: u64| {
        let ms = i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000);
        admin::moment::to_text(Timestamp(ms))
    };
    let written = admin::moment::to_text(Timestamp(link.at_ms));
    let witnesses: Vec<_> = judgement
        .witnesses
        .iter()
        .map(|(name, seconds)| json!({ "name": name, "at": moment(*seconds) }))
        .collect();
    let value = json!({
        "proven": true,
        "log": judgement.checkpoint.origin(),
        "entries": judgement.checkpoint.size(),
        "entry": index + 1,
        "account": link.stream,
        "seq": link.number,
        "at": written,
        "payload_sha256": link.payload.to_string(),
        "content_checked": has_content,
        "witnesses": witnesses,
    });
    context.show(&value, |_| {
        show::line(&format!(
            "PROVEN: entry {} of the log `{}`, which had {} entries",
            index + 1,
            judgement.checkpoint.origin(),
            judgement.checkpoint.size()
        ));
        show::line(&format!(
            "it is entry {} of account #{}, dated {written} by the log",
            link.number, link.stream
        ));
        for (name, seconds) in &judgement.witnesses {
            show::line(&format!(
                "witness {name} had seen it by {}",
                moment(*seconds)
            ));
        }
        show::line(&match has_content {
            true => "the content is what the entry says".to_owned(),
            false => format!("SHA-256 of what it says: {}", link.payload),
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_messages_are_read() {
        assert_eq!(parse_email("e17"), Ok(17));
        assert_eq!(parse_email("17"), Ok(17));
        assert!(parse_email("m17").is_err() && parse_email("a3-e17").is_err());
    }
}
