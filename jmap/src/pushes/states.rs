//! States of all types in an account at one moment, looked at once for all clients of a principal.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use model::{AccountId, PrincipalId, Seq};
use tokio::sync::OnceCell;

use super::change::{Mark, News, StateChange};
use crate::data_type::DataType;
use crate::subscription::Wanted;

/// Accounts whose states are remembered, for each principal that sees them.
const REMEMBERED_MAX: usize = 4_096;

/// Changes that lead to the same states and are remembered: clients of one person want to hear of the same types, and
/// know what was before, or they are slow.
const CHANGES_MAX: usize = 4;

/// The states of an account, as somebody sees it.
#[derive(Debug)]
pub(crate) struct States {
    account: AccountId,
    all: News,
    /// Tells these from others, in short.
    pub(crate) mark: Mark,
    /// What clients were told who knew others.
    changes: RwLock<Vec<Known>>,
}

/// What is told to those who are told of nothing else.
#[derive(Debug)]
struct Known {
    /// Who knows these.
    before: Mark,
    /// Who wants to hear of these.
    types: Wanted,
    /// Who knows this of all accounts afterwards.
    after: Mark,
    /// None if nothing changed that they want to hear of.
    change: Option<Arc<StateChange>>,
}

impl States {
    pub(crate) fn new(account: AccountId, all: News) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(&account.0.to_le_bytes());
        for (of, state) in &all {
            hash.update(of.as_str().as_bytes());
            hash.update(b"\0");
            hash.update(state.as_bytes());
            hash.update(b"\0");
        }
        Self {
            account,
            all,
            mark: Mark::of(&hash.finalize()),
            changes: RwLock::default(),
        }
    }

    /// All that somebody wants to hear of.
    pub(crate) fn wanted(&self, types: &Wanted) -> News {
        self.chosen(|of, _| types.wants(of.as_str()))
    }

    /// The same, of what is not as it was.
    pub(crate) fn news(&self, known: &Self, types: &Wanted) -> News {
        if self.mark == known.mark {
            return News::new();
        }
        self.chosen(|of, state| known.all.get(&of) != Some(state) && types.wants(of.as_str()))
    }

    /// What somebody is told who knew these, and of all accounts knows `after` once these are known; none if there is
    /// no news for them. The first who asks makes it, the others are told the same.
    pub(crate) fn change(
        &self,
        known: &Self,
        types: &Wanted,
        after: Mark,
    ) -> Option<Arc<StateChange>> {
        if self.mark == known.mark {
            return None;
        }
        let is_told = |told: &&Known| {
            told.before == known.mark && told.after == after && told.types == *types
        };
        let changes = self.changes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = changes.iter().find(is_told) {
            return told.change.clone();
        }
        drop(changes);
        let mut changes = self.changes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = changes.iter().find(is_told) {
            return told.change.clone();
        }
        let news = self.news(known, types);
        let news = (!news.is_empty()).then(|| BTreeMap::from([(self.account, news)]));
        let change = news.map(|changed| Arc::new(StateChange::new(changed, after)));
        if changes.len() >= CHANGES_MAX {
            changes.remove(0);
        }
        changes.push(Known {
            before: known.mark,
            types: types.clone(),
            after,
            change: change.clone(),
        });
        change
    }

    fn chosen(&self, is: impl Fn(DataType, &String) -> bool) -> News {
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
pub(crate) struct Snapshots(RwLock<HashMap<(PrincipalId, AccountId), Snapshot>>);

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
        let holds = |known: &&Snapshot| known.seq >= at_least && known.sight == sight;
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&key).filter(holds) {
            return Arc::clone(&known.states);
        }
        drop(all);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&key).filter(holds) {
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
        let all = BTreeMap::from([
            (DataType::Email, email.to_owned()),
            (DataType::Mailbox, mailbox.to_owned()),
        ]);
        States::new(AccountId(2), all)
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

    #[test]
    fn who_knew_the_same_is_told_the_same() {
        let (older, old, new) = (states("0", "1"), states("1", "1"), states("2", "1"));
        let told = |known: &States, types: &str, others: Mark| {
            new.change(
                known,
                &Wanted::listed(types).unwrap(),
                new.mark.with(others),
            )
        };
        let none = Mark::default();
        let first = told(&old, "*", none).unwrap();
        assert!(Arc::ptr_eq(&first, &told(&old, "*", none).unwrap()));
        assert_eq!(first.mark, new.mark);
        // Who knew something else, of this account or of others, or wants something else, is not.
        let other = told(&old, "*", older.mark).unwrap();
        assert_eq!(other.mark.without(older.mark), new.mark);
        assert_eq!(other.value(), first.value());
        for different in [
            told(&older, "*", none),
            told(&old, "Email", none),
            Some(other),
        ] {
            assert!(!Arc::ptr_eq(&first, &different.unwrap()));
        }
        assert!(told(&old, "Mailbox", none).is_none());
        assert!(told(&new, "*", none).is_none());
        // However many different clients there are, few changes are kept.
        for number in 0..100 {
            assert!(told(&states(&format!("x{number}"), "1"), "*", none).is_some());
        }
        assert_eq!(new.changes.read().unwrap().len(), CHANGES_MAX);
    }
}
