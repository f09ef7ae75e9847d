//! Earlier versions of objects: listed for those who may write, put back as they were.

use groupware::{Condition, Error, NewBody, ObjectPlace, ObjectVersion, Summary};
use model::{AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment};

use crate::world::{World, caller};

fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

fn event(uid: &str, title: &str) -> Vec<u8> {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:{title}\r\n\
         DTSTAMP:20231114T000000Z\r\nDTSTART:20231115T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    .into_bytes()
}

fn meeting(title: &str, sequence: u32) -> Vec<u8> {
    let people = format!(
        "SUMMARY:{title}\r\nSEQUENCE:{sequence}\r\nORGANIZER:mailto:anna@example.org\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\r\nATTENDEE;RSVP=TRUE:mailto:bert@example.org\r\n"
    );
    let text = String::from_utf8(event("meeting", title)).unwrap();
    text.replace(&format!("SUMMARY:{title}\r\n"), &people)
        .into_bytes()
}

struct Home {
    account: AccountId,
    calendar: CollectionId,
}

impl World {
    async fn calendar_of(&self, owner: model::PrincipalId) -> Home {
        let account = AccountId::from(owner);
        let found = self
            .groupware
            .collection_named(
                &caller(owner),
                account,
                CollectionKind::Calendar,
                None,
                "calendar",
            )
            .await
            .unwrap();
        Home {
            account,
            calendar: found.collection.id,
        }
    }

    async fn put_body(&self, home: &Home, name: &str, body: Vec<u8>) {
        let new = NewBody {
            name: segment(name),
            body,
            media_type: None,
            condition: Condition::Any,
            tell_organizer: true,
        };
        self.groupware
            .put_object(&caller(self.anna), home.account, home.calendar, new)
            .await
            .unwrap();
    }

    async fn destroy_named(&self, home: &Home, name: &str) {
        let place = ObjectPlace {
            account: home.account,
            collection: home.calendar,
            name: segment(name),
        };
        self.groupware
            .destroy_object(&caller(self.anna), &place, Condition::Any, true)
            .await
            .unwrap();
    }

    async fn earlier(&self, home: &Home) -> Vec<ObjectVersion> {
        self.groupware
            .object_versions(&caller(self.anna), home.account)
            .await
            .unwrap()
    }

    /// Names and titles of what is there.
    async fn titles_of(&self, owner: model::PrincipalId) -> Vec<(String, String)> {
        let home = self.calendar_of(owner).await;
        let view = self
            .groupware
            .objects(&caller(owner), home.account, home.calendar)
            .await
            .unwrap();
        let described = |summary: &Summary| summary.calendar().unwrap().title.clone();
        view.iter()
            .map(|object| (object.row.name.to_string(), described(&object.summary)))
            .collect()
    }
}

fn pair(name: &str, title: &str) -> (String, String) {
    (name.to_owned(), title.to_owned())
}

#[tokio::test]
async fn a_replaced_body_and_a_destroyed_object_come_back() {
    let world = World::new().await;
    let home = world.calendar_of(world.anna).await;
    world.put_body(&home, "a.ics", event("a", "First")).await;
    world.put_body(&home, "a.ics", event("a", "Second")).await;
    world.destroy_named(&home, "a.ics").await;
    let versions = world.earlier(&home).await;
    let told: Vec<_> = versions
        .iter()
        .map(|version| {
            (
                version.summary.calendar().unwrap().title.as_str(),
                version.destroyed,
            )
        })
        .collect();
    assert_eq!(told, [("First", false), ("Second", true)]);
    let anna = caller(world.anna);
    let restore = |nth: usize| {
        world
            .groupware
            .restore_version(&anna, home.account, versions[nth].id, None)
    };
    assert!(restore(1).await.unwrap().created);
    assert_eq!(world.titles_of(world.anna).await, [pair("a.ics", "Second")]);
    assert!(!restore(0).await.unwrap().created);
    assert_eq!(world.titles_of(world.anna).await, [pair("a.ics", "First")]);
    let view = world
        .groupware
        .objects(&caller(world.anna), home.account, home.calendar)
        .await
        .unwrap();
    let object = view.iter().next().unwrap();
    assert_eq!(
        world.groupware.body(object).await.unwrap(),
        event("a", "First"),
        "byte for byte"
    );
}

#[tokio::test]
async fn a_version_finds_its_object_under_another_name_and_spares_others() {
    let world = World::new().await;
    let home = world.calendar_of(world.anna).await;
    world.put_body(&home, "a.ics", event("a", "First")).await;
    world.destroy_named(&home, "a.ics").await;
    let first = world.earlier(&home).await[0].id;
    world.put_body(&home, "a.ics", event("b", "Other")).await;
    let restored = world
        .groupware
        .restore_version(&caller(world.anna), home.account, first, None)
        .await;
    assert_eq!(restored.map(|_| ()), Err(Error::AlreadyExists));
    world.put_body(&home, "c.ics", event("a", "Again")).await;
    world
        .groupware
        .restore_version(&caller(world.anna), home.account, first, None)
        .await
        .unwrap();
    assert_eq!(
        world.titles_of(world.anna).await,
        [pair("a.ics", "Other"), pair("c.ics", "First")]
    );
}

#[tokio::test]
async fn only_who_may_write_sees_and_restores_versions() {
    let world = World::new().await;
    let home = world.calendar_of(world.anna).await;
    world.put_body(&home, "a.ics", event("a", "First")).await;
    world.destroy_named(&home, "a.ics").await;
    let first = world.earlier(&home).await[0].id;
    let bert = caller(world.bert);
    let anna = caller(world.anna);
    let rights = |rights| {
        world.groupware.share_collection(
            &anna,
            home.account,
            home.calendar,
            Some(world.bert),
            rights,
        )
    };
    let listed = || world.groupware.object_versions(&bert, home.account);
    let restored = || {
        world
            .groupware
            .restore_version(&bert, home.account, first, None)
    };
    rights(CollectionRights::READER).await.unwrap();
    assert_eq!(listed().await.unwrap().len(), 0);
    assert_eq!(restored().await.map(|_| ()), Err(Error::NotFound));
    rights(CollectionRights::WRITER).await.unwrap();
    assert_eq!(listed().await.unwrap().len(), 1);
    restored().await.unwrap();
    assert_eq!(world.titles_of(world.anna).await, [pair("a.ics", "First")]);
}

#[tokio::test]
async fn participants_are_told_of_a_meeting_that_is_back() {
    let world = World::new().await;
    let home = world.calendar_of(world.anna).await;
    world.calendar_of(world.bert).await;
    world.put_body(&home, "m.ics", meeting("Met", 0)).await;
    world.put_body(&home, "m.ics", meeting("Moved", 1)).await;
    let first = world.earlier(&home).await[0].id;
    world
        .groupware
        .restore_version(&caller(world.anna), home.account, first, None)
        .await
        .unwrap();
    let titles: Vec<String> = world
        .titles_of(world.bert)
        .await
        .into_iter()
        .map(|(_, title)| title)
        .collect();
    assert_eq!(titles, ["Met"]);
}
