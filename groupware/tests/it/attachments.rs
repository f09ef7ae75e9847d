//! Attachments of calendar objects: attached, replaced, removed, and read by those who may.

use groupware::{
    ATTACHMENT_OCTETS_MAX, ATTACHMENTS_PER_OBJECT_MAX, AttachmentChange, AttachmentChanged, Caller,
    Condition, Error, NewAttachment, NewBody, NewCollection, ObjectPlace, Overwrite, Refusal,
};
use model::{AccountId, CollectionKind, CollectionRights, PathSegment, PrincipalId, Properties};

use crate::world::{World, caller};

fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

fn event(more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:a\r\n\
         DTSTAMP:20231114T000000Z\r\nDTSTART:20231115T090000Z\r\nDTEND:20231115T100000Z\r\n\
         SUMMARY:Besprechung\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn file(text: &str) -> NewAttachment {
    NewAttachment {
        body: text.as_bytes().to_vec(),
        media_type: Some("text/plain".into()),
        file_name: Some(format!("{text}.txt")),
    }
}

fn add(text: &str) -> AttachmentChange {
    AttachmentChange::Add {
        instances: Vec::new(),
        new: file(text),
    }
}

fn remove(changed: &AttachmentChanged) -> AttachmentChange {
    AttachmentChange::Remove {
        instances: Vec::new(),
        managed_id: changed.managed_id.as_ref().unwrap().to_string(),
    }
}

impl World {
    /// An event in the principal's calendar.
    async fn with_event(&self, owner: PrincipalId, text: &str) -> ObjectPlace {
        let (by, account) = (caller(owner), AccountId::from(owner));
        let kind = CollectionKind::Calendar;
        let named = self
            .groupware
            .collection_named(&by, account, kind, None, "calendar");
        let place = ObjectPlace {
            account,
            collection: named.await.unwrap().collection.id,
            name: segment("a.ics"),
        };
        let new = NewBody {
            name: place.name.clone(),
            body: text.as_bytes().to_vec(),
            media_type: None,
            condition: Condition::Any,
            tell_organizer: true,
        };
        let put = self
            .groupware
            .put_object(&by, account, place.collection, new);
        put.await.unwrap();
        place
    }

    async fn attach(
        &self,
        by: &Caller,
        place: &ObjectPlace,
        change: AttachmentChange,
    ) -> Result<AttachmentChanged, Error> {
        let link = |id: &PathSegment, name: &PathSegment| format!("https://h/{id}/{name}");
        self.groupware
            .change_attachments(by, place, &Condition::Any, change, &link)
            .await
    }

    /// The text of an object, unfolded.
    async fn text(&self, place: &ObjectPlace) -> String {
        let by = caller(place.account.into());
        let view = self.groupware.objects(&by, place.account, place.collection);
        let view = view.await.unwrap();
        let body = self.groupware.body(view.get(&place.name).unwrap()).await;
        String::from_utf8(body.unwrap())
            .unwrap()
            .replace("\r\n ", "")
    }

    /// What somebody reads of an attachment in Anna's account.
    async fn read(&self, by: PrincipalId, changed: &AttachmentChanged) -> Result<String, Error> {
        let id = changed.managed_id.as_ref().unwrap();
        let account = AccountId::from(self.anna);
        let found = self.groupware.attachment(&caller(by), account, id).await?;
        assert_eq!(found.row.media_type.as_deref(), Some("text/plain"));
        let body = self.groupware.body(&found).await?;
        Ok(String::from_utf8(body).unwrap())
    }
}

#[tokio::test]
async fn a_file_comes_is_replaced_and_goes() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let place = world.with_event(world.anna, &event("")).await;
    let before = world.text(&place).await;
    let first = world.attach(&anna, &place, add("eins")).await.unwrap();
    let id = first.managed_id.clone().unwrap();
    assert_eq!(
        world.text(&place).await,
        event(&format!(
            "ATTACH;MANAGED-ID={id};FMTTYPE=text/plain;FILENAME=eins.txt;SIZE=4:https://h/{id}/eins.txt\r\n"
        ))
    );
    assert_eq!(world.read(world.anna, &first).await.unwrap(), "eins");
    let used = world.groupware.quota(&anna, place.account).await.unwrap();
    assert!(used.used_octets > before.len() as u64, "{used:?}");

    let update = AttachmentChange::Update {
        managed_id: id.to_string(),
        new: NewAttachment {
            file_name: None,
            ..file("zwei!")
        },
    };
    let second = world.attach(&anna, &place, update.clone()).await.unwrap();
    let text = world.text(&place).await;
    assert!(text.contains("FILENAME=eins.txt;SIZE=5:"), "{text}");
    assert_eq!(world.read(world.anna, &second).await.unwrap(), "zwei!");
    assert_eq!(world.read(world.anna, &first).await, Err(Error::NotFound));
    // It names what is not there any more.
    let again = world.attach(&anna, &place, update).await;
    assert_eq!(again, Err(Error::Refused(Refusal::AttachmentId)));

    let gone = remove(&second);
    world.attach(&anna, &place, gone).await.unwrap();
    assert_eq!(world.text(&place).await, before);
    assert_eq!(world.read(world.anna, &second).await, Err(Error::NotFound));
}

#[tokio::test]
async fn a_file_stays_as_long_as_an_object_names_it() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let place = world.with_event(world.anna, &event("")).await;
    let changed = world.attach(&anna, &place, add("eins")).await.unwrap();
    let new = NewCollection {
        parent: None,
        kind: CollectionKind::Calendar,
        name: segment("other"),
        properties: Properties::default(),
    };
    let collection = world
        .groupware
        .create_collection(&anna, place.account, new)
        .await
        .unwrap();
    let copy = ObjectPlace {
        collection,
        ..place.clone()
    };
    world
        .groupware
        .copy_object(&anna, &place, &copy, Overwrite::No)
        .await
        .unwrap();
    world.attach(&anna, &place, remove(&changed)).await.unwrap();
    assert_eq!(world.read(world.anna, &changed).await.unwrap(), "eins");
    world.attach(&anna, &copy, remove(&changed)).await.unwrap();
    assert_eq!(world.read(world.anna, &changed).await, Err(Error::NotFound));
}

#[tokio::test]
async fn participants_get_the_file_and_others_do_not() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let people = "ORGANIZER:mailto:anna@example.org\r\n\
                  ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\r\n\
                  ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bert@example.org\r\n";
    let place = world.with_event(world.anna, &event(people)).await;
    world.clock.advance_ms(1_000);
    let changed = world.attach(&anna, &place, add("eins")).await.unwrap();
    assert!(changed.put.schedule_tag.is_some());
    assert_eq!(world.read(world.anna, &changed).await.unwrap(), "eins");
    assert_eq!(world.read(world.bert, &changed).await.unwrap(), "eins");
    assert_eq!(world.read(world.cora, &changed).await, Err(Error::NotFound));
    world.clock.advance_ms(1_000);
    world.attach(&anna, &place, remove(&changed)).await.unwrap();
    assert_eq!(world.read(world.bert, &changed).await, Err(Error::NotFound));
    assert!(!world.text(&place).await.contains("ATTACH;"));
}

#[tokio::test]
async fn rights_on_the_calendar_are_rights_on_its_files() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let place = world.with_event(world.anna, &event("")).await;
    let changed = world.attach(&anna, &place, add("eins")).await.unwrap();
    let share = async |rights| {
        let with = Some(world.bert);
        world
            .groupware
            .share_collection(&anna, place.account, place.collection, with, rights)
            .await
            .unwrap();
    };
    let bert = caller(world.bert);
    share(CollectionRights::FREE_BUSY).await;
    assert_eq!(world.read(world.bert, &changed).await, Err(Error::NotFound));
    share(CollectionRights::READER).await;
    assert_eq!(world.read(world.bert, &changed).await.unwrap(), "eins");
    let refused = world.attach(&bert, &place, add("zwei")).await;
    assert_eq!(refused, Err(Error::Forbidden));
    share(CollectionRights::WRITER).await;
    let second = world.attach(&bert, &place, add("zwei")).await.unwrap();
    assert_eq!(world.read(world.anna, &second).await.unwrap(), "zwei");
    // The folder they lie in is there for nobody, and nobody else makes one of its name.
    for by in [&anna, &bert] {
        let all = world.groupware.collections(by, place.account).await;
        let is_folder = |kind| kind == CollectionKind::Folder;
        let mut all = all.unwrap().into_iter();
        assert!(!all.any(|info| is_folder(info.collection.kind)));
    }
    let new = NewCollection {
        parent: None,
        kind: CollectionKind::Folder,
        name: segment(".attachments"),
        properties: Properties::default(),
    };
    let made = world
        .groupware
        .create_collection(&bert, world.bert.into(), new)
        .await;
    assert_eq!(made, Err(Error::Forbidden));
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let place = world.with_event(world.anna, &event("")).await;
    let large = AttachmentChange::Add {
        instances: Vec::new(),
        new: NewAttachment {
            body: vec![b'x'; ATTACHMENT_OCTETS_MAX + 1],
            ..file("x")
        },
    };
    let refused = world.attach(&anna, &place, large).await;
    assert_eq!(refused, Err(Error::Refused(Refusal::AttachmentSize)));
    for number in 0..ATTACHMENTS_PER_OBJECT_MAX {
        let added = world.attach(&anna, &place, add(&number.to_string())).await;
        added.unwrap();
    }
    let refused = world.attach(&anna, &place, add("more")).await;
    assert_eq!(refused, Err(Error::Refused(Refusal::AttachmentCount)));
    // Bert has 5,000 octets.
    let place = world.with_event(world.bert, &event("")).await;
    let bert = caller(world.bert);
    let refused = world.attach(&bert, &place, add(&"x".repeat(5_000))).await;
    assert_eq!(refused, Err(Error::OverQuota));
    assert_eq!(world.text(&place).await, event(""));
}

#[tokio::test]
async fn files_go_to_the_occurrences_that_are_named() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let text = event("RRULE:FREQ=DAILY;COUNT=3\r\n").replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20231114T000000Z\r\nRECURRENCE-ID:20231116T090000Z\r\n\
         DTSTART:20231116T110000Z\r\nEND:VEVENT\r\nEND:VCALENDAR",
    );
    let place = world.with_event(world.anna, &text).await;
    let at = |instance: &str, text: &str| AttachmentChange::Add {
        instances: vec![instance.to_owned()],
        new: file(text),
    };
    let refused = world
        .attach(&anna, &place, at("20231118T090000Z", "x"))
        .await;
    assert_eq!(refused, Err(Error::Refused(Refusal::AttachmentInstance)));
    let added = world
        .attach(&anna, &place, at("20231116T090000Z", "x"))
        .await;
    let added = added.unwrap();
    let now = world.text(&place).await;
    let id = added.managed_id.as_ref().unwrap();
    let (series, occurrence) = now.split_once("RECURRENCE-ID").unwrap();
    assert!(!series.contains("ATTACH") && occurrence.contains(&format!("MANAGED-ID={id}")));
    // RFC 8607 3.4: one without a component of its own gets one.
    let third = world
        .attach(&anna, &place, at("20231117T090000Z", "y"))
        .await
        .unwrap();
    let now = world.text(&place).await;
    let id = third.managed_id.as_ref().unwrap();
    let own = format!(
        "RECURRENCE-ID:20231117T090000Z\r\nDTEND:20231117T100000Z\r\nSUMMARY:Besprechung\r\nATTACH;MANAGED-ID={id}"
    );
    assert!(now.contains(&own), "{now}");
}

#[tokio::test]
async fn a_file_goes_with_the_object_and_comes_back_with_it() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let place = world.with_event(world.anna, &event("")).await;
    let added = world.attach(&anna, &place, add("eins")).await.unwrap();
    let with_file = world.text(&place).await;
    // A client takes the line out.
    world.with_event(world.anna, &event("")).await;
    assert_eq!(world.read(world.anna, &added).await, Err(Error::NotFound));
    let versions = world.groupware.object_versions(&anna, place.account);
    let earlier = versions.await.unwrap();
    let earlier = earlier
        .iter()
        .max_by_key(|version| version.id.until)
        .unwrap();
    world
        .groupware
        .restore_version(&anna, place.account, earlier.id, None)
        .await
        .unwrap();
    assert_eq!(world.text(&place).await, with_file);
    assert_eq!(world.read(world.anna, &added).await.unwrap(), "eins");
    world
        .groupware
        .destroy_object(&anna, &place, Condition::Any, true)
        .await
        .unwrap();
    assert_eq!(world.read(world.anna, &added).await, Err(Error::NotFound));
    let used = world.groupware.quota(&anna, place.account).await.unwrap();
    assert_eq!(used.used_octets, 0);
    world.engine.check().unwrap();
}

#[tokio::test]
async fn a_line_in_another_object_keeps_the_file_for_it_too() {
    let world = World::new().await;
    let (anna, bert) = (caller(world.anna), caller(world.bert));
    let place = world.with_event(world.anna, &event("")).await;
    let added = world.attach(&anna, &place, add("eins")).await.unwrap();
    let text = world.text(&place).await.replace("UID:a\r\n", "UID:b\r\n");
    let put = |by, collection, name: &str, text: &str| {
        let new = NewBody {
            name: segment(name),
            body: text.as_bytes().to_vec(),
            media_type: None,
            condition: Condition::Any,
            tell_organizer: true,
        };
        world
            .groupware
            .put_object(by, place.account, collection, new)
    };
    // RFC 8607 3.7.
    put(&anna, place.collection, "b.ics", &text).await.unwrap();
    world
        .groupware
        .destroy_object(&anna, &place, Condition::Any, true)
        .await
        .unwrap();
    assert_eq!(world.read(world.anna, &added).await.unwrap(), "eins");
    // Whoever may write to another calendar of hers does not get to it that way.
    let shared = NewCollection {
        parent: None,
        kind: CollectionKind::Calendar,
        name: segment("shared"),
        properties: Properties::default(),
    };
    let shared = world
        .groupware
        .create_collection(&anna, place.account, shared)
        .await
        .unwrap();
    world
        .groupware
        .share_collection(
            &anna,
            place.account,
            shared,
            Some(world.bert),
            CollectionRights::WRITER,
        )
        .await
        .unwrap();
    let third = text.replace("UID:b\r\n", "UID:c\r\n");
    let refused = put(&bert, shared, "c.ics", &third).await;
    assert_eq!(refused, Err(Error::Refused(Refusal::AttachmentId)));
    let elsewhere = third.replace(added.managed_id.as_ref().unwrap().as_str(), "theirs");
    put(&bert, shared, "c.ics", &elsewhere).await.unwrap();
    world.engine.check().unwrap();
}
