//! The writer: the one thread that decides what changes.
//!
//! It takes the requests that are waiting, decides and folds each into the open transaction of the state, and puts the
//! entries in line for the journal, where they are appended, synced and answered while it goes on (see [`append`]). The
//! state's own transaction stays open over many such rounds: its pages are then written once for many commits. It is
//! committed when a reader asks for an account that is ahead, when enough has gathered, and when nothing is to do.
//!
//! **Invariant:** what the state has committed is in the journal. If the journal does not take a round, the
//! state's open transaction is thrown away and folded again from the journal.

mod ahead;

mod append;

mod round;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use model::{AccountId, Clock};
use rusqlite::Connection;
use store::{Error, Head};

pub(crate) use append::{APPENDERS, Line};

use crate::carry::Loads;
use crate::database::{failed, lock, truncate_log};
use crate::feed::Feed;
use crate::files::{Files, Stamp};
use crate::job::{Job, Shared, Submission};
use crate::left_out::LeftOut;
use crate::log::Log;
use crate::room::Room;
use crate::sign::{NotSigned, Sign, Tree};
use crate::state::heads;
use crate::writer::ahead::Ahead;
use crate::writer::append::Appender;
use crate::{journal, state};

/// Requests of one round: so few that those before them are synced while these are decided. Besides its requests, a round
/// costs about 0.1 ms.
const REQUESTS_PER_ROUND_MAX: usize = 32;
/// Entries after which the state is committed even if nobody asks for it: with half as many, a tenth more is written to the
/// device; with twice as many, it takes a second to fold them again after a kill.
const ENTRIES_PER_STATE_COMMIT_MAX: u64 = 16_384;
/// Without work for this long, the state is committed, so that a restart has nothing to fold.
const IDLE_BEFORE_COMMIT: Duration = Duration::from_millis(50);
/// Without work for this long on top, the write-ahead logs are emptied: they would keep their largest size.
const IDLE_BEFORE_TRUNCATE: Duration = Duration::from_millis(200);
/// Without work for this long, who signs is asked once more after having been away.
const UNSIGNED_BEFORE_RETRY: Duration = Duration::from_secs(1);
/// Heads kept in memory; beyond that those not in use are read again.
const HEADS_KEPT_MAX: usize = 20_000;
/// Checkpoints are kept for every so many entries, besides the last.
const ENTRIES_PER_KEPT_CHECKPOINT: u64 = 10_000;

/// The writer's side of the engine.
pub(crate) struct Writer {
    line: Arc<Line>,
    state: Connection,
    state_path: PathBuf,
    log: Log,
    files: Arc<Files>,
    shared: Arc<Shared>,
    signer: Option<Arc<dyn Sign>>,
    clock: Clock,
    ahead: Ahead,
    /// Entries folded since the state was last committed.
    folded: u64,
    /// The tree size of the last checkpoint.
    signed_size: u64,
    /// Whether it was said already that nobody signs at the moment.
    unsigned: bool,
    /// Why the last round could not be undone; nothing is taken before it is.
    broken: Option<Error>,
    /// Whether the journal has all that the state and the last checkpoint know of.
    whole: bool,
    loads: Loads,
    left_out: LeftOut,
}

/// What the writer is made of.
pub(crate) struct Parts {
    pub(crate) journal: Connection,
    pub(crate) state: Connection,
    pub(crate) state_path: PathBuf,
    pub(crate) files: Arc<Files>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) feed: Feed,
    pub(crate) signer: Option<Arc<dyn Sign>>,
    pub(crate) clock: Clock,
    pub(crate) loads: Loads,
    pub(crate) left_out: LeftOut,
}

impl Writer {
    /// Makes the writer ready: folds what the state lacks of the journal.
    pub(crate) fn open(parts: Parts) -> Result<Self, Error> {
        let log = Log::open(&parts.journal)?;
        let signed_size = journal::last_checkpoint(&parts.journal)?.map_or(0, |(size, _)| size);
        let Parts {
            journal,
            state,
            state_path,
            files,
            shared,
            feed,
            signer,
            clock,
            loads,
            left_out,
        } = parts;
        let ahead = Ahead::of(journal::last_blob(&journal)?);
        let (files_too, shared_too) = (Arc::clone(&files), Arc::clone(&shared));
        let appender = Appender::new(journal, shared_too, files_too, feed, loads.clone());
        let line = Arc::new(Line::new(appender));
        let mut writer = Self {
            line: Arc::clone(&line),
            state,
            state_path,
            log,
            files,
            shared,
            signer,
            clock,
            ahead,
            folded: 0,
            signed_size,
            unsigned: false,
            broken: None,
            whole: true,
            loads,
            left_out,
        };
        let appender = line.hold();
        let journal = &appender.journal;
        writer.catch_up(journal)?;
        writer.begin()?;
        let checkpoint = journal::last_checkpoint(journal)?;
        if !writer.log.extends(checkpoint, journal)? {
            // Signing over it would hide what happened: `verify` is to find it, and somebody is to look.
            tracing::error!(
                "the journal does not extend the checkpoint that was signed last; nothing is signed any more"
            );
            writer.signer = None;
            writer.whole = false;
        }
        Ok(writer)
    }

    /// Whether the journal has all that the state and the last checkpoint knew of when it was opened.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Where what was decided waits to be appended: [`APPENDERS`] threads are to [`Line::run`] it.
    pub(crate) fn line(&self) -> Arc<Line> {
        Arc::clone(&self.line)
    }

    /// Removes the files that a run wrote for commits that it did not live to see.
    pub(crate) fn remove_files_of(&self, run: Stamp) -> Result<(), Error> {
        let appender = self.line.hold();
        for name in self.files.list()? {
            if run.made(&name) && !journal::is_file_named(&appender.journal, &name)? {
                tracing::info!(file = name, "removing a message that was not stored");
                self.files.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Works until told to stop, or until nobody can ask any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| self.wait(jobs)) {
            match self.turn(job, jobs) {
                ControlFlow::Continue(job) => next = job,
                ControlFlow::Break(()) => break,
            }
        }
        self.settle_or_note();
    }

    /// Waits for work; none when nobody can ask any more. When there is none for a while, the state follows the journal.
    fn wait(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        match jobs.recv_timeout(IDLE_BEFORE_COMMIT) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                self.settle_or_note();
                self.wait_idle(jobs)
            }
        }
    }

    /// Sleeps until there is work; none when nobody can ask any more. After a while the logs of both files go.
    fn wait_idle(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        match jobs.recv_timeout(IDLE_BEFORE_TRUNCATE) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if self.folded == 0
            && self.broken.is_none()
            && let Err(error) = self.truncate_logs()
        {
            self.fail(&error);
        }
        while self.unsigned {
            match jobs.recv_timeout(UNSIGNED_BEFORE_RETRY) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.settle_or_note(),
            }
        }
        jobs.recv().ok()
    }

    /// Copies what is in the write-ahead logs to their files, and empties them; passes over one that is being read.
    fn truncate_logs(&mut self) -> Result<(), Error> {
        self.state.execute_batch("COMMIT").map_err(failed)?;
        let appender = self.line.drain();
        for connection in [&appender.journal, &self.state] {
            if let Err(error) = truncate_log(connection) {
                tracing::debug!(%error, "a write-ahead log keeps its size");
            }
        }
        drop(appender);
        self.begin()
    }

    /// Takes what is waiting, as much as fits into a round; breaks when it is time to end, and else gives what came next.
    fn turn(&mut self, first: Job, jobs: &Receiver<Job>) -> ControlFlow<(), Option<Job>> {
        let mut next = Some(first);
        let mut waiting: Vec<Submission> = Vec::new();
        let mut count = 0;
        while count < REQUESTS_PER_ROUND_MAX
            && let Some(job) = next.take()
        {
            let Job::Commit(submission) = job else {
                next = Some(job);
                break;
            };
            count += submission.requests.len();
            waiting.push(submission);
            next = jobs.try_recv().ok();
        }
        let room = if waiting.is_empty() {
            Room::Plenty
        } else {
            self.round(waiting)
        };
        match next {
            Some(Job::Settle(asker)) => {
                self.settle_for(&asker);
                return ControlFlow::Continue(None);
            }
            Some(Job::Stop) => return ControlFlow::Break(()),
            Some(Job::Commit(_)) => self.line.hand_over(),
            None => self.line.help(),
        }
        if self.folded >= ENTRIES_PER_STATE_COMMIT_MAX || room == Room::Low {
            self.settle_or_note();
        }
        ControlFlow::Continue(next)
    }

    /// Commits the state for somebody who wants to read it.
    fn settle_for(&mut self, asker: &std::sync::mpsc::Sender<Result<(), Error>>) {
        if self.broken.is_some() {
            self.recover();
        }
        let settled = self.commit_state();
        if let Err(error) = &settled {
            self.fail(error);
        }
        // The asker may have given up.
        drop(asker.send(settled));
        // Who reads does not wait for a signature, which needs a sync of its own: it is made when there is no other
        // work, and at the latest after as many entries as without readers.
        let unsigned = self.log.size().saturating_sub(self.signed_size);
        if unsigned >= ENTRIES_PER_STATE_COMMIT_MAX {
            self.settle_or_note();
        }
    }

    fn settle_or_note(&mut self) {
        self.files.remove_unnamed();
        if let Err(error) = self.settle() {
            self.fail(&error);
        }
    }

    /// Commits the state as far as the journal is durable, and signs a checkpoint over it.
    fn settle(&mut self) -> Result<(), Error> {
        self.commit_state()?;
        self.sign()
    }

    /// Commits the state as far as the journal is durable: from then on readers see it.
    fn commit_state(&mut self) -> Result<(), Error> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if let Some(error) = self.line.failure() {
            return Err(error);
        }
        if self.folded > 0 {
            self.save_heads()?;
            state::set_position(&self.state, self.log.size())?;
            self.state.execute_batch("COMMIT").map_err(failed)?;
            self.loads.state_grew(self.folded);
            self.folded = 0;
            self.ahead.committed();
            lock(&self.shared.unsettled).clear();
            self.forget_heads();
            self.begin()?;
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), Error> {
        self.state.execute_batch("BEGIN IMMEDIATE").map_err(failed)
    }

    fn save_heads(&self) -> Result<(), Error> {
        for (account, now) in &self.ahead.heads {
            let before = self.ahead.saved.get(account).and_then(Option::as_deref);
            heads::save(&self.state, before, now)?;
        }
        Ok(())
    }

    fn forget_heads(&self) {
        let mut heads = self
            .shared
            .heads
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if heads.len() > HEADS_KEPT_MAX {
            // Whoever uses a head has an Arc of it.
            heads.retain(|account, head| {
                *account == AccountId::DIRECTORY || Arc::strong_count(head) > 1
            });
        }
    }

    /// Signs the tree if it grew since the last time.
    fn sign(&mut self) -> Result<(), Error> {
        let size = self.log.size();
        let Some(signer) = &self.signer else {
            return Ok(());
        };
        if size == self.signed_size {
            return Ok(());
        }
        let appender = self.line.drain();
        let journal = &appender.journal;
        let prove = |old| self.log.proof(old, journal);
        let tree = Tree::new(size, self.log.root(), &prove);
        let note = match signer.sign(&tree) {
            Ok(note) => note,
            Err(why) => {
                drop(appender);
                self.go_on_unsigned(why);
                return Ok(());
            }
        };
        journal.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        let write = || {
            if self.signed_size / ENTRIES_PER_KEPT_CHECKPOINT == size / ENTRIES_PER_KEPT_CHECKPOINT
            {
                journal::remove_checkpoint(journal, self.signed_size)?;
            }
            journal::insert_checkpoint(journal, size, self.clock.now(), &note)?;
            journal.execute_batch("COMMIT").map_err(failed)
        };
        if let Err(error) = write() {
            // Unsigned for now; the entries themselves are safe.
            tracing::warn!(%error, "a checkpoint could not be stored");
            appender.roll_back();
            return Ok(());
        }
        drop(appender);
        self.unsigned = false;
        self.signed_size = size;
        Ok(())
    }

    /// Mail does not wait for signatures; what is missing is signed with what comes next.
    fn go_on_unsigned(&mut self, why: NotSigned) {
        match why {
            NotSigned::Refused(error) => {
                // Asking again would change nothing: `verify` is to find it, and somebody is to look.
                tracing::error!(%error, "the notary refuses to sign the journal; nothing is signed any more");
                self.signer = None;
            }
            NotSigned::Unavailable(error) if !self.unsigned => {
                tracing::warn!(%error, "the journal is not signed for now");
                self.unsigned = true;
            }
            NotSigned::Unavailable(_) => {}
        }
    }

    /// Folds the entries that the committed state lacks, in steps, each committed.
    fn catch_up(&mut self, journal: &Connection) -> Result<(), Error> {
        let last = journal::size(journal)?;
        let mut done = state::position(&self.state)?;
        if done > last {
            // The state knows entries that the journal does not have: it is not this journal's.
            tracing::warn!(
                state = done,
                journal = last,
                "the state is ahead of the journal, whose end was cut off; the state is folded anew"
            );
            self.whole = false;
            self.reset_state()?;
            done = 0;
        }
        if done < last {
            tracing::info!(
                entries = last - done,
                "folding the journal's tail into the state"
            );
        }
        while done < last {
            let upto = last.min(done + ENTRIES_PER_STATE_COMMIT_MAX);
            state::replay::fold(journal, &self.state, done + 1, upto)?;
            done = upto;
        }
        Ok(())
    }

    fn reset_state(&mut self) -> Result<(), Error> {
        self.state = Connection::open_in_memory().map_err(failed)?;
        state::remove(&self.state_path)?;
        self.state = state::open(&self.state_path)?;
        Ok(())
    }

    /// Learns what became of the rounds in line; begins again if one failed.
    fn look_behind(&mut self) {
        self.ahead.look_behind(self.line.done());
        if self.line.is_broken()
            && let Some(error) = self.line.failure()
        {
            self.fail(&error);
        }
    }

    /// Tells of a failure, once, and begins again.
    fn fail(&mut self, why: &Error) {
        if self.broken.is_none() {
            tracing::error!(error = %why, "the store could not write; folding the journal again");
        }
        self.recover();
    }

    /// After a failure: throws away what is open and folds the journal again, behind all that is in line.
    fn recover(&mut self) {
        let was_broken = self.broken.is_some();
        let line = Arc::clone(&self.line);
        let mut appender = line.drain();
        appender.roll_back();
        self.broken = self.begin_again(&appender.journal).err();
        if self.broken.is_none() {
            line.mend(&mut appender);
            if was_broken {
                tracing::info!("the store can write again");
            }
        }
    }

    fn begin_again(&mut self, journal: &Connection) -> Result<(), Error> {
        if !self.state.is_autocommit() {
            self.state.execute_batch("ROLLBACK").map_err(failed)?;
        }
        self.folded = 0;
        self.log = Log::open(journal)?;
        self.ahead.begin_again(journal::last_blob(journal)?);
        self.catch_up(journal)?;
        self.shared
            .heads
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clear();
        lock(&self.shared.unsettled).clear();
        self.begin()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.line.close();
    }
}

/// The head of an account as of the last durable commit.
fn head_of(
    shared: &Shared,
    state: &Connection,
    account: AccountId,
) -> Result<Option<Arc<Head>>, Error> {
    let known = shared
        .heads
        .read()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .get(&account)
        .cloned();
    match known {
        Some(head) => Ok(Some(head)),
        None => Ok(heads::load(state, account)?.map(Arc::new)),
    }
}

/// What a failed round tells those who asked: nothing of it happened, and trying again may help.
fn unavailable(error: &Error) -> Error {
    match error {
        Error::Damaged(_) => error.clone(),
        other => Error::Unavailable(other.to_string()),
    }
}
