//! Delivery: one message to its recipients, with what their filters want, in one durable write.

use std::collections::{BTreeSet, HashMap};

use model::{AccountId, Actor, PrincipalId, Role};
use store::{Committed, Request};

use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::email::Prepared;
use crate::error::Error;
use crate::filter::{Arrival, Delivered, Letter, Plan, Recipient};
use crate::journaling::Envelope;

/// A message that arrived, with its envelope.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The reverse path, empty for notifications; the message's `Return-Path` says it already.
    pub reverse_path: String,
    /// Persons and shared accounts, as the directory resolved the forward paths.
    pub recipients: Vec<Recipient>,
    /// The message with its trace fields.
    pub message: Prepared,
    /// How it came.
    pub arrival: Arrival,
}

/// An account that a filter sends mail to has no room: no fault of the recipient's.
const NO_ROOM_THERE: store::Error =
    store::Error::Invalid("an account that a filter sends mail to has no room");

/// What the store says of a request.
pub(crate) type Answer = Result<Committed, store::Error>;

/// What became of a letter for each of its recipients, in their order.
pub(crate) type Answers = Vec<Result<Delivered, Error>>;

/// What is to be done for one recipient.
enum Planned {
    /// The request in this place, with all others in one write.
    Single { place: usize, plan: Plan },
    /// Several requests that belong together, in a write of their own.
    Joint(Plan),
    /// Nothing.
    Decided(Result<Delivered, Error>),
}

impl Groupware {
    /// Delivers a message; answers for each recipient, in their order. When this returns, what succeeded is durable.
    ///
    /// Each recipient succeeds or fails alone: [`Error::OverQuota`], or [`Error::NotFound`] if there is no such principal.
    pub async fn deliver(&self, actor: &Actor, delivery: &Delivery) -> Answers {
        let letter = Letter::of(actor, delivery);
        let copies = match self.copies(&letter, &delivery.recipients).await {
            Ok(copies) => copies,
            // What must be archived and cannot be is not taken.
            Err(error) => return vec![Err(error); delivery.recipients.len()],
        };
        let (_, answers) = self
            .deliver_letter(&letter, &delivery.recipients, copies)
            .await;
        answers
    }

    /// The requests that copy what arrives to archives.
    async fn copies(
        &self,
        letter: &Letter,
        recipients: &[Recipient],
    ) -> Result<Vec<Request>, Error> {
        let mut envelope = Envelope::default();
        self.envelope_here(&mut envelope, recipients).await?;
        self.journal_requests(letter, &envelope).await
    }

    /// As [`Groupware::deliver`], for a message that waited in an account's queue: it was copied to archives when it came
    /// there, and a list asks whether that account may write.
    pub async fn deliver_queued(&self, account: AccountId, delivery: &Delivery) -> Answers {
        let ids: Vec<_> = delivery.recipients.iter().map(|it| it.principal).collect();
        let is_for_list = self.has_list(&ids).await.unwrap_or_default();
        let actor = Actor {
            principal: is_for_list.then_some(account.into()),
            ..Actor::system()
        };
        let letter = Letter::of(&actor, delivery);
        let (_, answers) = self
            .deliver_letter(&letter, &delivery.recipients, Vec::new())
            .await;
        answers
    }

    /// Delivers a letter, in one write with the requests in `first`; says what became of these, and of the letter for each
    /// recipient, in their order.
    pub(crate) async fn deliver_letter(
        &self,
        letter: &Letter,
        recipients: &[Recipient],
        first: Vec<Request>,
    ) -> (Vec<Answer>, Answers) {
        let before = first.len();
        let mut requests = first;
        let mut planned: HashMap<PrincipalId, Planned> = HashMap::with_capacity(recipients.len());
        // Who is named beside a list gets no second copy by the list.
        let mut reached: BTreeSet<PrincipalId> = recipients
            .iter()
            .map(|recipient| recipient.principal)
            .collect();
        for recipient in recipients {
            // RFC 5321 3.9: who is reached in two ways gets one copy.
            if planned.contains_key(&recipient.principal) {
                continue;
            }
            let decided = match self.plan_recipient(letter, recipient, &mut reached).await {
                Err(error) => Planned::Decided(Err(error)),
                Ok(plan) => Planned::of(plan, &mut requests),
            };
            planned.insert(recipient.principal, decided);
        }
        let mut done = if requests.is_empty() {
            Vec::new()
        } else {
            self.store.commit_all(requests).await
        };
        let singles = done.split_off(before.min(done.len()));
        let mut answers = HashMap::with_capacity(planned.len());
        for recipient in recipients {
            let Some(planned) = planned.remove(&recipient.principal) else {
                continue;
            };
            let (answer, is_kept) = self
                .finish_delivery(letter, recipient, planned, &singles, before)
                .await;
            // RFC 6047 3: nothing is done for a sender who is not who the mail says.
            let is_doubtful = letter.arrival.junk || letter.arrival.author_is_forged;
            if is_kept
                && !is_doubtful
                && answer.is_ok()
                && let Some(invitation) = &letter.message.invitation
            {
                self.invitation_arrived(&letter.actor, recipient.principal, invitation)
                    .await;
            }
            answers.insert(recipient.principal, answer);
        }
        let answer = |recipient: &Recipient| {
            let answer = answers.get(&recipient.principal);
            answer.cloned().unwrap_or(Err(Error::NotFound))
        };
        (done, recipients.iter().map(answer).collect())
    }

    /// What becomes of a letter at one of several recipients. `reached` are those who get it anyway.
    async fn plan_recipient(
        &self,
        letter: &Letter,
        recipient: &Recipient,
        reached: &mut BTreeSet<PrincipalId>,
    ) -> Result<Plan, Error> {
        match self.list(recipient.principal).await? {
            Some(list) => self.plan_post(&list, letter, recipient, reached).await,
            None => self.plan_delivery(letter, recipient).await,
        }
    }

    /// Sees to it that what was planned for a recipient is done; says also whether the message lies where it is read.
    async fn finish_delivery(
        &self,
        letter: &Letter,
        recipient: &Recipient,
        planned: Planned,
        singles: &[Answer],
        before: usize,
    ) -> (Result<Delivered, Error>, bool) {
        let (plan, done) = match planned {
            Planned::Decided(answer) => return (answer, false),
            Planned::Single { place, plan } => {
                let done = place.checked_sub(before).and_then(|at| singles.get(at));
                let done = match done {
                    Some(Ok(_)) => Ok(()),
                    Some(Err(error)) => Err(error.clone()),
                    None => {
                        let error = Error::internal(&"the store gave too few answers");
                        return (Err(error), false);
                    }
                };
                (plan, done)
            }
            Planned::Joint(mut plan) => {
                let done = self.commit_plan(&mut plan).await;
                (plan, done)
            }
        };
        match done {
            Ok(()) => (Ok(plan.answer), plan.is_kept),
            Err(error) if plan.is_filtered => self.deliver_again(letter, recipient, error).await,
            Err(error) => (Err(error.into()), false),
        }
    }

    /// Decides again what becomes of a message, since it could not be done: something else happened in the account
    /// meanwhile, or a rule wants what cannot be. In the end the message is kept as if there were no rules.
    async fn deliver_again(
        &self,
        letter: &Letter,
        recipient: &Recipient,
        mut error: store::Error,
    ) -> (Result<Delivered, Error>, bool) {
        let mut letter = letter.clone();
        for _ in 0..ATTEMPTS_MAX {
            match error {
                store::Error::StateMismatch | store::Error::AlreadyExists(_) => {}
                NO_ROOM_THERE if !letter.is_mute => letter.is_mute = true,
                store::Error::OverQuota
                | store::Error::Unavailable(_)
                | store::Error::Damaged(_) => return (Err(error.into()), false),
                _ => break,
            }
            let mut plan = match self.plan_delivery(&letter, recipient).await {
                Ok(plan) => plan,
                Err(error) => return (Err(error), false),
            };
            match self.commit_plan(&mut plan).await {
                Ok(()) => return (Ok(plan.answer), plan.is_kept),
                Err(again) => error = again,
            }
        }
        tracing::warn!(principal = %recipient.principal, %error, "what a filter wants cannot be done, the message is kept");
        let plain = match self.plan_plain_delivery(&letter, recipient.principal).await {
            Ok(mut plan) => self.commit_plan(&mut plan).await.map(|()| plan),
            Err(error) => return (Err(error), false),
        };
        match plain {
            Ok(plan) => (Ok(plan.answer), plan.is_kept),
            Err(error) => (Err(error.into()), false),
        }
    }

    /// Makes all writes of a plan, or none. That there is no room in another account is [`NO_ROOM_THERE`].
    async fn commit_plan(&self, plan: &mut Plan) -> Result<(), store::Error> {
        let requests = std::mem::take(&mut plan.requests);
        if requests.is_empty() {
            return Ok(());
        }
        let accounts: Vec<_> = requests.iter().map(|request| request.account).collect();
        match self.store.commit_together(requests).await {
            Ok(_) => Ok(()),
            Err((place, store::Error::OverQuota))
                if accounts.get(place).copied() != Some(plan.account) =>
            {
                Err(NO_ROOM_THERE)
            }
            Err((_, error)) => Err(error),
        }
    }

    /// The request that puts the message into the principal's inbox, whatever its filters say.
    pub(crate) async fn inbox_request(
        &self,
        actor: &Actor,
        recipient: PrincipalId,
        message: &Prepared,
    ) -> Result<Request, Error> {
        let head = self.ensure_account(recipient).await?;
        let inbox = head.with_role(Role::Inbox).ok_or(Error::NotFound)?.id;
        let now = self.clock.now();
        Ok(Request {
            account: recipient.into(),
            actor: actor.clone(),
            at: now,
            if_seq: None,
            changes: vec![message.email(inbox, Vec::new(), now)],
        })
    }
}

impl Letter {
    /// What arrives, brought by this actor.
    fn of(actor: &Actor, delivery: &Delivery) -> Self {
        Self {
            actor: actor.clone(),
            reverse_path: delivery.reverse_path.clone(),
            message: delivery.message.clone(),
            arrival: delivery.arrival.clone(),
            is_mute: false,
        }
    }
}

impl Planned {
    /// What a plan takes; a single request goes with the others.
    fn of(mut plan: Plan, requests: &mut Vec<Request>) -> Self {
        match plan.requests.as_slice() {
            [] => Self::Decided(Ok(plan.answer)),
            [own] if own.account == plan.account => {
                requests.append(&mut plan.requests);
                Self::Single {
                    place: requests.len() - 1,
                    plan,
                }
            }
            _ => Self::Joint(plan),
        }
    }
}
