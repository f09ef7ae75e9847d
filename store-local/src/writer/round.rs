//! One round of the writer: requests that are decided and folded together, and appended behind it.

use std::sync::Arc;

use model::{AccountId, Commit, Mutation};
use seal::{Hash, Link};
use store::{
    Blob, Change, CollectionChange, Committed, Decided, Error, Head, Notice, Request, SearchText,
    Source, decide,
};

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
use crate::writer::ahead::Ahead;
use crate::writer::append::{Answers, Batch, Line};
use crate::writer::{Writer, head_of, unavailable};

/// A round on its way into the state.
struct Round<'w> {
    line: &'w Line,
    state: Statements<'w>,
    log: &'w mut Log,
    ahead: &'w mut Ahead,
    shared: &'w Shared,
    left_out: LeftOut,
    batch: Batch,
}

/// Why a request failed: for itself, or with it the whole round.
enum Failure {
    Request(Error),
    Round(Error),
}

const TOO_LARGE: Failure = Failure::Request(Error::Limit("the request is too large"));

impl Writer {
    /// Decides and folds requests, and puts them in line to be made durable and answered. Tells how much room there was.
    pub(super) fn round(&mut self, waiting: Vec<Submission>) -> Room {
        let room = self.files.room();
        let waiting = match room {
            Room::Plenty | Room::Low => waiting,
            Room::Short => refuse_all_but_purges(waiting),
        };
        if waiting.is_empty() {
            return room;
        }
        if self.broken.is_some() {
            self.recover();
        }
        self.look_behind();
        let outcome = match &self.broken {
            Some(error) => Err(unavailable(error)),
            None => self.try_round(&waiting),
        };
        match outcome {
            Ok((answers, mut batch)) => {
                batch.answers = waiting.into_iter().zip(answers).collect();
                self.ahead.handed_over(&batch.placed);
                self.line.push(batch);
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
        room
    }

    fn try_round(&mut self, waiting: &[Submission]) -> Result<(Vec<Answers>, Batch), Error> {
        let mut round = Round {
            line: &self.line,
            state: Statements::new(&self.state),
            log: &mut self.log,
            ahead: &mut self.ahead,
            shared: &self.shared,
            left_out: self.left_out,
            batch: Batch::default(),
        };
        let answers = waiting
            .iter()
            .map(|submission| round.submission(submission))
            .collect::<Result<Vec<_>, _>>()?;
        let batch = round.batch;
        self.folded += batch.notices.len() as u64;
        Ok((answers, batch))
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
            self.batch.pending.extend(Pending::of(
                account,
                index + 1,
                mutation,
                new.and_then(|(_, text)| text.cloned()),
            ));
        }
        for at in unused {
            // A later change of the request may have taken it up again.
            if !self.is_blob_used(at).map_err(Failure::Round)? {
                self.batch.unused.push(at);
            }
        }
        let seq = next.seq;
        self.batch.notices.push(Notice {
            account,
            seq,
            mutations: commit.mutations.into(),
        });
        let next = Arc::new(next);
        self.ahead.heads.insert(account, Arc::clone(&next));
        self.batch.heads.insert(account, next);
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
        let number = self.log.size() + 1;
        next.link = if is_sealed {
            let (leaf, tiles) = self.log.grow(&link);
            self.batch.tiles.extend(tiles);
            leaf
        } else {
            self.log.push_unsealed()
        };
        self.batch.entries.push((number, link, payload));
        Ok(())
    }

    /// The account's head as the requests so far have left it.
    fn head(&mut self, account: AccountId) -> Result<Arc<Head>, Error> {
        if let Some(head) = self.ahead.heads.get(&account) {
            return Ok(Arc::clone(head));
        }
        let known = head_of(self.shared, self.state.connection(), account)?;
        self.ahead
            .saved
            .entry(account)
            .or_insert_with(|| known.clone());
        Ok(known.unwrap_or_else(|| Arc::new(Head::new(account))))
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
            // Whoever names stored bytes has seen them, so that they are in the journal and not in line.
            let appender = self.line.hold();
            let journal = &appender.journal;
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

    /// Gives a blob its place in the journal, unless it has one already.
    fn place(&mut self, blob: &Arc<Blob>) -> Result<u64, Error> {
        // Of this round it may not be folded yet.
        let is_same = |(known, _): &&(Arc<Blob>, u64)| Arc::ptr_eq(known, blob);
        if let Some((_, at)) = self.batch.placed.iter().rev().find(is_same)
            && !self.batch.unused.contains(at)
        {
            return Ok(*at);
        }
        let placed = blob.placed().map(|placed| placed.at);
        if let Some(at) = placed.or_else(|| self.ahead.place_in_line(blob))
            && self.is_blob_used(at)?
        {
            return Ok(at);
        }
        let at = self.ahead.next_blob;
        self.ahead.next_blob += 1;
        self.batch.placed.push((Arc::clone(blob), at));
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
