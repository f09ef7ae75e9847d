//! One destination: what waits for it, how much of it may be tried at once, and whether it answers.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::schedule::Schedule;
use crate::settings::Concurrency;

/// Deliveries in a row that a destination takes nothing of before it is left alone for a while. Ours.
const RELUCTANT_MAX: u8 = 10;

/// The recipients of one message that share a destination. Small: there may be a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::queue) struct Ticket {
    pub(in crate::queue) account: u32,
    pub(in crate::queue) id: u32,
    /// When it is to be tried.
    pub(in crate::queue) due_s: u32,
    /// Since when it could be sent.
    pub(in crate::queue) since_s: u32,
    /// How often it was tried.
    pub(in crate::queue) attempts: u8,
    /// RFC 6710 2: -9 to 9.
    pub(in crate::queue) priority: i8,
    /// The message has fewer octets than 2 to the power of this.
    pub(in crate::queue) size_bits: u8,
    pub(in crate::queue) delay_told: bool,
}

impl Ord for Ticket {
    /// The greatest is the next one: the earliest, of these the most urgent, of these the oldest.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |ticket: &Self| {
            (
                ticket.due_s,
                -ticket.priority,
                ticket.since_s,
                ticket.account,
                ticket.id,
            )
        };
        key(other).cmp(&key(self))
    }
}

impl PartialOrd for Ticket {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug)]
pub(super) struct Destination {
    pub(super) key: Arc<str>,
    tickets: BinaryHeap<Ticket>,
    /// Not to be tried before.
    pub(super) closed_until_s: u32,
    /// For when a timer is set; 0 for none.
    pub(super) timer_s: u32,
    /// Deliveries now.
    pub(super) under_way: u16,
    /// Tickets that are taken out and not yet done with.
    pub(super) jobs: u32,
    /// Deliveries that may be.
    window: u16,
    /// Times in a row that it did not answer.
    failures: u8,
    /// Deliveries in a row that it took nothing of.
    reluctant: u8,
    /// Whether it stands in a line.
    pub(super) in_line: bool,
}

impl Destination {
    pub(super) fn new(key: Arc<str>, window: u16) -> Self {
        Self {
            key,
            tickets: BinaryHeap::new(),
            closed_until_s: 0,
            timer_s: 0,
            under_way: 0,
            jobs: 0,
            window,
            failures: 0,
            reluctant: 0,
            in_line: false,
        }
    }

    pub(super) fn push(&mut self, ticket: Ticket) {
        if self.tickets.capacity() == 0 {
            // Most destinations have one ticket; the heap would make room for four.
            self.tickets.reserve_exact(1);
        }
        self.tickets.push(ticket);
    }

    /// The next ticket, if one may be tried now.
    pub(super) fn take(&mut self, now_s: u32) -> Option<Ticket> {
        if self.can_go_on_s()? > now_s {
            return None;
        }
        let ticket = self.tickets.pop()?;
        self.under_way = self.under_way.saturating_add(1);
        self.jobs = self.jobs.saturating_add(1);
        Some(ticket)
    }

    /// From when on a ticket may be tried; none if that does not depend on time.
    pub(super) fn can_go_on_s(&self) -> Option<u32> {
        let window = if self.failures > 0 { 1 } else { self.window };
        if self.under_way >= window {
            return None;
        }
        let next = self.tickets.peek()?;
        Some(next.due_s.max(self.closed_until_s))
    }

    /// Of the next ticket.
    pub(super) fn priority(&self) -> i8 {
        self.tickets.peek().map_or(0, |ticket| ticket.priority)
    }

    pub(super) fn succeeded(&mut self, concurrency: &Concurrency) {
        if self.failures > 0 {
            self.window = concurrency.per_destination_first.max(1);
        }
        (self.failures, self.reluctant) = (0, 0);
        self.closed_until_s = 0;
        self.window = self
            .window
            .saturating_add(1)
            .min(concurrency.per_destination_max.max(1));
    }

    /// Whether it was so too often.
    pub(super) fn was_reluctant(&mut self) -> bool {
        self.window = (self.window / 2).max(1);
        self.reluctant = self.reluctant.saturating_add(1);
        self.reluctant >= RELUCTANT_MAX
    }

    /// Closes it; false if it is closed already: those who were under way then say nothing new.
    pub(super) fn fail(&mut self, schedule: &Schedule, now_s: u32, random: u32) -> bool {
        if self.closed_until_s > now_s {
            return false;
        }
        self.window = (self.window / 2).max(1);
        self.reluctant = 0;
        self.failures = self.failures.saturating_add(1);
        let pause_s = schedule.destination_pause_s(self.failures, random);
        self.closed_until_s = now_s.saturating_add(pause_s);
        true
    }

    /// Takes out what is to be given up, or of which the sender is to hear that it takes long.
    pub(super) fn take_overdue(&mut self, schedule: &Schedule, now_s: u32) -> Vec<Ticket> {
        let is_overdue = |ticket: &Ticket| {
            let age_s = now_s.saturating_sub(ticket.since_s);
            age_s >= schedule.given_up_after_s()
                || (!ticket.delay_told && age_s >= schedule.delay_told_after_s())
        };
        if !self.tickets.iter().any(is_overdue) {
            return Vec::new();
        }
        let tickets = std::mem::take(&mut self.tickets).into_vec();
        let (overdue, others): (Vec<_>, Vec<_>) = tickets.into_iter().partition(is_overdue);
        self.tickets = others.into();
        let jobs = u32::try_from(overdue.len()).unwrap_or(u32::MAX);
        self.jobs = self.jobs.saturating_add(jobs);
        overdue
    }

    /// Removes the tickets of a message; answers how many.
    pub(super) fn remove(&mut self, account: u32, id: u32) -> usize {
        let before = self.tickets.len();
        self.tickets
            .retain(|ticket| (ticket.account, ticket.id) != (account, id));
        before - self.tickets.len()
    }

    pub(super) fn clear(&mut self) {
        self.tickets = BinaryHeap::new();
    }

    /// Makes everything due.
    pub(super) fn make_due(&mut self, now_s: u32) {
        let mut tickets = std::mem::take(&mut self.tickets).into_vec();
        for ticket in &mut tickets {
            ticket.due_s = ticket.due_s.min(now_s);
        }
        self.tickets = tickets.into();
    }

    /// Whether nothing waits or is tried.
    pub(super) fn is_empty(&self) -> bool {
        self.tickets.is_empty() && self.jobs == 0 && !self.in_line
    }

    /// Whether it is known not to answer.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }
}
