//! The writer: the one thread that changes anything.
//!
//! It takes all requests that are waiting, decides and folds each into the open transaction of the state,
//! appends the entries to the journal, syncs the journal once for all of them, and answers. The state's own
//! transaction stays open over many such rounds: its pages are then written once for many commits. It is
//! committed when a reader asks for an account that is ahead, when enough has gathered, and when nothing is to do.
//!
//! **Invariant:** what the state has committed is in the journal. If the journal does not take a round, the
//! state's open transaction is thrown away and folded again from the journal.

mod round;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use model::{AccountId, Clock};
use rusqlite::Connection;
use store::{Error, Head};

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
use crate::{journal, state};

/// Requests that share one sync.
const REQUESTS_PER_ROUND_MAX: usize = 256;
/// Entries after which the state is committed even if nobody asks for it.
const ENTRIES_PER_STATE_COMMIT_MAX: u64 = 4_096;
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
    journal: Connection,
    state: Connection,
    state_path: PathBuf,
    log: Log,
    files: Arc<Files>,
    shared: Arc<Shared>,
    feed: Feed,
    signer: Option<Arc<dyn Sign>>,
    clock: Clock,
    /// Heads as the state has them committed, of accounts changed since.
    saved: HashMap<AccountId, Option<Arc<Head>>>,
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
        let mut writer = Self {
            journal,
            state,
            state_path,
            log,
            files,
            shared,
            feed,
            signer,
            clock,
            saved: HashMap::new(),
            folded: 0,
            signed_size,
            unsigned: false,
            broken: None,
            whole: true,
            loads,
            left_out,
        };
        writer.catch_up()?;
        writer.begin()?;
        if !writer
            .log
            .extends(journal::last_checkpoint(&writer.journal)?, &writer.journal)?
        {
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

    /// Removes the files that a run wrote for commits that it did not live to see.
    pub(crate) fn remove_files_of(&self, run: Stamp) -> Result<(), Error> {
        for name in self.files.list()? {
            if run.made(&name) && !journal::is_file_named(&self.journal, &name)? {
                tracing::info!(file = name, "removing a message that was not stored");
                self.files.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Works until told to stop, or until nobody can ask any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let first = match jobs.recv_timeout(IDLE_BEFORE_COMMIT) {
                Ok(job) => job,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.settle_or_note();
                    match self.wait_idle(jobs) {
                        Some(job) => job,
                        None => break,
                    }
                }
            };
            if !self.turn(first, jobs) {
                break;
            }
        }
        self.settle_or_note();
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
        for connection in [&self.journal, &self.state] {
            if let Err(error) = truncate_log(connection) {
                tracing::debug!(%error, "a write-ahead log keeps its size");
            }
        }
        self.begin()
    }

    /// Takes what is waiting; false when it is time to end.
    fn turn(&mut self, first: Job, jobs: &Receiver<Job>) -> bool {
        let mut next = Some(first);
        let mut waiting: Vec<Submission> = Vec::new();
        let mut count = 0;
        let mut after = None;
        while let Some(job) = next.take() {
            match job {
                Job::Commit(submission) => {
                    count += submission.requests.len();
                    waiting.push(submission);
                }
                other => {
                    after = Some(other);
                    break;
                }
            }
            if count < REQUESTS_PER_ROUND_MAX {
                next = jobs.try_recv().ok();
            }
        }
        if !waiting.is_empty() {
            self.round(waiting);
        }
        match after {
            Some(Job::Settle(asker)) => {
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
            Some(Job::Stop) => return false,
            Some(Job::Commit(..)) | None => {
                if self.folded >= ENTRIES_PER_STATE_COMMIT_MAX || self.files.room() == Room::Low {
                    self.settle_or_note();
                }
            }
        }
        true
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
        if self.folded > 0 {
            self.save_heads()?;
            state::set_position(&self.state, self.log.size())?;
            self.state.execute_batch("COMMIT").map_err(failed)?;
            self.loads.state_grew(self.folded);
            self.folded = 0;
            self.saved.clear();
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
        for (account, before) in &self.saved {
            if let Some(now) = head_of(&self.shared, &self.state, *account)? {
                heads::save(&self.state, before.as_deref(), &now)?;
            }
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
        let prove = |old| self.log.proof(old, &self.journal);
        let tree = Tree::new(size, self.log.root(), &prove);
        let note = match signer.sign(&tree) {
            Ok(note) => note,
            Err(why) => {
                self.go_on_unsigned(why);
                return Ok(());
            }
        };
        self.unsigned = false;
        self.journal
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(failed)?;
        let write = || {
            if self.signed_size / ENTRIES_PER_KEPT_CHECKPOINT == size / ENTRIES_PER_KEPT_CHECKPOINT
            {
                journal::remove_checkpoint(&self.journal, self.signed_size)?;
            }
            journal::insert_checkpoint(&self.journal, size, self.clock.now(), &note)?;
            self.journal.execute_batch("COMMIT").map_err(failed)
        };
        if let Err(error) = write() {
            // Unsigned for now; the entries themselves are safe.
            tracing::warn!(%error, "a checkpoint could not be stored");
            self.roll_back_journal();
            return Ok(());
        }
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

    fn roll_back_journal(&self) {
        if !self.journal.is_autocommit()
            && let Err(error) = self.journal.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "the journal's transaction could not be rolled back");
        }
    }

    /// Folds the entries that the committed state lacks, in steps, each committed.
    fn catch_up(&mut self) -> Result<(), Error> {
        let last = journal::size(&self.journal)?;
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
            state::replay::fold(&self.journal, &self.state, done + 1, upto)?;
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

    /// Tells of a failure, once, and begins again.
    fn fail(&mut self, why: &Error) {
        if self.broken.is_none() {
            tracing::error!(error = %why, "the store could not write; folding the journal again");
        }
        self.recover();
    }

    /// After a failure: throws away what is open and folds the journal again.
    fn recover(&mut self) {
        let was_broken = self.broken.is_some();
        self.roll_back_journal();
        let mut again = || {
            if !self.state.is_autocommit() {
                self.state.execute_batch("ROLLBACK").map_err(failed)?;
            }
            self.saved.clear();
            self.folded = 0;
            self.log = Log::open(&self.journal)?;
            self.catch_up()?;
            self.shared
                .heads
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clear();
            lock(&self.shared.unsettled).clear();
            self.begin()
        };
        self.broken = again().err();
        if was_broken && self.broken.is_none() {
            tracing::info!("the store can write again");
        }
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
