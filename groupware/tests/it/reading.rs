//! Reading many emails in chunks, and waking who waits.

use groupware::{Groupware, NewMessage};
use model::{EmailId, EmailMeta, Role};

use crate::world::{World, caller};

#[tokio::test]
async fn chunks_give_every_email_once_and_in_order() {
    let world = World::new().await;
    let place = world.place(world.anna, Role::Inbox).await;
    let anna = caller(world.anna);
    let large = world.groupware.prepare(vec![b'y'; 700_000]).await.unwrap();
    let small = world.prepared("small").await;
    let message = |at: usize| NewMessage {
        message: if at.is_multiple_of(3) {
            large.clone()
        } else {
            small.clone()
        },
        keywords: Vec::new(),
        received_at: None,
    };
    let added = world
        .groupware
        .append(
            &anna,
            place.account,
            place.mailbox,
            (0..20).map(message).collect(),
        )
        .await
        .unwrap();
    let mut emails: Vec<EmailId> = added.iter().map(|added| added.email).collect();
    let expected = emails.clone();
    // One that was never there, in the middle.
    emails.insert(7, EmailId(99_999));
    let read = world
        .groupware
        .messages(&anna, place.account, place.mailbox, emails.clone());
    let mut read = read.await.unwrap();
    let (mut got, mut chunks) = (Vec::new(), 0);
    while let Some(chunk) = read.next().await.unwrap() {
        chunks += 1;
        for (email, message) in chunk.iter() {
            let at = got.len();
            got.push(email);
            assert_eq!(message.len() > 600_000, at % 3 == 0);
        }
    }
    assert_eq!(got, expected);
    assert!(chunks > 2, "{chunks}");

    let metas = world
        .groupware
        .metas(&anna, place.account, place.mailbox, emails);
    let mut chunks = metas.await.unwrap();
    let chunk = chunks.next().await.unwrap().unwrap();
    assert_eq!(chunk.len(), 20);
    let (_, meta) = chunk.iter().nth(1).unwrap();
    let meta = EmailMeta::decode(meta).unwrap();
    assert_eq!(meta.headers.subject, Some("small"));
}

#[tokio::test]
async fn a_change_wakes_who_watches_and_shows_in_the_next_view() {
    let world = World::new().await;
    let place = world.place(world.anna, Role::Inbox).await;
    let anna = caller(world.anna);
    let groupware: &Groupware = &world.groupware;
    let mut watch = groupware.watch(&anna, place.account).await.unwrap();
    let before = groupware
        .view(&anna, place.account, place.mailbox)
        .await
        .unwrap();
    world.add(place, &["a"], &[]).await;
    let change = watch.changed().await.unwrap();
    let after = groupware.refresh(&anna, &before).await.unwrap();
    assert_eq!(after.until(), change.seq);
    assert_eq!((before.len(), after.len()), (0, 1));
    // Nobody watches any more: the next change must not fail on it.
    drop(watch);
    world.add(place, &["b"], &[]).await;
}
