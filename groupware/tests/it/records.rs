//! Records are kept, changed, counted and told of; nobody else knows them.

use groupware::{Error, RecordChange, RecordKind};
use model::{AccountId, CollectionKind, ObjectId, Seq};

use crate::world::{World, caller};

const KIND: RecordKind = RecordKind::Identity;

#[tokio::test]
async fn records_are_made_changed_and_destroyed_in_one_write() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    let groupware = &world.groupware;
    let none = groupware.records(&by, account, KIND).await.unwrap();
    assert_eq!((none.all.len(), none.until), (0, Seq::START));

    let create = |text: &str| RecordChange::Create(text.into());
    let two = [create("{}"), create("{}")];
    let made = groupware.change_records(&by, account, KIND, None, &two);
    let made = made.await.unwrap();
    let ids: Vec<ObjectId> = made.records.iter().map(|it| it.clone().unwrap()).collect();
    assert_ne!(ids[0], ids[1], "equal texts are two records");
    assert_eq!(made.old, none.until);

    let wanted = [
        RecordChange::Update(ids[0], r#"{"a":1}"#.into()),
        RecordChange::Destroy(ids[1]),
        RecordChange::Destroy(ids[1]),
        create(r#"{"b":2}"#),
    ];
    let changed = groupware.change_records(&by, account, KIND, Some(made.new), &wanted);
    let changed = changed.await.unwrap();
    assert_eq!(changed.records[2], Err(Error::NotFound));
    let third = changed.records[3].clone().unwrap();

    let now = groupware.records(&by, account, KIND).await.unwrap();
    let texts: Vec<(ObjectId, &str)> = now.all.iter().map(|it| (it.id, it.text.as_str())).collect();
    assert_eq!(texts, [(ids[0], r#"{"a":1}"#), (third, r#"{"b":2}"#)]);
    assert_eq!(now.until, changed.new);

    let since = groupware.record_changes(&by, account, KIND, made.new);
    let since = since.await.unwrap();
    assert_eq!(since.created, [third]);
    assert_eq!(since.updated, [ids[0]]);
    assert_eq!(since.destroyed, [ids[1]]);
    assert_eq!(since.until, changed.new);
    let all = groupware.record_changes(&by, account, KIND, Seq::START);
    let all = all.await.unwrap();
    assert_eq!((all.created.len(), all.destroyed.len()), (2, 0));

    let stale = groupware.change_records(&by, account, KIND, Some(made.new), &two[..1]);
    assert_eq!(stale.await, Err(Error::StateMismatch));
    world.engine.check().unwrap();
}

#[tokio::test]
async fn records_are_nobody_elses_and_no_collection_that_can_be_listed() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    let groupware = &world.groupware;
    let create = [RecordChange::Create("{}".into())];
    let made = groupware.change_records(&by, account, KIND, None, &create);
    made.await.unwrap();
    let bert = caller(world.bert);
    let read = groupware.records(&bert, account, KIND).await;
    assert_eq!(read, Err(Error::NotFound));
    let written = groupware.change_records(&bert, account, KIND, None, &create);
    assert_eq!(written.await, Err(Error::NotFound));
    let listed = groupware.collections(&by, account).await.unwrap();
    let is_record = |it: &groupware::CollectionInfo| it.collection.kind == CollectionKind::Records;
    assert!(!listed.iter().any(is_record));
}

#[tokio::test]
async fn a_record_is_bounded() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    let long = RecordChange::Create("x".repeat(groupware::RECORD_OCTETS_MAX + 1));
    let changes = [long, RecordChange::Create("{}".into())];
    let done = world
        .groupware
        .change_records(&by, account, KIND, None, &changes);
    let done = done.await.unwrap();
    assert!(matches!(done.records[0], Err(Error::Limit(_))));
    assert!(done.records[1].is_ok());
}
