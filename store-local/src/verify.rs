//! Verifying a data folder: what is in the store that no commit explains, what is missing, what was changed.
//!
//! Reads the journal from its first entry: chain of each account, hash of each payload, Merkle tree against the signed
//! checkpoints and those kept elsewhere, hash of each message. Folds the whole journal into a scratch state and compares it
//! with the real one row by row. Changes nothing, and can run beside a serving Wachpost: the journal is read in steps, and
//! only while the states are compared is the real one held as it was at one entry. Two threads work, one along the journal
//! and one at the scratch state; memory does not grow with the journal but for one chain's end per account, three bits per
//! message, and the names of large messages' files.

mod blobs;

mod compare;

mod describe;

mod finding;

mod recent;

mod scratch;

mod walk;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use rusqlite::Connection;
use seal::VerifierKey;
use store::Error;

use crate::database::{failed, open_reader};
use crate::history::Kept;
use crate::hold::Hold;
use crate::journal;
use crate::state;
use blobs::Blobs;
use compare::compare;
use describe::{Names, moment};
use scratch::Scratch;
use walk::Walk;

pub use finding::{Finding, How, RowFinding, Verified, VerifyReport};

/// Rows of a table that are told one by one.
const ROWS_TOLD_MAX: usize = 50;
/// The states are compared when the scratch one is at most so many entries behind, after which the real one is held.
const ENTRIES_BEHIND_MAX: u64 = 5_000;
/// How often that is tried: a server that commits faster than this folds is held for longer, once.
const ROUNDS_MAX: u32 = 16;
/// Messages with findings of which it is told whose they are.
const MESSAGES_NAMED_MAX: u32 = 20;
/// Messages to progress that may wait to be told; others are left out.
const TOLD_WAITING_MAX: usize = 16;

/// Told what is being looked at, how much is done, and of how much.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(&str, u64, u64);

/// How much is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Chain, tree, signatures, messages, and the state against a replay.
    Everything,
    /// The same of a backup, which has no state.
    Backup,
    /// Chain, tree and signatures alone.
    Journal,
    /// What came since an earlier verification, and who may do what.
    Since(Verified),
}

/// What to verify.
#[derive(Clone, Debug)]
pub struct Verify<'a> {
    /// The data folder, or a backup.
    pub data: &'a Path,
    /// An empty folder on a disk with room for a second state; made if it is not there.
    pub scratch: &'a Path,
    /// Checks the checkpoints' signatures.
    pub key: Option<&'a VerifierKey>,
    /// Checkpoints kept elsewhere. They are to be read before this begins: what is signed later may be over entries that
    /// come after those which are looked at.
    pub kept: Vec<Kept>,
    /// How much.
    pub extent: Extent,
}

/// Verifies all of a data folder, with no checkpoint from elsewhere.
///
/// # Errors
/// As [`Verify::run`].
pub fn verify(
    data: &Path,
    scratch: &Path,
    key: Option<&VerifierKey>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<VerifyReport, Error> {
    let asked = Verify {
        data,
        scratch,
        key,
        kept: Vec::new(),
        extent: Extent::Everything,
    };
    asked.run(progress)
}

impl Verify<'_> {
    /// Verifies. `progress` is told what is being looked at, how much is done, and of how much.
    ///
    /// # Errors
    /// The folder cannot be read, or the scratch state cannot be written.
    pub fn run(&self, progress: &mut dyn FnMut(&str, u64, u64)) -> Result<VerifyReport, Error> {
        let path = self.data.join(journal::FILE);
        let journal = journal::open_to_read(&path)?;
        let mut report = VerifyReport::default();
        check_schema(&journal, &mut report)?;
        check_first(&journal, &mut report)?;
        match self.extent {
            Extent::Journal => self.journal_alone(&journal, &mut report, progress)?,
            Extent::Since(since) => {
                let real = open_reader(&self.data.join(state::FILE))?;
                recent::verify(self, &since, &journal, &real, &mut report, progress)?;
                name(&mut report, &journal, &real)?;
            }
            Extent::Everything | Extent::Backup => {
                let real = match self.extent {
                    Extent::Backup => None,
                    _ => Some(open_reader(&self.data.join(state::FILE))?),
                };
                let scratch = Scratch::open(self.scratch, journal::open_to_read(&path)?)?;
                let scratch = self.all(&journal, real.as_ref(), scratch, &mut report, progress)?;
                name(&mut report, &journal, &scratch.state)?;
                scratch.remove()?;
            }
        }
        if !report.is_clean() {
            report.upto = None;
        }
        Ok(report)
    }

    fn journal_alone(
        &self,
        journal: &Connection,
        report: &mut VerifyReport,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let size = journal::size(journal)?;
        let mut walk = Walk::new(journal, self.key, &self.kept);
        walk.on(size, None, report, progress)?;
        walk.end(report);
        self.check_end(journal, &walk, report)
    }

    fn all(
        &self,
        journal: &Connection,
        real: Option<&Connection>,
        mut scratch: Scratch,
        report: &mut VerifyReport,
        progress: Progress<'_>,
    ) -> Result<Scratch, Error> {
        // In this order: what the state knows is in the journal.
        let folded = real.map(state::position).transpose()?.unwrap_or(u64::MAX);
        let size = journal::size(journal)?;
        let mut walk = Walk::new(journal, self.key, &self.kept);
        let mut blobs = Blobs::new(self.data, 1);
        let (sender, receiver) = sync_channel(TOLD_WAITING_MAX);
        let folded = folded.min(size);
        scratch = std::thread::scope(|scope| {
            let folding = scope.spawn(move || {
                let mut tell = |done, total| {
                    // Nobody waits for it: one that finds no room is left out.
                    let _ = sender.try_send((done, total));
                };
                let done = scratch.on(folded, &mut tell);
                drop(sender);
                done.map(|_| scratch)
            });
            let walked = walk.on(size, Some(&mut blobs), report, progress);
            while let Ok((done, total)) = receiver.recv() {
                progress("state", done, total);
            }
            let scratch = folding
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            walked.and(scratch)
        })?;
        let stray = blobs.stray_files(journal)?;
        let (upto, last) = match real {
            Some(real) => {
                self.compare_states(real, &mut walk, &mut blobs, &mut scratch, report, progress)?
            }
            None => size_of(journal)?,
        };
        walk.end(report);
        self.check_end(journal, &walk, report)?;
        // The state may stand a little behind the journal, whose messages are as of its last entry.
        if scratch.on(upto, &mut |done, total| progress("state", done, total))? {
            let dropped = blobs.end(journal, &scratch.state, last, report, progress)?;
            if !dropped.is_empty() && scratch.on(journal::size(journal)?, &mut |_, _| {})? {
                blobs.confirm(dropped, &scratch.state, report)?;
            }
            for name in blobs.still_there(stray)? {
                report.add(Finding::File { name });
            }
            report.upto = Some(Verified {
                size: upto,
                root: walk.frontier.root(),
                heads: walk.heads(),
                blobs: last,
            });
        }
        scratch.end(report);
        Ok(scratch)
    }

    /// Holds the real state where it stands, lets the scratch one catch up with it, and compares them. Tells how many
    /// entries and blobs the journal had by then.
    fn compare_states(
        &self,
        real: &Connection,
        walk: &mut Walk<'_>,
        blobs: &mut Blobs<'_>,
        scratch: &mut Scratch,
        report: &mut VerifyReport,
        progress: Progress<'_>,
    ) -> Result<(u64, u64), Error> {
        let journal = walk.journal;
        for _ in 0..ROUNDS_MAX {
            let upto = state::position(real)?.min(journal::size(journal)?);
            if upto.saturating_sub(scratch.done) <= ENTRIES_BEHIND_MAX {
                break;
            }
            walk.on(upto.max(walk.done()), Some(blobs), report, progress)?;
            if !scratch.on(upto, &mut |done, total| progress("state", done, total))? {
                break;
            }
        }
        real.execute_batch("BEGIN").map_err(failed)?;
        let upto = state::position(real)?;
        let (size, last) = size_of(journal)?;
        check_size(journal, upto, size, self, report)?;
        walk.on(size, Some(blobs), report, progress)?;
        let folded = scratch.on(upto.min(size), &mut |done, total| {
            progress("state", done, total);
        })?;
        if folded && scratch.done > upto {
            report.add(Finding::tree(format!(
                "the state knew {} entries a moment ago, and {upto} now: it was exchanged meanwhile",
                scratch.done
            )));
        } else if folded {
            progress("rows of the state", 0, 0);
            compare(real, &scratch.state, &state::TABLES, report)?;
        }
        real.execute_batch("COMMIT").map_err(failed)?;
        Ok((size, last))
    }

    /// What can be said of the journal's end, and of what was signed over more than there is.
    fn check_end(
        &self,
        journal: &Connection,
        walk: &Walk<'_>,
        report: &mut VerifyReport,
    ) -> Result<(), Error> {
        journal.execute_batch("BEGIN").map_err(failed)?;
        // Together: the server may have gone on.
        let (size, tiles) = (journal::size(journal)?, journal::tiles(journal)?);
        let signed = journal::last_checkpoint(journal)?;
        let odd = journal::odd_checkpoints(journal)?;
        journal.execute_batch("COMMIT").map_err(failed)?;
        let expected = tiles_of(size);
        if tiles > expected {
            report.add(Finding::tree(format!(
                "{tiles} tiles are stored where the entries make {expected}"
            )));
        }
        if let Some((signed, _)) = &signed
            && *signed > size
        {
            report.add(Finding::tree(format!(
                "a checkpoint was signed over {signed} entries, the journal has {size}: its end was cut off"
            )));
        }
        if odd > 0 {
            report.add(Finding::tree(format!(
                "{odd} checkpoints are over no entries at all"
            )));
        }
        // After a crash the next start signs the rest; whoever ends in good order has done so.
        if walk.done() > 0
            && self.key.is_some()
            && signed.is_none()
            && Hold::read(self.data).is_none()
        {
            report.add(Finding::tree(format!(
                "not one checkpoint was signed over the {size} entries"
            )));
        }
        Ok(())
    }
}

/// Whether state and journal are as far as one another allows.
fn check_size(
    journal: &Connection,
    upto: u64,
    size: u64,
    asked: &Verify<'_>,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    if upto > size {
        report.add(Finding::tree(format!(
            "the state knows {upto} entries, the journal has {size}: its end was cut off"
        )));
    }
    // After a crash the next start folds the rest; whoever ends in good order has done so. Asked again, since a server may
    // have begun or ended meanwhile.
    if upto < size && Hold::read(asked.data).is_none() && journal::size(journal)? == size {
        report.add(Finding::tree(format!(
            "the state knows {upto} entries, the journal has {size}, and nobody is at work or was interrupted: one of \
             them is not the one that was left here"
        )));
    }
    Ok(())
}

/// Looks for what was defined in the journal beside its tables, such as a trigger.
fn check_schema(journal: &Connection, report: &mut VerifyReport) -> Result<(), Error> {
    let (found, expected) = (journal::defined(journal)?, journal::definitions()?);
    let only_in = |one: &BTreeSet<String>, other: &BTreeSet<String>, how| {
        let rows = one.difference(other).map(|row| RowFinding {
            how,
            row: row.clone(),
        });
        rows.collect::<Vec<_>>()
    };
    let (unexplained, missing) = (
        only_in(&found, &expected, How::Unexplained),
        only_in(&expected, &found, How::Missing),
    );
    // An index that an older version did not make yet is no harm.
    if !unexplained.is_empty() {
        let table = "sqlite_schema of journal.db";
        let count = |rows: &Vec<RowFinding>| u64::try_from(rows.len()).unwrap_or(u64::MAX);
        report.add(Finding::State {
            table: table.into(),
            noun: describe::noun(table),
            unexplained: count(&unexplained),
            missing: count(&missing),
            changed: 0,
            rows: unexplained
                .into_iter()
                .chain(missing)
                .take(ROWS_TOLD_MAX)
                .collect(),
        });
    }
    Ok(())
}

/// Entries are numbered from 1: whatever stands before the first is nobody's.
fn check_first(journal: &Connection, report: &mut VerifyReport) -> Result<(), Error> {
    let first = journal::first_entry(journal)?;
    if first < 1 {
        report.add(Finding::entry(
            0,
            format!("an entry has the number {first}, and the first is 1"),
        ));
    }
    Ok(())
}

/// Tiles of a tree with so many leaves that are complete.
fn tiles_of(size: u64) -> u64 {
    let mut tiles = 0;
    let mut of_level = size / 256;
    while of_level > 0 {
        tiles += of_level;
        of_level /= 256;
    }
    tiles
}

/// How many entries there are, and how many blobs, at one moment.
fn size_of(journal: &Connection) -> Result<(u64, u64), Error> {
    journal.execute_batch("BEGIN").map_err(failed)?;
    let sizes = (journal::size(journal)?, journal::last_blob(journal)?);
    journal.execute_batch("COMMIT").map_err(failed)?;
    Ok(sizes)
}

/// Tells of entries and messages whose they are, as far as the journal allows.
fn name(report: &mut VerifyReport, journal: &Connection, state: &Connection) -> Result<(), Error> {
    let names = Names::new(state);
    let mut messages_named = 0;
    for finding in &mut report.findings {
        match finding {
            Finding::Entry { entry, whose, .. } => {
                let row = journal::entry(journal, *entry)?;
                *whose = row.map(|row| {
                    let at = moment(model::Timestamp(row.link.at_ms));
                    let account = names.account(i64::from(row.account().0));
                    format!("{account}, number {} there, {at}", row.link.number)
                });
            }
            // Each reads a table from end to end.
            Finding::Blob { blob, whose, .. } if messages_named < MESSAGES_NAMED_MAX => {
                messages_named += 1;
                *whose = names.user_of_blob(journal::signed(*blob));
            }
            _ => {}
        }
    }
    Ok(())
}
