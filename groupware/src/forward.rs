//! Forwarding: all mail of an account goes on to other addresses, whatever its filters say.
//!
//! The account is the sender of what goes on: its own address is the reverse path, so that SPF passes where it arrives (RFC
//! 7208 10.3) and what cannot be delivered comes back to where the forward was set. Mail that was judged unwanted stays.

use std::sync::Arc;

use model::{PrincipalId, QueueStanding, QueuedRecipient};
use store::{Change, NewQueueItem, Request, Source};

use crate::Groupware;
use crate::error::Error;
use crate::filter::{Delivered, Letter, Plan, trace};

/// What an account's forward asks for.
#[derive(Debug)]
pub(crate) struct Onward {
    change: Change,
    /// Whether the message is delivered here all the same.
    pub(crate) keeps: bool,
}

impl Groupware {
    /// What goes on of a message that an account gets; none if nothing does.
    pub(crate) async fn onward(
        &self,
        letter: &Letter,
        principal: PrincipalId,
    ) -> Result<Option<Onward>, Error> {
        let settings = self.directory.mail_settings(principal).await?;
        let Some(forward) = &settings.forward else {
            return Ok(None);
        };
        let owner = self.directory.principal(principal).await?;
        let Some(owner) = owner.filter(|_| !letter.arrival.junk) else {
            return Ok(None);
        };
        let mut own = vec![owner.address.clone()];
        own.extend(self.directory.aliases(principal).await?);
        let octets = &letter.message.octets;
        // RFC 5321 6.3: what went on from here before has come back.
        if trace::is_loop(octets, &own) {
            tracing::info!(%principal, reason = "mail loop", "a message is not forwarded");
            return Ok(None);
        }
        let mut recipients = Vec::new();
        for to in &forward.to {
            if self.may_forward(principal, to).await? {
                recipients.push(QueuedRecipient {
                    forward_path: to.clone(),
                    notify: None,
                    original: None,
                });
            }
        }
        if recipients.is_empty() {
            return Ok(None);
        }
        let message = self.prepare(trace::sent_on(octets, &owner.address)).await?;
        // RFC 5321 4.5.5: what has no sender gets none.
        let reverse_path = match letter.reverse_path.as_str() {
            "" => String::new(),
            _ => owner.address.clone(),
        };
        let is_ascii = |to: &QueuedRecipient| to.forward_path.is_ascii();
        let item = NewQueueItem {
            smtputf8: !reverse_path.is_ascii() || !recipients.iter().all(is_ascii),
            reverse_path,
            recipients,
            source: Source::New(Arc::clone(&message.blob)),
            size: message.size,
            envelope_id: None,
            dsn_return: None,
            require_tls: false,
            standing: QueueStanding {
                eight_bit: !message.octets.is_ascii(),
                ..QueueStanding::default()
            },
        };
        Ok(Some(Onward {
            change: Change::Enqueue(Box::new(item)),
            keeps: forward.keep,
        }))
    }

    /// Whether mail may go on to this address: it is another account here, or the policy lets mail go outside.
    async fn may_forward(&self, from: PrincipalId, to: &str) -> Result<bool, Error> {
        match self.directory.resolve(to).await? {
            directory::Resolved::Accounts(accounts) => Ok(accounts != [from]),
            directory::Resolved::Elsewhere if self.filter_policy.redirect_outside => Ok(true),
            directory::Resolved::Elsewhere => {
                tracing::info!(principal = %from, reason = "policy", "mail is not forwarded to addresses outside");
                Ok(false)
            }
            directory::Resolved::Unknown => {
                tracing::info!(principal = %from, reason = "unknown address", "mail is not forwarded");
                Ok(false)
            }
        }
    }

    /// The plan of an account that gets nothing itself.
    pub(crate) fn plan_onward(
        &self,
        letter: &Letter,
        principal: PrincipalId,
        onward: Onward,
    ) -> Plan {
        Plan {
            account: principal.into(),
            requests: vec![self.onward_request(letter, principal, onward.change)],
            answer: Delivered::Done,
            is_kept: false,
            is_filtered: false,
        }
    }

    /// Has the message go on with the same write that delivers it; what is refused goes nowhere.
    pub(crate) fn add_onward(&self, letter: &Letter, plan: &mut Plan, onward: Onward) {
        if plan.answer != Delivered::Done {
            return;
        }
        match plan.requests.first_mut() {
            Some(own) if own.account == plan.account => own.changes.push(onward.change),
            _ => {
                let request = self.onward_request(letter, plan.account.into(), onward.change);
                plan.requests.insert(0, request);
            }
        }
    }

    fn onward_request(&self, letter: &Letter, principal: PrincipalId, change: Change) -> Request {
        Request {
            account: principal.into(),
            actor: letter.actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes: vec![change],
        }
    }
}
