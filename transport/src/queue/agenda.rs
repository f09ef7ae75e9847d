//! The agenda: who is to be tried when, and how many at once. In memory alone, about 20 octets for each waiting message.
//!
//! A [`Ticket`] stands for the recipients of one message that share a destination. Each destination has its tickets in the order of
//! their time, a window of concurrent deliveries that grows with success, and is closed for a while when it does not answer:
//! then one ticket is tried now and then, and the others wait without being tried.
//!
//! Pure: is told what time it is (seconds since 1970) and what came of things.

mod destination;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use egress::wire::Failure;

use self::destination::Destination;
pub(super) use self::destination::Ticket;
use crate::outcome::Health;
use crate::schedule::Schedule;
use crate::settings::Concurrency;

/// Lines of destinations that can go on: urgent mail first (RFC 6710 4.3), then the ordinary, then what can wait.
const LINES: usize = 3;

/// Something to be tried now.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// Number of the destination, as long as the job lasts.
    pub(super) destination: u32,
    /// Its key.
    pub(super) key: Arc<str>,
    pub(super) ticket: Ticket,
}

/// A message that waits so long that its sender must hear of it, at a destination that is closed.
#[derive(Clone, Debug)]
pub(super) struct Overdue {
    pub(super) job: Job,
    /// What keeps the destination closed.
    pub(super) failure: Arc<Failure>,
}

/// The message and destination of a job.
type Running = (u32, u32, u32);

#[derive(Debug)]
pub(super) struct Agenda {
    schedule: Schedule,
    concurrency: Concurrency,
    by_key: HashMap<Arc<str>, u32>,
    destinations: Vec<Destination>,
    vacant: Vec<u32>,
    /// Destinations that can go on at once.
    lines: [VecDeque<u32>; LINES],
    /// When destinations can go on; one that is named here twice is looked at twice.
    timers: BinaryHeap<Reverse<(u32, u32)>>,
    running: HashSet<Running>,
    tickets: usize,
}

impl Agenda {
    pub(super) fn new(schedule: Schedule, concurrency: Concurrency) -> Self {
        Self {
            schedule,
            concurrency,
            by_key: HashMap::new(),
            destinations: Vec::new(),
            vacant: Vec::new(),
            lines: Default::default(),
            timers: BinaryHeap::new(),
            running: HashSet::new(),
            tickets: 0,
        }
    }

    /// Tickets that wait or are being tried.
    pub(super) fn len(&self) -> usize {
        self.tickets + self.running.len()
    }

    /// Destinations that are known.
    pub(super) fn destinations(&self) -> usize {
        self.by_key.len()
    }

    /// Adds a ticket; false if the same is being tried, and comes back by itself or not.
    pub(super) fn add(&mut self, key: &Arc<str>, ticket: Ticket, now_s: u32) -> bool {
        let number = self.number(key);
        if self.running.contains(&(ticket.account, ticket.id, number)) {
            return false;
        }
        self.push(number, ticket, now_s);
        true
    }

    /// Takes away the tickets of a message at this destination, so that there are never two; one that is being tried stays.
    pub(super) fn remove(&mut self, key: &str, account: u32, id: u32) {
        if let Some(number) = self.by_key.get(key).copied() {
            let removed = self.destinations[number as usize].remove(account, id);
            self.tickets -= removed;
            self.drop_if_idle(number);
        }
    }

    /// Forgets all that waits; what is being tried and what is known of destinations stays.
    pub(super) fn clear(&mut self) {
        let mut numbers: Vec<u32> = self.by_key.values().copied().collect();
        for number in &numbers {
            self.destinations[*number as usize].clear();
        }
        self.tickets = 0;
        numbers.retain(|number| !self.destinations[*number as usize].in_line);
        for number in numbers {
            self.drop_if_idle(number);
        }
    }

    /// Opens the destination: whatever failed before, it is tried now.
    pub(super) fn open(&mut self, key: &str, now_s: u32) {
        if let Some(number) = self.by_key.get(key).copied() {
            self.destinations[number as usize].closed_until_s = 0;
            self.refresh(number, now_s);
        }
    }

    /// Opens all destinations and makes everything due that was tried before.
    pub(super) fn open_all(&mut self, now_s: u32) {
        let numbers: Vec<u32> = self.by_key.values().copied().collect();
        for number in numbers {
            let destination = &mut self.destinations[number as usize];
            destination.closed_until_s = 0;
            destination.make_due(now_s);
            self.refresh(number, now_s);
        }
    }

    /// The next job; none if there is nothing to be tried now.
    pub(super) fn next(&mut self, now_s: u32) -> Option<Job> {
        self.wake(now_s);
        loop {
            let number = self.lines.iter_mut().find_map(VecDeque::pop_front)?;
            let destination = &mut self.destinations[number as usize];
            destination.in_line = false;
            let job = destination.take(now_s).map(|ticket| Job {
                destination: number,
                key: Arc::clone(&destination.key),
                ticket,
            });
            if let Some(job) = job {
                self.tickets -= 1;
                let ticket = &job.ticket;
                self.running.insert((ticket.account, ticket.id, number));
                self.refresh(number, now_s);
                return Some(job);
            }
            self.refresh(number, now_s);
            self.drop_if_idle(number);
        }
    }

    /// When there will be something to be tried, as far as it depends on time alone.
    pub(super) fn next_at_s(&self) -> Option<u32> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// The destination has answered a job, or not: makes room for the next. Answers what waited too long at a
    /// destination that stays closed.
    pub(super) fn answered(
        &mut self,
        number: u32,
        health: Option<&Health>,
        now_s: u32,
        random: u32,
    ) -> Vec<Overdue> {
        let concurrency = self.concurrency;
        let destination = &mut self.destinations[number as usize];
        destination.under_way = destination.under_way.saturating_sub(1);
        let failure = match health {
            // The way out was not open: that says nothing of the destination.
            None => None,
            Some(Health::Up) => {
                destination.succeeded(&concurrency);
                None
            }
            Some(Health::Reluctant(failure)) => destination.was_reluctant().then_some(failure),
            Some(Health::Down(failure)) => Some(failure),
        };
        let overdue = match failure {
            Some(failure) if destination.fail(&self.schedule, now_s, random) => {
                self.overdue(number, failure, now_s)
            }
            _ => Vec::new(),
        };
        self.refresh(number, now_s);
        overdue
    }

    /// A job is done: its ticket comes back, or its recipients are settled.
    pub(super) fn finished(&mut self, job: &Job, again: Option<Ticket>, now_s: u32) {
        let number = job.destination;
        self.running
            .remove(&(job.ticket.account, job.ticket.id, number));
        let destination = &mut self.destinations[number as usize];
        destination.jobs = destination.jobs.saturating_sub(1);
        match again {
            Some(ticket) => self.push(number, ticket, now_s),
            None => self.drop_if_idle(number),
        }
    }

    /// Takes out, as jobs, the tickets whose senders must hear that it takes long or that it is given up.
    fn overdue(&mut self, number: u32, failure: &Arc<Failure>, now_s: u32) -> Vec<Overdue> {
        let destination = &mut self.destinations[number as usize];
        let tickets = destination.take_overdue(&self.schedule, now_s);
        let key = Arc::clone(&destination.key);
        self.tickets -= tickets.len();
        let job = |ticket: Ticket| {
            self.running.insert((ticket.account, ticket.id, number));
            Overdue {
                job: Job {
                    destination: number,
                    key: Arc::clone(&key),
                    ticket,
                },
                failure: Arc::clone(failure),
            }
        };
        tickets.into_iter().map(job).collect()
    }

    fn push(&mut self, number: u32, ticket: Ticket, now_s: u32) {
        self.destinations[number as usize].push(ticket);
        self.tickets += 1;
        self.refresh(number, now_s);
    }

    fn number(&mut self, key: &Arc<str>) -> u32 {
        if let Some(number) = self.by_key.get(key) {
            return *number;
        }
        let destination = Destination::new(
            Arc::clone(key),
            self.concurrency.per_destination_first.max(1),
        );
        let number = match self.vacant.pop() {
            Some(number) => {
                self.destinations[number as usize] = destination;
                number
            }
            None => {
                self.destinations.push(destination);
                // More destinations than fit 32 bits do not fit the memory either.
                u32::try_from(self.destinations.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.by_key.insert(Arc::clone(key), number);
        number
    }

    /// Puts the destination where it belongs: into a line, or before a timer.
    fn refresh(&mut self, number: u32, now_s: u32) {
        let destination = &mut self.destinations[number as usize];
        if destination.in_line {
            return;
        }
        let Some(at_s) = destination.can_go_on_s() else {
            return;
        };
        if at_s <= now_s {
            destination.in_line = true;
            let line = match destination.priority() {
                1.. => 0,
                0 => 1,
                _ => 2,
            };
            self.lines[line].push_back(number);
        } else if destination.timer_s == 0 || at_s < destination.timer_s {
            destination.timer_s = at_s;
            self.timers.push(Reverse((at_s, number)));
        }
    }

    fn wake(&mut self, now_s: u32) {
        while let Some(Reverse((at_s, number))) = self.timers.peek().copied() {
            if at_s > now_s {
                return;
            }
            self.timers.pop();
            let destination = &mut self.destinations[number as usize];
            if destination.timer_s == at_s {
                destination.timer_s = 0;
                if destination.is_empty() {
                    self.forget(number);
                } else {
                    self.refresh(number, now_s);
                }
            }
        }
    }

    /// Forgets a destination that has nothing to do; one that did not answer is remembered until it may be tried again.
    fn drop_if_idle(&mut self, number: u32) {
        let destination = &mut self.destinations[number as usize];
        if !destination.is_empty() {
            return;
        }
        if destination.is_failing() && destination.closed_until_s > 0 {
            destination.timer_s = destination.closed_until_s;
            self.timers.push(Reverse((destination.timer_s, number)));
        } else {
            self.forget(number);
        }
    }

    fn forget(&mut self, number: u32) {
        let destination = &mut self.destinations[number as usize];
        if self.by_key.remove(&destination.key).is_some() {
            *destination = Destination::new(Arc::from(""), 1);
            self.vacant.push(number);
        }
    }
}
