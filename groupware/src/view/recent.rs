//! The commits of late, of accounts whose views are held: so that a view follows without reading the journal.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, Mutation, NumberSet, Seq};
use store::Notice;

/// Octets of commits kept for one account.
const RECENT_OCTETS_PER_ACCOUNT_MAX: usize = 512 * 1024;
/// Octets of commits kept for all; beyond it all are forgotten and the journal is read instead.
const RECENT_OCTETS_MAX: usize = 32 * 1024 * 1024;

/// A commit: its number and what was done.
pub(super) type Step = (Seq, Arc<[Mutation]>);

/// The commits of late.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Rings>);

#[derive(Debug, Default)]
struct Rings {
    by_account: HashMap<AccountId, Ring>,
    octets: usize,
}

/// The entries of one account after `from`, without a gap.
#[derive(Debug)]
struct Ring {
    from: Seq,
    last: Seq,
    steps: VecDeque<Step>,
    octets: usize,
}

impl Recent {
    /// From now on keeps the account's commits after `seq`.
    pub(super) fn follow(&self, account: AccountId, seq: Seq) {
        self.rings()
            .by_account
            .entry(account)
            .or_insert_with(|| Ring::after(seq));
    }

    /// Forgets all accounts but these.
    pub(super) fn keep_only(&self, accounts: &HashSet<AccountId>) {
        let mut rings = self.rings();
        rings
            .by_account
            .retain(|account, _| accounts.contains(account));
        rings.octets = rings.by_account.values().map(|ring| ring.octets).sum();
    }

    /// Hears of a commit.
    pub(super) fn note(&self, notice: &Notice) {
        let mut rings = self.rings();
        let Some(ring) = rings.by_account.get_mut(&notice.account) else {
            return;
        };
        let before = ring.octets;
        ring.push(notice);
        let after = ring.octets;
        rings.octets = (rings.octets + after).saturating_sub(before);
        if rings.octets > RECENT_OCTETS_MAX {
            for ring in rings.by_account.values_mut() {
                *ring = Ring::after(ring.last);
            }
            rings.octets = 0;
        }
    }

    /// The commits of the account after `after` up to `to`; none if some of them are not known.
    pub(super) fn between(&self, account: AccountId, after: Seq, to: Seq) -> Option<Vec<Step>> {
        let rings = self.rings();
        let ring = rings.by_account.get(&account)?;
        if !(after.is_at_least(ring.from) && ring.last.is_at_least(to)) {
            return None;
        }
        let wanted = ring
            .steps
            .iter()
            .filter(|(seq, _)| seq.is_after(after) && to.is_at_least(*seq));
        Some(wanted.cloned().collect())
    }

    fn rings(&self) -> MutexGuard<'_, Rings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn after(seq: Seq) -> Self {
        Self {
            from: seq,
            last: seq,
            steps: VecDeque::new(),
            octets: 0,
        }
    }

    fn push(&mut self, notice: &Notice) {
        if !notice.seq.is_after(self.last) {
            return;
        }
        if notice.seq != self.last.next() {
            // Some were missed: what was kept leads nowhere, and this one has nothing before it.
            *self = Self::after(notice.seq);
            return;
        }
        self.last = notice.seq;
        self.octets += octets(&notice.mutations);
        self.steps
            .push_back((notice.seq, Arc::clone(&notice.mutations)));
        while self.octets > RECENT_OCTETS_PER_ACCOUNT_MAX {
            let Some((seq, mutations)) = self.steps.pop_front() else {
                break;
            };
            self.from = seq;
            self.octets = self.octets.saturating_sub(octets(&mutations));
        }
    }
}

/// About what they take in memory.
fn octets(mutations: &[Mutation]) -> usize {
    let set = |uids: &NumberSet| size_of_val(uids.ranges());
    let more = |mutation: &Mutation| match mutation {
        Mutation::AddEmail(new) => new.thread_keys.message_ids.len() * 8,
        Mutation::SetKeywords { uids, .. } => set(uids),
        Mutation::CopyEmails(copy) => set(&copy.uids),
        Mutation::MoveEmails(moved) => set(&moved.uids) + moved.emails.len() * 4,
        Mutation::DestroyEmails(gone) => set(&gone.uids) + gone.emails.len() * 4,
        Mutation::PurgeEmails { emails } => set(emails),
        Mutation::Enqueue(item) => item.recipients.len() * 256,
        Mutation::SetQueued { standing, .. } => standing.settled.len() * 4,
        _ => 0,
    };
    mutations
        .iter()
        .map(|mutation| size_of::<Mutation>() + more(mutation))
        .sum()
}
