//! The survey: going through the whole queue once, page by page, to make the agenda.

use std::collections::HashSet;
use std::sync::Arc;

use groupware::Error;
use model::{AccountId, Mutation, QueueId, QueueItem, QueuePlace, QueueStanding, Queued};

use super::Shared;
use super::agenda::{Agenda, Ticket};
use super::counters::{add, set};
use super::fresh::Fresh;
use super::seconds;

/// Queued messages that are read at once.
const PAGE: usize = 1_000;

/// Within so many seconds after a message was accepted the notice of it is heard.
const NOTICE_LATE_SECONDS_MAX: u32 = 60;
/// Messages of that age that are remembered.
const SEEN_MAX: usize = 65_536;

/// How far the survey is.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The last message that was looked at.
    after: Option<QueuePlace>,
    is_over: bool,
    /// Which survey it is: pages of an earlier one are of no use.
    number: u64,
    /// Messages that notices told of meanwhile, which the pages may hold, too.
    told: HashSet<(AccountId, QueueId)>,
    /// Young messages that pages told of, whose notices may still come.
    seen: HashSet<(AccountId, QueueId)>,
}

/// One page, for a task of its own.
pub(super) async fn page(
    shared: Arc<Shared>,
    after: Option<QueuePlace>,
) -> Result<Vec<Queued>, Error> {
    shared.outside.groupware.queue_page(after, PAGE).await
}

impl Survey {
    /// Whether the whole queue was looked at.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn after(&self) -> Option<QueuePlace> {
        self.after
    }

    /// Begins again.
    pub(super) fn restart(&mut self, agenda: &mut Agenda, shared: &Shared) {
        *self = Self {
            number: self.number + 1,
            ..Self::default()
        };
        agenda.clear();
        set(&shared.counters.waiting, 0);
    }

    /// Takes a page.
    pub(super) fn take(&mut self, page: &[Queued], agenda: &mut Agenda, shared: &Shared) {
        let now_s = shared.now_s();
        for queued in page {
            if self.told.contains(&(queued.account, queued.item.id)) {
                continue;
            }
            let age_s = now_s.saturating_sub(seconds(queued.item.accepted_at));
            if age_s <= NOTICE_LATE_SECONDS_MAX && self.seen.len() < SEEN_MAX {
                self.seen.insert((queued.account, queued.item.id));
            }
            add(&shared.counters.waiting, 1);
            enlist(
                shared,
                agenda,
                queued.account,
                &queued.item,
                &queued.standing,
                now_s,
            );
        }
        match page.last() {
            Some(last) => self.after = Some(last.place()),
            None => {
                self.is_over = true;
                self.told = HashSet::new();
            }
        }
    }

    /// Takes a commit that touched the queue.
    pub(super) fn note(
        &mut self,
        account: AccountId,
        mutations: &[Mutation],
        agenda: &mut Agenda,
        fresh: &mut Fresh,
        shared: &Shared,
    ) {
        let now_s = shared.now_s();
        let mut at = 0;
        while let Some(mutation) = mutations.get(at) {
            at += 1;
            match mutation {
                // A page had it before its notice was heard.
                Mutation::Enqueue(item) if self.seen.remove(&(account, item.id)) => {}
                Mutation::Enqueue(item) => {
                    add(&shared.counters.waiting, 1);
                    if !self.is_over {
                        self.told.insert((account, item.id));
                    }
                    // How a new message stands is said right behind it.
                    let plain = QueueStanding::default();
                    let standing = match mutations.get(at) {
                        Some(Mutation::SetQueued { id, standing }) if *id == item.id => standing,
                        _ => &plain,
                    };
                    enlist(shared, agenda, account, item, standing, now_s);
                    if standing.hold.is_none() && standing.release_at.is_none() {
                        let attempts = keys(shared, item, standing).len();
                        fresh.put(account, item, standing, attempts);
                    }
                }
                Mutation::Dequeue { id } => {
                    fresh.remove(account.0, id.0);
                    let waiting = &shared.counters.waiting;
                    let less = |count: u64| Some(count.saturating_sub(1));
                    let relaxed = std::sync::atomic::Ordering::Relaxed;
                    // The closure always answers something.
                    let _ = waiting.fetch_update(relaxed, relaxed, less);
                }
                // What else changes is seen when the message comes up: every later attempt reads it anew.
                Mutation::SetQueued { id, standing }
                    if standing.hold.is_some() || standing.release_at.is_some() =>
                {
                    fresh.remove(account.0, id.0);
                }
                _ => {}
            }
        }
    }
}

/// Puts a message on the agenda, for each of its destinations; not one that is held. False if it is being tried at one of them.
pub(super) fn enlist(
    shared: &Shared,
    agenda: &mut Agenda,
    account: AccountId,
    item: &QueueItem,
    standing: &QueueStanding,
    now_s: u32,
) -> bool {
    if standing.hold.is_some() {
        return true;
    }
    let released_at = standing.release_at.unwrap_or(item.accepted_at);
    let since_s = seconds(released_at.max(item.accepted_at));
    let attempts = shared
        .settings
        .schedule
        .attempts_within(now_s.saturating_sub(since_s));
    let ticket = Ticket {
        account: account.0,
        id: item.id.0,
        due_s: if since_s > now_s {
            since_s
        } else {
            due_now(now_s, standing.priority)
        },
        since_s,
        attempts,
        priority: standing.priority,
        size_bits: size_bits(item.size),
        delay_told: standing.delay_told,
    };
    let mut added = true;
    for key in keys(shared, item, standing) {
        added &= agenda.add(&key, ticket, now_s);
    }
    added
}

/// The destinations of those who are still to get the message, each once.
pub(super) fn keys(
    shared: &Shared,
    item: &QueueItem,
    standing: &QueueStanding,
) -> HashSet<Arc<str>> {
    (0..)
        .zip(&item.recipients)
        .filter(|(place, _)| standing.settled.binary_search(place).is_err())
        .map(|(_, recipient)| shared.routes.key(&recipient.forward_path))
        .collect()
}

/// RFC 6710 4.3: urgent mail goes before what came earlier, up to some minutes.
fn due_now(now_s: u32, priority: i8) -> u32 {
    const SECONDS_PER_STEP: u32 = 60;
    let steps = u32::from(priority.saturating_add(9).max(0).unsigned_abs());
    now_s.saturating_sub(steps.saturating_mul(SECONDS_PER_STEP))
}

fn size_bits(size: u32) -> u8 {
    // 32 at most.
    u8::try_from(u32::BITS - size.leading_zeros()).unwrap_or(u8::MAX)
}
