//! Submission: a message from one of our own, delivered here and queued for elsewhere in one durable write.

mod author;

mod kept;

mod sent;

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Resolved;
use model::{
    AccountId, DsnReturn, ObjectId, PrincipalId, PrincipalKind, QueueId, QueueStanding,
    QueuedRecipient, Rights, Role, SendRight,
};
use store::{Change, Head, NewQueueItem, Outcome, Request, Source};

use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::delivery::Answer;
use crate::email::Prepared;
use crate::error::Error;
use crate::filter::{Arrival, Delivered, Letter, Recipient};
use crate::journaling::Envelope;
use crate::record::RecordKind;
use crate::sending::SendingVerdict;

pub use author::{AuthorFault, OwnEnvelope, transport_needs};
pub use kept::{NewSending, SendFault, Sending};
pub use sent::{
    Delivered as DeliveryState, EnvelopeAddress, RecipientStatus, SENT_KEPT_FOR_MS, Sent, SentCopy,
    SentRecipient, SentStatus, UndoStatus,
};

/// A message to be sent, with its envelope (RFC 8621 7, RFC 6409).
#[derive(Clone, Debug)]
pub struct Submission {
    /// The reverse path, empty for notifications.
    pub reverse_path: String,
    /// To whom.
    pub recipients: Vec<QueuedRecipient>,
    /// The message with its trace fields; [`Groupware::prepare_to_send`] is enough where all recipients are elsewhere.
    pub message: Prepared,
    /// `ENVID` (RFC 3461 4.4).
    pub envelope_id: Option<String>,
    /// `RET` (RFC 3461 4.3).
    pub dsn_return: Option<DsnReturn>,
    /// Whether addresses or header fields are UTF-8 (RFC 6531).
    pub smtputf8: bool,
    /// Whether it must travel over verified TLS only (RFC 8689).
    pub require_tls: bool,
    /// How it stands in the queue at first: when it may go, before which others, what its lines are.
    pub standing: QueueStanding,
}

/// What became of the message for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It lies in the account, or in that of at least one member of the group, or their filter did away with it.
    Delivered,
    /// It waits to be sent.
    Queued(QueueId),
}

/// Where one recipient's copy goes.
enum Way {
    Here(Vec<PrincipalId>),
    Elsewhere,
    Nowhere(Error),
}

impl Groupware {
    /// Whether the caller may send with this address as the reverse path (RFC 6409 6.1), be it in its own name or in
    /// another's; everybody may with the empty one of notifications (RFC 5321 4.5.5).
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn may_send_as(&self, caller: &Caller, address: &str) -> Result<bool, Error> {
        Ok(address.is_empty() || self.send_right(caller, address).await?.is_some())
    }

    /// How the caller may write in the name that this address is. Its own address it writes as itself.
    ///
    /// Of an account for which no such right was ever given or taken, the rule of earlier versions holds: who may put
    /// emails into the inbox of a shared account writes as it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn send_right(
        &self,
        caller: &Caller,
        address: &str,
    ) -> Result<Option<SendRight>, Error> {
        let principal = caller.principal()?;
        if let Some(right) = self.directory.send_right(principal, address).await? {
            return Ok(Some(right));
        }
        let Some(shared) = self.directory.principal_at(address).await? else {
            return Ok(None);
        };
        if shared.kind != PrincipalKind::Shared || !shared.enabled {
            return Ok(None);
        }
        if self
            .directory
            .mail_settings(shared.id)
            .await?
            .senders
            .is_some()
        {
            return Ok(None);
        }
        match self.access(caller, AccountId::from(shared.id)).await {
            Ok(access) => {
                let inbox = access.head.with_role(Role::Inbox);
                let may = inbox.is_some_and(|it| access.rights(it).contains(Rights::INSERT));
                Ok(may.then_some(SendRight::As))
            }
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a message: to local recipients it is delivered, for all others it is queued in the caller's account.
    /// Answers for each recipient, in their order; when this returns, what succeeded is durable.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the caller may not send with that reverse path; [`Error::SendingLimit`]; or the directory cannot be read.
    pub async fn submit(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<Vec<Result<Accepted, Error>>, Error> {
        let submitted = self.submit_keeping(caller, submission, None).await?;
        Ok(submitted.accepted)
    }

    /// As [`Groupware::submit`]; what is to be remembered of it becomes a record in the same write. With such a one,
    /// nothing is sent at all unless every recipient is known.
    pub(crate) async fn submit_keeping(
        &self,
        caller: &Caller,
        mut submission: Submission,
        memory: Option<&Memory<'_>>,
    ) -> Result<Submitted, Error> {
        let principal = caller.principal()?;
        if !self.may_send_as(caller, &submission.reverse_path).await? {
            return Err(Error::Forbidden);
        }
        let held = self.judge_sending(principal, &mut submission)?;
        let release_at = submission.standing.release_at;
        // RFC 8621 7, RFC 4865 5.2.1: what is to be sent later reaches nobody earlier, those of this house neither.
        let is_later = release_at.is_some_and(|at| at > self.clock.now());
        let mut ways = Vec::with_capacity(submission.recipients.len());
        for recipient in &submission.recipients {
            ways.push(
                match self.directory.resolve(&recipient.forward_path).await? {
                    // What is held is held for everybody: whoever stole the account writes to its colleagues, too.
                    Resolved::Accounts(_) if held || is_later => Way::Elsewhere,
                    Resolved::Accounts(accounts) => {
                        let path = (
                            recipient.forward_path.as_str(),
                            submission.reverse_path.as_str(),
                        );
                        self.way_here(caller, accounts, path).await?
                    }
                    Resolved::Elsewhere => Way::Elsewhere,
                    Resolved::Unknown => Way::Nowhere(Error::NotFound),
                },
            );
        }
        if memory.is_some() && ways.iter().any(|way| matches!(way, Way::Nowhere(_))) {
            let nobody = ways.into_iter().map(|way| match way {
                Way::Nowhere(error) => Err(error),
                Way::Here(_) | Way::Elsewhere => Ok(Accepted::Delivered),
            });
            return Ok(Submitted {
                accepted: nobody.collect(),
                record: None,
            });
        }
        let is_here = ways.iter().any(|way| !way.accounts().is_empty());
        if is_here && !submission.message.is_parsed {
            let octets = submission.message.octets.to_vec();
            submission.message = self.prepare(octets).await?;
        }
        let mut requests = Vec::new();
        let is_queued = ways.iter().any(|way| matches!(way, Way::Elsewhere));
        if is_queued || memory.is_some() {
            requests.push(
                self.queue_request(caller, principal, &submission, (&ways, memory))
                    .await?,
            );
        }
        let has_request = !requests.is_empty();
        let mut recipients: Vec<Recipient> = Vec::new();
        for (way, given) in ways.iter().zip(&submission.recipients) {
            recipients.extend(way.accounts().iter().map(|account| Recipient {
                principal: *account,
                forward_path: given.forward_path.clone(),
            }));
        }
        let letter = Letter {
            actor: caller.actor.clone(),
            reverse_path: submission.reverse_path.clone(),
            message: submission.message.clone(),
            arrival: Arrival::default(),
            is_mute: false,
        };
        let mut envelope = Envelope::default();
        envelope.in_queue_of(principal.into());
        for (way, given) in ways.iter().zip(&submission.recipients) {
            if matches!(way, Way::Elsewhere) {
                envelope.elsewhere(&given.forward_path);
            }
        }
        self.envelope_here(&mut envelope, &recipients).await?;
        requests.extend(self.journal_requests(&letter, &envelope).await?);
        let blob = submission.message.blob.id;
        let goes_now = is_queued && !held && !is_later;
        if goes_now && self.queue_watchers.has_any() {
            self.fresh_octets.put(blob, &submission.message.octets);
        }
        let (mut done, answers) = self.deliver_letter(&letter, &recipients, requests).await;
        for _ in 0..ATTEMPTS_MAX {
            match done.first_mut() {
                Some(first @ Err(store::Error::StateMismatch)) if memory.is_some() => {
                    // Somebody else was faster; whoever is here has the message, and is not asked again.
                    let request = (ways.as_slice(), memory);
                    let request = self
                        .queue_request(caller, principal, &submission, request)
                        .await?;
                    *first = self.store.commit(request).await;
                }
                _ => break,
            }
        }
        let outcomes: BTreeMap<PrincipalId, &Result<Delivered, Error>> = recipients
            .iter()
            .map(|recipient| recipient.principal)
            .zip(&answers)
            .collect();
        let first = done.first().filter(|_| has_request);
        if goes_now && matches!(first, Some(Err(_))) {
            self.fresh_octets.take(blob);
        }
        let record = memory.map(|_| record_id(first));
        let queued = first.filter(|_| is_queued);
        let answer = |way: &Way| match way {
            Way::Elsewhere => queue_id(queued).map(Accepted::Queued),
            Way::Nowhere(error) => Err(error.clone()),
            Way::Here(accounts) => delivered(accounts, &outcomes),
        };
        Ok(Submitted {
            accepted: ways.iter().map(answer).collect(),
            record,
        })
    }

    /// The way to accounts and lists of this house. A list that takes nothing from the caller is none.
    async fn way_here(
        &self,
        caller: &Caller,
        accounts: Vec<PrincipalId>,
        (forward_path, reverse_path): (&str, &str),
    ) -> Result<Way, Error> {
        if let [only] = accounts.as_slice() {
            let recipient = Recipient {
                principal: *only,
                forward_path: forward_path.to_owned(),
            };
            let refusal = self.list_refusal(caller, &recipient, reverse_path).await?;
            if refusal.is_some() {
                return Ok(Way::Nowhere(Error::Forbidden));
            }
        }
        Ok(Way::Here(accounts))
    }

    /// Whether the message is to be held, if it is taken at all.
    fn judge_sending(
        &self,
        sender: PrincipalId,
        submission: &mut Submission,
    ) -> Result<bool, Error> {
        let Some(limits) = self.sending_limits.get() else {
            return Ok(false);
        };
        match limits.judge(sender, submission.recipients.len(), self.clock.now()) {
            SendingVerdict::Send => Ok(false),
            SendingVerdict::Hold(reason) => {
                tracing::warn!(principal = %sender, %reason, "a message is held");
                submission.standing.hold = Some(reason);
                Ok(true)
            }
            SendingVerdict::Refuse { retry_after } => {
                tracing::warn!(principal = %sender, "a message is not taken: too many were sent");
                Err(Error::SendingLimit { retry_after })
            }
        }
    }

    /// The request that queues the message for those recipients who are elsewhere, and remembers it.
    async fn queue_request(
        &self,
        caller: &Caller,
        principal: PrincipalId,
        submission: &Submission,
        (ways, memory): (&[Way], Option<&Memory<'_>>),
    ) -> Result<Request, Error> {
        let head = self.ensure_account(principal).await?;
        let elsewhere: Vec<bool> = ways
            .iter()
            .map(|way| matches!(way, Way::Elsewhere))
            .collect();
        let mut changes = Vec::new();
        if elsewhere.contains(&true) {
            let recipients = submission.recipients.iter().zip(&elsewhere);
            let recipients = recipients
                .filter(|(_, elsewhere)| **elsewhere)
                .map(|(recipient, _)| recipient.clone());
            changes.push(Change::Enqueue(Box::new(NewQueueItem {
                reverse_path: submission.reverse_path.clone(),
                recipients: recipients.collect(),
                source: Source::New(Arc::clone(&submission.message.blob)),
                size: submission.message.size,
                envelope_id: submission.envelope_id.clone(),
                dsn_return: submission.dsn_return,
                smtputf8: submission.smtputf8,
                require_tls: submission.require_tls,
                standing: submission.standing.clone(),
            })));
        }
        if let Some(memory) = memory {
            changes.extend(self.memory_changes(&head, memory, &elsewhere)?);
        }
        Ok(Request {
            account: principal.into(),
            actor: caller.actor.clone(),
            at: self.clock.now(),
            // The record names the queued message by the number that it has in this state.
            if_seq: memory.map(|_| head.seq),
            changes,
        })
    }

    fn memory_changes(
        &self,
        head: &Head,
        memory: &Memory<'_>,
        elsewhere: &[bool],
    ) -> Result<Vec<Change>, Error> {
        let queue = elsewhere.contains(&true).then_some(head.next_queue);
        let text = memory(queue, elsewhere)?;
        let quota = head.quota_octets.unwrap_or(u64::MAX);
        if head.used_octets().saturating_add(text.len() as u64) > quota {
            // Before anybody has got anything of it.
            return Err(Error::OverQuota);
        }
        let engine = self.store.engine();
        Self::record_created(&**engine, head, RecordKind::Submission, &text)
    }
}

/// Says what is to be remembered of a submission: of the queued message, if there is one, and of each recipient whether its
/// copy is there.
pub(crate) type Memory<'m> =
    dyn Fn(Option<QueueId>, &[bool]) -> Result<String, Error> + Send + Sync + 'm;

/// What became of a submission.
pub(crate) struct Submitted {
    /// For each recipient, in their order.
    pub(crate) accepted: Vec<Result<Accepted, Error>>,
    /// The record; none if none was wanted, or nothing was sent.
    pub(crate) record: Option<Result<ObjectId, Error>>,
}

impl Way {
    fn accounts(&self) -> &[PrincipalId] {
        match self {
            Self::Here(accounts) => accounts,
            Self::Elsewhere | Self::Nowhere(_) => &[],
        }
    }
}

fn record_id(answer: Option<&Answer>) -> Result<ObjectId, Error> {
    let done = match answer {
        Some(Ok(done)) => done,
        Some(Err(error)) => return Err(error.clone().into()),
        None => return Err(crate::mailbox::unexpected(None)),
    };
    let record = done.outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Object { object, .. } => Some(*object),
        _ => None,
    });
    record.ok_or_else(|| crate::mailbox::unexpected(None))
}

fn queue_id(answer: Option<&Answer>) -> Result<QueueId, Error> {
    match answer {
        Some(Ok(done)) => match done.outcomes.first() {
            Some(Outcome::Queued(id)) => Ok(*id),
            other => Err(crate::mailbox::unexpected(other)),
        },
        Some(Err(error)) => Err(error.clone().into()),
        None => Err(crate::mailbox::unexpected(None)),
    }
}

/// A group has got the message when one of its members has; what keeps it from all of them is the answer.
fn delivered(
    accounts: &[PrincipalId],
    outcomes: &BTreeMap<PrincipalId, &Result<Delivered, Error>>,
) -> Result<Accepted, Error> {
    let mut first_error = None;
    for account in accounts {
        let outcome = match outcomes.get(account) {
            Some(Ok(Delivered::Done)) => return Ok(Accepted::Delivered),
            // Only a list does, of one of our own.
            Some(Ok(Delivered::Refused { .. })) => Error::Forbidden,
            Some(Err(error)) => error.clone(),
            None => Error::NotFound,
        };
        first_error.get_or_insert(outcome);
    }
    Err(first_error.unwrap_or(Error::NotFound))
}
