//! Results that are kept in order: the emails of one mailbox or of all by time of reception.

use std::collections::{BinaryHeap, HashSet};

use model::{EmailId, MailboxId};

use super::{EmailFilter, EmailQuery, EmailSortBy, Part, Window, WindowStart, place, shifted};
use crate::catalogue::{Catalogue, Entry, Order};

/// A query whose result is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Of which mailbox; none is all.
    pub(super) mailbox: Option<MailboxId>,
    /// The newest first.
    pub(super) descending: bool,
    /// Of each thread only the first.
    pub(super) collapse: bool,
}

/// How the query is answered from what is kept; none if it is not.
pub(super) fn plan(query: &EmailQuery) -> Option<Plan> {
    let mailbox = match &query.filter {
        EmailFilter::All => None,
        EmailFilter::InMailbox(mailbox) => Some(*mailbox),
        EmailFilter::And(filters) => match filters.as_slice() {
            [] => None,
            [EmailFilter::InMailbox(mailbox)] => Some(*mailbox),
            _ => return None,
        },
        _ => return None,
    };
    let descending = match query.sort.as_slice() {
        [] => true,
        [first] if first.by == EmailSortBy::ReceivedAt => first.descending,
        _ => return None,
    };
    Some(Plan {
        mailbox,
        descending,
        collapse: query.collapse_threads,
    })
}

/// The part of the result; none if the anchor is not in it.
pub(super) fn window(catalogue: &Catalogue, plan: Plan, window: Window) -> Option<Part> {
    let orders = orders(catalogue, plan);
    let total = || total(catalogue, plan, &orders);
    let start = match window.start {
        WindowStart::Position(position) if position < 0 => place(position, total()),
        WindowStart::Position(position) => place(position, usize::MAX),
        WindowStart::Anchor(anchor, offset) => {
            shifted(position(catalogue, plan, &orders, anchor)?, offset)
        }
    };
    let emails = walk(&orders, plan, start)
        .take(window.limit)
        .map(|entry| entry.email)
        .collect();
    Some((emails, start, window.total.then(total)))
}

/// How many emails the whole result has.
pub(super) fn count(catalogue: &Catalogue, plan: Plan) -> usize {
    total(catalogue, plan, &orders(catalogue, plan))
}

/// The places in the result of those of these emails that are in it, rising.
pub(super) fn places(
    catalogue: &Catalogue,
    plan: Plan,
    emails: &[EmailId],
) -> Vec<(usize, EmailId)> {
    let orders = orders(catalogue, plan);
    let entries = emails
        .iter()
        .filter_map(|email| entry(catalogue, plan, *email));
    if !plan.collapse {
        let mut places: Vec<(usize, EmailId)> = entries
            .map(|entry| (rank(&orders, plan, entry), entry.email))
            .collect();
        places.sort_unstable();
        return places;
    }
    // Each thread that is met has an email in the result, so the walk ends with the last of them.
    let entries: Vec<Entry> = entries.collect();
    let wanted: HashSet<EmailId> = entries.iter().map(|entry| entry.email).collect();
    let mut threads: HashSet<_> = entries.iter().map(|entry| entry.thread).collect();
    let mut places = Vec::new();
    for (at, entry) in walk(&orders, plan, 0).enumerate() {
        if threads.is_empty() {
            break;
        }
        if threads.remove(&entry.thread) && wanted.contains(&entry.email) {
            places.push((at, entry.email));
        }
    }
    places
}

fn orders(catalogue: &Catalogue, plan: Plan) -> Vec<&Order> {
    let inner = &catalogue.inner;
    match plan.mailbox {
        Some(mailbox) => inner.order(mailbox).into_iter().collect(),
        None => catalogue
            .mailboxes()
            .filter_map(|mailbox| inner.order(mailbox))
            .collect(),
    }
}

fn total(catalogue: &Catalogue, plan: Plan, orders: &[&Order]) -> usize {
    match (plan.collapse, plan.mailbox) {
        (false, _) => orders.iter().map(|order| order.len()).sum(),
        (true, Some(mailbox)) => catalogue.counts(mailbox).threads as usize,
        (true, None) => catalogue.inner.threads(),
    }
}

/// The email's place among others, if it is where the plan looks.
fn entry(catalogue: &Catalogue, plan: Plan, email: EmailId) -> Option<Entry> {
    let found = catalogue.email(email)?;
    let is_there = plan.mailbox.is_none_or(|mailbox| mailbox == found.mailbox);
    is_there.then(|| Entry::from(&found.row))
}

fn position(catalogue: &Catalogue, plan: Plan, orders: &[&Order], email: EmailId) -> Option<usize> {
    let entry = entry(catalogue, plan, email)?;
    if plan.collapse {
        walk(orders, plan, 0).position(|other| other.email == email)
    } else {
        Some(rank(orders, plan, entry))
    }
}

fn rank(orders: &[&Order], plan: Plan, entry: Entry) -> usize {
    let before: usize = orders.iter().map(|order| order.rank(entry)).sum();
    if plan.descending {
        let all: usize = orders.iter().map(|order| order.len()).sum();
        all.saturating_sub(before + 1)
    } else {
        before
    }
}

/// The result from a place on.
fn walk<'a>(orders: &[&'a Order], plan: Plan, skip: usize) -> Box<dyn Iterator<Item = Entry> + 'a> {
    if plan.collapse {
        let mut seen = HashSet::new();
        let firsts = entries(orders, plan.descending, 0);
        return Box::new(
            firsts
                .filter(move |entry| seen.insert(entry.thread))
                .skip(skip),
        );
    }
    entries(orders, plan.descending, skip)
}

fn entries<'a>(
    orders: &[&'a Order],
    descending: bool,
    skip: usize,
) -> Box<dyn Iterator<Item = Entry> + 'a> {
    let one = |order: &'a Order, skip| -> Box<dyn Iterator<Item = Entry> + 'a> {
        if descending {
            Box::new(order.falling(skip))
        } else {
            Box::new(order.rising(skip))
        }
    };
    if let [order] = orders {
        return one(order, skip);
    }
    let parts = orders.iter().map(|order| one(order, 0)).collect();
    Box::new(Merge::new(parts, descending).skip(skip))
}

/// Several orders as one.
struct Merge<'a> {
    parts: Vec<Box<dyn Iterator<Item = Entry> + 'a>>,
    /// The next of each part: the one that comes first is the largest.
    heads: BinaryHeap<(Place, usize)>,
    descending: bool,
}

/// An entry as it stands in the result: the first is the largest.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    entry: Entry,
    descending: bool,
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let order = self.entry.cmp(&other.entry);
        if self.descending {
            order
        } else {
            order.reverse()
        }
    }
}

impl<'a> Merge<'a> {
    fn new(parts: Vec<Box<dyn Iterator<Item = Entry> + 'a>>, descending: bool) -> Self {
        let mut merge = Self {
            heads: BinaryHeap::with_capacity(parts.len()),
            parts,
            descending,
        };
        for part in 0..merge.parts.len() {
            merge.pull(part);
        }
        merge
    }

    fn pull(&mut self, part: usize) {
        if let Some(entry) = self.parts.get_mut(part).and_then(Iterator::next) {
            let descending = self.descending;
            self.heads.push((Place { entry, descending }, part));
        }
    }
}

impl Iterator for Merge<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let (place, part) = self.heads.pop()?;
        self.pull(part);
        Some(place.entry)
    }
}
