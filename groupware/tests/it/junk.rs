//! What people say of their mail by moving it, and to whom they have written.

use groupware::{NewMessage, Place};
use model::{AccountId, NumberSet, PrincipalId, Role};

use crate::world::{World, all, caller};

#[tokio::test]
async fn moves_into_junk_and_out_of_it_are_told_of() {
    let world = World::new().await;
    let groupware = &world.groupware;
    let anna = caller(world.anna);
    let inbox = world.place(world.anna, Role::Inbox).await;
    let junk = world.place(world.anna, Role::Junk).await;
    let trash = world.place(world.anna, Role::Trash).await;
    let mut watch = groupware.watch_junk();
    world.add(inbox, &["spam", "fine"], &[]).await;

    // Neither a move elsewhere nor throwing junk away says anything.
    groupware
        .move_emails(&anna, inbox, NumberSet::range(2, 2), trash)
        .await
        .unwrap();
    groupware
        .move_emails(&anna, inbox, all(), junk)
        .await
        .unwrap();
    let judged = watch.next().await.unwrap();
    let [first] = judged.as_slice() else {
        panic!("{judged:?}")
    };
    assert!(first.junk && first.account == AccountId::from(world.anna));
    let message = groupware.judged_message(*first).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&message).contains("spam"));

    groupware
        .move_emails(&anna, junk, all(), inbox)
        .await
        .unwrap();
    let judged = watch.next().await.unwrap();
    assert_eq!((judged.len(), judged[0].junk), (1, false));
    assert_eq!(judged[0].email, first.email);

    // A copy is what programs do that cannot move.
    groupware.copy(&anna, inbox, all(), junk).await.unwrap();
    let judged = watch.next().await.unwrap();
    assert!(judged[0].junk && judged[0].email != first.email);
    assert!(groupware.judged_message(judged[0]).await.unwrap().is_some());

    groupware
        .move_emails(&anna, junk, all(), trash)
        .await
        .unwrap();
    groupware
        .move_emails(&anna, trash, NumberSet::range(1, 1), junk)
        .await
        .unwrap();
    assert!(
        watch.next().await.unwrap()[0].junk,
        "the way into Trash was told of"
    );
}

#[tokio::test]
async fn whom_somebody_wrote_to_is_known() {
    let world = World::new().await;
    let sent = world.place(world.anna, Role::Sent).await;
    let known = async |who: PrincipalId, address: &str| {
        world.groupware.has_written_to(who, address).await.unwrap()
    };
    assert!(!known(world.anna, "friend@example.net").await);
    assert!(!known(PrincipalId(9_999), "friend@example.net").await);
    let letter = "To: Friend <Friend@example.net>, Team: a@example.net;\r\nCc: c@example.net\r\nSubject: x\r\n\r\n";
    add(&world, sent, letter).await;
    for address in ["friend@EXAMPLE.net", "a@example.net", "c@example.net"] {
        assert!(known(world.anna, address).await, "{address}");
    }
    assert!(!known(world.anna, "d@example.net").await);
    assert!(!known(world.bert, "friend@example.net").await);
    add(&world, sent, "To: d@example.net\r\n\r\n").await;
    assert!(known(world.anna, "d@example.net").await);
    assert!(known(world.anna, "a@example.net").await);
}

async fn add(world: &World, place: Place, message: &str) {
    let message = world.groupware.prepare(message.as_bytes().to_vec());
    let new = NewMessage {
        message: message.await.unwrap(),
        keywords: Vec::new(),
        received_at: None,
    };
    let owner = caller(place.account.into());
    let added = world
        .groupware
        .append(&owner, place.account, place.mailbox, vec![new]);
    added.await.unwrap();
}
