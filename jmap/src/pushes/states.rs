//! States of all types in an account at one moment, looked at once for all clients of a principal.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use model::{AccountId, PrincipalId, Seq};
use tokio::sync::OnceCell;

use crate::data_type::DataType;
use crate::subscription::Wanted;

/// Accounts whose states are remembered, for each principal that sees them.
const REMEMBERED_MAX: usize = 4_096;

/// The states of an account, as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct States {
    all: BTreeMap<DataType, String>,
    /// Tells these from others, in short.
    pub(crate) digest: u64,
}

impl States {
    pub(crate) fn new(all: BTreeMap<DataType, String>) -> Self {
        let mut hash = blake3::Hasher::new();
        for (of, state) in &all {
            hash.update(of.as_str().as_bytes());
            hash.update(b"\0");
            hash.update(state.as_bytes());
            hash.update(b"\0");
        }
        let [a, b, c, d, e, f, g, h, ..] = *hash.finalize().as_bytes();
        Self {
            all,
            digest: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        }
    }

    /// All that somebody wants to hear of.
    pub(crate) fn wanted(&self, types: &Wanted) -> BTreeMap<DataType, String> {
        self.chosen(|of, _| types.wants(of.as_str()))
    }

    /// The same, of what is not as it was.
    pub(crate) fn news(&self, known: &Self, types: &Wanted) -> BTreeMap<DataType, String> {
        if self.digest == known.digest {
            return BTreeMap::new();
        }
        self.chosen(|of, state| known.all.get(&of) != Some(state) && types.wants(of.as_str()))
    }

    fn chosen(&self, is: impl Fn(DataType, &String) -> bool) -> BTreeMap<DataType, String> {
        let all = self.all.iter().filter(|(of, state)| is(**of, state));
        all.map(|(of, state)| (*of, state.clone())).collect()
    }
}

/// What was looked at last: at least as new as this entry, while this was what everybody could see. The first who asks
/// looks, the others wait for it.
#[derive(Debug)]
struct Snapshot {
    seq: Seq,
    sight: u64,
    states: Arc<OnceCell<Arc<States>>>,
}

/// The states that were looked at last.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(Mutex<HashMap<(PrincipalId, AccountId), Snapshot>>);

impl Snapshots {
    /// What is remembered of an account as a principal sees it once this entry is in it, or is to be looked at; while
    /// `sight` is the count of changes of what everybody can see.
    pub(crate) fn of(
        &self,
        principal: PrincipalId,
        account: AccountId,
        at_least: Seq,
        sight: u64,
    ) -> Arc<OnceCell<Arc<States>>> {
        let key = (principal, account);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&key)
            && known.seq >= at_least
            && known.sight == sight
        {
            return Arc::clone(&known.states);
        }
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        let states = Arc::default();
        let new = Snapshot {
            seq: at_least,
            sight,
            states: Arc::clone(&states),
        };
        all.insert(key, new);
        states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(email: &str, mailbox: &str) -> States {
        States::new(BTreeMap::from([
            (DataType::Email, email.to_owned()),
            (DataType::Mailbox, mailbox.to_owned()),
        ]))
    }

    #[test]
    fn the_first_who_asks_looks_for_all() {
        let snapshots = Snapshots::default();
        let of = |seq, sight| snapshots.of(PrincipalId(1), AccountId(2), Seq(seq), sight);
        let first = of(5, 0);
        assert!(Arc::ptr_eq(&first, &of(4, 0)) && Arc::ptr_eq(&first, &of(5, 0)));
        let newer = of(6, 0);
        assert!(!Arc::ptr_eq(&first, &newer));
        assert!(!Arc::ptr_eq(&newer, &of(6, 1)), "rights have changed");
    }

    #[test]
    fn only_what_changed_and_is_wanted_is_news() {
        let (old, new) = (states("1", "1"), states("2", "1"));
        let email = BTreeMap::from([(DataType::Email, "2".to_owned())]);
        assert_eq!(new.news(&old, &Wanted::All), email);
        assert!(new.news(&new, &Wanted::All).is_empty());
        assert!(
            new.news(&old, &Wanted::listed("Mailbox").unwrap())
                .is_empty()
        );
        assert_eq!(new.wanted(&Wanted::All).len(), 2);
    }
}
