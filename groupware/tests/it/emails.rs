//! Emails: keywords, copies, moves, what is destroyed and comes back.

use std::time::Duration;

use groupware::{Error, KeywordChange};
use model::{NumberSet, Rights, Role, Uid};

use crate::world::{World, all, caller, named};

#[tokio::test]
async fn a_first_use_makes_the_standard_mailboxes_once() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let (first, second) = tokio::join!(
        world.groupware.open_own(&anna),
        world.groupware.open_own(&anna)
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.mailboxes.len(), 6);
    assert_eq!(second.mailboxes, first.mailboxes);
    let listed = world
        .groupware
        .mailboxes(&anna, world.anna.into())
        .await
        .unwrap();
    assert!(
        listed
            .iter()
            .all(|info| info.subscribed && info.rights == Rights::ALL)
    );
}

#[tokio::test]
async fn a_guest_changes_only_the_keywords_it_may() {
    let world = World::new().await;
    let place = world.place(world.anna, Role::Inbox).await;
    world.add(place, &["a"], &["$flagged", "$deleted"]).await;
    world.add(place, &["b"], &["$seen"]).await;
    let rights = Rights::LOOKUP.with(Rights::READ).with(Rights::SEEN);
    world.share(place, Some(world.bert), rights).await;
    let bert = caller(world.bert);
    let set = |change| {
        world
            .groupware
            .set_keywords(&bert, place.account, place.mailbox, all(), change, None)
    };

    // RFC 4314 4: what is allowed is done, the rest left out.
    let change = KeywordChange::Add(named(&["$seen", "$deleted"]));
    let done = set(change).await.unwrap();
    assert_eq!(done.changed, NumberSet::range(1, 1));
    assert_eq!(world.keywords(place, 2).await, ["$seen"]);

    let change = KeywordChange::Replace(named(&["$answered"]));
    let done = set(change).await.unwrap();
    assert_eq!(done.changed, NumberSet::range(1, 2));
    assert_eq!(world.keywords(place, 1).await, ["$flagged", "$deleted"]);
    assert!(world.keywords(place, 2).await.is_empty());

    let change = KeywordChange::Add(named(&["$flagged"]));
    assert_eq!(set(change).await, Err(Error::Forbidden));
    world.engine.check().unwrap();
}

#[tokio::test]
async fn what_changed_since_stays_as_it_is() {
    let world = World::new().await;
    let place = world.place(world.anna, Role::Inbox).await;
    world.add(place, &["a", "b"], &[]).await;
    let anna = caller(world.anna);
    let set = |uids, change, since| {
        world
            .groupware
            .set_keywords(&anna, place.account, place.mailbox, uids, change, since)
    };
    let flag = KeywordChange::Add(named(&["$flagged"]));
    let before = world.groupware.view(&anna, place.account, place.mailbox);
    let before = before.await.unwrap().until();
    let first = set(NumberSet::range(1, 1), flag.clone(), None)
        .await
        .unwrap();
    assert!(first.seq.is_after(before));
    let seen = KeywordChange::Add(named(&["$seen"]));
    let second = set(all(), seen, Some(before)).await.unwrap();
    assert_eq!(second.modified, NumberSet::range(1, 1));
    assert_eq!(second.changed, NumberSet::range(2, 2));
}

#[tokio::test]
async fn copies_and_moves_cross_accounts_with_bytes_dates_and_keywords() {
    let world = World::new().await;
    let from = world.place(world.anna, Role::Inbox).await;
    let to = world.place(world.desk, Role::Inbox).await;
    world
        .add(from, &["a", "b", "c"], &["$seen", "project"])
        .await;
    world.clock.advance_ms(60_000);
    let rights = Rights::LOOKUP.with(Rights::INSERT).with(Rights::WRITE);
    world.share(to, Some(world.anna), rights).await;
    let anna = caller(world.anna);

    let copied = world
        .groupware
        .copy(&anna, from, NumberSet::range(2, 9), to)
        .await
        .unwrap();
    assert_eq!(copied.uids, NumberSet::range(2, 3));
    assert_eq!(copied.first_uid, Uid(1));
    // No right for `$seen` there.
    assert_eq!(world.keywords(to, 1).await, ["project"]);

    let moved = world
        .groupware
        .move_emails(&anna, from, NumberSet::range(1, 1), to)
        .await
        .unwrap();
    assert_eq!(
        (moved.uids, moved.first_uid),
        (NumberSet::range(1, 1), Uid(3))
    );
    let desk = caller(world.desk);
    let view = world
        .groupware
        .view(&desk, to.account, to.mailbox)
        .await
        .unwrap();
    let emails = view.iter().map(|row| row.email).collect();
    let mut messages = world
        .groupware
        .messages(&desk, to.account, to.mailbox, emails)
        .await
        .unwrap();
    let chunk = messages.next().await.unwrap().unwrap();
    let subjects: Vec<_> = chunk.iter().map(|(_, message)| message[9]).collect();
    assert_eq!(subjects, *b"bca");
    let left = world
        .groupware
        .view(&anna, from.account, from.mailbox)
        .await
        .unwrap();
    assert_eq!(left.uids(), NumberSet::range(2, 3));
    assert_eq!(
        view.row_at(0).unwrap().received_at,
        left.row_at(0).unwrap().received_at
    );
    let none = world
        .groupware
        .copy(&anna, from, NumberSet::range(8, 9), to);
    assert!(none.await.unwrap().uids.is_empty());
    world.engine.check().unwrap();
}

#[tokio::test]
async fn a_move_within_a_foreign_account_keeps_only_allowed_keywords() {
    let world = World::new().await;
    let from = world.place(world.anna, Role::Inbox).await;
    let to = world.place(world.anna, Role::Archive).await;
    world.add(from, &["a"], &["$seen", "$flagged"]).await;
    world.share(from, Some(world.bert), Rights::ALL).await;
    let rights = Rights::LOOKUP.with(Rights::INSERT).with(Rights::SEEN);
    world.share(to, Some(world.bert), rights).await;
    let moved = world
        .groupware
        .move_emails(&caller(world.bert), from, all(), to)
        .await
        .unwrap();
    assert_eq!(
        (moved.uids, moved.first_uid),
        (NumberSet::range(1, 1), Uid(1))
    );
    assert_eq!(world.keywords(to, 1).await, ["$seen"]);
    world.engine.check().unwrap();
}

#[tokio::test]
async fn destroyed_emails_come_back_until_they_are_purged() {
    let world = World::new().await;
    let place = world.place(world.anna, Role::Inbox).await;
    world.add(place, &["a", "b"], &["$deleted"]).await;
    world.add(place, &["c"], &[]).await;
    let anna = caller(world.anna);
    let (account, mailbox) = (place.account, place.mailbox);
    let gone = world
        .groupware
        .expunge(&anna, account, mailbox, all(), true);
    assert_eq!(gone.await.unwrap(), NumberSet::range(1, 2));
    let destroyed = world.groupware.destroyed(&anna, account).await.unwrap();
    assert_eq!(destroyed.len(), 2);

    let back = world
        .groupware
        .restore(&anna, account, vec![destroyed[0].email], None)
        .await
        .unwrap();
    assert_eq!(back[0].uid, Uid(4));
    let month = Duration::from_secs(30 * 24 * 3_600);
    assert_eq!(world.groupware.purge_expired(month).await.unwrap(), 0);
    world.clock.advance_ms(31 * 24 * 3_600 * 1_000);
    assert_eq!(world.groupware.purge_expired(month).await.unwrap(), 1);
    assert!(
        world
            .groupware
            .destroyed(&anna, account)
            .await
            .unwrap()
            .is_empty()
    );
    let again = world
        .groupware
        .restore(&anna, account, vec![destroyed[1].email], None);
    assert_eq!(again.await, Err(Error::NotFound));
    world.engine.check().unwrap();
}
