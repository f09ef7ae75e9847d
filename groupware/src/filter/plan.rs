//! What becomes of a message at one recipient: all writes it needs, decided but not made.
//!
//! A recipient without rules costs a look at the head. For others the active script is run, and then, unless it answered
//! itself, the out-of-office answer. Whatever goes wrong with a script, the message is kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{AccountId, MailboxId, PrincipalId, Role};
use sieve::{Action, Edition, Environment, Event, Input, Limits};
use store::{Engine, Head, Request};

use super::apply::Applying;
use super::around::Around;
use super::contacts::Lists;
use super::letter::{Delivered, Letter, Recipient};
use super::rules::{Main, Rules};
use crate::Groupware;
use crate::calendar::zone_of;
use crate::collection::default_calendar;
use crate::error::Error;

/// Scripts run on the thread that asks for messages up to this size: most take less time than changing the thread.
const RUN_AT_ONCE_OCTETS_MAX: usize = 64 * 1024;
/// Accounts of this house that one message reaches by being sent on from one to the next.
const HANDED_ON_MAX: usize = 16;

/// What becomes of a message at one recipient.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The recipient's account.
    pub(crate) account: AccountId,
    /// The writes: the recipient's own first, if there is one; the others of other accounts, all or none.
    pub(crate) requests: Vec<Request>,
    /// What the peer is told.
    pub(crate) answer: Delivered,
    /// Whether it lies where the recipient looks, so that an invitation in it counts.
    pub(crate) is_kept: bool,
    /// Whether it was decided by rules: then it is decided again where something changed meanwhile.
    pub(crate) is_filtered: bool,
}

/// The accounts that a message has been to since it arrived.
pub(super) type Trail = Vec<AccountId>;

impl Plan {
    /// The message into the recipient's inbox, or among the unwanted ones.
    fn plain(groupware: &Groupware, head: &Head, letter: &Letter) -> Result<Self, Error> {
        let now = groupware.clock.now();
        let place = default_place(head, letter)?;
        Ok(Self {
            account: head.account,
            requests: vec![Request {
                account: head.account,
                actor: letter.actor.clone(),
                at: now,
                if_seq: None,
                changes: vec![letter.message.email(place, Vec::new(), now)],
            }],
            answer: Delivered::Done,
            is_kept: !letter.arrival.junk,
            is_filtered: false,
        })
    }
}

/// Where a message goes that nobody files.
pub(super) fn default_place(head: &Head, letter: &Letter) -> Result<MailboxId, Error> {
    let junk = head.with_role(Role::Junk).filter(|_| letter.arrival.junk);
    let place = junk.or_else(|| head.with_role(Role::Inbox));
    Ok(place.ok_or(Error::NotFound)?.id)
}

impl Groupware {
    /// Decides what becomes of a message at a recipient: an account, which may have it go on, or a list.
    pub(crate) async fn plan_delivery(
        &self,
        letter: &Letter,
        recipient: &Recipient,
    ) -> Result<Plan, Error> {
        if let Some(list) = self.list(recipient.principal).await? {
            let reached = &mut BTreeSet::new();
            return Box::pin(self.plan_post(&list, letter, recipient, reached)).await;
        }
        let principal = recipient.principal;
        match self.onward(letter, principal).await? {
            None => self.plan_account(letter, recipient).await,
            Some(onward) if !onward.keeps => Ok(self.plan_onward(letter, principal, onward)),
            Some(onward) => {
                let mut plan = self.plan_account(letter, recipient).await?;
                self.add_onward(letter, &mut plan, onward);
                Ok(plan)
            }
        }
    }

    /// Decides what becomes of a message that an account keeps.
    async fn plan_account(&self, letter: &Letter, recipient: &Recipient) -> Result<Plan, Error> {
        let head = self.ensure_account(recipient.principal).await?;
        match self.rules(&head).await? {
            None => Plan::plain(self, &head, letter),
            Some(rules) => {
                let trail = vec![head.account];
                Box::pin(self.filtered(letter, recipient, head, &rules, trail)).await
            }
        }
    }

    /// As [`Groupware::plan_delivery`], whatever the rules say: the message is kept.
    pub(crate) async fn plan_plain_delivery(
        &self,
        letter: &Letter,
        principal: PrincipalId,
    ) -> Result<Plan, Error> {
        let head = self.ensure_account(principal).await?;
        Plan::plain(self, &head, letter)
    }

    /// As [`Groupware::plan_delivery`] for a message that another account of this house sends on. None where it has been there.
    pub(super) async fn plan_handed_on(
        &self,
        letter: &Letter,
        recipient: &Recipient,
        trail: Trail,
    ) -> Result<Option<Plan>, Error> {
        let account = AccountId::from(recipient.principal);
        if trail.contains(&account) || trail.len() >= HANDED_ON_MAX {
            return Ok(None);
        }
        if let Some(list) = self.list(recipient.principal).await? {
            let reached = &mut BTreeSet::new();
            let plan = Box::pin(self.plan_post(&list, letter, recipient, reached)).await?;
            let is_taken = plan.answer == Delivered::Done;
            return Ok(is_taken.then_some(plan));
        }
        let principal = recipient.principal;
        let onward = Box::pin(self.onward(letter, principal)).await?;
        if let Some(onward) = onward {
            if !onward.keeps {
                return Ok(Some(self.plan_onward(letter, principal, onward)));
            }
            let mut plan = Box::pin(self.plan_kept(letter, recipient, trail)).await?;
            self.add_onward(letter, &mut plan, onward);
            return Ok(Some(plan));
        }
        Box::pin(self.plan_kept(letter, recipient, trail))
            .await
            .map(Some)
    }

    async fn plan_kept(
        &self,
        letter: &Letter,
        recipient: &Recipient,
        mut trail: Trail,
    ) -> Result<Plan, Error> {
        let account = AccountId::from(recipient.principal);
        let head = self.ensure_account(recipient.principal).await?;
        match self.rules(&head).await? {
            None => Plan::plain(self, &head, letter),
            Some(rules) => {
                trail.push(account);
                Box::pin(self.filtered(letter, recipient, head, &rules, trail)).await
            }
        }
    }

    /// Runs the rules, and does what they want.
    async fn filtered(
        &self,
        letter: &Letter,
        recipient: &Recipient,
        head: Arc<Head>,
        rules: &Arc<Rules>,
        trail: Trail,
    ) -> Result<Plan, Error> {
        let now = self.clock.now();
        let away = rules.away.as_ref().filter(|away| away.is_in_force(now));
        if rules.main.is_none() && away.is_none() {
            return Plan::plain(self, &head, letter);
        }
        let owner = self.directory.principal(recipient.principal).await?;
        let owner = owner.ok_or(Error::NotFound)?;
        let mut own = vec![owner.address.clone()];
        // Most scripts only file: what they do not ask for is not read.
        if away.is_some() || rules.main.as_ref().is_some_and(Main::speaks_for_owner) {
            own.extend(self.directory.aliases(owner.id).await?);
        }
        let run = Run {
            letter: letter.clone(),
            head: Arc::clone(&head),
            rules: Arc::clone(rules),
            recipient: match recipient.forward_path.as_str() {
                "" => owner.address.clone(),
                given => given.to_owned(),
            },
            own: own.clone(),
            utc_offset_minutes: match &rules.main {
                Some(main) if main.asks_for_date() => utc_offset_minutes(&head, now.seconds()),
                _ => 0,
            },
            now: now.seconds(),
            event: None,
        };
        let mut applying = Applying::new(self, letter, &head, (owner, own), trail, now);
        match &rules.main {
            None => applying.keep(&[], Edition::RECEIVED),
            Some(main) => match &main.script {
                Err(fault) => applying.fault(&main.name, fault),
                Ok(script) => {
                    let lists = self.lists(&head, main).await?;
                    let outcome = self.run_script(&run, script, lists).await?;
                    if let Some(fault) = &outcome.fault {
                        applying.fault(&main.name, &fault.to_string());
                    }
                    applying.apply(outcome).await?;
                }
            },
        }
        if let Some(away) = away
            && applying.may_answer()
        {
            let is_inside = self.is_inside(&letter.reverse_path).await?;
            let may_answer = is_inside || self.filter_policy.answer_outside;
            if let Some(script) = away.script(is_inside).filter(|_| may_answer) {
                let outcome = self.run_script(&run, script, Lists::default()).await?;
                for action in outcome.actions {
                    if let Action::Vacation(vacation) = action {
                        applying.answer(&vacation).await?;
                    }
                }
            }
        }
        applying.finish().await
    }

    pub(super) async fn run_script(
        &self,
        run: &Run,
        script: &Arc<sieve::Script>,
        lists: Lists,
    ) -> Result<sieve::Outcome, Error> {
        let (run, script) = (run.clone(), Arc::clone(script));
        let is_small = run.letter.message.octets.len() <= RUN_AT_ONCE_OCTETS_MAX;
        let limits = Limits {
            redirects: self.filter_policy.redirects_max,
            ..Limits::default()
        };
        let work = move |engine: &dyn Engine| run.run(engine, &script, &lists, &limits);
        if is_small {
            Ok(work(&**self.store.engine()))
        } else {
            self.blocking(move |engine| Ok(work(engine))).await
        }
    }

    /// Whether an address is one of this house.
    pub(super) async fn is_inside(&self, address: &str) -> Result<bool, Error> {
        Ok(!matches!(
            self.directory.resolve(address).await?,
            directory::Resolved::Elsewhere
        ))
    }
}

/// All that a script is run on.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) letter: Letter,
    pub(super) head: Arc<Head>,
    pub(super) rules: Arc<Rules>,
    pub(super) recipient: String,
    pub(super) own: Vec<String>,
    pub(super) now: i64,
    pub(super) utc_offset_minutes: i16,
    /// What a client did; none at a delivery.
    pub(super) event: Option<Arc<EventSeen>>,
}

/// What a client did, as a script sees it (RFC 6785 4).
#[derive(Debug)]
pub(super) struct EventSeen {
    pub(super) cause: sieve::Cause,
    pub(super) mailbox: String,
    pub(super) user: String,
    pub(super) address: String,
    pub(super) changed_flags: Vec<String>,
    pub(super) flags: Vec<String>,
}

/// The owner's time (RFC 5260 4: the local zone of a script), as that of the calendar that invitations go to.
pub(super) fn utc_offset_minutes(head: &Head, now: i64) -> i16 {
    let zone = default_calendar(head).map(|calendar| zone_of(&calendar.properties));
    let seconds = zone.map_or(0, |zone| zone.offset_at(now));
    i16::try_from(seconds / 60).unwrap_or(0)
}

impl Run {
    fn run(
        &self,
        engine: &dyn Engine,
        script: &sieve::Script,
        lists: &Lists,
        limits: &Limits,
    ) -> sieve::Outcome {
        let arrival = &self.letter.arrival;
        let own: Vec<&str> = self.own.iter().map(String::as_str).collect();
        let address = arrival.remote_address.map(|address| address.to_string());
        let domain = self.recipient.rsplit_once('@').map(|(_, domain)| domain);
        let seen = self.event.as_deref();
        let changed_flags = seen.map_or_else(Vec::new, |seen| texts(&seen.changed_flags));
        let flags = seen.map_or_else(Vec::new, |seen| texts(&seen.flags));
        let mut input = Input::new(&self.letter.message.octets);
        input.reverse_path = &self.letter.reverse_path;
        input.recipient = &self.recipient;
        input.own_addresses = &own;
        input.now = self.now;
        input.utc_offset_minutes = self.utc_offset_minutes;
        input.event = match seen {
            None => Event::Delivery,
            Some(seen) => Event::Imap {
                cause: seen.cause,
                mailbox: &seen.mailbox,
                user: &seen.user,
                address: &seen.address,
                changed_flags: &changed_flags,
            },
        };
        input.flags = &flags;
        input.spam = arrival.spam_percent;
        input.virus = arrival.virus;
        input.environment = Environment {
            domain,
            // RFC 5183 4.1: where the script runs, and when.
            location: Some(if seen.is_some() { "MS" } else { "MDA" }),
            phase: Some(if seen.is_some() { "post" } else { "during" }),
            remote_host: arrival.remote_name.as_deref(),
            remote_ip: address.as_deref(),
            ..Environment::default()
        };
        let around = Around {
            engine,
            head: &self.head,
            rules: &self.rules,
            lists,
            now: self.now,
        };
        sieve::run(script, &input, &around, limits)
    }
}

fn texts(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}
