//! Appending: what the writer decided goes to the end of the journal, is synced, becomes public, and is answered.
//!
//! While one round is synced, the writer decides and folds the next: threads beside it append what waits in line, several
//! rounds with one sync if so many have gathered. One of them appends while another still tells its answers, since each
//! answer wakes somebody who then wants the processor. A writer that has nothing else to do appends by itself, which saves
//! handing over.
//!
//! **Invariant:** rounds are appended in the order in which they were decided. When one fails, so do all behind it, until
//! the writer has folded the journal anew.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, TryLockError};

use model::AccountId;
use rusqlite::Connection;
use seal::{Link, Tile};
use store::{Blob, Committed, Error, Head, Notice, Place};

use crate::carry::Loads;
use crate::database::lock;
use crate::feed::{Feed, Pending};
use crate::files::Files;
use crate::job::{Shared, Submission};
use crate::journal;
use crate::statements::Statements;
use crate::writer::unavailable;

/// Requests that may wait in line; the writer then waits for those before them.
const REQUESTS_IN_LINE_MAX: usize = 1_024;

/// Threads that append.
pub(crate) const APPENDERS: usize = 2;

/// What becomes of each request of a submission.
pub(super) type Answers = Vec<Result<Committed, Error>>;

/// What a round decided, on its way into the journal.
#[derive(Default)]
pub(super) struct Batch {
    /// Entries with their numbers and payloads.
    pub(super) entries: Vec<(u64, Link, Vec<u8>)>,
    /// Tiles of the tree that the entries complete.
    pub(super) tiles: Vec<Tile>,
    /// New blobs with their places.
    pub(super) placed: Vec<(Arc<Blob>, u64)>,
    /// Blobs that nothing names any more.
    pub(super) unused: Vec<u64>,
    /// Heads of the accounts that changed.
    pub(super) heads: HashMap<AccountId, Arc<Head>>,
    /// One for each entry.
    pub(super) notices: Vec<Notice>,
    /// What is to be indexed.
    pub(super) pending: Vec<Pending>,
    /// Who asked, with the answers.
    pub(super) answers: Vec<(Submission, Answers)>,
}

/// Batches that are durable or failed, and whose askers do not know so far.
#[must_use = "somebody waits for the answers"]
#[derive(Default)]
struct Untold(Vec<Batch>);

impl Untold {
    fn tell(self) {
        for batch in self.0 {
            for (submission, answers) in batch.answers {
                (submission.reply)(answers);
            }
        }
    }
}

/// Who writes to the journal, one at a time.
pub(super) struct Appender {
    pub(super) journal: Connection,
    shared: Arc<Shared>,
    files: Arc<Files>,
    feed: Feed,
    loads: Loads,
    /// Why a round could not be appended: none is until the writer begins again.
    failure: Option<Error>,
}

impl Appender {
    pub(super) fn new(
        journal: Connection,
        shared: Arc<Shared>,
        files: Arc<Files>,
        feed: Feed,
        loads: Loads,
    ) -> Self {
        Self {
            journal,
            shared,
            files,
            feed,
            loads,
            failure: None,
        }
    }

    /// Makes batches durable together, and public.
    fn append(&mut self, mut batches: Vec<Batch>) -> Untold {
        let written = match &self.failure {
            Some(error) => Err(error.clone()),
            None => self.write(&batches),
        };
        match written {
            Ok(unused_files) => {
                batches.iter_mut().for_each(|batch| self.publish(batch));
                for name in unused_files {
                    if let Err(error) = self.files.remove(&name) {
                        tracing::warn!(%error, "a purged message's file stays behind");
                    }
                }
            }
            Err(error) => {
                self.roll_back();
                for (_, answers) in batches.iter_mut().flat_map(|batch| &mut batch.answers) {
                    answers.fill(Err(unavailable(&error)));
                }
                self.failure = Some(error);
            }
        }
        Untold(batches)
    }

    /// Puts batches into the journal; tells the files that are of no use once that is done.
    fn write(&mut self, batches: &[Batch]) -> Result<Vec<String>, Error> {
        let mut unused_files = Vec::new();
        let (mut entries, mut octets) = (0, 0);
        let statements = Statements::new(&self.journal);
        statements.run("BEGIN IMMEDIATE", ())?;
        for batch in batches {
            for (blob, at) in &batch.placed {
                journal::insert_blob(&statements, *at, blob)?;
                octets += octets_of(blob);
            }
            for (number, link, payload) in &batch.entries {
                journal::insert_entry(&statements, *number, link, Some(payload))?;
            }
            for tile in &batch.tiles {
                journal::insert_tile(&self.journal, tile)?;
            }
            for at in &batch.unused {
                unused_files.extend(journal::drop_blob(&self.journal, *at)?);
            }
            entries += batch.notices.len() as u64;
        }
        // The one sync: from here on all of it is durable.
        statements.run("COMMIT", ())?;
        drop(statements);
        self.loads.journal_grew(entries, octets);
        Ok(unused_files)
    }

    /// The batch is durable: readers, watchers and the search index learn of it.
    fn publish(&self, batch: &mut Batch) {
        lock(&self.shared.unsettled).extend(batch.heads.keys());
        self.shared
            .heads
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(batch.heads.drain());
        for (blob, at) in &batch.placed {
            blob.set_placed(*at);
            if let Place::File(name) = &blob.place {
                self.files.keep(name);
            }
        }
        self.feed.add(std::mem::take(&mut batch.pending));
        let listeners = lock(&self.shared.listeners);
        for notice in &batch.notices {
            listeners.iter().for_each(|listener| listener.0(notice));
        }
    }

    pub(super) fn roll_back(&self) {
        if !self.journal.is_autocommit()
            && let Err(error) = self.journal.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "the journal's transaction could not be rolled back");
        }
    }
}

/// The rounds that wait for being appended, and who appends them.
pub(crate) struct Line {
    waiting: Mutex<Waiting>,
    more: Condvar,
    appender: Mutex<Appender>,
    /// Batches that were appended or refused.
    done: AtomicU64,
    /// Whether a batch failed since the writer began.
    is_broken: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    batches: Vec<Batch>,
    requests: usize,
    closed: bool,
}

impl Line {
    pub(super) fn new(appender: Appender) -> Self {
        Self {
            waiting: Mutex::default(),
            more: Condvar::new(),
            appender: Mutex::new(appender),
            done: AtomicU64::new(0),
            is_broken: AtomicBool::new(false),
        }
    }

    /// Appends what comes into line until it is closed.
    pub(crate) fn run(&self) {
        while self.wait() {
            let untold = self.append_to(&mut self.hold());
            untold.tell();
        }
    }

    /// Waits until something is in line; false when nothing will come any more.
    fn wait(&self) -> bool {
        let idle = |waiting: &mut Waiting| waiting.batches.is_empty() && !waiting.closed;
        match self.more.wait_while(lock(&self.waiting), idle) {
            Ok(waiting) => !waiting.batches.is_empty(),
            Err(_) => false,
        }
    }

    /// Nothing will come any more.
    pub(super) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.more.notify_all();
    }

    /// Puts a batch at the end; waits for those before it if the line is long.
    pub(super) fn push(&self, batch: Batch) {
        let mut waiting = lock(&self.waiting);
        waiting.requests += batch.answers.len();
        waiting.batches.push(batch);
        let is_long = waiting.requests > REQUESTS_IN_LINE_MAX;
        drop(waiting);
        if is_long {
            drop(self.drain());
        }
    }

    /// Lets another thread append what is in line.
    pub(super) fn hand_over(&self) {
        self.more.notify_one();
    }

    /// Appends what is in line, unless another thread does so now and will find it.
    pub(super) fn help(&self) {
        let untold = match self.appender.try_lock() {
            Ok(mut appender) => self.append_to(&mut appender),
            Err(TryLockError::Poisoned(appender)) => self.append_to(&mut appender.into_inner()),
            // It looks at the line again before it waits.
            Err(TryLockError::WouldBlock) => return,
        };
        untold.tell();
    }

    /// Appends what is in line, and keeps everybody else from appending.
    pub(super) fn drain(&self) -> MutexGuard<'_, Appender> {
        let untold = self.append_to(&mut self.hold());
        untold.tell();
        // Only the writer puts anything in line, and it is the writer who drains.
        self.hold()
    }

    /// Keeps everybody from appending.
    pub(super) fn hold(&self) -> MutexGuard<'_, Appender> {
        lock(&self.appender)
    }

    fn append_to(&self, appender: &mut Appender) -> Untold {
        let mut waiting = lock(&self.waiting);
        let batches = std::mem::take(&mut waiting.batches);
        waiting.requests = 0;
        drop(waiting);
        if batches.is_empty() {
            return Untold::default();
        }
        let count = batches.len() as u64;
        let untold = appender.append(batches);
        if appender.failure.is_some() {
            self.is_broken.store(true, Ordering::Release);
        }
        self.done.fetch_add(count, Ordering::Release);
        untold
    }

    /// How many batches were appended or refused so far.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    /// Whether a batch failed, and all behind it fail.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    /// Why a batch failed, if one did; all in line are refused first.
    pub(super) fn failure(&self) -> Option<Error> {
        self.drain().failure.clone()
    }

    /// Takes batches again, now that nothing of those that failed is left in line.
    pub(super) fn mend(&self, appender: &mut Appender) {
        appender.failure = None;
        self.is_broken.store(false, Ordering::Release);
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

/// Octets that a blob takes in the journal.
fn octets_of(blob: &Blob) -> u64 {
    match &blob.place {
        Place::Journal(record) => record.len() as u64,
        Place::File(_) => blob.meta.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use model::Seq;
    use seal::Hash;

    use super::*;
    use crate::carry;

    fn line(data: &Path) -> Line {
        let journal = journal::open(&data.join(journal::FILE)).unwrap();
        let (loads, _) = carry::carrier(data);
        Line::new(Appender::new(
            journal,
            Arc::default(),
            Arc::new(Files::new(data)),
            Feed::default(),
            loads,
        ))
    }

    type Told = (u64, Answers);

    /// A round that brings one entry.
    fn batch(number: u64, told: &Sender<Told>) -> Batch {
        let link = Link {
            stream: 7,
            number,
            at_ms: 0,
            previous: Hash::ZERO,
            payload: Hash::ZERO,
        };
        let told = told.clone();
        let submission = Submission {
            requests: Vec::new(),
            together: false,
            reply: Box::new(move |answers| told.send((number, answers)).unwrap()),
        };
        let committed = Committed {
            seq: Seq(number),
            outcomes: Vec::new(),
        };
        Batch {
            entries: vec![(number, link, b"entry".to_vec())],
            answers: vec![(submission, vec![Ok(committed)])],
            ..Batch::default()
        }
    }

    fn entries(data: &Path) -> u64 {
        let journal = journal::open_to_read(&data.join(journal::FILE)).unwrap();
        journal::size(&journal).unwrap()
    }

    fn answered(told: &Receiver<Told>) -> Vec<(u64, bool)> {
        told.try_iter()
            .map(|(number, answers)| (number, answers.iter().all(Result::is_ok)))
            .collect()
    }

    #[test]
    fn what_waits_in_line_is_durable_when_it_is_answered() {
        let data = tempfile::tempdir().unwrap();
        let line = line(data.path());
        let (teller, told) = channel();
        line.push(batch(1, &teller));
        line.push(batch(2, &teller));
        assert_eq!((answered(&told), line.done()), (Vec::new(), 0));
        assert_eq!(entries(data.path()), 0);
        line.help();
        assert_eq!(answered(&told), [(1, true), (2, true)]);
        assert_eq!((entries(data.path()), line.done()), (2, 2));
        std::thread::scope(|scope| {
            for _ in 0..APPENDERS {
                scope.spawn(|| line.run());
            }
            for number in 3..=40 {
                line.push(batch(number, &teller));
                line.hand_over();
            }
            line.close();
        });
        let mut numbers = answered(&told);
        numbers.sort_unstable();
        assert!((3..=40).map(|number| (number, true)).eq(numbers));
        assert_eq!((entries(data.path()), line.done()), (40, 40));
    }

    #[test]
    fn what_is_behind_a_failure_fails_until_it_is_mended() {
        let data = tempfile::tempdir().unwrap();
        let line = line(data.path());
        let (teller, told) = channel();
        line.push(batch(1, &teller));
        drop(line.drain());
        assert!(!line.is_broken() && line.failure().is_none());
        // The number is taken: this cannot be appended, and with it nothing that shares its sync or comes later.
        line.push(batch(2, &teller));
        line.push(batch(1, &teller));
        line.help();
        line.push(batch(2, &teller));
        line.help();
        assert!(line.is_broken() && line.failure().is_some());
        let told_so_far = answered(&told);
        assert_eq!(told_so_far, [(1, true), (2, false), (1, false), (2, false)]);
        assert_eq!((entries(data.path()), line.done()), (1, 4));
        let mut appender = line.drain();
        line.mend(&mut appender);
        drop(appender);
        line.push(batch(2, &teller));
        line.help();
        assert_eq!(answered(&told), [(2, true)]);
        assert!(!line.is_broken() && line.failure().is_none());
        assert_eq!(entries(data.path()), 2);
    }

    #[test]
    fn a_long_line_makes_who_adds_to_it_append() {
        let data = tempfile::tempdir().unwrap();
        let line = line(data.path());
        let (teller, told) = channel();
        let last = REQUESTS_IN_LINE_MAX as u64 + 1;
        for number in 1..last {
            line.push(batch(number, &teller));
        }
        assert_eq!(line.done(), 0);
        line.push(batch(last, &teller));
        assert_eq!((line.done(), answered(&told).len() as u64), (last, last));
    }
}
