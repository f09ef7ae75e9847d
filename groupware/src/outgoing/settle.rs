//! Settling: what became of queued messages, with what their senders are told, as one durable write.

use std::collections::{BTreeMap, BTreeSet};

use directory::Resolved;
use model::{AccountId, Actor, PrincipalId, QueueId, QueueStanding, QueuedRecipient, Role, Seq};
use store::{Change, NewQueueItem, QueueChange, Request, Source};

use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::email::Prepared;
use crate::error::Error;

/// Queued messages of one account that are settled with one commit.
const SETTLED_TOGETHER_MAX: usize = 256;

/// What became of a queued message.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// In whose account it is.
    pub account: AccountId,
    /// Which.
    pub id: QueueId,
    /// What is noted of it.
    pub step: QueueStep,
    /// What its sender is told.
    pub report: Option<SenderReport>,
}

/// What is noted of a queued message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueStep {
    /// These recipients, by their places in the item, have got it or never will.
    Settled(Vec<u32>),
    /// Its sender was told that it takes long.
    DelayTold,
    /// It is held for this reason.
    Held(String),
}

/// A notification for a sender: delivered where the sender is one of ours, else queued with an empty reverse path.
#[derive(Clone, Debug)]
pub struct SenderReport {
    /// The sender's address.
    pub to: String,
    /// The notification.
    pub message: Prepared,
    /// Whether it has octets above 127.
    pub eight_bit: bool,
    /// Whether its header or addresses are UTF-8.
    pub smtputf8: bool,
}

/// How a settlement is written.
struct Plan {
    /// Changes of the item's own account.
    own: Vec<Change>,
    /// The state in which they hold, where that matters.
    if_seq: Option<Seq>,
    /// What other accounts get.
    others: Vec<Request>,
}

/// What is written beside the settling itself.
#[derive(Clone, Copy)]
enum Beside {
    /// The copy for a mailbox that several share, and what the sender is told.
    All,
    /// What the sender is told.
    Report,
    Nothing,
}

impl Plan {
    /// One write has one request of each account.
    fn add_other(&mut self, request: Request) {
        let mut others = self.others.iter_mut();
        match others.find(|other| other.account == request.account) {
            Some(other) => other.changes.extend(request.changes),
            None => self.others.push(request),
        }
    }
}

impl Groupware {
    /// Notes what became of queued messages and tells their senders, each message with all that belongs to it or not at all;
    /// as many as possible with one write. Answers for each, in their order. A notification that can never be stored
    /// (its inbox is full or gone) does not keep the message from being settled: it is lost, and the log says so.
    ///
    /// [`Error::NotFound`] if the message is not in the queue any more; [`Error::Unavailable`] is worth another try.
    pub async fn settle(&self, settlements: &[Settlement]) -> Vec<Result<(), Error>> {
        let mut answers: Vec<Option<Result<(), Error>>> = vec![None; settlements.len()];
        let mut batches: Vec<(Request, Vec<usize>)> = Vec::new();
        let mut open: BTreeMap<AccountId, (usize, BTreeSet<QueueId>)> = BTreeMap::new();
        for (place, settlement) in settlements.iter().enumerate() {
            let plan = match self.plan_settlement(settlement, Beside::All).await {
                Ok(plan) => plan,
                Err(error) => {
                    answers[place] = Some(Err(error));
                    continue;
                }
            };
            if !plan.others.is_empty() {
                answers[place] = Some(self.settle_alone(settlement).await);
                continue;
            }
            // One request changes a queued message only once.
            let batch = open.get_mut(&settlement.account).filter(|(_, ids)| {
                ids.len() < SETTLED_TOGETHER_MAX && !ids.contains(&settlement.id)
            });
            match batch {
                Some((batch, ids)) => {
                    ids.insert(settlement.id);
                    batches[*batch].0.changes.extend(plan.own);
                    batches[*batch].1.push(place);
                }
                None => {
                    let request = self.system_request(settlement.account, plan.own);
                    open.insert(
                        settlement.account,
                        (batches.len(), BTreeSet::from([settlement.id])),
                    );
                    batches.push((request, vec![place]));
                }
            }
        }
        let (requests, places): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        let done = self.store.commit_all(requests).await;
        for (places, done) in places.into_iter().zip(done) {
            for place in &places {
                answers[*place] = Some(match &done {
                    Ok(_) => Ok(()),
                    Err(store::Error::Unavailable(_)) => done.clone().map(drop).map_err(Into::into),
                    // One of them cannot be done: each for itself.
                    Err(_) => self.settle_alone(&settlements[*place]).await,
                });
            }
        }
        let answer = |answer: Option<Result<(), Error>>| answer.unwrap_or(Err(Error::NotFound));
        answers.into_iter().map(answer).collect()
    }

    /// Writes one settlement; without what can never be stored of what belongs to it.
    async fn settle_alone(&self, settlement: &Settlement) -> Result<(), Error> {
        let mut beside = Beside::All;
        for _ in 0..ATTEMPTS_MAX {
            let plan = self.plan_settlement(settlement, beside).await?;
            let mut requests = vec![self.system_request(settlement.account, plan.own)];
            requests[0].if_seq = plan.if_seq;
            requests.extend(plan.others);
            let error = match self.store.commit_together(requests).await {
                Ok(_) => return Ok(()),
                Err((_, store::Error::StateMismatch)) if plan.if_seq.is_some() => continue,
                Err((_, error)) => error,
            };
            let is_lasting = !matches!(
                error,
                store::Error::Unavailable(_) | store::Error::StateMismatch
            );
            beside = match beside {
                Beside::All if is_lasting && plan.if_seq.is_some() => Beside::Report,
                Beside::All | Beside::Report if is_lasting && settlement.report.is_some() => {
                    Beside::Nothing
                }
                _ => return Err(error.into()),
            };
            tracing::warn!(account = %settlement.account, queue = %settlement.id, %error, "a notification could not be stored");
        }
        Err(Error::StateMismatch)
    }

    async fn plan_settlement(
        &self,
        settlement: &Settlement,
        beside: Beside,
    ) -> Result<Plan, Error> {
        let mut plan = Plan {
            own: vec![change(settlement)],
            if_seq: None,
            others: Vec::new(),
        };
        let account = settlement.account;
        let is_held = matches!(settlement.step, QueueStep::Held(_));
        if matches!(beside, Beside::All)
            && !is_held
            && let Some(filing) = self.filing(account, settlement.id).await?
        {
            plan.own.extend(filing.own);
            plan.if_seq = Some(filing.seq);
            plan.others.push(filing.other);
        }
        let wanted = settlement.report.as_ref();
        let Some(report) = wanted.filter(|_| !matches!(beside, Beside::Nothing)) else {
            return Ok(plan);
        };
        match self.directory.resolve(&report.to).await? {
            Resolved::Elsewhere => plan.own.push(enqueue(report)),
            Resolved::Unknown => {
                tracing::info!(%account, queue = %settlement.id, "a notification has nobody to go to");
            }
            Resolved::Accounts(inboxes) => {
                let mut inboxes = self.report_inboxes(account, inboxes).await?;
                // Who sent in the name of a group hears of it alone.
                if inboxes.contains(&PrincipalId::from(account)) {
                    inboxes = vec![account.into()];
                }
                for inbox in inboxes {
                    let request = self.report_request(inbox, &report.message).await;
                    match request {
                        Ok(request) if request.account == account => {
                            plan.own.extend(request.changes);
                        }
                        Ok(request) => plan.add_other(request),
                        Err(error @ Error::Unavailable { .. }) => return Err(error),
                        Err(error) => {
                            tracing::warn!(%account, queue = %settlement.id, %error, "a notification has no inbox");
                        }
                    }
                }
            }
        }
        Ok(plan)
    }

    /// Who is told of a message from this account: for a list, who sent in its name, or those who look after it.
    async fn report_inboxes(
        &self,
        account: AccountId,
        resolved: Vec<PrincipalId>,
    ) -> Result<Vec<PrincipalId>, Error> {
        let sender = PrincipalId::from(account);
        let mut inboxes = Vec::with_capacity(resolved.len());
        for id in resolved {
            if self.list(id).await?.is_none() {
                inboxes.push(id);
            } else if self.list(sender).await?.is_none() {
                inboxes.push(sender);
            } else {
                inboxes.extend(self.directory.list_owners(id).await?);
            }
        }
        inboxes.sort_unstable();
        inboxes.dedup();
        Ok(inboxes)
    }

    /// The request that puts a notification into an inbox; no script looks at it.
    async fn report_request(
        &self,
        recipient: PrincipalId,
        message: &Prepared,
    ) -> Result<Request, Error> {
        let head = self.ensure_account(recipient).await?;
        let inbox = head.with_role(Role::Inbox).ok_or(Error::NotFound)?.id;
        let changes = vec![message.email(inbox, Vec::new(), self.clock.now())];
        Ok(self.system_request(recipient.into(), changes))
    }

    /// Sends a notification that belongs to no queued message: a sender hears that a message was delivered here.
    /// `account` is whose queue takes it where the sender is elsewhere.
    ///
    /// # Errors
    /// The store or the directory cannot take it.
    pub async fn send_report(
        &self,
        account: AccountId,
        report: &SenderReport,
    ) -> Result<(), Error> {
        let requests = match self.directory.resolve(&report.to).await? {
            Resolved::Unknown => return Ok(()),
            Resolved::Elsewhere => {
                self.ensure_account(account.into()).await?;
                vec![self.system_request(account, vec![enqueue(report)])]
            }
            Resolved::Accounts(inboxes) => {
                let inboxes = self.report_inboxes(account, inboxes).await?;
                let mut requests = Vec::with_capacity(inboxes.len());
                for inbox in inboxes {
                    requests.push(self.report_request(inbox, &report.message).await?);
                }
                requests
            }
        };
        for done in self.store.commit_all(requests).await {
            done?;
        }
        Ok(())
    }

    fn system_request(&self, account: AccountId, changes: Vec<Change>) -> Request {
        Request {
            account,
            actor: Actor::system(),
            at: self.clock.now(),
            if_seq: None,
            changes,
        }
    }
}

fn change(settlement: &Settlement) -> Change {
    Change::SetQueued {
        id: settlement.id,
        change: match &settlement.step {
            QueueStep::Settled(places) => QueueChange::Settle(places.clone()),
            QueueStep::DelayTold => QueueChange::DelayTold,
            QueueStep::Held(reason) => QueueChange::Hold(Some(reason.clone())),
        },
    }
}

fn enqueue(report: &SenderReport) -> Change {
    Change::Enqueue(Box::new(NewQueueItem {
        // RFC 3464 2, RFC 5321 4.5.5: so that nobody is told that a notification failed.
        reverse_path: String::new(),
        recipients: vec![QueuedRecipient {
            forward_path: report.to.clone(),
            notify: None,
            original: None,
        }],
        source: Source::New(std::sync::Arc::clone(&report.message.blob)),
        size: report.message.size,
        envelope_id: None,
        dsn_return: None,
        smtputf8: report.smtputf8,
        require_tls: false,
        standing: QueueStanding {
            eight_bit: report.eight_bit,
            ..QueueStanding::default()
        },
    }))
}
