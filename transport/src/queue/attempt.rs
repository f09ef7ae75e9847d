//! One attempt: a message is read, signed, offered to its destination, and what came of it settled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use egress::wire::{Delivery, Failure, Recipient, RecipientResult, Route, SmtpReply, Why};
use groupware::{Claim, Claimed, Delivered, Error, QueueStep, Settlement};
use model::{AccountId, PrincipalId, QueueId, Queued};
use tokio::sync::{mpsc, oneshot};

use super::agenda::{Job, Overdue, Ticket};
use super::conclude::{Conclusion, Fate, Tried, all_not_yet, conclude};
use super::counters::add;
use super::settler::Order;
use super::{OCTETS_PER_UNIT, Shared, message_tls};
use crate::outcome::{Health, health};

/// How long a message waits that could not be read for now.
const UNREADABLE_PAUSE_S: u32 = 30;
/// How long a message waits that nobody could be asked about.
const CLOSED_WAY_PAUSE_S: u32 = 2;

/// Where tasks report to.
#[derive(Clone, Debug)]
pub(super) struct Reports {
    /// That a destination answered: it may be asked again.
    pub(super) answered: mpsc::Sender<Answered>,
    /// What is to be written.
    pub(super) orders: mpsc::Sender<Order>,
}

/// A destination answered, or not.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) destination: u32,
    /// None if nobody could be asked.
    pub(super) health: Option<Health>,
    /// Whether the way out is closed.
    pub(super) is_way_closed: bool,
}

/// A job that is done.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) job: Job,
    /// The ticket for the next attempt.
    pub(super) again: Option<Ticket>,
    /// Whether it was to be tried, not only told of.
    pub(super) was_tried: bool,
}

/// What asking came to.
struct Asked {
    health: Option<Health>,
    fates: Vec<(u32, Fate)>,
    is_way_closed: bool,
}

/// Tries a job.
pub(super) async fn run(
    shared: Arc<Shared>,
    job: Job,
    fresh: Option<Arc<Queued>>,
    reports: Reports,
) -> Finished {
    let again = attempt(&shared, &job, &reports, Known::Message(fresh)).await;
    Finished {
        job,
        again,
        was_tried: true,
    }
}

/// Tells the sender of a message that waits too long, without trying it again.
pub(super) async fn tell(shared: Arc<Shared>, overdue: Overdue, reports: Reports) -> Finished {
    let Overdue { job, failure } = overdue;
    let again = attempt(&shared, &job, &reports, Known::Answer(failure)).await;
    Finished {
        job,
        again,
        was_tried: false,
    }
}

/// What is known before an attempt.
enum Known {
    /// Envelope and standing, if it is fresh.
    Message(Option<Arc<Queued>>),
    /// What the destination would answer: nobody is asked.
    Answer(Arc<Failure>),
}

/// Answers the ticket for the next attempt.
async fn attempt(
    shared: &Arc<Shared>,
    job: &Job,
    reports: &Reports,
    known: Known,
) -> Option<Ticket> {
    let ticket = job.ticket;
    let (account, id) = (AccountId(ticket.account), QueueId(ticket.id));
    let answered = |health, is_way_closed| Answered {
        destination: job.destination,
        health,
        is_way_closed,
    };
    let (fresh, known) = match known {
        Known::Message(fresh) => (fresh, None),
        Known::Answer(failure) => (None, Some(failure)),
    };
    let was_tried = known.is_none();
    let _room = room(shared, ticket.size_bits).await;
    let ready = match ready(shared, job, fresh, was_tried).await {
        Ok(ready) => ready,
        Err(not_ready) => {
            if was_tried {
                report(reports, answered(None, false)).await;
            }
            return unclaimed(shared, job, reports, not_ready).await;
        }
    };
    let Ready {
        queued,
        here,
        outside,
        message,
        signed,
    } = ready;
    let mut fates = deliver_here(shared, &queued, &message, &here).await;
    let asked = match &known {
        _ if outside.is_empty() => Asked {
            health: None,
            fates: Vec::new(),
            is_way_closed: false,
        },
        Some(failure) => Asked {
            health: None,
            fates: all_not_yet(&outside, failure),
            is_way_closed: false,
        },
        None => ask(shared, &queued, (&message, &signed), &outside).await,
    };
    if was_tried {
        report(reports, answered(asked.health, asked.is_way_closed)).await;
    }
    fates.extend(asked.fates);
    let not_asked = Ticket {
        due_s: shared.now_s().saturating_add(CLOSED_WAY_PAUSE_S),
        ..ticket
    };
    let tried = Tried {
        queued: &queued,
        message: &message,
        ticket,
        fates: &fates,
        was_tried,
    };
    let Conclusion { settlement, again } = concluded(shared, &tried).await;
    if let Some(settlement) = settlement
        && let Err(error) = settle(reports, settlement).await
    {
        match error {
            // Somebody took it out of the queue meanwhile.
            Error::NotFound => return None,
            error => {
                tracing::error!(%account, queue = %id, %error, "what became of a message could not be noted");
                return hold(reports, account, id, ticket).await;
            }
        }
    }
    if asked.is_way_closed {
        return Some(not_asked);
    }
    again
}

/// A message that can be tried.
struct Ready {
    queued: Arc<Queued>,
    /// Open recipients of this destination, by their places: those of this house, and the others.
    here: Vec<u32>,
    outside: Vec<u32>,
    /// As it is queued.
    message: Bytes,
    /// As it goes out.
    signed: Bytes,
}

/// Why a message cannot be tried.
enum NotReady {
    /// It is not in the queue any more.
    Gone,
    /// It is held, or not to be sent yet.
    NotNow(Arc<Queued>),
    /// It cannot be read.
    Unread(Error),
}

/// Makes ready what is to be tried: reads it, and signs it where it goes out.
async fn ready(
    shared: &Arc<Shared>,
    job: &Job,
    fresh: Option<Arc<Queued>>,
    was_tried: bool,
) -> Result<Ready, NotReady> {
    let (of, key) = (Arc::clone(shared), Arc::clone(&job.key));
    let (account, id) = (AccountId(job.ticket.account), QueueId(job.ticket.id));
    let work = move || {
        let claim = of.outside.groupware.claim_blocking(account, id, fresh);
        let Claimed {
            queued,
            message,
            here,
        } = match claim.map_err(NotReady::Unread)? {
            Claim::Ready(claimed) => *claimed,
            Claim::NotNow(queued) => return Err(NotReady::NotNow(queued)),
            Claim::Gone => return Err(NotReady::Gone),
        };
        let open = queued
            .open()
            .filter(|(_, recipient)| of.routes.key(&recipient.forward_path) == key)
            .map(|(place, _)| place);
        let (here, outside): (Vec<u32>, Vec<u32>) = open.partition(|place| here.contains(place));
        let fields = match was_tried && !outside.is_empty() {
            true => signature(&of, &message, &queued.item.reverse_path),
            false => String::new(),
        };
        let signed = Bytes::from([fields.as_bytes(), message.as_slice()].concat());
        Ok(Ready {
            message: signed.slice(fields.len()..),
            queued,
            here,
            outside,
            signed,
        })
    };
    let done = shared.workshop.run(work).await;
    done.unwrap_or(Err(NotReady::Unread(Error::Unavailable {
        retry_after: std::time::Duration::ZERO,
    })))
}

/// The signatures or the seal that go on top of a message, if any.
fn signature(shared: &Shared, message: &[u8], reverse_path: &str) -> String {
    let now = shared.outside.groupware.clock().now().seconds();
    let now = u64::try_from(now).unwrap_or_default();
    let signer = &shared.outside.signer;
    // A message that cannot be signed goes out as it is.
    let fields = catch_unwind(AssertUnwindSafe(|| signer.sign(message, reverse_path, now)));
    fields.ok().flatten().unwrap_or_default()
}

/// Concludes; waits while the store cannot take a notification.
async fn concluded(shared: &Shared, tried: &Tried<'_>) -> Conclusion {
    loop {
        match conclude(shared, tried).await {
            Ok(conclusion) => return conclusion,
            Err(error) => {
                tracing::warn!(account = %tried.queued.account, queue = %tried.queued.item.id, %error, "a notification waits for the store");
                super::settler::pause(std::time::Duration::from_secs(1)).await;
            }
        }
    }
}

/// What to do with a message that cannot be tried.
async fn unclaimed(
    shared: &Shared,
    job: &Job,
    reports: &Reports,
    not_ready: NotReady,
) -> Option<Ticket> {
    let ticket = job.ticket;
    let (account, id) = (AccountId(ticket.account), QueueId(ticket.id));
    match not_ready {
        NotReady::Gone => None,
        // Whoever releases it puts it on the agenda again.
        NotReady::NotNow(queued) if queued.standing.hold.is_some() => None,
        NotReady::NotNow(queued) => {
            let release_at = queued.standing.release_at.unwrap_or_default();
            let due_s = super::seconds(release_at.plus_ms(999));
            Some(Ticket {
                due_s,
                since_s: ticket.since_s.max(due_s),
                ..ticket
            })
        }
        NotReady::Unread(Error::Unavailable { .. }) => Some(Ticket {
            due_s: shared.now_s().saturating_add(UNREADABLE_PAUSE_S),
            ..ticket
        }),
        NotReady::Unread(error) => {
            tracing::error!(%account, queue = %id, %error, "a queued message cannot be read");
            hold(reports, account, id, ticket).await
        }
    }
}

/// Holds a message that would do harm if it were tried again.
async fn hold(
    reports: &Reports,
    account: AccountId,
    id: QueueId,
    ticket: Ticket,
) -> Option<Ticket> {
    let settlement = Settlement {
        account,
        id,
        step: QueueStep::Held("a fault of the server: see its log".to_owned()),
        report: None,
    };
    match settle(reports, settlement).await {
        Ok(()) | Err(Error::NotFound) => None,
        Err(_) => Some(Ticket {
            due_s: ticket.due_s.saturating_add(60 * 60),
            ..ticket
        }),
    }
}

async fn settle(reports: &Reports, settlement: Settlement) -> Result<(), Error> {
    let stopped = Error::Unavailable {
        retry_after: std::time::Duration::ZERO,
    };
    let (asker, answer) = oneshot::channel();
    if reports.orders.send((settlement, asker)).await.is_err() {
        return Err(stopped);
    }
    answer.await.unwrap_or(Err(stopped))
}

async fn report(reports: &Reports, answered: Answered) {
    // The loop is gone only when all ends.
    let _ = reports.answered.send(answered).await;
}

/// Waits until the message has room in memory.
async fn room(shared: &Shared, size_bits: u8) -> Option<tokio::sync::SemaphorePermit<'_>> {
    let octets = 1_u64 << size_bits.min(40);
    let most = u64::from((shared.settings.concurrency.octets_max / OCTETS_PER_UNIT).max(1));
    let units = octets.div_ceil(u64::from(OCTETS_PER_UNIT)).min(most);
    let units = u32::try_from(units).unwrap_or(u32::MAX);
    // It is never closed.
    shared.room.acquire_many(units).await.ok()
}

/// Offers the message to the destination that these recipients share.
async fn ask(
    shared: &Shared,
    queued: &Queued,
    (message, signed): (&[u8], &Bytes),
    places: &[u32],
) -> Asked {
    let item = &queued.item;
    let recipients: Vec<(u32, &model::QueuedRecipient)> = places
        .iter()
        .filter_map(|place| Some((*place, item.recipients.get(*place as usize)?)))
        .collect();
    let mut asked = Asked {
        health: Some(Health::Up),
        fates: Vec::with_capacity(recipients.len()),
        is_way_closed: false,
    };
    let mut results = Vec::with_capacity(recipients.len());
    let mut obstacle = None;
    for some in recipients.chunks(Delivery::RECIPIENTS_MAX) {
        let delivery = delivery(shared, queued, message, some);
        add(&shared.counters.attempts, 1);
        match deliver(shared, delivery, signed.clone()).await {
            Some(Answers { each, unmet }) => {
                results.extend(some.iter().map(|(place, _)| *place).zip(each));
                obstacle = obstacle.or(unmet);
            }
            None => {
                asked.is_way_closed = true;
                break;
            }
        }
    }
    let of_all: Vec<RecipientResult> = results.iter().map(|(_, result)| result.clone()).collect();
    asked.health = (!of_all.is_empty()).then(|| health(&of_all));
    note(shared, queued, &of_all, obstacle.as_deref());
    let fates = results
        .into_iter()
        .map(|(place, result)| (place, result.into()));
    asked.fates.extend(fates);
    asked
}

fn note(shared: &Shared, queued: &Queued, results: &[RecipientResult], obstacle: Option<&str>) {
    let (account, queue) = (queued.account, queued.item.id);
    for result in results {
        match result {
            RecipientResult::Delivered { host, .. } => {
                tracing::info!(%account, %queue, peer = %host, "message delivered");
            }
            RecipientResult::Transient(failure) => {
                let mut reason = crate::outcome::diagnostic(failure).text;
                if let Some(obstacle) = obstacle {
                    reason = format!("{reason} ({obstacle})");
                }
                tracing::info!(%account, %queue, %reason, "message deferred");
                let groupware = &shared.outside.groupware;
                groupware.note_attempt(account, queue, &reason);
            }
            RecipientResult::Permanent(failure) => {
                let reason = crate::outcome::diagnostic(failure).text;
                tracing::info!(%account, %queue, %reason, "message refused");
            }
        }
    }
}

fn delivery(
    shared: &Shared,
    queued: &Queued,
    message: &[u8],
    recipients: &[(u32, &model::QueuedRecipient)],
) -> Delivery {
    let item = &queued.item;
    let header = crate::notification::header_of(message);
    let is_utf8 = !item.reverse_path.is_ascii()
        || !header.is_ascii()
        || recipients.iter().any(|(_, it)| !it.forward_path.is_ascii());
    let route = recipients.first().map_or_else(
        || Route::Domain(String::new()),
        |(_, recipient)| shared.routes.hop(&recipient.forward_path).route,
    );
    Delivery {
        route,
        helo: shared.settings.host.clone(),
        reverse_path: item.reverse_path.clone(),
        recipients: recipients
            .iter()
            .map(|(_, it)| Recipient::from(*it))
            .collect(),
        envelope_id: item.envelope_id.clone(),
        dsn_return: item.dsn_return,
        // What was declared may not be so, and what scheduling composed was not declared.
        eight_bit: !message.is_ascii(),
        // RFC 6531 3.6: only what needs the extension asks for it.
        smtputf8: item.smtputf8 && is_utf8,
        message_tls: message_tls::of(item.require_tls, header),
        priority: (queued.standing.priority != 0).then_some(queued.standing.priority),
    }
}

/// One delivery; none if nobody could be asked.
/// What came of a delivery.
struct Answers {
    /// For each recipient.
    each: Vec<RecipientResult>,
    /// What the domain demands of the connection and did not get, for people.
    unmet: Option<String>,
}

async fn deliver(shared: &Shared, delivery: Delivery, message: Bytes) -> Option<Answers> {
    let count = delivery.recipients.len();
    let failure = |why: Why, uncertain| {
        let failure = Failure {
            uncertain,
            ..why.into()
        };
        Answers {
            each: vec![RecipientResult::Transient(failure); count],
            unmet: None,
        }
    };
    match shared.outside.egress.deliver(delivery, message).await {
        Ok(delivered) if delivered.results.len() == count => {
            if shared.settings.reporter.is_some() {
                shared.tls_reports.note(&delivered.observations);
            }
            Some(Answers {
                unmet: crate::outcome::unmet_policy(&delivered.observations),
                each: delivered.results,
            })
        }
        Ok(_) => {
            tracing::error!("the way out gave another number of answers than was asked for");
            Some(failure(Why::Internal, true))
        }
        Err(egress::Error::Down | egress::Error::Busy) => None,
        Err(error @ (egress::Error::Lost | egress::Error::TimedOut)) => {
            tracing::warn!(%error, "it is not known what became of a delivery");
            Some(failure(Why::Internal, true))
        }
        Err(error) => {
            tracing::warn!(%error, "a delivery failed on this side");
            Some(failure(Why::Internal, false))
        }
    }
}

/// Recipients whose domain is ours: their mail never leaves, whatever a route says.
async fn deliver_here(
    shared: &Shared,
    queued: &Queued,
    message: &[u8],
    places: &[u32],
) -> Vec<(u32, Fate)> {
    let mut fates = Vec::with_capacity(places.len());
    if places.is_empty() {
        return fates;
    }
    let groupware = &shared.outside.groupware;
    let prepared = match groupware.prepare(message.to_vec()).await {
        Ok(prepared) => prepared,
        Err(error) => {
            tracing::warn!(%error, "a queued message could not be made ready");
            let failure = Failure::from(Why::Internal);
            return places
                .iter()
                .map(|place| (*place, Fate::NotYet(failure.clone())))
                .collect();
        }
    };
    for place in places {
        let Some(recipient) = queued.item.recipients.get(*place as usize) else {
            continue;
        };
        let fate = match groupware.directory().resolve(&recipient.forward_path).await {
            Ok(directory::Resolved::Accounts(accounts)) => {
                deliver_to(shared, queued, &prepared, recipient, accounts).await
            }
            Ok(directory::Resolved::Unknown) => Fate::Nobody,
            // The domain went away between two reads.
            Ok(directory::Resolved::Elsewhere) | Err(_) => Fate::NotYet(Why::Internal.into()),
        };
        fates.push((*place, fate));
    }
    fates
}

/// What another server would say (RFC 5321 4.3.2).
fn mailbox_full() -> Failure {
    Failure {
        reply: Some(SmtpReply {
            code: 452,
            enhanced: Some((4, 2, 2)),
            text: "the mailbox is full".to_owned(),
        }),
        ..Why::Reply.into()
    }
}

/// A list takes nothing from whoever wrote this.
fn refused(why: &str) -> Failure {
    Failure {
        reply: Some(SmtpReply {
            code: 550,
            enhanced: Some((5, 7, 1)),
            text: why.to_owned(),
        }),
        ..Why::Reply.into()
    }
}

/// A group has got the message when one of its members has.
async fn deliver_to(
    shared: &Shared,
    queued: &Queued,
    message: &groupware::Prepared,
    recipient: &model::QueuedRecipient,
    accounts: Vec<PrincipalId>,
) -> Fate {
    let delivery = groupware::Delivery {
        reverse_path: queued.item.reverse_path.clone(),
        recipients: accounts
            .into_iter()
            .map(|principal| groupware::Recipient {
                principal,
                forward_path: recipient.forward_path.clone(),
            })
            .collect(),
        message: message.clone(),
        arrival: groupware::Arrival::default(),
    };
    let done = shared
        .outside
        .groupware
        .deliver_queued(queued.account, &delivery)
        .await;
    if done.contains(&Ok(Delivered::Done)) {
        return Fate::Here;
    }
    if let Some(why) = done.iter().find_map(|done| match done {
        Ok(Delivered::Refused { why }) => Some(why),
        _ => None,
    }) {
        return Fate::Never(refused(why));
    }
    let is_full = done
        .iter()
        .any(|done| matches!(done, Err(Error::OverQuota)));
    Fate::NotYet(if is_full {
        mailbox_full()
    } else {
        Why::Internal.into()
    })
}
