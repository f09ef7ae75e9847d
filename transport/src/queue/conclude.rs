//! Conclusions: what the answers to an attempt mean for each recipient, for the message, and for its sender.

use std::sync::Arc;

use egress::wire::{Failure, RecipientResult};
use groupware::{Error, QueueStep, SenderReport, Settlement};
use model::{Queued, Timestamp};

use super::Shared;
use super::agenda::Ticket;
use super::counters::add;
use super::delays::Delay;
use crate::notification::{self, Action, Notification, wanted};
use crate::outcome;

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The next hop has it, or the mailbox.
    Reached(RecipientResult),
    /// It lies in a mailbox of this server.
    Here,
    /// Not yet.
    NotYet(Failure),
    /// Never.
    Never(Failure),
    /// There is nobody with this address here.
    Nobody,
}

impl From<RecipientResult> for Fate {
    fn from(result: RecipientResult) -> Self {
        match result {
            RecipientResult::Delivered { .. } => Self::Reached(result),
            RecipientResult::Transient(failure) => Self::NotYet(failure),
            RecipientResult::Permanent(failure) => Self::Never(failure),
        }
    }
}

/// What is to be done after an attempt.
#[derive(Debug, Default)]
pub(super) struct Conclusion {
    /// What is to be written.
    pub(super) settlement: Option<Settlement>,
    /// The ticket for the next attempt, if somebody is still to be reached.
    pub(super) again: Option<Ticket>,
}

/// What an attempt was about.
pub(super) struct Tried<'a> {
    pub(super) queued: &'a Queued,
    pub(super) message: &'a [u8],
    pub(super) ticket: Ticket,
    /// By place in the item.
    pub(super) fates: &'a [(u32, Fate)],
    /// Whether somebody was asked; false where an earlier answer stands for all that wait.
    pub(super) was_tried: bool,
}

/// Concludes.
///
/// # Errors
/// A notification could not be made ready: the store is not available.
pub(super) async fn conclude(shared: &Shared, tried: &Tried<'_>) -> Result<Conclusion, Error> {
    let now = shared.outside.groupware.clock().now();
    let now_s = super::seconds(now);
    let schedule = &shared.settings.schedule;
    let age_s = now_s.saturating_sub(tried.ticket.since_s);
    let is_over = age_s >= schedule.given_up_after_s();

    let mut settled = Vec::new();
    let mut waiting = false;
    let mut told = Vec::new();
    for (place, fate) in tried.fates {
        let action = action(fate, is_over);
        count(shared, fate, action);
        match action {
            Action::Delayed => waiting = true,
            Action::Delivered | Action::Relayed | Action::Failed => settled.push(*place),
        }
        let recipient = tried.queued.item.recipients.get(*place as usize);
        let Some(recipient) = recipient else { continue };
        if wanted(recipient.notify, action) && !reports_itself(fate) {
            told.push(notified(recipient, fate, action, Some(now)));
        }
    }
    remember_delays(shared, tried, now);
    let is_slow = waiting
        && !tried.ticket.delay_told
        && !tried.queued.standing.delay_told
        && age_s >= schedule.delay_told_after_s();
    // What changes at a message changes by one write: who is settled goes first, the delay is told at the next attempt.
    let message = (tried.queued.account, tried.queued.item.id);
    let tell_delay = is_slow && settled.is_empty() && shared.delays.begin_telling(message);
    if tell_delay {
        told.extend(delayed_elsewhere(shared, tried));
    } else {
        told.retain(|recipient| recipient.action != Action::Delayed);
    }
    let step = if !settled.is_empty() {
        Some(QueueStep::Settled(settled))
    } else if tell_delay && !told.is_empty() {
        add(&shared.counters.delays_told, 1);
        Some(QueueStep::DelayTold)
    } else {
        None
    };
    let settlement = match step {
        Some(step) => Some(Settlement {
            account: tried.queued.account,
            id: tried.queued.item.id,
            step,
            report: match report(shared, tried, told, now).await {
                Ok(report) => report,
                Err(error) => {
                    if tell_delay {
                        shared.delays.not_told(message);
                    }
                    return Err(error);
                }
            },
        }),
        None => None,
    };
    let again = waiting.then(|| {
        let delay_told = tried.ticket.delay_told || tried.queued.standing.delay_told || tell_delay;
        next_ticket(shared, tried, delay_told, now_s)
    });
    Ok(Conclusion { settlement, again })
}

/// Remembers why recipients wait, where the message has others elsewhere whose notice would name them.
fn remember_delays(shared: &Shared, tried: &Tried<'_>, now: Timestamp) {
    if !tried.was_tried || tried.queued.open().count() <= tried.fates.len() {
        return;
    }
    let message = (tried.queued.account, tried.queued.item.id);
    for (place, fate) in tried.fates {
        if let Fate::NotYet(failure) = fate {
            let delay = Delay {
                failure: Arc::new(failure.clone()),
                at: now,
            };
            shared.delays.note(message, *place, delay);
        }
    }
}

/// RFC 3464 2.3: the recipients at other destinations who wait as long; a sender hears of a delay once, so of all of them.
fn delayed_elsewhere(shared: &Shared, tried: &Tried<'_>) -> Vec<notification::Recipient> {
    let message = (tried.queued.account, tried.queued.item.id);
    let is_here = |place: u32| tried.fates.iter().any(|(known, _)| *known == place);
    let others = tried
        .queued
        .open()
        .filter(|(place, recipient)| !is_here(*place) && wanted(recipient.notify, Action::Delayed));
    let others = others.map(
        |(place, recipient)| match shared.delays.of(message, place) {
            Some(Delay { failure, at }) => {
                let fate = Fate::NotYet(Failure::clone(&failure));
                notified(recipient, &fate, Action::Delayed, Some(at))
            }
            None => notification::Recipient {
                forward_path: recipient.forward_path.clone(),
                original: recipient.original.clone(),
                action: Action::Delayed,
                // RFC 3463 2: a persistent transient failure of which nothing more is known.
                status: (4, 0, 0),
                host: None,
                diagnostic: None,
                at: None,
            },
        },
    );
    others.collect()
}

fn action(fate: &Fate, is_over: bool) -> Action {
    match fate {
        Fate::Here => Action::Delivered,
        Fate::Reached(_) => Action::Relayed,
        Fate::NotYet(_) if is_over => Action::Failed,
        Fate::NotYet(_) => Action::Delayed,
        Fate::Never(_) | Fate::Nobody => Action::Failed,
    }
}

/// RFC 3461 5.2.2: who offers DSN tells of the success, too.
fn reports_itself(fate: &Fate) -> bool {
    matches!(
        fate,
        Fate::Reached(RecipientResult::Delivered { dsn: true, .. })
    )
}

fn count(shared: &Shared, fate: &Fate, action: Action) {
    let counters = &shared.counters;
    match (fate, action) {
        (Fate::NotYet(failure), _) => {
            add(&counters.uncertain, usize::from(failure.uncertain));
            match action {
                Action::Failed => add(&counters.given_up, 1),
                _ => add(&counters.deferred, 1),
            }
        }
        (_, Action::Failed) => add(&counters.failed, 1),
        _ => add(&counters.delivered, 1),
    }
}

fn notified(
    recipient: &model::QueuedRecipient,
    fate: &Fate,
    action: Action,
    at: Option<Timestamp>,
) -> notification::Recipient {
    let (status, host, diagnostic) = match fate {
        Fate::Reached(RecipientResult::Delivered { host, reply, .. }) => (
            outcome::delivered_status(reply),
            Some(host.clone()),
            Some(outcome::said(reply)),
        ),
        Fate::Here | Fate::Reached(_) => ((2, 0, 0), None, None),
        // RFC 3463 3.5: X.4.7 says only that the time is over; what kept it from being delivered says more.
        Fate::NotYet(failure) => (
            outcome::status(failure, 4),
            failure.host.clone(),
            Some(outcome::diagnostic(failure)),
        ),
        Fate::Never(failure) => (
            outcome::status(failure, 5),
            failure.host.clone(),
            Some(outcome::diagnostic(failure)),
        ),
        Fate::Nobody => (
            (5, 1, 1),
            None,
            Some(notification::Diagnostic {
                text: "there is nobody with this address".to_owned(),
                is_reply: false,
            }),
        ),
    };
    notification::Recipient {
        forward_path: recipient.forward_path.clone(),
        original: recipient.original.clone(),
        action,
        status,
        host,
        diagnostic,
        at,
    }
}

/// The notification for the sender; none if there is nobody to tell, or nothing.
async fn report(
    shared: &Shared,
    tried: &Tried<'_>,
    recipients: Vec<notification::Recipient>,
    now: Timestamp,
) -> Result<Option<SenderReport>, Error> {
    let item = &tried.queued.item;
    // RFC 5321 4.5.5, RFC 3461 6.1: no notification about a message that has nobody to notify.
    if recipients.is_empty() || item.reverse_path.is_empty() {
        return Ok(None);
    }
    let until =
        i64::from(tried.ticket.since_s) + i64::from(shared.settings.schedule.given_up_after_s());
    let composed = notification::compose(&Notification {
        host: &shared.settings.host,
        to: &item.reverse_path,
        envelope_id: item.envelope_id.as_deref(),
        dsn_return: item.dsn_return,
        arrived_at: item.accepted_at,
        retried_until: Some(Timestamp::from_seconds(until)),
        recipients: &recipients,
        message: tried.message,
        returned_octets_max: shared.settings.returned_octets_max,
        random: u128::from_le_bytes(shared.outside.random.bytes()),
        now,
    });
    add(&shared.counters.reports, 1);
    Ok(Some(SenderReport {
        to: item.reverse_path.clone(),
        message: shared.outside.groupware.prepare(composed.message).await?,
        eight_bit: composed.eight_bit,
        smtputf8: composed.smtputf8,
    }))
}

/// When it is tried again: after the pause of the schedule, but in time to tell of the delay and to give up.
fn next_ticket(shared: &Shared, tried: &Tried<'_>, delay_told: bool, now_s: u32) -> Ticket {
    let schedule = &shared.settings.schedule;
    let ticket = tried.ticket;
    let attempts = if tried.was_tried {
        ticket.attempts.saturating_add(1)
    } else {
        ticket.attempts.max(1)
    };
    let mut due_s = now_s.saturating_add(schedule.pause_s(attempts, shared.random()));
    let mut by = |moment_s: u32| {
        if moment_s > now_s {
            due_s = due_s.min(moment_s);
        }
    };
    by(ticket.since_s.saturating_add(schedule.given_up_after_s()));
    if !delay_told {
        by(ticket.since_s.saturating_add(schedule.delay_told_after_s()));
    }
    Ticket {
        due_s,
        attempts,
        delay_told,
        ..ticket
    }
}

/// The same answer for all.
pub(super) fn all_not_yet(places: &[u32], failure: &Arc<Failure>) -> Vec<(u32, Fate)> {
    let fate = Fate::NotYet(Failure::clone(failure));
    places.iter().map(|place| (*place, fate.clone())).collect()
}
