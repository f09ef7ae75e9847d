//! `search.db`: the full-text index, fed behind the journal by a thread of its own.
//!
//! The writer hands over what it committed, mostly with the text still at hand; what was committed before
//! the start is read from the journal again. A query first has everything indexed that its account has waiting.

mod distinct;

mod index;

mod words;

use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};

use model::EmailId;
use store::{Error, Extract, TextQuery};

use crate::database::{Readers, lock};
use crate::feed::{Feed, Pending, Work};
use crate::files::Files;
use crate::job::Job;
use crate::journal;
use crate::state::{number_of, read, row_of};
use index::{Index, Rows};
use words::Question;

/// The name of the file in the data folder.
pub(crate) const FILE: &str = "search.db";
/// Entries of the journal that are read again at a time.
const BACKLOG_ENTRIES_PER_STEP: u64 = 1_000;

/// Makes the index and answers questions from it.
#[derive(Debug)]
pub(crate) struct Search {
    readers: Readers,
    feed: Feed,
    indexer: Mutex<Indexer>,
}

/// What indexing needs; used by its own thread, and by whoever cannot wait for it.
struct Indexer {
    index: Index,
    journal: Readers,
    state: Readers,
    files: Arc<Files>,
    extract: Extract,
    /// Entries from before the start that are still to be indexed.
    backlog: std::ops::RangeInclusive<u64>,
    /// What of the feed may be in the index already.
    fed: Rows,
    writer: SyncSender<Job>,
}

impl std::fmt::Debug for Indexer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Indexer")
            .field("backlog", &self.backlog)
            .finish_non_exhaustive()
    }
}

/// Where things lie, and what else indexing needs.
pub(crate) struct Parts {
    pub(crate) data: PathBuf,
    pub(crate) files: Arc<Files>,
    pub(crate) extract: Extract,
    pub(crate) feed: Feed,
    pub(crate) writer: SyncSender<Job>,
}

impl Search {
    /// Opens the index; `entries` is how many the journal has.
    pub(crate) fn open(parts: Parts, entries: u64) -> Result<Self, Error> {
        let path = parts.data.join(FILE);
        let index = Index::open(&path, entries)?;
        let backlog = index.position()? + 1..=entries;
        let indexer = Indexer {
            index,
            journal: Readers::new(parts.data.join(journal::FILE)),
            state: Readers::new(parts.data.join(crate::state::FILE)),
            files: parts.files,
            extract: parts.extract,
            backlog,
            fed: Rows::New,
            writer: parts.writer,
        };
        Ok(Self {
            readers: Readers::new(path),
            feed: parts.feed,
            indexer: Mutex::new(indexer),
        })
    }

    /// Indexes what comes until the feed is closed.
    pub(crate) fn run(&self) {
        loop {
            let step = lock(&self.indexer).backlog_step();
            match step {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the search index waits"),
            }
            if !self.feed.wait() {
                // What is waiting is indexed after the next start: it is in the journal.
                break;
            }
            let mut indexer = lock(&self.indexer);
            let work = self.feed.take();
            if let Err(error) = indexer.work(work) {
                tracing::warn!(%error, "the search index could not be written; it is caught up later");
            } else if self.feed.is_empty()
                && let Err(error) = indexer.index.truncate_log()
            {
                tracing::debug!(%error, "the search index's write-ahead log keeps its size");
            }
        }
    }

    /// The emails of the account that match, rising.
    pub(crate) fn find(&self, query: &TextQuery) -> Result<Vec<EmailId>, Error> {
        let question = Question::of(query.field, &query.text);
        if question.is_empty() {
            return Ok(Vec::new());
        }
        {
            let mut indexer = lock(&self.indexer);
            while indexer.backlog_step()? {}
            let work = self.feed.take_of(query.account);
            indexer.work(work)?;
        }
        let rows = row_of(query.account, 0)..=row_of(query.account, u32::MAX);
        let found = index::find(&*self.readers.get()?, &question, rows)?;
        Ok(found
            .into_iter()
            .map(|row| EmailId(number_of(row)))
            .collect())
    }

    /// Makes the index anew from the journal.
    pub(crate) fn reindex(
        &self,
        entries: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Error> {
        let mut indexer = lock(&self.indexer);
        drop(self.feed.take());
        indexer.index.clear()?;
        indexer.backlog = 1..=entries;
        // What is waiting, or comes before this is done, may be among them.
        indexer.fed = Rows::Again;
        while indexer.backlog_step()? {
            progress(indexer.backlog.start() - 1, entries);
        }
        progress(entries, entries);
        Ok(())
    }
}

impl Indexer {
    /// Indexes some entries from before the start; false when there are none left.
    fn backlog_step(&mut self) -> Result<bool, Error> {
        if self.backlog.is_empty() {
            return Ok(false);
        }
        let (first, last) = (*self.backlog.start(), *self.backlog.end());
        let upto = last.min(first + BACKLOG_ENTRIES_PER_STEP - 1);
        let mut pending = Vec::new();
        journal::entries(&*self.journal.get()?, first, upto, &mut |row| {
            let account = row.account();
            for mutation in row.commit()?.iter().flat_map(|commit| &commit.mutations) {
                pending.extend(Pending::of(account, row.id, mutation, None));
            }
            Ok(())
        })?;
        // A crash may have kept some of them, which were indexed before their turn.
        self.index_all(pending, Rows::Again, upto)?;
        self.backlog = upto + 1..=last;
        Ok(true)
    }

    fn work(&mut self, work: Work) -> Result<(), Error> {
        let entries = work.pending.iter().map(Pending::entry);
        let (Some(first), Some(last)) = (entries.clone().min(), entries.max()) else {
            return Ok(());
        };
        // What is left of the backlog is still to be indexed after a crash.
        let position = if self.backlog.is_empty() {
            work.first_open
        } else {
            work.first_open.min(self.backlog.start() - 1)
        };
        let done = self.index_all(work.pending, self.fed, position);
        if done.is_err() {
            // What lies between them is waiting, or in the index.
            self.fed = Rows::Again;
            // It is read from the journal again, as soon as the index can be written.
            self.backlog = if self.backlog.is_empty() {
                first..=last
            } else {
                first.min(*self.backlog.start())..=last.max(*self.backlog.end())
            };
        }
        done
    }

    fn index_all(&mut self, pending: Vec<Pending>, rows: Rows, position: u64) -> Result<(), Error> {
        if pending.iter().any(Pending::is_copy) {
            self.settle()?;
        }
        let mut texts = Vec::with_capacity(pending.len());
        let mut gone = Vec::new();
        for one in pending {
            match one {
                Pending::Add {
                    account,
                    email,
                    blob,
                    text,
                    ..
                } => {
                    let text = match text {
                        Some(text) => Some(text),
                        None => self.extract(blob)?,
                    };
                    texts.extend(text.map(|text| (row_of(account, email.0), text)));
                }
                Pending::Copy {
                    account,
                    first,
                    count,
                    ..
                } => {
                    for email in first.0..first.0.saturating_add(count) {
                        let place = read::blob_of(&*self.state.get()?, account, EmailId(email))?;
                        let text = place.map(|blob| self.extract(blob)).transpose()?.flatten();
                        texts.extend(text.map(|text| (row_of(account, email), text)));
                    }
                }
                Pending::Remove {
                    account, emails, ..
                } => {
                    gone.extend(emails.iter().map(|email| row_of(account, email)));
                }
            }
        }
        texts.sort_unstable_by_key(|(row, _)| *row);
        self.index.write(&texts, rows, &gone, position)
    }

    /// The text of a stored message; none if it was purged meanwhile.
    fn extract(&self, blob: u64) -> Result<Option<Arc<store::SearchText>>, Error> {
        let journal = self.journal.get()?;
        let found = journal::blob(&journal, blob)?;
        match found
            .filter(|blob| !blob.is_dropped())
            .map(|blob| blob.message(&self.files))
        {
            None => Ok(None),
            Some(Ok(message)) => Ok(Some(Arc::new((self.extract)(&message)))),
            Some(Err(Error::Damaged(why))) => {
                tracing::error!(blob, why, "a message cannot be indexed");
                Ok(None)
            }
            Some(Err(error)) => Err(error),
        }
    }

    fn settle(&self) -> Result<(), Error> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let stopped = || Error::Unavailable("it is stopping".into());
        self.writer
            .send(Job::Settle(sender))
            .map_err(|_| stopped())?;
        receiver.recv().map_err(|_| stopped())?
    }
}
