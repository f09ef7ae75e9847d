//! Who there is, as everybody sees it; and notices of what is shared with somebody.

use groupware::{Error, NewCollection, SharedThing};
use model::{
    AccountId, Actor, CollectionKind, CollectionRights, PathSegment, Properties, Rights, Role, Seq,
};

use crate::world::{World, caller};

#[tokio::test]
async fn what_changes_among_people_is_told_once() {
    let world = World::new().await;
    let (groupware, directory) = (&world.groupware, world.groupware.directory());
    let anna = caller(world.anna);
    let before = groupware.people_state(&anna).await.unwrap();
    assert_eq!(groupware.people(&anna).await.unwrap().len(), 5);
    let unchanged = groupware.people_changes(&anna, before).await.unwrap();
    assert!(unchanged.created.is_empty() && unchanged.updated.is_empty());

    let actor = Actor::system();
    directory
        .rename(&actor, world.bert, "Bertram")
        .await
        .unwrap();
    directory
        .set_enabled(&actor, world.cora, false)
        .await
        .unwrap();
    let person = directory::NewPerson {
        address: "dora@example.org".into(),
        name: "dora".into(),
        password: None,
        quota_octets: None,
        administrator: false,
    };
    let dora = directory.add_person(&actor, person).await.unwrap();
    let changes = groupware.people_changes(&anna, before).await.unwrap();
    assert_eq!(changes.created, [dora]);
    assert_eq!(changes.updated, [world.bert]);
    assert_eq!(changes.gone, [world.cora]);
    assert_eq!(changes.until, groupware.people_state(&anna).await.unwrap());

    // An alias stands on the card; a credential does not.
    let since = changes.until;
    directory
        .set_alias(&actor, "bertie@example.org", world.bert)
        .await
        .unwrap();
    let changes = groupware.people_changes(&anna, since).await.unwrap();
    assert_eq!(changes.updated, [world.bert]);
    let since = changes.until;
    directory
        .remove_alias(&actor, "bertie@example.org")
        .await
        .unwrap();
    let changes = groupware.people_changes(&anna, since).await.unwrap();
    assert_eq!(changes.updated, [world.bert]);
    // Whoever comes back is new to those who had lost sight of them.
    directory
        .set_enabled(&actor, world.cora, true)
        .await
        .unwrap();
    let back = groupware
        .people_changes(&anna, changes.until)
        .await
        .unwrap();
    assert_eq!(back.created, [world.cora]);
    let never = groupware.people_changes(&anna, Seq(99_999)).await;
    assert_eq!(never.unwrap_err(), Error::CannotCalculate);
}

#[tokio::test]
async fn whoever_is_let_in_is_told_so() {
    let world = World::new().await;
    let groupware = &world.groupware;
    let (anna, bert) = (caller(world.anna), caller(world.bert));
    let account = AccountId::from(world.anna);
    let head = groupware.open_own(&anna).await.unwrap();
    let inbox = head.with_role(Role::Inbox).unwrap().id;
    let book = NewCollection {
        parent: None,
        kind: CollectionKind::AddressBook,
        name: PathSegment::try_from("friends").unwrap(),
        properties: Properties::default(),
    };
    let book = groupware
        .create_collection(&anna, account, book)
        .await
        .unwrap();
    let read = Rights(Rights::LOOKUP.0 | Rights::READ.0);
    groupware
        .set_share(&anna, account, inbox, Some(world.bert), read)
        .await
        .unwrap();
    // Bert is in the group.
    groupware
        .share_collection(
            &anna,
            account,
            book,
            Some(world.sales),
            CollectionRights::READER,
        )
        .await
        .unwrap();
    groupware
        .share_collection(
            &anna,
            account,
            book,
            Some(world.sales),
            CollectionRights::READER,
        )
        .await
        .unwrap();
    groupware
        .share_collection(
            &anna,
            account,
            book,
            Some(world.sales),
            CollectionRights::NONE,
        )
        .await
        .unwrap();
    let own = AccountId::from(world.bert);
    let notices = groupware.share_notices(&bert, own).await.unwrap();
    let told: Vec<_> = notices
        .iter()
        .map(|notice| {
            (
                notice.note.what,
                notice.note.old_rights,
                notice.note.new_rights,
            )
        })
        .collect();
    let reader = u16::from(CollectionRights::READER.0);
    assert_eq!(
        told,
        [
            (SharedThing::Mailbox, 0, read.0),
            (SharedThing::AddressBook, 0, reader),
            (SharedThing::AddressBook, reader, 0),
        ]
    );
    assert!(
        notices
            .iter()
            .all(|notice| notice.note.by == Some(world.anna.0))
    );
    // Nobody else reads them, and who shared is not told.
    let foreign = groupware.share_notices(&anna, own).await;
    assert!(matches!(foreign, Err(Error::NotFound | Error::Forbidden)));
    assert!(
        groupware
            .share_notices(&anna, account)
            .await
            .unwrap()
            .is_empty()
    );
}
