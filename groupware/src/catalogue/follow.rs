//! How a catalogue follows the views of its mailboxes.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Keywords, MailboxId, ThreadId};
use store::EmailRow;

use super::order::{Entry, Order};
use super::threads::Threads;
use super::{Inner, MailboxCounts, Shelf};
use crate::view::{Diff, View};

/// The share of all emails, one of this many, above which a change is made by making the catalogue anew.
const ANEW_ABOVE: usize = 8;
/// What an email without any of these is unread (RFC 8621 2 `unreadEmails`).
const READ: Keywords = Keywords(Keywords::SEEN.0 | Keywords::DRAFT.0);

/// The views of all mailboxes that are to be in the catalogue.
pub(super) type Views = BTreeMap<MailboxId, Arc<View>>;

/// What is different in one mailbox.
#[derive(Debug, Default)]
struct Step {
    removed: Vec<EmailRow>,
    added: Vec<EmailRow>,
    /// Threads of emails with other keywords.
    changed: Vec<ThreadId>,
}

impl Step {
    fn between(old: Option<&View>, new: Option<&View>) -> Self {
        let all = |view: Option<&View>| view.map_or_else(Vec::new, |v| v.iter().copied().collect());
        match (old, new) {
            (Some(old), Some(new)) if old.uid_validity() == new.uid_validity() => {
                let diff = Diff::between(old, new);
                let gone = diff.removed.iter().filter_map(|at| old.row_at(*at));
                let changed = diff.changed.iter().filter_map(|at| new.row_at(*at));
                Self {
                    removed: gone.copied().collect(),
                    added: new.range(diff.added.clone()).copied().collect(),
                    changed: changed.map(|row| row.thread).collect(),
                }
            }
            (old, new) => Self {
                removed: all(old),
                added: all(new),
                changed: Vec::new(),
            },
        }
    }

    fn len(&self) -> usize {
        self.removed.len() + self.added.len() + self.changed.len()
    }

    fn threads(&self) -> impl Iterator<Item = ThreadId> + '_ {
        let rows = self.removed.iter().chain(&self.added);
        rows.map(|row| row.thread)
            .chain(self.changed.iter().copied())
    }
}

impl Inner {
    /// Takes over the views.
    pub(super) fn follow(&mut self, views: &Views, trash: Option<MailboxId>) {
        let mailboxes: Vec<MailboxId> = self.shelves.keys().chain(views.keys()).copied().collect();
        let mut steps: BTreeMap<MailboxId, Step> = BTreeMap::new();
        for mailbox in mailboxes {
            let old = self.shelves.get(&mailbox).map(|shelf| &shelf.view);
            let new = views.get(&mailbox);
            let is_same = matches!((old, new), (Some(old), Some(new)) if Arc::ptr_eq(old, new));
            if !is_same && !steps.contains_key(&mailbox) {
                let step = Step::between(old.map(|v| &**v), new.map(|v| &**v));
                steps.insert(mailbox, step);
            }
        }
        let differences: usize = steps.values().map(Step::len).sum();
        let emails: usize = views.values().map(|view| view.len()).sum();
        let anew = differences > emails / ANEW_ABOVE + 16 || self.trash != trash;
        for step in steps.values() {
            for row in &step.removed {
                self.departed.note(row.email, row.thread);
            }
        }
        if anew {
            self.make_anew(views, trash);
        } else {
            self.apply(&steps, views);
        }
    }

    fn apply(&mut self, steps: &BTreeMap<MailboxId, Step>, views: &Views) {
        let mut threads: Vec<ThreadId> = steps.values().flat_map(Step::threads).collect();
        threads.sort_unstable();
        threads.dedup();
        for thread in &threads {
            self.count(*thread, u32::saturating_sub);
        }
        // All that left goes first, so that what only moved is there in the end.
        for (mailbox, step) in steps {
            for row in &step.removed {
                if self.places.unset(row.email, (*mailbox, row.uid)) {
                    self.threads.remove(row.thread, row.email);
                }
                if let Some(shelf) = self.shelves.get_mut(mailbox) {
                    shelf.order.remove(Entry::from(row));
                }
            }
        }
        for (mailbox, step) in steps {
            let Some(view) = views.get(mailbox) else {
                self.shelves.remove(mailbox);
                continue;
            };
            let shelf = self.shelves.entry(*mailbox).or_insert_with(|| Shelf {
                view: Arc::clone(view),
                order: Order::default(),
                counts: MailboxCounts::default(),
            });
            shelf.view = Arc::clone(view);
            for row in &step.added {
                self.places.set(row.email, (*mailbox, row.uid));
                self.threads.insert(row.thread, row.email);
                shelf.order.insert(Entry::from(row));
            }
        }
        for thread in &threads {
            self.count(*thread, u32::saturating_add);
        }
    }

    /// Adds what a thread is to the counts of the mailboxes it is in, or takes it away.
    fn count(&mut self, thread: ThreadId, add: impl Fn(u32, u32) -> u32) {
        let emails: Vec<(MailboxId, bool)> = self
            .thread(thread)
            .map(|found| (found.mailbox, is_unread(&found.row)))
            .collect();
        for (mailbox, one) in shown(emails, self.trash) {
            if let Some(shelf) = self.shelves.get_mut(&mailbox) {
                shelf.counts.each(one, &add);
            }
        }
    }

    fn make_anew(&mut self, views: &Views, trash: Option<MailboxId>) {
        let mut next = Self {
            trash,
            departed: self.departed.clone(),
            ..Self::default()
        };
        let emails: usize = views.values().map(|view| view.len()).sum();
        let mut pairs = Vec::with_capacity(emails);
        let mut unread = Vec::with_capacity(emails);
        for (mailbox, view) in views {
            let mut entries = Vec::with_capacity(view.len());
            for row in view.iter() {
                entries.push(Entry::from(row));
                pairs.push((row.thread, row.email));
                unread.push((row.thread, *mailbox, is_unread(row)));
                next.places.set(row.email, (*mailbox, row.uid));
            }
            let shelf = Shelf {
                view: Arc::clone(view),
                order: Order::new(entries),
                counts: MailboxCounts::default(),
            };
            next.shelves.insert(*mailbox, shelf);
        }
        next.threads = Threads::new(pairs);
        unread.sort_unstable();
        for thread in unread.chunk_by(|a, b| a.0 == b.0) {
            let emails = thread
                .iter()
                .map(|(_, mailbox, unread)| (*mailbox, *unread));
            for (mailbox, one) in shown(emails.collect(), trash) {
                if let Some(shelf) = next.shelves.get_mut(&mailbox) {
                    shelf.counts.each(one, &u32::saturating_add);
                }
            }
        }
        *self = next;
    }
}

/// RFC 8621 2 `unreadEmails`: neither `$seen` nor `$draft`.
fn is_unread(row: &EmailRow) -> bool {
    !row.keywords.intersects(READ)
}

impl MailboxCounts {
    /// Changes each number by the other one.
    fn each(&mut self, one: Self, add: &dyn Fn(u32, u32) -> u32) {
        self.emails = add(self.emails, one.emails);
        self.unread_emails = add(self.unread_emails, one.unread_emails);
        self.threads = add(self.threads, one.threads);
        self.unread_threads = add(self.unread_threads, one.unread_threads);
    }
}

/// What a thread with these emails adds to the counts of the mailboxes it is in.
///
/// RFC 8621 2 `unreadThreads`: any unread email of the thread makes it unread in every mailbox that it is in, except
/// that emails in the trash do so only there, and others do not there.
fn shown(
    mut emails: Vec<(MailboxId, bool)>,
    trash: Option<MailboxId>,
) -> Vec<(MailboxId, MailboxCounts)> {
    let unread_where = |in_trash: bool| {
        emails
            .iter()
            .any(|(mailbox, unread)| *unread && (Some(*mailbox) == trash) == in_trash)
    };
    let (in_trash, elsewhere) = (unread_where(true), unread_where(false));
    emails.sort_unstable();
    let mailboxes = emails.chunk_by(|a, b| a.0 == b.0);
    let counts = mailboxes.filter_map(|emails| {
        let (mailbox, _) = *emails.first()?;
        let is_unread = if Some(mailbox) == trash {
            in_trash
        } else {
            elsewhere
        };
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let counts = MailboxCounts {
            emails: number(emails.len()),
            unread_emails: number(emails.iter().filter(|(_, unread)| *unread).count()),
            threads: 1,
            unread_threads: u32::from(is_unread),
        };
        Some((mailbox, counts))
    });
    counts.collect()
}
