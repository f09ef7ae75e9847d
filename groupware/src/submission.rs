//! Submission: a message from one of our own, delivered here and queued for elsewhere in one durable write.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Resolved;
use model::{
    AccountId, DsnReturn, PrincipalId, PrincipalKind, QueueId, QueueStanding, QueuedRecipient,
    Rights, Role, SendRight,
};
use store::{Change, NewQueueItem, Outcome, Request, Source};

use crate::Groupware;
use crate::caller::Caller;
use crate::delivery::Answer;
use crate::email::Prepared;
use crate::error::Error;
use crate::filter::{Arrival, Delivered, Letter, Recipient};
use crate::journaling::Envelope;
use crate::sending::SendingVerdict;

/// A message to be sent, with its envelope (RFC 8621 7, RFC 6409).
#[derive(Clone, Debug)]
pub struct Submission {
    /// The reverse path, empty for notifications.
    pub reverse_path: String,
    /// To whom.
    pub recipients: Vec<QueuedRecipient>,
    /// The message with its trace fields.
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
        mut submission: Submission,
    ) -> Result<Vec<Result<Accepted, Error>>, Error> {
        let principal = caller.principal()?;
        if !self.may_send_as(caller, &submission.reverse_path).await? {
            return Err(Error::Forbidden);
        }
        let held = self.judge_sending(principal, &mut submission)?;
        let mut ways = Vec::with_capacity(submission.recipients.len());
        for recipient in &submission.recipients {
            ways.push(
                match self.directory.resolve(&recipient.forward_path).await? {
                    // What is held is held for everybody: whoever stole the account writes to its colleagues, too.
                    Resolved::Accounts(_) if held => Way::Elsewhere,
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
        let mut requests = Vec::new();
        if ways.iter().any(|way| matches!(way, Way::Elsewhere)) {
            requests.push(
                self.queue_request(caller, principal, &submission, &ways)
                    .await?,
            );
        }
        let is_queued = !requests.is_empty();
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
        let (done, answers) = self.deliver_letter(&letter, &recipients, requests).await;
        let outcomes: BTreeMap<PrincipalId, &Result<Delivered, Error>> = recipients
            .iter()
            .map(|recipient| recipient.principal)
            .zip(&answers)
            .collect();
        let queued = done.first().filter(|_| is_queued);
        let answer = |way: &Way| match way {
            Way::Elsewhere => queue_id(queued).map(Accepted::Queued),
            Way::Nowhere(error) => Err(error.clone()),
            Way::Here(accounts) => delivered(accounts, &outcomes),
        };
        Ok(ways.iter().map(answer).collect())
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

    /// The request that queues the message for those recipients who are elsewhere.
    async fn queue_request(
        &self,
        caller: &Caller,
        principal: PrincipalId,
        submission: &Submission,
        ways: &[Way],
    ) -> Result<Request, Error> {
        self.ensure_account(principal).await?;
        let recipients = submission.recipients.iter().zip(ways);
        let recipients = recipients
            .filter(|(_, way)| matches!(way, Way::Elsewhere))
            .map(|(recipient, _)| recipient.clone());
        let item = NewQueueItem {
            reverse_path: submission.reverse_path.clone(),
            recipients: recipients.collect(),
            source: Source::New(Arc::clone(&submission.message.blob)),
            size: submission.message.size,
            envelope_id: submission.envelope_id.clone(),
            dsn_return: submission.dsn_return,
            smtputf8: submission.smtputf8,
            require_tls: submission.require_tls,
            standing: submission.standing.clone(),
        };
        Ok(Request {
            account: principal.into(),
            actor: caller.actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes: vec![Change::Enqueue(Box::new(item))],
        })
    }
}

impl Way {
    fn accounts(&self) -> &[PrincipalId] {
        match self {
            Self::Here(accounts) => accounts,
            Self::Elsewhere | Self::Nowhere(_) => &[],
        }
    }
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
