//! One round of the writer: the requests that share a sync.

use std::collections::HashMap;
use std::sync::Arc;

use model::{AccountId, Commit, Mutation};
use seal::{Hash, Link};
use store::{
    Blob, Change, CollectionChange, Committed, Decided, Error, Head, Notice, Place, Request,
    SearchText, Source, decide,
};

use crate::database::{failed, lock};
use crate::feed::Pending;
use crate::job::{Shared, Submission};
use crate::journal;
use crate::journal::signed;
use crate::left_out::LeftOut;
use crate::log::Log;
use crate::room::{self, Room};
use crate::state::apply::Fold;
use crate::state::lookup::WriterState;
use crate::state::read;
use crate::statements::Statements;
use crate::writer::{Writer, head_of};

/// What a round has gathered, to be made public once it is durable.
#[derive(Default)]
struct Gathered {
    heads: HashMap<AccountId, Arc<Head>>,
    /// One for each entry.
    notices: Vec<Notice>,
    /// Blobs that this round put into the journal, with their places.
    placed: Vec<(Arc<Blob>, u64)>,
    /// Files of blobs that nothing names any more.
    unused_files: Vec<String>,
    pending: Vec<Pending>,
}

/// A round on its way into journal and state.
struct Round<'w> {
    journal: Statements<'w>,
    state: Statements<'w>,
    log: &'w mut Log,
    saved: &'w mut HashMap<AccountId, Option<Arc<Head>>>,
    shared: &'w Shared,
    left_out: LeftOut,
    gathered: Gathered,
}

/// What becomes of each request of a submission.
type Answers = Vec<Result<Committed, Error>>;

/// Why a request failed: for itself, or with it the whole round.
enum Failure {
    Request(Error),
    Round(Error),
}

const TOO_LARGE: Failure = Failure::Request(Error::Limit("the request is too large"));

impl Writer {
    /// Makes requests durable together and answers them.
    pub(super) fn round(&mut self, waiting: Vec<Submission>) {
        let waiting = match self.files.room() {
            Room::Plenty | Room::Low => waiting,
            Room::Short => refuse_all_but_purges(waiting),
        };
        if waiting.is_empty() {
            return;
        }
        if self.broken.is_some() {
            self.recover();
        }
        let outcome = match &self.broken {
            Some(error) => Err(unavailable(error)),
            None => self.try_round(&waiting),
        };
        match outcome {
            Ok(answers) => {
                for (submission, answers) in waiting.into_iter().zip(answers) {
                    (submission.reply)(answers);
                }
            }
            Err(error) => {
                if self.broken.is_none() {
                    self.fail(&error);
                }
                let error = unavailable(&error);
                for submission in waiting {
                    submission.refuse(&error);
                }
            }
        }
    }

    fn try_round(&mut self, waiting: &[Submission]) -> Result<Vec<Answers>, Error> {
        self.journal
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(failed)?;
        let (answers, gathered) = {
            let mut round = Round {
                journal: Statements::new(&self.journal),
                state: Statements::new(&self.state),
                log: &mut self.log,
                saved: &mut self.saved,
                shared: &self.shared,
                left_out: self.left_out,
                gathered: Gathered::default(),
            };
            let answers = waiting
                .iter()
                .map(|submission| round.submission(submission))
                .collect::<Result<Vec<_>, _>>()?;
            (answers, round.gathered)
        };
        let folded = gathered.notices.len() as u64;
        self.folded += folded;
        // The one sync: from here on the round is durable.
        self.journal.execute_batch("COMMIT").map_err(failed)?;
        let octets = gathered.placed.iter().map(|(blob, _)| octets(blob)).sum();
        self.loads.journal_grew(folded, octets);
        self.publish(gathered);
        Ok(answers)
    }

    /// The round is durable: readers, watchers and the search index learn of it.
    fn publish(&self, gathered: Gathered) {
        lock(&self.shared.unsettled).extend(gathered.heads.keys());
        self.shared
            .heads
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(gathered.heads);
        for (blob, at) in &gathered.placed {
            blob.set_placed(*at);
            if let Place::File(name) = &blob.place {
                self.files.keep(name);
            }
        }
        for name in gathered.unused_files {
            if let Err(error) = self.files.remove(&name) {
                tracing::warn!(%error, "a purged message's file stays behind");
            }
        }
        self.feed.add(gathered.pending);
        let listeners = lock(&self.shared.listeners);
        for notice in &gathered.notices {
            listeners.iter().for_each(|listener| listener.0(notice));
        }
    }
}

impl Round<'_> {
    fn submission(&mut self, submission: &Submission) -> Result<Answers, Error> {
        if submission.together
            && let Some(refused) = self.refusals(&submission.requests)?
        {
            return Ok(refused.into_iter().map(Err).collect());
        }
        let mut answers = Vec::with_capacity(submission.requests.len());
        for request in &submission.requests {
            answers.push(match self.request(request) {
                Ok(committed) => Ok(committed),
                Err(Failure::Request(error)) => Err(error),
                Err(Failure::Round(error)) => return Err(error),
            });
        }
        Ok(answers)
    }

    fn request(&mut self, request: &Request) -> Result<Committed, Failure> {
        let account = request.account;
        let head = self.head(account).map_err(Failure::Round)?;
        self.check_sources(request)?;
        let decided =
            decide(&head, request, &WriterState(&self.state)).map_err(Failure::Request)?;
        let Decided {
            head: mut next,
            mut mutations,
            outcomes,
            blobs,
            added,
        } = decided;
        if mutations.is_empty() {
            return Ok(Committed {
                seq: head.seq,
                outcomes,
            });
        }
        for (place, blob) in &blobs {
            let at = self.place(blob).map_err(Failure::Round)?;
            match mutations.get_mut(*place) {
                Some(Mutation::AddEmail(new)) => new.blob.at = at,
                Some(Mutation::PutObject(put)) => put.blob.at = at,
                Some(Mutation::Enqueue(item)) => item.blob.at = at,
                _ => {
                    return Err(Failure::Round(Error::Damaged(
                        "a blob without its mutation".into(),
                    )));
                }
            }
        }
        let commit = Commit {
            actor: request.actor.clone(),
            mutations,
        };
        next.seq = head.seq.next();
        next.at = request.at.max(head.at);
        let index = self.log.size();
        self.append(&commit, &head, &mut next)?;
        let fold = Fold {
            state: &self.state,
            account,
            seq: next.seq,
            at: next.at,
        };
        fold.note_entry(index + 1).map_err(Failure::Round)?;
        let mut unused = Vec::new();
        let mut texts = added.iter().peekable();
        for (place, mutation) in commit.mutations.iter().enumerate() {
            let new = texts
                .next_if(|(of, _)| *of == place)
                .and_then(|(_, change)| request.changes.get(*change))
                .and_then(brought_by);
            let meta = new.map(|(source, _)| match source {
                Source::New(blob) => blob.meta.as_slice(),
                Source::Stored { meta, .. } => meta,
            });
            fold.apply(mutation, meta, &mut unused)
                .map_err(Failure::Round)?;
            self.gathered.pending.extend(Pending::of(
                account,
                index + 1,
                mutation,
                new.and_then(|(_, text)| text.cloned()),
            ));
        }
        for at in unused {
            // A later change of the request may have taken it up again.
            if self.is_blob_used(at).map_err(Failure::Round)? {
                continue;
            }
            let journal = self.journal.connection();
            let file = journal::drop_blob(journal, at).map_err(Failure::Round)?;
            self.gathered.unused_files.extend(file);
        }
        let seq = next.seq;
        self.gathered.notices.push(Notice {
            account,
            seq,
            mutations: commit.mutations.into(),
        });
        self.gathered.heads.insert(account, Arc::new(next));
        Ok(Committed { seq, outcomes })
    }

    /// Seals a commit as the next entry of its account and of the log.
    fn append(&mut self, commit: &Commit, head: &Head, next: &mut Head) -> Result<(), Failure> {
        if self.left_out.entries() {
            next.link = self.log.push_unsealed();
            return Ok(());
        }
        let payload = commit.encode().map_err(|_| TOO_LARGE)?;
        let is_sealed = !self.left_out.seal();
        let link = Link {
            stream: u64::from(head.account.0),
            number: next.seq.0,
            at_ms: next.at.0,
            previous: head.link,
            payload: if is_sealed {
                Hash::of(&payload)
            } else {
                Hash::ZERO
            },
        };
        let index = self.log.size();
        next.link = if is_sealed {
            self.log
                .push(&link, self.journal.connection())
                .map_err(Failure::Round)?
        } else {
            self.log.push_unsealed()
        };
        journal::insert_entry(&self.journal, index + 1, &link, Some(&payload))
            .map_err(Failure::Round)
    }

    /// The account's head as the requests of this round have left it so far.
    fn head(&mut self, account: AccountId) -> Result<Arc<Head>, Error> {
        if let Some(head) = self.gathered.heads.get(&account) {
            return Ok(Arc::clone(head));
        }
        let known = head_of(self.shared, self.state.connection(), account)?;
        let saved = self.saved.entry(account).or_insert_with(|| known.clone());
        Ok(known
            .or_else(|| saved.clone())
            .unwrap_or_else(|| Arc::new(Head::new(account))))
    }

    /// Decides requests that stand or fall together, without doing them; tells what to answer if one cannot be done.
    fn refusals(&mut self, requests: &[Request]) -> Result<Option<Vec<Error>>, Error> {
        let mut refused = Vec::with_capacity(requests.len());
        for (place, request) in requests.iter().enumerate() {
            let same_account = |other: &Request| other.account == request.account;
            refused.push(if requests[..place].iter().any(same_account) {
                Some(Error::Invalid("two requests of one account stand together"))
            } else {
                match self.rehearse(request) {
                    Ok(()) => None,
                    Err(Failure::Request(error)) => Some(error),
                    Err(Failure::Round(error)) => return Err(error),
                }
            });
        }
        if refused.iter().all(Option::is_none) {
            return Ok(None);
        }
        let answers = refused.into_iter();
        Ok(Some(
            answers
                .map(|error| error.unwrap_or(Error::NotTogether))
                .collect(),
        ))
    }

    /// Whether a request can be done.
    fn rehearse(&mut self, request: &Request) -> Result<(), Failure> {
        let head = self.head(request.account).map_err(Failure::Round)?;
        self.check_sources(request)?;
        let decided =
            decide(&head, request, &WriterState(&self.state)).map_err(Failure::Request)?;
        let commit = Commit {
            actor: request.actor.clone(),
            mutations: decided.mutations,
        };
        let encoded = commit.encode();
        encoded.map(drop).map_err(|_| TOO_LARGE)
    }

    /// What names stored bytes must name bytes that are there, and the metadata that is there with them.
    fn check_sources(&self, request: &Request) -> Result<(), Failure> {
        for change in &request.changes {
            let (source, is_object) = match change {
                Change::Enqueue(new) => (&new.source, false),
                Change::AddEmail(new) => (&new.source, false),
                Change::Collections(change) => match &**change {
                    CollectionChange::Put(new) => (&new.source, true),
                    _ => continue,
                },
                _ => continue,
            };
            let Source::Stored { blob, meta } = source else {
                continue;
            };
            let journal = self.journal.connection();
            let is_there = self.is_blob_used(blob.at).map_err(Failure::Round)?
                && journal::blob_ref(journal, blob.at).map_err(Failure::Round)? == Some(*blob);
            if !is_there {
                return Err(Failure::Request(Error::NotFound("the blob")));
            }
            if is_object {
                let stored = journal::blob_meta(journal, blob.at).map_err(Failure::Round)?;
                if stored.as_deref().unwrap_or_default() != &**meta {
                    return Err(Failure::Request(Error::Invalid(
                        "the metadata is not that of the stored bytes",
                    )));
                }
            }
        }
        Ok(())
    }

    /// Puts a blob into the journal, unless it is there already.
    fn place(&mut self, blob: &Arc<Blob>) -> Result<u64, Error> {
        if let Some(placed) = blob.placed()
            && self.is_blob_used(placed.at)?
        {
            return Ok(placed.at);
        }
        let is_same = |(known, _): &&(Arc<Blob>, u64)| Arc::ptr_eq(known, blob);
        if let Some((_, at)) = self.gathered.placed.iter().find(is_same) {
            return Ok(*at);
        }
        let at = journal::insert_blob(&self.journal, blob)?;
        self.gathered.placed.push((Arc::clone(blob), at));
        Ok(at)
    }

    fn is_blob_used(&self, at: u64) -> Result<bool, Error> {
        read::is_blob_used(self.state.connection(), at)
    }
}

impl Fold<'_, '_> {
    /// Notes where an account's entry lies in the log.
    pub(crate) fn note_entry(&self, entry: u64) -> Result<(), Error> {
        let sql = "INSERT INTO account_entry (account, seq, entry) VALUES (?,?,?)";
        let values = (self.account.0, signed(self.seq.0), signed(entry));
        self.state.run(sql, values).map(drop)
    }
}

/// The bytes and the searchable text that a change brings.
fn brought_by(change: &Change) -> Option<(&Source, Option<&Arc<SearchText>>)> {
    match change {
        Change::AddEmail(new) => Some((&new.source, new.text.as_ref())),
        Change::Collections(change) => match &**change {
            CollectionChange::Put(new) => Some((&new.source, None)),
            _ => None,
        },
        _ => None,
    }
}

/// Octets that a blob takes in the journal.
fn octets(blob: &Blob) -> u64 {
    match &blob.place {
        Place::Journal(record) => record.len() as u64,
        Place::File(_) => blob.meta.len() as u64,
    }
}

/// Without room only that is done which makes room.
fn refuse_all_but_purges(waiting: Vec<Submission>) -> Vec<Submission> {
    let purges = |request: &Request| {
        let only = |change: &Change| match change {
            Change::PurgeEmails { .. } | Change::PurgeThese { .. } => true,
            Change::Collections(change) => matches!(
                **change,
                CollectionChange::PurgeVersions { .. } | CollectionChange::PurgeThese { .. }
            ),
            _ => false,
        };
        request.changes.iter().all(only)
    };
    let (kept, refused): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .partition(|submission| submission.requests.iter().all(purges));
    for submission in refused {
        submission.refuse(&room::short());
    }
    kept
}

/// What a failed round tells those who asked: nothing of it happened, and trying again may help.
fn unavailable(error: &Error) -> Error {
    match error {
        Error::Damaged(_) => error.clone(),
        other => Error::Unavailable(other.to_string()),
    }
}
