//! Sending with a memory: what was sent is listed, what waits can be taken back (RFC 8621 7).

mod copy;

use std::collections::BTreeMap;

use model::{AccountId, EmailId, ObjectId, QueueId, Queued, Seq, ThreadId};
use store::{Change, Request};

use super::sent::{SENT_KEPT_FOR_MS, Sent, SentCopy, SentRecipient, SentStatus, can_be_taken_back};
use super::{Accepted, EnvelopeAddress, Submission, UndoStatus};
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::email::Place;
use crate::error::Error;
use crate::record::{Record, RecordChange, RecordKind};

/// Messages that are forgotten with one write where no more can be remembered.
const FORGOTTEN_TOGETHER: usize = 500;

/// A message to be sent, and what is to be remembered of it.
#[derive(Clone, Debug)]
pub struct NewSending {
    /// The message with its envelope. Its recipients are those of `recipients`, in their order.
    pub submission: Submission,
    /// With which identity.
    pub identity: ObjectId,
    /// The email that it was made from.
    pub email: EmailId,
    /// That email's thread.
    pub thread: ThreadId,
    /// The reverse path as it was given.
    pub mail_from: EnvelopeAddress,
    /// The forward paths as they were given.
    pub recipients: Vec<EnvelopeAddress>,
    /// Where a copy is put once it is sent: for those who share the mailbox that it is sent for.
    pub copy: Option<Place>,
}

/// A message that was sent, or waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// How it stands.
    pub status: SentStatus,
    /// The state of what was sent, afterwards.
    pub until: Seq,
}

/// Why nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// These addresses are nobody's, or take nothing from the caller.
    #[error("there are recipients who take no mail from the caller")]
    Recipients(Vec<String>),
    /// The copy cannot be put where it is wanted.
    #[error("the caller may not put a copy there")]
    NoCopy,
    /// For another reason.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<store::Error> for SendFault {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Groupware {
    /// Sends a message and remembers it, in one durable write; one that is to be sent later waits in the queue for all
    /// its recipients.
    ///
    /// # Errors
    /// [`SendFault::Recipients`] if one of them is nobody, [`SendFault::NoCopy`]: then nothing is sent; else as [`Groupware::submit`], and for the
    /// first recipient if it reached none.
    pub async fn send(&self, caller: &Caller, new: NewSending) -> Result<Sending, SendFault> {
        let account = AccountId::from(caller.principal()?);
        if let Some(at) = new.copy {
            let refused = |_| SendFault::NoCopy;
            self.may_file(caller, at).await.map_err(refused)?;
        }
        let now = self.clock.now();
        let send_at = new.submission.standing.release_at.unwrap_or(now).max(now);
        let sent = |queue: Option<QueueId>, elsewhere: &[bool]| Sent {
            identity: new.identity.0,
            email: new.email.0,
            thread: new.thread.0,
            mail_from: new.mail_from.clone(),
            recipients: recipients(&new.recipients, elsewhere),
            send_at,
            queue: queue.map(|id| id.0),
            is_canceled: false,
            copy: new.copy.map(SentCopy::wanted),
        };
        let memory = |queue: Option<QueueId>, elsewhere: &[bool]| text(&sent(queue, elsewhere));
        let submission = new.submission.clone();
        let submit = |submission| Box::pin(self.submit_keeping(caller, submission, Some(&memory)));
        let submitted = match submit(submission.clone()).await {
            Err(Error::Limit(_)) => {
                self.forget_oldest(caller, account).await?;
                submit(submission).await?
            }
            submitted => submitted?,
        };
        let Some(record) = submitted.record else {
            let refused = submitted.accepted.iter().zip(&new.recipients);
            let refused = refused
                .filter(|(accepted, _)| accepted.is_err())
                .map(|(_, address)| address.email.clone());
            return Err(SendFault::Recipients(refused.collect()));
        };
        let id = record?;
        let elsewhere: Vec<bool> = submitted.accepted.iter().map(is_queued).collect();
        let queue = submitted.accepted.iter().find_map(queue_of);
        let mut sent = sent(queue, &elsewhere);
        let mut failed = submitted.accepted.iter().filter_map(|it| it.as_ref().err());
        if let Some(error) = failed.next() {
            if failed.count() + 1 == submitted.accepted.len() {
                let forget = [RecordChange::Destroy(id)];
                self.change_records(caller, account, RecordKind::Submission, None, &forget)
                    .await?;
                return Err(error.clone().into());
            }
            for (recipient, accepted) in sent.recipients.iter_mut().zip(&submitted.accepted) {
                recipient.refusal = accepted.as_ref().err().map(refusal);
            }
            let update = [RecordChange::Update(id, text(&sent)?)];
            self.change_records(caller, account, RecordKind::Submission, None, &update)
                .await?;
        }
        if send_at <= now {
            self.file_at_once(caller, id, &mut sent).await;
        }
        let head = self.ensure_account(account.into()).await?;
        let read = move |engine: &dyn store::Engine| of_queue(engine, account, queue);
        let queued = self.store.read(read).await?;
        Ok(Sending {
            status: self.sent_status(id, sent, queued.as_ref()),
            until: RecordKind::Submission.changed(&head),
        })
    }

    /// Makes room for more to be remembered: the oldest of what is on its way are forgotten.
    async fn forget_oldest(&self, caller: &Caller, account: AccountId) -> Result<(), Error> {
        let (all, _) = self.sent(caller, account).await?;
        let is_over = |status: &&SentStatus| status.undo != UndoStatus::Pending;
        let oldest = all.iter().filter(is_over).take(FORGOTTEN_TOGETHER);
        let forget: Vec<RecordChange> = oldest.map(|it| RecordChange::Destroy(it.id)).collect();
        self.change_records(caller, account, RecordKind::Submission, None, &forget)
            .await
            .map(drop)
    }

    /// What was sent from the account, by number, as it stands now; and the state of it. What is too old is forgotten.
    ///
    /// # Errors
    /// As [`Groupware::records`].
    pub async fn sent(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<(Vec<SentStatus>, Seq), Error> {
        let kind = RecordKind::Submission;
        let mut records = self.records(caller, account, kind).await?;
        let mut read = self.sent_in(account, &records.all).await?;
        let oldest = self.clock.now().plus_ms(-SENT_KEPT_FOR_MS);
        let is_old = |status: &SentStatus, queued: bool| !queued && status.sent.send_at < oldest;
        let old: Vec<RecordChange> = read
            .iter()
            .filter(|(status, queued)| is_old(status, *queued))
            .map(|(status, _)| RecordChange::Destroy(status.id))
            .collect();
        if !old.is_empty() {
            read.retain(|(status, queued)| !is_old(status, *queued));
            let done = self
                .change_records(caller, account, kind, None, &old)
                .await?;
            records.until = done.new;
        }
        let all = read.into_iter().map(|(status, _)| status).collect();
        Ok((all, records.until))
    }

    /// Takes a message back that waits, in one durable write: it leaves the queue and is remembered as taken back. It is
    /// final from then on; taking it back twice changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if it is on its way.
    pub async fn unsend(
        &self,
        caller: &Caller,
        account: AccountId,
        id: ObjectId,
    ) -> Result<(), Error> {
        let kind = RecordKind::Submission;
        for _ in 0..ATTEMPTS_MAX {
            let records = self.records(caller, account, kind).await?;
            let record = records.all.iter().find(|record| record.id == id);
            let mut sent = read(record.ok_or(Error::NotFound)?)?;
            if sent.is_canceled {
                return Ok(());
            }
            let queue = sent.queue_id().ok_or(Error::Forbidden)?;
            sent.is_canceled = true;
            let text = text(&sent)?;
            let head = self.ensure_account(account.into()).await?;
            let (seq, now) = (head.seq, self.clock.now());
            let plan = self.blocking(move |engine| {
                let queued = of_queue(engine, account, Some(queue))?;
                if !queued.is_some_and(|queued| can_be_taken_back(&queued, now)) {
                    return Err(Error::Forbidden);
                }
                let mut changes = vec![Change::Dequeue { id: queue }];
                changes.extend(Self::record_updated(engine, &head, kind, (id, &text))?);
                Ok(changes)
            });
            let request = Request {
                account,
                actor: caller.actor.clone(),
                at: now,
                // Nobody released or sent it since it was looked at.
                if_seq: Some(seq),
                changes: plan.await?,
            };
            match self.store.commit(request).await {
                Ok(_) => return Ok(()),
                Err(store::Error::StateMismatch) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::StateMismatch)
    }

    /// The records with how they stand, and whether something of each is in the queue.
    async fn sent_in(
        &self,
        account: AccountId,
        records: &[Record],
    ) -> Result<Vec<(SentStatus, bool)>, Error> {
        let mut all = Vec::with_capacity(records.len());
        for record in records {
            match read(record) {
                Ok(sent) => all.push((record.id, sent)),
                Err(error) => {
                    tracing::error!(%account, %error, "what is remembered of a message cannot be read");
                }
            }
        }
        let ids: Vec<QueueId> = all.iter().filter_map(|(_, sent)| sent.queue_id()).collect();
        let queued: BTreeMap<QueueId, Queued> = match ids.is_empty() {
            true => BTreeMap::new(),
            false => {
                let read = move |engine: &dyn store::Engine| {
                    let mut found = BTreeMap::new();
                    for id in ids {
                        found.extend(of_queue(engine, account, Some(id))?.map(|it| (id, it)));
                    }
                    Ok(found)
                };
                self.store.read(read).await?
            }
        };
        let status = |(id, sent): (ObjectId, Sent)| {
            let queued = sent.queue_id().and_then(|id| queued.get(&id));
            (self.sent_status(id, sent, queued), queued.is_some())
        };
        Ok(all.into_iter().map(status).collect())
    }

    fn sent_status(&self, id: ObjectId, sent: Sent, queued: Option<&Queued>) -> SentStatus {
        let attempt = queued.and_then(|queued| self.last_attempt(queued.account, queued.item.id));
        let attempt = attempt.as_ref().map(|attempt| attempt.reason.as_str());
        sent.status(id, (queued, attempt), self.clock.now())
    }
}

fn of_queue(
    engine: &dyn store::Engine,
    account: AccountId,
    id: Option<QueueId>,
) -> Result<Option<Queued>, store::Error> {
    match id {
        Some(id) => engine.queued(account, id),
        None => Ok(None),
    }
}

/// The recipients with their places in the queued message, which has only those who are elsewhere.
fn recipients(addresses: &[EnvelopeAddress], elsewhere: &[bool]) -> Vec<SentRecipient> {
    let mut next = 0..;
    addresses
        .iter()
        .zip(elsewhere)
        .map(|(address, elsewhere)| SentRecipient {
            address: address.clone(),
            place: elsewhere.then(|| next.next()).flatten(),
            refusal: None,
        })
        .collect()
}

fn is_queued(accepted: &Result<Accepted, Error>) -> bool {
    matches!(accepted, Ok(Accepted::Queued(_)))
}

fn queue_of(accepted: &Result<Accepted, Error>) -> Option<QueueId> {
    match accepted {
        Ok(Accepted::Queued(id)) => Some(*id),
        _ => None,
    }
}

/// What a server would have said to the client in place of us.
fn refusal(error: &Error) -> String {
    match error {
        Error::OverQuota => "552 5.2.2 The mailbox is full.".to_owned(),
        Error::Unavailable { .. } => "451 4.3.0 Not available at the moment.".to_owned(),
        other => format!("550 5.0.0 {}", other.for_peer()),
    }
}

fn text(sent: &Sent) -> Result<String, Error> {
    serde_json::to_string(sent).map_err(|error| Error::internal(&error))
}

fn read(record: &Record) -> Result<Sent, Error> {
    serde_json::from_str(&record.text).map_err(|error| Error::internal(&error))
}
