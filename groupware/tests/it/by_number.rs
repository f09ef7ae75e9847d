//! Objects by their numbers in any collection, what changed among those of a kind, and events put quietly.

use groupware::{
    Condition, Error, KindChanges, KindState, NewBody, NewCollection, ObjectPlace, Overwrite,
};
use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, ObjectId, PathSegment, Properties,
};

use crate::world::{World, caller};

const KIND: CollectionKind = CollectionKind::Calendar;

fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

fn event(uid: &str, more: &str) -> NewBody {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20231114T000000Z\r\nDTSTART:20231115T090000Z\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    NewBody {
        name: segment(&format!("{uid}.ics")),
        body: text.into_bytes(),
        media_type: None,
        condition: Condition::Any,
        tell_organizer: true,
    }
}

impl World {
    async fn calendar_of_annas(&self, name: &str) -> CollectionId {
        let new = NewCollection {
            parent: None,
            kind: KIND,
            name: segment(name),
            properties: Properties::default(),
        };
        let account = AccountId::from(self.anna);
        self.groupware
            .create_collection(&caller(self.anna), account, new)
            .await
            .unwrap()
    }

    async fn put_event(&self, calendar: CollectionId, uid: &str) -> ObjectId {
        let account = AccountId::from(self.anna);
        let anna = caller(self.anna);
        let put = self
            .groupware
            .put_object(&anna, account, calendar, event(uid, ""));
        put.await.unwrap().object
    }

    async fn changed(&self, since: KindState, max: Option<usize>) -> Result<KindChanges, Error> {
        let account = AccountId::from(self.anna);
        self.groupware
            .kind_changes(&caller(self.anna), account, KIND, since, max)
            .await
    }
}

fn numbers(ids: &[ObjectId]) -> Vec<u32> {
    ids.iter().map(|id| id.0).collect()
}

#[tokio::test]
async fn changes_of_a_kind_are_told_across_its_collections() {
    let world = World::new().await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let (one, two) = (
        world.calendar_of_annas("one").await,
        world.calendar_of_annas("two").await,
    );
    let old = world.put_event(one, "old").await;
    let goes = world.put_event(two, "goes").await;
    let start = world
        .groupware
        .objects_state(&anna, account, KIND)
        .await
        .unwrap();
    assert_eq!(world.changed(start, None).await.unwrap().until, Some(start));

    let new = world.put_event(two, "new").await;
    let place = |collection, uid: &str| ObjectPlace {
        account,
        collection,
        name: segment(&format!("{uid}.ics")),
    };
    let groupware = &world.groupware;
    groupware
        .move_object(
            &anna,
            &place(one, "old"),
            &place(two, "old"),
            Overwrite::No,
            Condition::Any,
        )
        .await
        .unwrap();
    groupware
        .destroy_object(&anna, &place(two, "goes"), Condition::Any, true)
        .await
        .unwrap();
    let changes = world.changed(start, None).await.unwrap();
    assert_eq!(changes.created.iter().collect::<Vec<_>>(), numbers(&[new]));
    assert_eq!(changes.updated.iter().collect::<Vec<_>>(), numbers(&[old]));
    assert_eq!(
        changes.destroyed.iter().collect::<Vec<_>>(),
        numbers(&[goes])
    );
    assert!(!changes.more);

    // One entry after the other, until there is no more.
    let (mut since, mut told) = (start, Vec::new());
    loop {
        let changes = world.changed(since, Some(1)).await.unwrap();
        told.extend(
            changes
                .created
                .iter()
                .chain(changes.updated.iter())
                .chain(changes.destroyed.iter()),
        );
        since = changes.until.unwrap();
        if !changes.more {
            break;
        }
    }
    told.sort_unstable();
    assert_eq!(told, numbers(&[old, goes, new]));

    // What goes with its calendar is told, too, although nothing of the calendar is left.
    groupware
        .destroy_collection(&anna, account, two)
        .await
        .unwrap();
    let changes = world.changed(since, None).await.unwrap();
    assert_eq!(
        changes.destroyed.iter().collect::<Vec<_>>(),
        numbers(&[old, new])
    );
    let unknown = KindState {
        seq: model::Seq(1_000_000),
        sight: 0,
    };
    assert_eq!(
        world.changed(unknown, None).await,
        Err(Error::CannotCalculate)
    );
}

#[tokio::test]
async fn objects_are_found_by_number_as_far_as_one_may_read() {
    let world = World::new().await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let (one, two) = (
        world.calendar_of_annas("one").await,
        world.calendar_of_annas("two").await,
    );
    let (seen, hidden) = (
        world.put_event(one, "a").await,
        world.put_event(two, "b").await,
    );
    let groupware = &world.groupware;
    groupware
        .share_collection(
            &anna,
            account,
            one,
            Some(world.bert),
            CollectionRights::READER,
        )
        .await
        .unwrap();
    let ids = [hidden, ObjectId(999), seen];
    let found = groupware
        .objects_by_id(&anna, account, KIND, &ids)
        .await
        .unwrap();
    let uids: Vec<Option<&str>> = found
        .iter()
        .map(|found| found.as_ref().map(|found| found.object.row.uid.as_str()))
        .collect();
    assert_eq!(uids, [Some("b"), None, Some("a")]);
    let bert = caller(world.bert);
    let found = groupware
        .objects_by_id(&bert, account, KIND, &ids)
        .await
        .unwrap();
    let seen: Vec<bool> = found.iter().map(Option::is_some).collect();
    assert_eq!(seen, [false, false, true]);

    // Whoever sees less than before looks at everything anew.
    let state = groupware.objects_state(&bert, account, KIND).await.unwrap();
    groupware
        .share_collection(
            &anna,
            account,
            one,
            Some(world.bert),
            CollectionRights::FREE_BUSY,
        )
        .await
        .unwrap();
    let changes = groupware
        .kind_changes(&bert, account, KIND, state, None)
        .await;
    assert_eq!(changes, Err(Error::CannotCalculate));
}

#[tokio::test]
async fn collections_that_come_change_and_go_are_told() {
    let world = World::new().await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let (stays, goes) = (
        world.calendar_of_annas("stays").await,
        world.calendar_of_annas("goes").await,
    );
    let groupware = &world.groupware;
    let since = groupware
        .collections_state(&anna, account, KIND)
        .await
        .unwrap();
    let new = world.calendar_of_annas("new").await;
    let passes = world.calendar_of_annas("passes").await;
    groupware
        .set_collection_properties(
            &anna,
            account,
            stays,
            Properties {
                color: Some("#112233".into()),
                ..Properties::default()
            },
        )
        .await
        .unwrap();
    for id in [goes, passes] {
        groupware
            .destroy_collection(&anna, account, id)
            .await
            .unwrap();
    }
    let changes = groupware
        .collection_changes(&anna, account, KIND, since)
        .await
        .unwrap();
    assert_eq!(changes.created.iter().collect::<Vec<_>>(), [new.0]);
    assert_eq!(changes.updated.iter().collect::<Vec<_>>(), [stays.0]);
    assert_eq!(changes.destroyed.iter().collect::<Vec<_>>(), [goes.0]);
    let until = changes.until.unwrap();
    assert_ne!(until, since);
    let nothing = groupware
        .collection_changes(&anna, account, KIND, until)
        .await
        .unwrap();
    assert_eq!(nothing.until, Some(until));
}

#[tokio::test]
async fn nobody_is_told_of_what_is_put_and_destroyed_quietly() {
    let world = World::new().await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let calendar = world.calendar_of_annas("one").await;
    let meeting = |title: &str| {
        let more = format!(
            "SUMMARY:{title}\r\nORGANIZER:mailto:anna@example.org\r\nATTENDEE:mailto:anna@example.org\r\n\
             ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bert@example.org\r\n"
        );
        event("meeting", &more)
    };
    let groupware = &world.groupware;
    let put = groupware.put_object_quietly(&anna, account, calendar, meeting("a"));
    let first = put.await.unwrap();
    assert!(first.created && first.schedule_tag.is_some() && !first.altered);
    let put = groupware.put_object_quietly(&anna, account, calendar, meeting("b"));
    let second = put.await.unwrap();
    // RFC 6638 3.2.10: what others know of it stays what it was.
    assert_eq!(second.schedule_tag, first.schedule_tag);
    let place = ObjectPlace {
        account,
        collection: calendar,
        name: segment("meeting.ics"),
    };
    groupware
        .destroy_object_quietly(&anna, &place, Condition::Body(vec![second.blob]))
        .await
        .unwrap();
    let berts = groupware
        .readable_collections(&caller(world.bert), AccountId::from(world.bert), KIND)
        .await
        .unwrap();
    assert!(berts.iter().all(|calendar| calendar.view.is_empty()));
}
