//! Each person gives mailboxes places of their own, those of others included.

use groupware::Error;
use model::{AccountId, MailboxName, Rights, Role, Seq};

use crate::world::{World, caller};

#[tokio::test]
async fn a_place_is_kept_told_and_nobody_elses() {
    let world = World::new().await;
    let (anna, bert) = (caller(world.anna), caller(world.bert));
    let groupware = &world.groupware;
    let place = world.place(world.anna, Role::Archive).await;
    let (account, archive) = (place.account, place.mailbox);
    assert_eq!(
        groupware.mailbox_order_state(&anna).await.unwrap(),
        Seq::START
    );
    let foreign = groupware.set_mailbox_place(&bert, account, archive, Some(1));
    assert!(matches!(
        foreign.await,
        Err(Error::NotFound | Error::Forbidden)
    ));

    let set = groupware.set_mailbox_place(&anna, account, archive, Some(7));
    set.await.unwrap();
    let first = groupware.mailbox_order_state(&anna).await.unwrap();
    assert!(first.is_after(Seq::START));
    let order = groupware.mailbox_order(&anna, account).await.unwrap();
    assert_eq!(order.place(archive), Some(7));
    assert!(order.changed_after(Seq::START).eq([archive]));
    assert_eq!(order.changed_after(first).count(), 0);

    // The same again is no change; another one is.
    let set = groupware.set_mailbox_place(&anna, account, archive, Some(7));
    set.await.unwrap();
    assert_eq!(groupware.mailbox_order_state(&anna).await.unwrap(), first);
    let set = groupware.set_mailbox_place(&anna, account, archive, None);
    set.await.unwrap();
    let order = groupware.mailbox_order(&anna, account).await.unwrap();
    assert_eq!(order.place(archive), None);
    assert!(order.changed_after(first).eq([archive]));

    // Who may see it has an order of their own.
    let shared = groupware.set_share(
        &anna,
        account,
        archive,
        Some(world.bert),
        Rights::LOOKUP.with(Rights::READ),
    );
    shared.await.unwrap();
    let set = groupware.set_mailbox_place(&bert, account, archive, Some(3));
    set.await.unwrap();
    let order = groupware.mailbox_order(&bert, account).await.unwrap();
    assert_eq!(order.place(archive), Some(3));
    let order = groupware.mailbox_order(&anna, account).await.unwrap();
    assert_eq!(order.place(archive), None);
}

#[tokio::test]
async fn what_is_kept_of_a_mailbox_goes_after_it() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let groupware = &world.groupware;
    let account = AccountId::from(world.anna);
    let inbox = world.place(world.anna, Role::Inbox).await.mailbox;
    let name = MailboxName::try_from("Short").unwrap();
    let made = groupware.create_mailbox(&anna, account, None, name, None);
    let short = made.await.unwrap();
    let set = groupware.set_mailbox_place(&anna, account, short, Some(1));
    set.await.unwrap();
    let gone = groupware.destroy_mailbox(&anna, account, short, true);
    gone.await.unwrap();
    let set = groupware.set_mailbox_place(&anna, account, inbox, Some(9));
    set.await.unwrap();
    let order = groupware.mailbox_order(&anna, account).await.unwrap();
    assert_eq!((order.place(short), order.place(inbox)), (None, Some(9)));
}
