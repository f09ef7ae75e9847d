//! Backups: copies of the journal, taken while it is being written, each time only what is new.
//!
//! A backup of the journal is a backup of everything: restoring copies it back up to the wanted moment and
//! folds the state anew. A backup folder is itself a data folder without a state.

use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc::channel;

use model::{AccountId, Actor, EmailId, NumberSet, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use store::{Change, CollectionChange, Condition, Engine, Error, Request};

use crate::database::failed;
use crate::engine::{LocalEngine, Options};
use crate::files::Files;
use crate::journal::{self, signed, unsigned};
use crate::log::Log;
use crate::statements::Statements;

/// Entries copied in one transaction: the backup can be interrupted between any two and goes on from there.
const ENTRIES_PER_STEP: u64 = 1_000;

/// Up to where to restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// All that was backed up.
    End,
    /// All that was committed before or at this moment.
    Moment(Timestamp),
}

/// What a backup or restore copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupReport {
    /// Entries in the target now.
    pub entries: u64,
    /// Of them new.
    pub new_entries: u64,
    /// New messages.
    pub new_blobs: u64,
    /// Messages whose bytes were dropped in the target because they were purged in the source.
    pub dropped_blobs: u64,
    /// Emails that were there at the moment restored to, but were purged later and cannot come back: a commit of
    /// the restored journal says so.
    pub lost_emails: u64,
    /// The same of objects and their earlier bodies.
    pub lost_objects: u64,
}

/// Brings the backup in `target` up to the data folder `data`, which may be in use. `progress` is told how many
/// entries are done, and of how many.
///
/// # Errors
/// The folders cannot be read or written; or [`Error::Invalid`] if the backup is of another journal.
pub fn backup(
    data: &Path,
    target: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, Error> {
    copy(data, target, u64::MAX, progress)
}

/// Makes an empty folder `target` a data folder with all that the backup in `source` has up to `until`. What was
/// purged since then stays purged. `options` are those to open the restored folder with.
///
/// # Errors
/// [`Error::AlreadyExists`] if there is a journal in `target` already; or the folders cannot be read or written.
pub fn restore(
    source: &Path,
    target: &Path,
    until: Until,
    options: Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, Error> {
    let clock = options.clock.clone();
    if target.join(journal::FILE).exists() {
        return Err(Error::AlreadyExists(
            "a journal in the folder to restore to",
        ));
    }
    let upto = match until {
        Until::End => u64::MAX,
        Until::Moment(at) => last_before(&journal::open_to_read(&source.join(journal::FILE))?, at)?,
    };
    let mut report = copy(source, target, upto, progress)?;
    // The state is folded here and now, so that a restored folder is known to be sound before it serves.
    let engine = LocalEngine::open(target, options)?;
    report.lost_emails = purge_lost(&engine, clock.now())?;
    report.lost_objects = purge_lost_objects(&engine, clock.now())?;
    report.entries = engine.size()?;
    Ok(report)
}

/// Purges the emails whose bytes were purged after the moment that was restored.
fn purge_lost(engine: &LocalEngine, at: Timestamp) -> Result<u64, Error> {
    let mut lost = 0;
    for (account, emails) in engine.emails_without_bytes()? {
        lost += emails.len();
        let mut changes = Vec::new();
        for email in emails.iter().map(EmailId) {
            if let Some(place) = engine.locate(account, email)? {
                let uids = NumberSet::range(place.uid.0, place.uid.0);
                changes.push(Change::DestroyEmails {
                    mailbox: place.mailbox,
                    uids,
                    only_deleted: false,
                });
            }
        }
        for changes in [changes, vec![Change::PurgeThese { emails }]] {
            commit(engine, account, at, changes)?;
        }
    }
    Ok(lost)
}

/// Purges the bodies of objects that were purged after the moment that was restored; an object that has no other goes.
fn purge_lost_objects(engine: &LocalEngine, at: Timestamp) -> Result<u64, Error> {
    let mut lost = 0;
    for (account, gone) in engine.objects_without_bytes()? {
        let mut versions = gone.versions;
        let mut changes = Vec::new();
        let seq = engine.head(account)?.map(|head| head.seq.next());
        for (collection, name, object) in gone.objects {
            versions.extend(seq.map(|seq| (object, seq)));
            changes.push(wrapped(CollectionChange::DestroyObject {
                collection,
                name,
                scheduled: true,
                condition: Condition::Any,
            }));
        }
        lost += versions.len() as u64;
        let purge = vec![wrapped(CollectionChange::PurgeThese { versions })];
        for changes in [changes, purge] {
            commit(engine, account, at, changes)?;
        }
    }
    Ok(lost)
}

fn wrapped(change: CollectionChange) -> Change {
    Change::Collections(Box::new(change))
}

fn commit(
    engine: &LocalEngine,
    account: AccountId,
    at: Timestamp,
    changes: Vec<Change>,
) -> Result<(), Error> {
    let request = Request {
        account,
        actor: Actor::system(),
        at,
        if_seq: None,
        changes,
    };
    let (sender, receiver) = channel();
    engine.submit(
        vec![request],
        Box::new(move |answers| drop(sender.send(answers))),
    );
    let answers = receiver
        .recv()
        .map_err(|_| Error::Unavailable("it is stopping".into()))?;
    answers.into_iter().try_for_each(|answer| answer.map(drop))
}

/// The last entry of the longest beginning of the log that was committed at or before `at`.
fn last_before(journal: &Connection, at: Timestamp) -> Result<u64, Error> {
    let sql = "SELECT coalesce(min(id) - 1, (SELECT coalesce(max(id), 0) FROM entry)) FROM entry WHERE at_ms>?";
    journal
        .query_row(sql, [at.0], |row| row.get(0))
        .map(unsigned)
        .map_err(failed)
}

fn open_journal(folder: &Path) -> Result<Connection, Error> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Error::Unavailable(format!("`{}`: {error}", folder.display())))?;
    journal::open(&folder.join(journal::FILE))
}

fn copy(
    source: &Path,
    target: &Path,
    upto: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, Error> {
    let from = journal::open_to_read(&source.join(journal::FILE))?;
    let to = open_journal(target)?;
    let upto = upto.min(journal::size(&from)?);
    let have = journal::size(&to)?;
    check_same(&from, &to, have.min(upto))?;
    let copying = Copying {
        from: &from,
        to: &to,
        source: Files::new(source),
        target: Files::new(target),
    };
    let mut report = BackupReport {
        entries: have,
        ..BackupReport::default()
    };
    let mut log = Log::open(&to)?;
    let mut done = have;
    while done < upto {
        let next = upto.min(done + ENTRIES_PER_STEP);
        copying.step(done + 1, next, &mut log, &mut report)?;
        done = next;
        progress(done, upto);
    }
    copying.drop_purged(&mut report)?;
    copying.checkpoints(report.entries)?;
    Ok(report)
}

/// A backup may only go on with the journal it was begun with.
fn check_same(from: &Connection, to: &Connection, last: u64) -> Result<(), Error> {
    let head = |journal: &Connection| {
        Ok::<_, Error>(journal::entry(journal, last)?.map(|row| row.link.hash()))
    };
    if last > 0 && head(from)? != head(to)? {
        return Err(Error::Invalid(
            "the backup is of another journal: take a new folder",
        ));
    }
    Ok(())
}

struct Copying<'a> {
    from: &'a Connection,
    to: &'a Connection,
    source: Files,
    target: Files,
}

impl Copying<'_> {
    /// Copies the entries `first` to `last` and the blobs they bring, in one transaction.
    fn step(
        &self,
        first: u64,
        last: u64,
        log: &mut Log,
        report: &mut BackupReport,
    ) -> Result<(), Error> {
        self.to.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        let statements = Statements::new(self.to);
        let mut blobs = HashSet::new();
        let copied = journal::entries(self.from, first, last, &mut |row| {
            if let Some(commit) = row.commit()? {
                blobs.extend(journal::sealed_by(&commit).map(|(at, _)| at));
            }
            journal::insert_entry(&statements, row.id, &row.link, row.payload.as_deref())?;
            log.push(&row.link, self.to)?;
            report.entries = row.id;
            report.new_entries += 1;
            Ok(())
        })
        .and_then(|()| blobs.iter().try_for_each(|at| self.blob(*at, report)));
        let end = if copied.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.to.execute_batch(end).map_err(failed)?;
        copied
    }

    fn blob(&self, at: u64, report: &mut BackupReport) -> Result<(), Error> {
        if journal::blob_ref(self.to, at)?.is_some() {
            return Ok(());
        }
        let Some(blob) = journal::blob(self.from, at)? else {
            return Err(Error::Damaged(format!(
                "message {at} of the journal is missing"
            )));
        };
        if let Some(name) = &blob.file {
            match self.source.read_packed(name) {
                Ok(packed) => self.target.write(name, &packed)?,
                // Purged between reading the row and the file: the next backup learns of it.
                Err(Error::Damaged(_))
                    if journal::blob(self.from, at)?.is_none_or(|now| now.is_dropped()) => {}
                Err(error) => return Err(error),
            }
        }
        let sql = "INSERT INTO blob (id, hash, size, file, record) VALUES (?,?,?,?,?)";
        let values = params![signed(at), blob.id.0, blob.size, blob.file, blob.record];
        self.to
            .prepare_cached(sql)
            .and_then(|mut insert| insert.execute(values))
            .map_err(failed)?;
        report.new_blobs += 1;
        Ok(())
    }

    /// What was purged in the source since the last time goes from the backup, too.
    fn drop_purged(&self, report: &mut BackupReport) -> Result<(), Error> {
        let sql = "SELECT id FROM blob WHERE record IS NULL";
        let mut select = self.from.prepare_cached(sql).map_err(failed)?;
        let dropped = select.query_map([], |row| row.get(0)).map_err(failed)?;
        for at in dropped {
            let at: i64 = at.map_err(failed)?;
            let sql = "SELECT 1 FROM blob WHERE id=? AND record IS NOT NULL";
            let is_kept = self
                .to
                .query_row(sql, [at], |_| Ok(()))
                .optional()
                .map_err(failed)?
                .is_some();
            if is_kept {
                let file = journal::drop_blob(self.to, unsigned(at))?;
                if let Some(name) = file {
                    self.target.remove(&name)?;
                }
                report.dropped_blobs += 1;
            }
        }
        Ok(())
    }

    /// Checkpoints over what is in the target.
    fn checkpoints(&self, entries: u64) -> Result<(), Error> {
        for (size, at, note) in journal::checkpoints(self.from)?
            .into_iter()
            .filter(|(size, _, _)| *size <= entries)
        {
            journal::insert_checkpoint(self.to, size, at, &note)?;
        }
        Ok(())
    }
}
