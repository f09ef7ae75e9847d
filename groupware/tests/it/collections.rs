//! Collections and objects: standard ones, rights, changes since, moves, files.

use std::sync::Arc;

use groupware::{
    Condition, Deputy, Error, NewBody, NewCollection, Object, ObjectPlace, Overwrite, Refusal,
};
use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, Properties, Seq,
};

use crate::world::{World, caller};

fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

fn event(uid: &str) -> Vec<u8> {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20231114T000000Z\r\nDTSTART:20231115T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    .into_bytes()
}

fn body(name: &str, body: Vec<u8>) -> NewBody {
    NewBody {
        name: segment(name),
        body,
        media_type: None,
        condition: Condition::Any,
        tell_organizer: true,
    }
}

struct Home {
    account: AccountId,
    calendar: CollectionId,
}

impl World {
    /// Anna's account with its calendar.
    async fn home(&self) -> Home {
        let account = AccountId::from(self.anna);
        let all = self
            .groupware
            .collections(&caller(self.anna), account)
            .await
            .unwrap();
        let calendar = all
            .iter()
            .find(|info| info.collection.name.as_str() == "calendar")
            .unwrap();
        Home {
            account,
            calendar: calendar.collection.id,
        }
    }

    async fn names(&self, home: &Home) -> Vec<String> {
        let view = self
            .groupware
            .objects(&caller(self.anna), home.account, home.calendar)
            .await
            .unwrap();
        view.iter()
            .map(|object: &Arc<Object>| object.row.name.as_str().to_owned())
            .collect()
    }
}

fn place(home: &Home, name: &str) -> ObjectPlace {
    ObjectPlace {
        account: home.account,
        collection: home.calendar,
        name: segment(name),
    }
}

#[tokio::test]
async fn an_account_starts_with_its_standard_collections() {
    let world = World::new().await;
    let home = world.home().await;
    let all = world
        .groupware
        .collections(&caller(world.anna), home.account)
        .await
        .unwrap();
    let names: Vec<&str> = all
        .iter()
        .map(|info| info.collection.name.as_str())
        .collect();
    assert_eq!(names, ["inbox", "calendar", "tasks", "contacts"]);
    // RFC 6638 9.2: what invitations go to stays.
    let gone = world
        .groupware
        .destroy_collection(&caller(world.anna), home.account, home.calendar)
        .await;
    assert_eq!(gone, Err(Error::Forbidden));
}

#[tokio::test]
async fn bodies_must_be_what_the_collection_holds() {
    let world = World::new().await;
    let home = world.home().await;
    let anna = caller(world.anna);
    let put = |new| {
        world
            .groupware
            .put_object(&anna, home.account, home.calendar, new)
    };
    let refused = |refusal| Err(Error::Refused(refusal));
    assert_eq!(
        put(body("a.ics", b"no calendar".to_vec())).await,
        refused(Refusal::CalendarData)
    );
    put(body("a.ics", event("a"))).await.unwrap();
    let conflict = put(body("b.ics", event("a"))).await;
    assert!(
        matches!(&conflict, Err(Error::UidConflict { name, .. }) if name.as_str() == "a.ics"),
        "{conflict:?}"
    );
    let absent = NewBody {
        condition: Condition::Absent,
        ..body("a.ics", event("a"))
    };
    assert_eq!(put(absent).await, Err(Error::StateMismatch));
    let bodies = world
        .groupware
        .objects(&anna, home.account, home.calendar)
        .await
        .unwrap();
    let object = bodies.get(&segment("a.ics")).unwrap();
    assert_eq!(world.groupware.body(object).await.unwrap(), event("a"));
}

#[tokio::test]
async fn what_changed_is_told_from_any_moment() {
    let world = World::new().await;
    let home = world.home().await;
    let anna = caller(world.anna);
    let put = |name: &'static str| {
        world
            .groupware
            .put_object(&anna, home.account, home.calendar, body(name, event(name)))
    };
    let changes = |since| {
        world
            .groupware
            .object_changes(&anna, home.account, home.calendar, since)
    };
    for name in ["a", "b", "c"] {
        put(name).await.unwrap();
    }
    let first = changes(Seq::START).await.unwrap();
    assert_eq!((first.changed.len(), first.gone.len()), (3, 0));
    let later = event("b-with-more");
    let later = String::from_utf8(later)
        .unwrap()
        .replace("UID:b-with-more", "UID:b\r\nSUMMARY:mehr");
    world
        .groupware
        .put_object(
            &anna,
            home.account,
            home.calendar,
            body("b", later.into_bytes()),
        )
        .await
        .unwrap();
    world
        .groupware
        .destroy_object(&anna, &place(&home, "a"), Condition::Any, true)
        .await
        .unwrap();
    world
        .groupware
        .move_object(
            &anna,
            &place(&home, "c"),
            &place(&home, "d"),
            Overwrite::No,
            Condition::Any,
        )
        .await
        .unwrap();
    let second = changes(first.until).await.unwrap();
    let changed: Vec<&str> = second
        .changed
        .iter()
        .map(|object| object.row.name.as_str())
        .collect();
    let gone: Vec<&str> = second.gone.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((changed, gone), (vec!["b", "d"], vec!["a", "c"]));
    let third = changes(second.until).await.unwrap();
    assert!(third.changed.is_empty() && third.gone.is_empty());
    assert_eq!(
        changes(Seq(1_000_000)).await.map(drop),
        Err(Error::CannotCalculate)
    );
    assert_eq!(world.names(&home).await, ["b", "d"]);
    world.engine.check().unwrap();
}

#[tokio::test]
async fn removals_are_told_from_any_moment_however_many_there_were() {
    let world = World::new().await;
    let home = world.home().await;
    let anna = caller(world.anna);
    let mut moments = Vec::new();
    for number in 0..200 {
        let name = format!("{number}");
        world
            .groupware
            .put_object(
                &anna,
                home.account,
                home.calendar,
                body(&name, event(&name)),
            )
            .await
            .unwrap();
    }
    for number in 0..199 {
        let name = format!("{number}");
        world
            .groupware
            .destroy_object(&anna, &place(&home, &name), Condition::Any, true)
            .await
            .unwrap();
        let seen = world
            .groupware
            .objects(&anna, home.account, home.calendar)
            .await
            .unwrap();
        moments.push(seen.until());
    }
    for (number, moment) in moments.iter().enumerate() {
        let changes = world
            .groupware
            .object_changes(&anna, home.account, home.calendar, *moment)
            .await
            .unwrap();
        assert_eq!(changes.gone.len(), 198 - number, "after {moment:?}");
        assert!(changes.changed.is_empty());
    }
}

#[tokio::test]
async fn shares_and_deputies_see_what_they_may() {
    let world = World::new().await;
    let home = world.home().await;
    let (anna, bert, cora) = (caller(world.anna), caller(world.bert), caller(world.cora));
    let look = |by| {
        let (groupware, account, calendar) = (&world.groupware, home.account, home.calendar);
        async move { groupware.objects(by, account, calendar).await.map(drop) }
    };
    assert_eq!(look(&bert).await, Err(Error::Forbidden));
    // Through the group he is in.
    world
        .groupware
        .share_collection(
            &anna,
            home.account,
            home.calendar,
            Some(world.sales),
            CollectionRights::READER,
        )
        .await
        .unwrap();
    assert_eq!(look(&bert).await, Ok(()));
    assert_eq!(look(&cora).await, Err(Error::Forbidden));
    let put = world
        .groupware
        .put_object(&bert, home.account, home.calendar, body("x", event("x")))
        .await;
    assert_eq!(put.map(drop), Err(Error::Forbidden));
    let shared = world.groupware.shared_collections(&bert).await.unwrap();
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0].1[0].collection.id, home.calendar);
    let deputy = Deputy {
        principal: world.cora,
        rights: CollectionRights::WRITER,
    };
    world
        .groupware
        .set_deputy(&anna, home.account, deputy)
        .await
        .unwrap();
    world
        .groupware
        .put_object(&cora, home.account, home.calendar, body("x", event("x")))
        .await
        .unwrap();
    let again = world
        .groupware
        .set_deputy(&cora, home.account, deputy)
        .await;
    assert_eq!(again, Err(Error::Forbidden), "only the owner chooses");
    let stranger = world
        .groupware
        .collections(&bert, AccountId::from(world.cora))
        .await
        .unwrap();
    let seen: Vec<_> = stranger
        .iter()
        .map(|info| (info.collection.name.as_str(), info.rights))
        .collect();
    assert_eq!(seen, [("calendar", CollectionRights::FREE_BUSY)]);
    let nobody = world
        .groupware
        .collections(&bert, AccountId::from(world.sales))
        .await;
    assert_eq!(
        nobody.map(drop),
        Err(Error::NotFound),
        "a group has no account"
    );
}

#[tokio::test]
async fn files_lie_in_folders_and_go_with_them() {
    let world = World::new().await;
    let home = world.home().await;
    let anna = caller(world.anna);
    let folder = |parent, name: &str| {
        let new = NewCollection {
            parent,
            kind: CollectionKind::Folder,
            name: segment(name),
            properties: Properties::default(),
        };
        world.groupware.create_collection(&anna, home.account, new)
    };
    let outer = folder(None, "papers").await.unwrap();
    let inner = folder(Some(outer), "old").await.unwrap();
    assert_eq!(folder(Some(outer), "old").await, Err(Error::AlreadyExists));
    let file = NewBody {
        media_type: Some("text/plain".into()),
        ..body("note.txt", b"any bytes".to_vec())
    };
    world
        .groupware
        .put_object(&anna, home.account, inner, file)
        .await
        .unwrap();
    let from = ObjectPlace {
        account: home.account,
        collection: inner,
        name: segment("note.txt"),
    };
    let to = ObjectPlace {
        collection: outer,
        ..from.clone()
    };
    world
        .groupware
        .copy_object(&anna, &from, &to, Overwrite::No)
        .await
        .unwrap();
    let again = world
        .groupware
        .copy_object(&anna, &from, &to, Overwrite::No)
        .await;
    assert_eq!(again, Err(Error::AlreadyExists));
    let into_itself = world
        .groupware
        .move_collection(&anna, home.account, outer, Some(inner), segment("loop"))
        .await;
    assert!(matches!(into_itself, Err(Error::Invalid { .. })));
    world
        .groupware
        .destroy_collection(&anna, home.account, outer)
        .await
        .unwrap();
    let left = world
        .groupware
        .collections(&anna, home.account)
        .await
        .unwrap();
    assert!(
        left.iter()
            .all(|info| info.collection.kind != CollectionKind::Folder)
    );
    world.engine.check().unwrap();
}
