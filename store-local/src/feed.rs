//! What waits to be indexed, handed from the writer to the indexer.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use model::{AccountId, EmailId, Mutation, NumberSet};
use store::SearchText;

use crate::database::lock;

/// Octets of text kept waiting; beyond that texts are let go and read from the journal again.
const TEXT_OCTETS_MAX: usize = 64 * 1024 * 1024;
/// Emails that are indexed in one transaction: large ones make the index's own merging cheap.
const PENDING_PER_STEP_MAX: usize = 2_000;
/// How long the indexer lets work gather.
const GATHERING: Duration = Duration::from_millis(500);

/// One thing to be done to the index, with the entry it comes from.
#[derive(Debug)]
pub(crate) enum Pending {
    /// An email's text.
    Add {
        entry: u64,
        account: AccountId,
        email: EmailId,
        blob: u64,
        text: Option<Arc<SearchText>>,
    },
    /// The same text under other numbers.
    Copy {
        entry: u64,
        account: AccountId,
        first: EmailId,
        count: u32,
    },
    /// Emails that are gone for good.
    Remove {
        entry: u64,
        account: AccountId,
        emails: NumberSet,
    },
}

impl Pending {
    /// What a mutation means for the index.
    pub(crate) fn of(
        account: AccountId,
        entry: u64,
        mutation: &Mutation,
        text: Option<Arc<SearchText>>,
    ) -> Option<Self> {
        match mutation {
            Mutation::AddEmail(new) => Some(Self::Add {
                entry,
                account,
                email: new.email,
                blob: new.blob.at,
                text,
            }),
            Mutation::CopyEmails(copy) => Some(Self::Copy {
                entry,
                account,
                first: copy.first_email,
                count: copy.totals.emails,
            }),
            Mutation::PurgeEmails { emails } => Some(Self::Remove {
                entry,
                account,
                emails: emails.clone(),
            }),
            _ => None,
        }
    }

    pub(crate) fn is_copy(&self) -> bool {
        matches!(self, Self::Copy { .. })
    }

    fn account(&self) -> AccountId {
        match self {
            Self::Add { account, .. }
            | Self::Copy { account, .. }
            | Self::Remove { account, .. } => *account,
        }
    }

    pub(crate) fn entry(&self) -> u64 {
        match self {
            Self::Add { entry, .. } | Self::Copy { entry, .. } | Self::Remove { entry, .. } => {
                *entry
            }
        }
    }

    fn octets(&self) -> usize {
        match self {
            Self::Add {
                text: Some(text), ..
            } => text.octets(),
            _ => 0,
        }
    }
}

/// What was taken to be indexed now.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) pending: Vec<Pending>,
    /// All entries up to this one are indexed when this work is done.
    pub(crate) first_open: u64,
}

/// The queue between writer and indexer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    pending: VecDeque<Pending>,
    octets: usize,
    last_entry: u64,
    closed: bool,
}

impl Feed {
    /// Adds what was committed, in commit order.
    pub(crate) fn add(&self, pending: Vec<Pending>) {
        if pending.is_empty() {
            return;
        }
        let mut waiting = lock(&self.0.waiting);
        let before = waiting.pending.len();
        for mut one in pending {
            waiting.last_entry = waiting.last_entry.max(one.entry());
            if let Pending::Add { text, .. } = &mut one
                && text
                    .as_ref()
                    .is_some_and(|text| waiting.octets + text.octets() > TEXT_OCTETS_MAX)
            {
                *text = None;
            }
            waiting.octets += one.octets();
            waiting.pending.push_back(one);
        }
        // In between, the indexer lets work gather and need not know.
        let awaited = before == 0
            || (before < PENDING_PER_STEP_MAX && waiting.pending.len() >= PENDING_PER_STEP_MAX);
        drop(waiting);
        if awaited {
            self.0.changed.notify_all();
        }
    }

    /// Lets the indexer end.
    pub(crate) fn close(&self) {
        lock(&self.0.waiting).closed = true;
        self.0.changed.notify_all();
    }

    /// Waits until there is enough to do, or some for a while; false once the feed is closed.
    pub(crate) fn wait(&self) -> bool {
        let waiting = lock(&self.0.waiting);
        let idle = |waiting: &mut Waiting| waiting.pending.is_empty() && !waiting.closed;
        let Ok(waiting) = self.0.changed.wait_while(waiting, idle) else {
            return false;
        };
        let few =
            |waiting: &mut Waiting| waiting.pending.len() < PENDING_PER_STEP_MAX && !waiting.closed;
        match self.0.changed.wait_timeout_while(waiting, GATHERING, few) {
            Ok((waiting, _)) => !waiting.closed,
            Err(_) => false,
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.0.waiting).pending.is_empty()
    }

    /// Takes what waits longest.
    pub(crate) fn take(&self) -> Work {
        let mut waiting = lock(&self.0.waiting);
        let count = waiting.pending.len().min(PENDING_PER_STEP_MAX);
        let pending = waiting.pending.drain(..count).collect();
        waiting.taken(pending)
    }

    /// Takes all that one account has waiting.
    pub(crate) fn take_of(&self, account: AccountId) -> Work {
        let mut waiting = lock(&self.0.waiting);
        let all = std::mem::take(&mut waiting.pending);
        let (pending, others): (VecDeque<_>, VecDeque<_>) =
            all.into_iter().partition(|one| one.account() == account);
        waiting.pending = others;
        waiting.taken(pending.into())
    }
}

impl Waiting {
    fn taken(&mut self, pending: Vec<Pending>) -> Work {
        let octets: usize = pending.iter().map(Pending::octets).sum();
        self.octets = self.octets.saturating_sub(octets);
        let first_open = self
            .pending
            .front()
            .map_or(self.last_entry, |next| next.entry() - 1);
        Work {
            pending,
            first_open,
        }
    }
}
