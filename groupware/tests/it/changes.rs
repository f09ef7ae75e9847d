//! The sync law: what was there at any moment, and what changed since, give what is there now.

use std::collections::{BTreeMap, BTreeSet};

use groupware::{Changes, Error, Scope};
use model::{NumberSet, Seq};
use proptest::prelude::*;

use crate::history::{History, run, step};
use crate::world::caller;

/// Number of an email in a scope, and what a client knows of it.
type Snapshot = BTreeMap<u32, (u32, model::Keywords, Seq)>;

impl History {
    async fn snapshot(&self, scope: Scope) -> Snapshot {
        let anna = caller(self.world.anna);
        let mut snapshot = Snapshot::new();
        for place in self.places {
            let view = self
                .world
                .groupware
                .view(&anna, place.account, place.mailbox);
            for row in view.await.unwrap().iter() {
                let known = (place.mailbox.0, row.keywords, row.changed);
                match scope {
                    Scope::Account => snapshot.insert(row.email.0, known),
                    Scope::Mailbox(only) if only == place.mailbox => {
                        snapshot.insert(row.uid.0, known)
                    }
                    Scope::Mailbox(_) => None,
                };
            }
        }
        snapshot
    }

    fn seq(&self) -> Seq {
        let account = self.places[0].account;
        self.world
            .store
            .engine()
            .head(account)
            .unwrap()
            .unwrap()
            .seq
    }

    async fn changes(&self, scope: Scope, since: Seq) -> Result<Changes, Error> {
        let anna = caller(self.world.anna);
        let account = self.places[0].account;
        self.world
            .groupware
            .changes(&anna, account, scope, since)
            .await
    }
}

fn numbers(set: &NumberSet) -> BTreeSet<u32> {
    set.iter().collect()
}

/// What must be told, from the two ends alone.
fn expected(old: &Snapshot, new: &Snapshot) -> [BTreeSet<u32>; 3] {
    let created = new.keys().filter(|key| !old.contains_key(key)).copied();
    let destroyed = old.keys().filter(|key| !new.contains_key(key)).copied();
    let differs = |key: &u32| old.get(key).is_some_and(|known| known != &new[key]);
    let updated = new.keys().filter(|key| differs(key)).copied();
    [created.collect(), updated.collect(), destroyed.collect()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn snapshot_and_changes_give_the_head(steps in prop::collection::vec(step(), 1..24)) {
        run(async {
            let mut history = History::new().await;
            let scopes = [
                Scope::Account,
                Scope::Mailbox(history.places[0].mailbox),
                Scope::Mailbox(history.places[1].mailbox),
            ];
            let mut past = Vec::new();
            for one in &steps {
                for (which, scope) in scopes.into_iter().enumerate() {
                    past.push((which, history.seq(), history.snapshot(scope).await));
                }
                history.run(one).await;
            }
            let mut now = Vec::new();
            for scope in scopes {
                now.push(history.snapshot(scope).await);
            }
            for (which, since, old) in past {
                let (scope, new) = (scopes[which], &now[which]);
                let changes = history.changes(scope, since).await.unwrap();
                let told = [&changes.created, &changes.updated, &changes.destroyed].map(numbers);
                assert_eq!(told, expected(&old, new), "{scope:?} since {since}");
                assert_eq!((changes.until, changes.more), (history.seq(), false));
                if let Scope::Mailbox(mailbox) = scope {
                    let anna = caller(history.world.anna);
                    let account = history.places[0].account;
                    let vanished = history.world.groupware.vanished(&anna, account, mailbox, since);
                    let vanished = numbers(&vanished.await.unwrap());
                    assert!(numbers(&changes.destroyed).is_subset(&vanished));
                    assert!(vanished.iter().all(|uid| !new.contains_key(uid)));
                }
            }
        });
    }
}

#[test]
fn a_moment_that_never_was_cannot_be_asked_about() {
    run(async {
        let history = History::new().await;
        let future = history.changes(Scope::Account, Seq(1_000)).await;
        assert_eq!(future, Err(Error::CannotCalculate));
    });
}
