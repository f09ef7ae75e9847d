//! Verifying a data folder: what is in the store that no commit explains, what is missing, what was changed.
//!
//! Reads the journal from its first entry: chain of each account, hash of each payload, Merkle tree against the
//! signed checkpoints, hash of each message. Then folds the whole journal into a scratch state and compares it
//! with the real one row by row. Changes nothing, and can run beside a serving Wachpost.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::Path;

use model::{BlobId, Commit};
use rusqlite::Connection;
use seal::{Chain, Frontier, Note, VerifierKey};
use store::Error;

use crate::database::{failed, open_reader};
use crate::files::Files;
use crate::hold::Hold;
use crate::journal::{self, Row, Sealed, StoredBlob, unsigned};
use crate::state::{self, replay};

/// Findings that are told one by one; more are counted.
const FINDINGS_TOLD_MAX: usize = 1_000;
/// Entries folded in one step of the scratch state.
const ENTRIES_PER_STEP: u64 = 10_000;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An entry does not follow from the one before, was altered, or is missing.
    Entry {
        /// Its number in the log, from 1.
        entry: u64,
        /// What is wrong.
        what: String,
    },
    /// The tree is not the one that was signed.
    Tree {
        /// What is wrong.
        what: String,
    },
    /// A message's bytes or metadata are missing or not what they were.
    Blob {
        /// Its number in the journal.
        blob: u64,
        /// What is wrong.
        what: String,
    },
    /// A file that no blob names, and that is not left from the last run, which the next start cleans up.
    File {
        /// Its name below `blobs/`.
        name: String,
    },
    /// The state has rows that no commit explains, or lacks rows that one explains.
    State {
        /// Which table.
        table: String,
        /// Rows only in the state.
        unexplained: u64,
        /// Rows only in the replay.
        missing: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { entry, what } => write!(f, "entry {entry}: {what}"),
            Self::Tree { what } => write!(f, "tree: {what}"),
            Self::Blob { blob, what } => write!(f, "message {blob}: {what}"),
            Self::File { name } => write!(f, "file `blobs/{name}` belongs to no message"),
            Self::State {
                table,
                unexplained,
                missing,
            } => write!(
                f,
                "table `{table}`: {unexplained} rows that no commit explains, {missing} rows that are missing"
            ),
        }
    }
}

/// What verifying found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Entries looked at.
    pub entries: u64,
    /// Messages whose bytes were looked at, those that no commit names included.
    pub messages: u64,
    /// Bodies of calendar objects, contact cards and files that were looked at.
    pub objects: u64,
    /// Checkpoints whose signature and root were checked.
    pub checkpoints: u64,
    /// What is wrong, in the order it was found, at most a thousand.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more_findings: u64,
}

impl VerifyReport {
    /// Whether all is as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_TOLD_MAX {
            self.findings.push(finding);
        } else {
            self.more_findings += 1;
        }
    }
}

/// Verifies a data folder. `scratch` is an empty folder on a disk with room for a second state; `key` checks the
/// checkpoints' signatures. `progress` is told what is being looked at, how much is done, and of how much.
///
/// # Errors
/// The folder cannot be read, or the scratch state cannot be written.
pub fn verify(
    data: &Path,
    scratch: &Path,
    key: Option<&VerifierKey>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<VerifyReport, Error> {
    let journal = journal::open_to_read(&data.join(journal::FILE))?;
    let real = open_reader(&data.join(state::FILE))?;
    let path = scratch.join(state::FILE);
    state::remove(&path)?;
    std::fs::create_dir_all(scratch).map_err(|error| Error::Unavailable(error.to_string()))?;
    let replayed = state::open(&path)?;
    attach(&real, &path)?;
    // Both as of the same entry: the state is compared where it stands, whatever is committed meanwhile.
    real.execute_batch("BEGIN").map_err(failed)?;
    journal.execute_batch("BEGIN").map_err(failed)?;
    let upto = state::position(&real)?;
    let size = journal::size(&journal)?;
    let mut report = VerifyReport::default();
    if upto > size {
        let what =
            format!("the state knows {upto} entries, the journal has {size}: its end was cut off");
        report.add(Finding::Tree { what });
    }
    // After a crash the next start folds and signs the rest; whoever ends in good order has done both.
    if size > 0 && Hold::read(data).is_none() {
        check_end(&journal, upto, size, key.is_some(), &mut report)?;
    }
    check_schema(&journal, &mut report)?;
    let sealed = check_entries(&journal, size, key, &mut report, progress)?;
    // The state may stand a little behind the journal, whose messages are as of its last entry.
    if fold_on(&journal, &replayed, upto.min(size), &mut report, progress)? {
        compare(&real, &mut report)?;
        if fold_on(&journal, &replayed, size, &mut report, progress)? {
            let blobs = Blobs {
                journal: &journal,
                replayed: &replayed,
                sealed,
                data,
            };
            check_blobs(&blobs, &mut report, progress)?;
        }
    }
    drop(replayed);
    state::remove(&path)?;
    Ok(report)
}

fn check_entries(
    journal: &Connection,
    size: u64,
    key: Option<&VerifierKey>,
    report: &mut VerifyReport,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<HashMap<u64, Sealed>, Error> {
    let mut sealed: HashMap<u64, Sealed> = HashMap::new();
    let mut checkpoints = journal::checkpoints(journal)?.into_iter().peekable();
    let mut chains: HashMap<u64, Chain> = HashMap::new();
    let mut frontier = Frontier::new();
    let (mut expected, mut tiles) = (1, 0);
    journal::entries(journal, 1, size, &mut |row| {
        if row.id != expected {
            report.add(Finding::Entry {
                entry: expected,
                what: format!("missing up to entry {}", row.id),
            });
        }
        expected = row.id + 1;
        if let Some(commit) = check_entry(&row, &mut chains, report) {
            for (at, named) in journal::sealed_by(&commit) {
                let known = sealed.entry(at).or_insert(named);
                *known = Sealed {
                    meta: known.meta.or(named.meta),
                    ..named
                };
            }
        }
        // What counts is that the leaves give the signed roots; proofs are made from the tiles.
        for tile in frontier.push(row.link.hash()) {
            let stored = journal::tile(journal, tile.id);
            if !matches!(stored, Ok(Some(hashes)) if hashes == tile.hashes) {
                let what = format!("tile {} is not that of the entries", tile.id);
                report.add(Finding::Tree { what });
            }
            tiles += 1;
        }
        report.entries += 1;
        while let Some((size, _, note)) = checkpoints.next_if(|(size, _, _)| *size == row.id) {
            check_checkpoint(size, &note, &frontier, key, report);
        }
        if row.id % ENTRIES_PER_STEP == 0 {
            progress("entries", row.id, size);
        }
        Ok(())
    })?;
    let stored = journal::tiles(journal)?;
    if stored > tiles {
        let what = format!("{stored} tiles are stored where the entries make {tiles}");
        report.add(Finding::Tree { what });
    }
    if let Some((signed, _, _)) = checkpoints.next() {
        let what = format!(
            "a checkpoint was signed over {signed} entries, the journal has {size}: its end was cut off"
        );
        report.add(Finding::Tree { what });
    }
    Ok(sealed)
}

/// Looks whether a folder is as somebody leaves it who ends in good order.
fn check_end(
    journal: &Connection,
    upto: u64,
    size: u64,
    is_signed: bool,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    if upto < size {
        let what = format!(
            "the state knows {upto} entries, the journal has {size}, and nobody is at work or was interrupted: one of \
             them is not the one that was left here"
        );
        report.add(Finding::Tree { what });
    }
    if is_signed && journal::last_checkpoint(journal)?.is_none() {
        let what = format!("not one checkpoint was signed over the {size} entries");
        report.add(Finding::Tree { what });
    }
    Ok(())
}

/// Looks for what was defined in the journal beside its tables, such as a trigger.
fn check_schema(journal: &Connection, report: &mut VerifyReport) -> Result<(), Error> {
    let (found, expected) = (journal::defined(journal)?, journal::definitions()?);
    let only_in = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        u64::try_from(one.difference(other).count()).unwrap_or(u64::MAX)
    };
    let (unexplained, missing) = (only_in(&found, &expected), only_in(&expected, &found));
    // An index that an older version did not make yet is no harm.
    if unexplained > 0 {
        report.add(Finding::State {
            table: "sqlite_schema of journal.db".into(),
            unexplained,
            missing,
        });
    }
    Ok(())
}

/// Checks one entry against its account's chain, and tells what it says if it is sound.
fn check_entry(
    row: &Row,
    chains: &mut HashMap<u64, Chain>,
    report: &mut VerifyReport,
) -> Option<Commit> {
    let chain = chains
        .entry(row.link.stream)
        .or_insert_with(|| Chain::start(row.link.stream));
    let checked = match &row.payload {
        Some(payload) => chain.check_with_payload(&row.link, payload),
        None => chain.check(&row.link),
    };
    if let Err(error) = checked {
        report.add(Finding::Entry {
            entry: row.id,
            what: error.to_string(),
        });
        // Go on from here, so that one altered entry is not reported for all that follow.
        *chain = Chain::resume(row.link);
        return None;
    }
    if row.payload.is_none() {
        // Its hash would stay when a person's data were erased, but nothing here does that so far.
        report.add(Finding::Entry {
            entry: row.id,
            what: "what it says was taken out".into(),
        });
    }
    row.commit().unwrap_or_else(|error| {
        report.add(Finding::Entry {
            entry: row.id,
            what: error.to_string(),
        });
        None
    })
}

fn check_checkpoint(
    size: u64,
    note: &str,
    frontier: &Frontier,
    key: Option<&VerifierKey>,
    report: &mut VerifyReport,
) {
    report.checkpoints += 1;
    let tree = |what: String| Finding::Tree { what };
    let note = match Note::parse(note.as_bytes()) {
        Ok(note) => note,
        Err(error) => {
            return report.add(tree(format!("the checkpoint over {size} entries: {error}")));
        }
    };
    if let Some(key) = key
        && let Err(error) = note.verify(std::slice::from_ref(key))
    {
        report.add(tree(format!("the checkpoint over {size} entries: {error}")));
    }
    // C2SP tlog-checkpoint: the third line is the root in base64.
    let root = frontier.root().to_base64();
    if note.text().lines().nth(2) != Some(root.as_str()) {
        report.add(tree(format!(
            "the first {size} entries are not those that were signed"
        )));
    }
}

/// What messages are checked against.
struct Blobs<'a> {
    journal: &'a Connection,
    replayed: &'a Connection,
    sealed: HashMap<u64, Sealed>,
    data: &'a Path,
}

fn check_blobs(
    blobs: &Blobs<'_>,
    report: &mut VerifyReport,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), Error> {
    let files = Files::new(blobs.data);
    let last = journal::last_blob(blobs.journal)?;
    let mut named_files = BTreeSet::new();
    for at in 1..=last {
        let wrong = match journal::blob(blobs.journal, at)? {
            None => Some("its row is missing".to_owned()),
            Some(blob) => {
                named_files.extend(blob.file.clone());
                blobs.check(at, &blob, &files)?
            }
        };
        if blobs.sealed.get(&at).is_some_and(|sealed| sealed.is_object) {
            report.objects += 1;
        } else {
            report.messages += 1;
        }
        if let Some(what) = wrong {
            report.add(Finding::Blob { blob: at, what });
        }
        if at % ENTRIES_PER_STEP == 0 {
            progress("messages and objects", at, last);
        }
    }
    // What the last run made may be of a commit that is still to come, or that it did not live to see.
    let last_run = Hold::read(blobs.data);
    for name in files
        .list()?
        .into_iter()
        .filter(|name| !named_files.contains(name) && !last_run.is_some_and(|run| run.made(name)))
    {
        report.add(Finding::File { name });
    }
    Ok(())
}

impl Blobs<'_> {
    /// What is wrong with a message, if anything.
    fn check(&self, at: u64, blob: &StoredBlob, files: &Files) -> Result<Option<String>, Error> {
        let Some(sealed) = self.sealed.get(&at) else {
            return Ok(Some("no commit names it".into()));
        };
        let is_used = state::read::is_blob_used(self.replayed, at)?;
        let wrong = if sealed.id != blob.id {
            Some("it is not the message that was committed".into())
        } else if blob.is_dropped() {
            is_used.then(|| "its bytes were dropped, but no commit purged it".into())
        } else if !is_used {
            Some("it was purged, but its bytes are still there".into())
        } else {
            match blob.message_and_meta(files) {
                Ok((message, _)) if BlobId::of(&message) != blob.id => {
                    Some("its bytes were changed".into())
                }
                // It may have been purged after this began, which its row says by now.
                Err(_) if blob.file.is_some() && self.is_dropped_now(at)? => None,
                Err(error) => Some(error.to_string()),
                Ok((_, meta)) => sealed
                    .meta
                    .is_some_and(|sealed| sealed != *blake3::hash(&meta).as_bytes())
                    .then(|| "its metadata was changed".into()),
            }
        };
        Ok(wrong)
    }
}

impl Blobs<'_> {
    fn is_dropped_now(&self, at: u64) -> Result<bool, Error> {
        let journal = open_reader(&self.data.join(journal::FILE))?;
        Ok(journal::blob(&journal, at)?.is_some_and(|blob| blob.is_dropped()))
    }
}

/// Folds the journal on into the scratch state; false if it cannot be folded, which is reported.
fn fold_on(
    journal: &Connection,
    replayed: &Connection,
    upto: u64,
    report: &mut VerifyReport,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<bool, Error> {
    let mut done = state::position(replayed)?;
    while done < upto {
        let next = upto.min(done + ENTRIES_PER_STEP);
        if let Err(error) = replay::fold(journal, replayed, done + 1, next) {
            let what = format!("the journal cannot be folded from here on: {error}");
            report.add(Finding::Entry {
                entry: done + 1,
                what,
            });
            return Ok(false);
        }
        done = next;
        progress("state", done, upto);
    }
    Ok(true)
}

/// Lets a connection to the real state see the replayed one as well: what it reads of the real one stays as it was
/// when it began, what it reads of the other is as it is when it is read first.
fn attach(real: &Connection, replayed: &Path) -> Result<(), Error> {
    let path = replayed
        .to_str()
        .ok_or_else(|| Error::Unavailable("the scratch folder's name is not UTF-8".into()))?;
    real.execute("ATTACH ? AS replayed", [path])
        .map(drop)
        .map_err(failed)
}

/// Compares the real state with the replayed one, table by table, in both directions.
fn compare(real: &Connection, report: &mut VerifyReport) -> Result<(), Error> {
    for table in state::TABLES {
        let rows = |from: &str, but: &str| -> Result<u64, Error> {
            // The schema's own table holds page numbers: only what was defined counts.
            let columns = if table == "sqlite_schema" {
                "type, name, tbl_name, sql"
            } else {
                "*"
            };
            let sql = format!(
                "SELECT count(*) FROM (SELECT {columns} FROM {from}.{table} EXCEPT SELECT {columns} FROM {but}.{table})"
            );
            real.query_row(&sql, [], |row| row.get(0))
                .map(unsigned)
                .map_err(failed)
        };
        let (unexplained, missing) = (rows("main", "replayed")?, rows("replayed", "main")?);
        if unexplained + missing > 0 {
            report.add(Finding::State {
                table: table.into(),
                unexplained,
                missing,
            });
        }
    }
    Ok(())
}
