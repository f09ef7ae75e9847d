//! Views that follow the journal are the same as views read anew, and what differs between two is told in full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use groupware::{Diff, EmailRow, Groupware, Place, View};
use model::{NumberSet, Uid};
use proptest::prelude::*;

use crate::history::{History, Step, run, step};
use crate::world::caller;

impl History {
    async fn view(&self, groupware: &Groupware, place: Place) -> Arc<View> {
        let anna = caller(self.world.anna);
        groupware
            .view(&anna, place.account, place.mailbox)
            .await
            .unwrap()
    }

    /// A handle that knows nothing yet.
    fn stranger(&self) -> Groupware {
        let directory = self.world.groupware.directory().clone();
        Groupware::new(
            self.world.store.clone(),
            directory,
            self.world.clock.clock(),
        )
    }
}

fn same(a: &View, b: &View) {
    assert_eq!(a.until(), b.until());
    assert_eq!(a.uid_next(), b.uid_next());
    assert_eq!(a.len(), b.len());
    assert_eq!(a.keywords(), b.keywords());
    assert!(a.iter().eq(b.iter()), "rows");
}

/// Positions, UIDs and slices of one view agree.
fn agrees_with_itself(view: &View) {
    let rows: Vec<EmailRow> = view.iter().copied().collect();
    assert_eq!(rows.len(), view.len());
    assert!(rows.is_sorted_by(|a, b| a.uid < b.uid));
    for (position, row) in rows.iter().enumerate() {
        assert_eq!(view.row_at(position), Some(row));
        assert_eq!(view.position_of(row.uid), Some(position));
    }
    assert_eq!(view.row_at(rows.len()), None);
    assert_eq!(view.position_of(Uid(0)), None);
    assert_eq!(view.position_from(Uid(u32::MAX)), rows.len());
    let some = NumberSet::from_ranges([(3, 9), (400, 700), (900, u32::MAX)]);
    let selected: Vec<_> = view.select(&some).collect();
    let expected: Vec<_> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| some.contains(row.uid.0))
        .collect();
    assert_eq!(selected, expected);
    let part = rows.len() / 3..rows.len() * 2 / 3;
    assert!(view.range(part.clone()).eq(&rows[part]));
}

/// What is told leads from the one to the other, and tells nothing twice.
fn leads_over(old: &View, new: &View) {
    let diff = Diff::between(old, new);
    let mut rows: Vec<EmailRow> = old.iter().copied().collect();
    assert!(diff.removed.is_sorted());
    for position in diff.removed.iter().rev() {
        let row = rows.remove(*position);
        assert!(diff.removed_uids.contains(row.uid.0));
    }
    rows.extend(new.range(diff.added.clone()));
    for position in &diff.changed {
        let row = *new.row_at(*position).unwrap();
        assert_ne!(rows[*position], row);
        rows[*position] = row;
    }
    assert!(rows.iter().eq(new.iter()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_view_that_follows_is_the_one_read_anew(steps in prop::collection::vec(step(), 1..40)) {
        run(async {
            let mut history = History::new().await;
            let mut seen = Vec::new();
            for place in history.places {
                seen.push(history.view(&history.world.groupware, place).await);
            }
            for one in steps.iter().chain([&Step::Look]) {
                history.run(one).await;
                if !matches!(one, Step::Look) {
                    continue;
                }
                let fresh = history.stranger();
                // Follows by the journal, since it heard of nothing.
                let late = history.stranger();
                let anna = caller(history.world.anna);
                for (place, seen) in history.places.into_iter().zip(&mut seen) {
                    let followed = history.view(&history.world.groupware, place).await;
                    let read = history.view(&fresh, place).await;
                    let caught_up = late.refresh(&anna, seen).await.unwrap();
                    if followed.until() == seen.until() {
                        assert!(Arc::ptr_eq(&followed, seen), "nothing changed");
                    }
                    leads_over(seen, &followed);
                    agrees_with_itself(&followed);
                    *seen = followed;
                    assert!(caught_up.iter().eq(seen.iter()), "by the journal");
                    assert!(read.iter().eq(seen.iter()), "read anew");
                    assert_eq!((read.until(), read.uid_next()), (seen.until(), seen.uid_next()));
                }
            }
            history.world.engine.check().unwrap();
        });
    }
}

#[test]
fn one_more_email_costs_one_chunk() {
    run(async {
        let mut history = History::new().await;
        let place = history.places[0];
        for _ in 0..4 {
            history
                .run(&Step::Add {
                    to: false,
                    count: 1_000,
                })
                .await;
        }
        let old = history.view(&history.world.groupware, place).await;
        history
            .run(&Step::Add {
                to: false,
                count: 1,
            })
            .await;
        let new = history.view(&history.world.groupware, place).await;
        let shared = old
            .slices()
            .zip(new.slices())
            .filter(|(old, new)| std::ptr::eq(old.as_ptr(), new.as_ptr()));
        assert_eq!(shared.count(), old.slices().count() - 1);
        same(&new, &*history.view(&history.stranger(), place).await);
    });
}

/// Commits of several writers while readers follow: what a reader knows always leads over to what it sees next, and
/// in the end all see the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_writers_at_once_end_with_the_same_view() {
    let history = Arc::new(History::new().await);
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3u32)
        .map(|writer| tokio::spawn(write(Arc::clone(&history), writer)))
        .collect();
    let readers: Vec<_> = (0..3)
        .map(|reader| {
            let (history, done) = (Arc::clone(&history), Arc::clone(&done));
            // One follows by what it hears; the others come later and begin by reading.
            let groupware = if reader == 0 {
                history.world.groupware.clone()
            } else {
                history.stranger()
            };
            tokio::spawn(async move {
                let place = history.places[0];
                let mut seen = history.view(&groupware, place).await;
                while !done.load(Ordering::SeqCst) {
                    let next = history.view(&groupware, place).await;
                    assert!(next.until().is_at_least(seen.until()));
                    leads_over(&seen, &next);
                    seen = next;
                    tokio::task::yield_now().await;
                }
                groupware
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let fresh = history.view(&history.stranger(), history.places[0]).await;
    for reader in readers {
        let groupware = reader.await.unwrap();
        same(&*history.view(&groupware, history.places[0]).await, &fresh);
    }
}

async fn write(history: Arc<History>, writer: u32) {
    let anna = caller(history.world.anna);
    let groupware = &history.world.groupware;
    let [inbox, archive] = history.places;
    for round in 0..60 {
        let texts = ["a", "b", "c"];
        history.world.add(inbox, &texts, &[]).await;
        let first = (round * 7 + writer * 13) % 150;
        let uids = NumberSet::range(first, first + 4);
        let change = groupware::KeywordChange::Add(crate::world::named(&["$seen"]));
        let (account, mailbox) = (inbox.account, inbox.mailbox);
        groupware
            .set_keywords(&anna, account, mailbox, uids.clone(), change, None)
            .await
            .unwrap();
        groupware
            .copy(&anna, inbox, uids.clone(), inbox)
            .await
            .unwrap();
        groupware
            .move_emails(&anna, inbox, uids, archive)
            .await
            .unwrap();
        let back = NumberSet::range(round + 1, round + 2);
        groupware
            .move_emails(&anna, archive, back, inbox)
            .await
            .unwrap();
    }
}
