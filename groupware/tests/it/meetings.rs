//! Meetings: invited, answered, moved and cancelled, among people of the house, with a room, and by mail.

use std::sync::Arc;

use directory::{NewResource, ResourceKind};
use groupware::{
    Arrival, Caller, Condition, Delivered, Delivery, Error, FreeBusyAnswer, FreeBusyQuestion,
    NewBody, Object, ObjectPlace, ObjectPut, Refusal,
};
use model::{AccountId, Actor, CollectionKind, CollectionRights, PathSegment, PrincipalId};

use crate::world::{World, caller};

/// 2023-11-15, a Wednesday, at this hour UTC.
fn wednesday(hour: u32) -> String {
    format!("20231115T{hour:02}0000Z")
}

struct Meeting<'a> {
    uid: &'a str,
    start: String,
    end: String,
    /// Further lines of the event.
    more: &'a str,
    participants: &'a [&'a str],
}

impl Meeting<'_> {
    fn text(&self) -> String {
        let mut text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{}\r\n\
             DTSTAMP:20231114T000000Z\r\nDTSTART:{}\r\nDTEND:{}\r\nSUMMARY:Besprechung\r\n{}",
            self.uid, self.start, self.end, self.more
        );
        if !self.participants.is_empty() {
            text.push_str("ORGANIZER:mailto:anna@example.org\r\n");
            text.push_str("ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\r\n");
        }
        for participant in self.participants {
            text.push_str(&format!(
                "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{participant}\r\n"
            ));
        }
        text.push_str("END:VEVENT\r\nEND:VCALENDAR\r\n");
        text
    }
}

fn meeting<'a>(uid: &'a str, hours: (u32, u32), participants: &'a [&'a str]) -> Meeting<'a> {
    Meeting {
        uid,
        start: wednesday(hours.0),
        end: wednesday(hours.1),
        more: "",
        participants,
    }
}

fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

impl World {
    async fn calendar(&self, owner: PrincipalId) -> ObjectPlace {
        let account = AccountId::from(owner);
        let info = self
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
        ObjectPlace {
            account,
            collection: info.collection.id,
            name: segment("meeting.ics"),
        }
    }

    async fn put(&self, by: &Caller, owner: PrincipalId, text: &str) -> Result<ObjectPut, Error> {
        let place = self.calendar(owner).await;
        self.put_as(by, &place, text, Condition::Any).await
    }

    async fn put_as(
        &self,
        by: &Caller,
        place: &ObjectPlace,
        text: &str,
        condition: Condition,
    ) -> Result<ObjectPut, Error> {
        let new = NewBody {
            name: place.name.clone(),
            body: text.as_bytes().to_vec(),
            media_type: None,
            condition,
            tell_organizer: true,
        };
        self.groupware
            .put_object(by, place.account, place.collection, new)
            .await
    }

    /// All objects of a principal's collection with their texts.
    async fn found(&self, owner: PrincipalId, kind: CollectionKind) -> Vec<(Arc<Object>, String)> {
        let account = AccountId::from(owner);
        let by = caller(owner);
        let all = self.groupware.collections(&by, account).await.unwrap();
        let mut found = Vec::new();
        for info in all.iter().filter(|info| info.collection.kind == kind) {
            let view = self
                .groupware
                .objects(&by, account, info.collection.id)
                .await
                .unwrap();
            for object in view.iter() {
                let body = self.groupware.body(object).await.unwrap();
                found.push((Arc::clone(object), String::from_utf8(body).unwrap()));
            }
        }
        found
    }

    /// The only event in a principal's calendars, unfolded.
    async fn event(&self, owner: PrincipalId) -> String {
        let found = self.found(owner, CollectionKind::Calendar).await;
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].1.replace("\r\n ", "")
    }

    async fn room(&self) -> PrincipalId {
        let room = NewResource {
            address: "saal@example.org".into(),
            name: "Saal".into(),
            what: ResourceKind::Room(Some(20)),
        };
        self.groupware
            .directory()
            .add_resource(&Actor::system(), room)
            .await
            .unwrap()
    }

    /// The answer of one participant as the organizer's copy has it.
    async fn answer_of(&self, participant: &str) -> String {
        let event = self.event(self.anna).await;
        let line = event
            .lines()
            .find(|line| line.starts_with("ATTENDEE") && line.ends_with(participant))
            .unwrap_or_else(|| panic!("{participant} in {event}"));
        let (_, rest) = line.split_once("PARTSTAT=").unwrap();
        rest.split([';', ':']).next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_invitation_is_answered_and_cancelled() {
    let world = World::new().await;
    let (anna, cora) = (caller(world.anna), caller(world.cora));
    let invited = meeting("m1", (9, 10), &["cora@example.org"]);
    let put = world.put(&anna, world.anna, &invited.text()).await.unwrap();
    assert!(put.created && put.altered && put.schedule_tag.is_some());
    assert!(
        world
            .event(world.anna)
            .await
            .contains("SCHEDULE-STATUS=1.2")
    );

    let at_cora = world.event(world.cora).await;
    assert!(at_cora.contains("PARTSTAT=NEEDS-ACTION"), "{at_cora}");
    assert_eq!(
        world
            .found(world.cora, CollectionKind::ScheduleInbox)
            .await
            .len(),
        1
    );
    let copy = world.found(world.cora, CollectionKind::Calendar).await;
    let place = ObjectPlace {
        name: copy[0].0.row.name.clone(),
        ..world.calendar(world.cora).await
    };
    let accepted = at_cora.replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED");
    world
        .put_as(&cora, &place, &accepted, Condition::Any)
        .await
        .unwrap();
    assert_eq!(world.answer_of("cora@example.org").await, "ACCEPTED");

    // A participant does not move the meeting.
    let moved = accepted.replace(&wednesday(9), &wednesday(8));
    let refused = world.put_as(&cora, &place, &moved, Condition::Any).await;
    assert_eq!(refused, Err(Error::Refused(Refusal::ParticipantChange)));

    let own = world.calendar(world.anna).await;
    world
        .groupware
        .destroy_object(&anna, &own, Condition::Any, true)
        .await
        .unwrap();
    assert!(world.event(world.cora).await.contains("STATUS:CANCELLED"));
    world.engine.check().unwrap();
}

#[tokio::test]
async fn the_other_participants_see_who_answered() {
    let world = World::new().await;
    let (anna, cora) = (caller(world.anna), caller(world.cora));
    let invited = meeting("m1", (9, 10), &["cora@example.org", "bert@example.org"]);
    world.put(&anna, world.anna, &invited.text()).await.unwrap();
    let before = world.found(world.bert, CollectionKind::Calendar).await;
    let copy = world.found(world.cora, CollectionKind::Calendar).await;
    let place = ObjectPlace {
        name: copy[0].0.row.name.clone(),
        ..world.calendar(world.cora).await
    };
    let line = "PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:cora@example.org";
    let text = copy[0].1.replace("\r\n ", "");
    assert!(text.contains(line), "{text}");
    let accepted = text.replace(line, "PARTSTAT=ACCEPTED:mailto:cora@example.org");
    world
        .put_as(&cora, &place, &accepted, Condition::Any)
        .await
        .unwrap();
    let after = world.found(world.bert, CollectionKind::Calendar).await;
    let at_bert = after[0].1.replace("\r\n ", "");
    let of = |address: &str| {
        let line = at_bert
            .lines()
            .find(|line| line.starts_with("ATTENDEE") && line.contains(address))
            .unwrap();
        line.contains("PARTSTAT=ACCEPTED")
    };
    assert!(
        of("cora@example.org") && !of("bert@example.org"),
        "{at_bert}"
    );
    // RFC 6638 3.2.10: so Bert's program may still write its own answer.
    assert_eq!(before[0].0.row.schedule_tag, after[0].0.row.schedule_tag);
    let inbox = world.found(world.bert, CollectionKind::ScheduleInbox).await;
    assert_eq!(inbox.len(), 1, "nobody is asked anything by it");
    world.engine.check().unwrap();
}

#[tokio::test]
async fn an_answer_leaves_the_schedule_tag_and_an_update_changes_it() {
    let world = World::new().await;
    let (anna, cora) = (caller(world.anna), caller(world.cora));
    let invited = meeting("m1", (9, 10), &["cora@example.org"]);
    let put = world.put(&anna, world.anna, &invited.text()).await.unwrap();
    let copy = world.found(world.cora, CollectionKind::Calendar).await;
    let place = ObjectPlace {
        name: copy[0].0.row.name.clone(),
        ..world.calendar(world.cora).await
    };
    let declined = copy[0]
        .1
        .replace("\r\n ", "")
        .replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=DECLINED");
    world
        .put_as(&cora, &place, &declined, Condition::Any)
        .await
        .unwrap();
    let own = world.calendar(world.anna).await;
    let stands = world.found(world.anna, CollectionKind::Calendar).await;
    assert_eq!(
        stands[0].0.row.schedule_tag, put.schedule_tag,
        "RFC 6638 3.2.10"
    );
    // RFC 6638 8.3: so the organizer's client may still write, though the entity tag is another.
    let tag = Condition::ScheduleTag(put.schedule_tag.unwrap());
    let later = meeting("m1", (11, 12), &["cora@example.org"]);
    let again = world
        .put_as(&anna, &own, &later.text(), tag.clone())
        .await
        .unwrap();
    assert_ne!(again.schedule_tag, put.schedule_tag);
    let stale = world.put_as(&anna, &own, &later.text(), tag).await;
    assert_eq!(stale, Err(Error::StateMismatch));
    let at_cora = world.event(world.cora).await;
    assert!(at_cora.contains(&wednesday(11)) && at_cora.contains("NEEDS-ACTION"));
}

#[tokio::test]
async fn a_room_accepts_once_and_declines_what_overlaps() {
    let world = World::new().await;
    world.room().await;
    let anna = caller(world.anna);
    let put = |uid: &'static str, hours| {
        let (world, anna) = (&world, &anna);
        async move {
            let place = ObjectPlace {
                name: segment(&format!("{uid}.ics")),
                ..world.calendar(world.anna).await
            };
            let text = meeting(uid, hours, &["saal@example.org"]).text();
            world
                .put_as(anna, &place, &text, Condition::Any)
                .await
                .unwrap();
            let found = world.found(world.anna, CollectionKind::Calendar).await;
            let own = found.into_iter().find(|(object, _)| object.row.uid == uid);
            own.unwrap().1.contains("PARTSTAT=DECLINED")
        }
    };
    assert!(!put("first", (9, 11)).await);
    assert!(put("overlapping", (10, 12)).await);
    assert!(!put("behind", (11, 12)).await);
    // Whoever leaves makes room.
    let first = ObjectPlace {
        name: segment("first.ics"),
        ..world.calendar(world.anna).await
    };
    world
        .groupware
        .destroy_object(&anna, &first, Condition::Any, true)
        .await
        .unwrap();
    assert!(!put("instead", (9, 11)).await);
}

#[tokio::test]
async fn a_room_answers_at_the_start_what_a_crash_left_waiting() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let room = world.room().await;
    // Both have their collections; what is written below is what stood there when the power went.
    world.calendar(world.anna).await;
    let seen = world
        .groupware
        .collections(&caller(room), room.into())
        .await;
    let inbox = seen
        .unwrap()
        .into_iter()
        .find(|info| info.collection.kind == CollectionKind::ScheduleInbox)
        .unwrap();
    let text = meeting("m1", (9, 10), &["saal@example.org"]).text();
    let who = itip::Addresses::new(["anna@example.org"]);
    let plan = itip::organizer_changed(None, Some(text.as_bytes()), &who, 1_700_000_000).unwrap();
    let own = world.calendar(world.anna).await;
    let put = |account, collection, name: &str, text: &str, tag| {
        let blob = store::Engine::prepare(&*world.engine, text.as_bytes(), Vec::new()).unwrap();
        let new = store::NewObject {
            collection,
            name: segment(name),
            uid: "m1".into(),
            size: blob.size,
            source: store::Source::New(blob),
            tag,
            media_type: None,
            condition: Condition::Any,
        };
        world.store.commit(store::Request {
            account,
            actor: Actor::system(),
            at: world.clock.clock().now(),
            if_seq: None,
            changes: vec![store::Change::Collections(Box::new(
                store::CollectionChange::Put(new),
            ))],
        })
    };
    let stored = plan.text.as_deref().unwrap_or(&text);
    let tag = store::TagChange::New;
    put(own.account, own.collection, "m1.ics", stored, tag)
        .await
        .unwrap();
    let (account, collection) = (inbox.account, inbox.collection.id);
    let message = &plan.messages[0].text;
    let tag = store::TagChange::None;
    put(account, collection, "waits.ics", message, tag)
        .await
        .unwrap();
    assert_eq!(world.answer_of("saal@example.org").await, "NEEDS-ACTION");

    world.groupware.answer_waiting_invitations().await.unwrap();
    assert_eq!(world.answer_of("saal@example.org").await, "ACCEPTED");
    let left = world.found(room, CollectionKind::ScheduleInbox).await;
    assert_eq!(left.len(), 0);
    assert_eq!(world.found(room, CollectionKind::Calendar).await.len(), 1);
    // Nothing waits any more: nothing happens.
    world.groupware.answer_waiting_invitations().await.unwrap();
    let second = meeting("m2", (9, 11), &["saal@example.org"]).text();
    let taken = world.put(&anna, world.anna, &second).await;
    assert!(taken.unwrap().created);
    let room_has = world.found(room, CollectionKind::Calendar).await;
    assert_eq!(room_has.len(), 1, "it is taken");
    world.engine.check().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_who_want_the_same_room_get_it_once() {
    let world = Arc::new(World::new().await);
    let room = world.room().await;
    let calendar = world.calendar(world.anna).await;
    let mut tasks = Vec::new();
    for number in 0..1_000u32 {
        let (world, calendar) = (Arc::clone(&world), calendar.clone());
        tasks.push(tokio::spawn(async move {
            let uid = format!("m{number}");
            let hour = number % 10;
            let place = ObjectPlace {
                name: segment(&format!("{uid}.ics")),
                ..calendar
            };
            let text = meeting(&uid, (hour, hour + 2), &["saal@example.org"]).text();
            world
                .put_as(&caller(world.anna), &place, &text, Condition::Any)
                .await
                .unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut taken: Vec<String> = world
        .found(room, CollectionKind::Calendar)
        .await
        .into_iter()
        .map(|(_, text)| {
            let (_, rest) = text.split_once("DTSTART:20231115T").unwrap();
            rest[..2].to_owned()
        })
        .collect();
    taken.sort();
    assert!((4..=5).contains(&taken.len()), "{taken:?}");
    let hours: Vec<u32> = taken.iter().map(|hour| hour.parse().unwrap()).collect();
    assert!(
        hours.windows(2).all(|pair| pair[1] - pair[0] >= 2),
        "{hours:?}"
    );
    assert!(
        world
            .found(room, CollectionKind::ScheduleInbox)
            .await
            .is_empty(),
        "all were answered"
    );
    let accepted = world
        .found(world.anna, CollectionKind::Calendar)
        .await
        .iter()
        .filter(|(_, text)| !text.contains("PARTSTAT=DECLINED"))
        .count();
    assert_eq!(accepted, taken.len(), "and the organizer knows");
    world.engine.check().unwrap();
}

#[tokio::test]
async fn a_deputy_invites_in_the_owners_name_and_it_shows() {
    let world = World::new().await;
    world.calendar(world.anna).await;
    let (anna, bert) = (caller(world.anna), caller(world.bert));
    let invited = meeting("m1", (9, 10), &["cora@example.org"]);
    let refused = world.put(&bert, world.anna, &invited.text()).await;
    assert_eq!(refused, Err(Error::Forbidden), "busy times are all he sees");
    let deputy = groupware::Deputy {
        principal: world.bert,
        rights: CollectionRights::WRITER,
    };
    let account = AccountId::from(world.anna);
    world
        .groupware
        .set_deputy(&anna, account, deputy)
        .await
        .unwrap();
    world.put(&bert, world.anna, &invited.text()).await.unwrap();
    let at_cora = world.event(world.cora).await;
    assert!(
        at_cora.contains("SENT-BY=\"mailto:bert@example.org\""),
        "{at_cora}"
    );
    let entries = world.store.engine().journal(account, model::Seq(0), 1_000);
    let last = entries.unwrap().pop().unwrap().commit.unwrap();
    assert_eq!(last.actor.principal, Some(world.bert), "and in the journal");
}

#[tokio::test]
async fn who_has_no_account_here_is_asked_by_mail() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let invited = meeting("m1", (9, 10), &["gast@example.net", "nobody@example.org"]);
    world.put(&anna, world.anna, &invited.text()).await.unwrap();
    let event = world.event(world.anna).await;
    assert!(event.contains("SCHEDULE-STATUS=1.1"), "{event}");
    assert!(event.contains("SCHEDULE-STATUS=3.7"), "{event}");
    let queue = world.store.engine().queue(None, 10).unwrap();
    assert_eq!(queue.len(), 1);
    assert_eq!(queue[0].item.recipients[0].forward_path, "gast@example.net");
    let mail = world.store.engine().blob(queue[0].item.blob).unwrap();
    let mail = String::from_utf8(mail).unwrap();
    let unfolded = mail.replace("\r\n ", " ");
    assert!(unfolded.contains("method=REQUEST"), "{mail}");
    assert!(unfolded.contains("To: <gast@example.net>"), "{mail}");
}

/// A mail with a scheduling message in it.
fn mail(from: &str, method: &str, text: &str) -> Vec<u8> {
    format!(
        "From: <{from}>\r\nTo: <anna@example.org>\r\nSubject: Termin\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/calendar; charset=UTF-8; method={method}\r\n\r\n{text}"
    )
    .into_bytes()
}

fn message(method: &str, organizer: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//outside//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n\
         UID:outside-1\r\nDTSTAMP:20231114T000000Z\r\nDTSTART:{}\r\nDTEND:{}\r\nSUMMARY:Draussen\r\n\
         ORGANIZER:mailto:{organizer}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n",
        wednesday(9),
        wednesday(10)
    )
}

impl World {
    async fn arrives(&self, message: Vec<u8>) {
        self.arrives_as(message, Arrival::default()).await;
    }

    async fn arrives_as(&self, message: Vec<u8>, arrival: Arrival) {
        let delivery = Delivery {
            reverse_path: "gast@example.net".into(),
            recipients: vec![self.anna.into()],
            message: self.groupware.prepare(message).await.unwrap(),
            arrival,
        };
        let done = self.groupware.deliver(&Actor::system(), &delivery).await;
        assert_eq!(done, [Ok(Delivered::Done)]);
    }
}

#[tokio::test]
async fn a_mail_brings_an_invitation_and_only_its_organizer_changes_it() {
    let world = World::new().await;
    let attendee = "ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:anna@example.org\r\n";
    let request = message("REQUEST", "gast@example.net", attendee);
    world
        .arrives(mail("gast@example.net", "REQUEST", &request))
        .await;
    assert!(world.event(world.anna).await.contains("Draussen"));

    let cancel = message(
        "CANCEL",
        "gast@example.net",
        &format!("SEQUENCE:1\r\nSTATUS:CANCELLED\r\n{attendee}"),
    );
    world
        .arrives(mail("mallory@example.net", "CANCEL", &cancel))
        .await;
    assert!(!world.event(world.anna).await.contains("CANCELLED"));
    // The organizer's name, but their domain knows nothing of it.
    let forged = Arrival {
        author_is_forged: true,
        ..Arrival::default()
    };
    let pretended = mail("gast@example.net", "CANCEL", &cancel);
    world.arrives_as(pretended, forged).await;
    assert!(!world.event(world.anna).await.contains("CANCELLED"));
    world
        .arrives(mail("gast@example.net", "CANCEL", &cancel))
        .await;
    assert!(world.event(world.anna).await.contains("STATUS:CANCELLED"));
}

#[tokio::test]
async fn a_mail_from_outside_speaks_for_nobody_inside() {
    let world = World::new().await;
    let attendee = "ATTENDEE;RSVP=TRUE:mailto:anna@example.org\r\n";
    let request = message("REQUEST", "bert@example.org", attendee);
    world
        .arrives(mail("bert@example.org", "REQUEST", &request))
        .await;
    let found = world.found(world.anna, CollectionKind::Calendar).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn an_answer_by_mail_reaches_the_organizers_event() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let invited = meeting("outside-1", (9, 10), &["gast@example.net"]);
    world.put(&anna, world.anna, &invited.text()).await.unwrap();
    let answer = "ATTENDEE;PARTSTAT=TENTATIVE:mailto:gast@example.net\r\n";
    let reply = message("REPLY", "anna@example.org", answer);
    world
        .arrives(mail("mallory@example.net", "REPLY", &reply))
        .await;
    assert_eq!(world.answer_of("gast@example.net").await, "NEEDS-ACTION");
    world
        .arrives(mail("gast@example.net", "REPLY", &reply))
        .await;
    assert_eq!(world.answer_of("gast@example.net").await, "TENTATIVE");
}

#[tokio::test]
async fn colleagues_see_when_somebody_is_busy_and_not_with_what() {
    let world = World::new().await;
    let anna = caller(world.anna);
    world
        .put(&anna, world.anna, &meeting("m1", (9, 10), &[]).text())
        .await
        .unwrap();
    world.calendar(world.bert).await;
    let question = FreeBusyQuestion {
        account: AccountId::from(world.bert),
        participants: vec!["anna@example.org".into(), "gast@example.net".into()],
        range: 1_700_000_000..1_700_172_800,
        masked_uid: None,
    };
    let bert = caller(world.bert);
    let answers = world
        .groupware
        .ask_free_busy(&bert, &question)
        .await
        .unwrap();
    let FreeBusyAnswer::Known(busy) = &answers[0] else {
        panic!("{answers:?}");
    };
    assert_eq!(busy.len(), 1);
    assert_eq!(busy[0].end - busy[0].start, 3_600);
    assert!(matches!(answers[1], FreeBusyAnswer::Unknown));
    let place = world.calendar(world.anna).await;
    let looked = world
        .groupware
        .objects(&bert, place.account, place.collection)
        .await;
    assert_eq!(looked.map(drop), Err(Error::Forbidden));
}
