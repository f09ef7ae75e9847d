//! POST: free/busy times at the outbox, and sharing.

use groupware::Deputy;
use model::{CollectionKind, CollectionRights};

use super::world::{Said, World, account, caller};
use crate::session::Method;

const CALENDAR: &str = "/dav/calendars/anna%40example.org/calendar/";
const OUTBOX: &str = "/dav/calendars/anna%40example.org/outbox/";

fn request(organizer: &str, participants: &[&str]) -> String {
    let participants: String = participants
        .iter()
        .map(|address| format!("ATTENDEE:mailto:{address}\r\n"))
        .collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Apple Inc.//Mac OS X//EN\r\nMETHOD:REQUEST\r\n\
         BEGIN:VFREEBUSY\r\nUID:ask-1\r\nDTSTAMP:20231114T000000Z\r\nDTSTART:20231115T000000Z\r\n\
         DTEND:20231116T000000Z\r\nORGANIZER:mailto:{organizer}\r\n{participants}END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
}

impl World {
    async fn post(&self, path: &str, media_type: &str, body: &str) -> Said {
        let fields = [("Content-Type", media_type)];
        self.ask(self.anna, Method::Post, path, &fields, body).await
    }
}

#[tokio::test]
async fn times_of_people_are_told_one_by_one() {
    let world = World::new().await;
    world
        .event(
            world.bert,
            "secret",
            "DTSTART:20231115T100000Z\nDTEND:20231115T110000Z",
        )
        .await;
    world.collection(world.anna, CollectionKind::Calendar).await;
    world
        .share(
            world.bert,
            CollectionKind::Calendar,
            world.anna,
            CollectionRights::FREE_BUSY,
        )
        .await;
    let body = request(
        "Anna@example.org",
        &["bert@example.org", "x@elsewhere.example"],
    );
    let said = world
        .post(OUTBOX, "text/calendar; charset=utf-8", &body)
        .await;
    assert_eq!(said.status, 200, "{}", said.body);
    let answers: Vec<&str> = said.body.split("<C:response>").skip(1).collect();
    assert_eq!(answers.len(), 2, "{}", said.body);
    assert!(
        answers[0].contains("mailto:bert@example.org"),
        "{}",
        answers[0]
    );
    assert!(answers[0].contains("2.0;Success"), "{}", answers[0]);
    for line in ["METHOD:REPLY", "UID:ask-1", "20231115T100000Z/"] {
        assert!(answers[0].contains(line), "{line} in {}", answers[0]);
    }
    assert!(!said.body.contains("secret"), "{}", said.body);
    assert!(answers[1].contains("3.7;"), "{}", answers[1]);
    assert!(!answers[1].contains("calendar-data"), "{}", answers[1]);
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_refused() {
    let world = World::new().await;
    let fine = request("anna@example.org", &["bert@example.org"]);
    for (media_type, body, element) in [
        ("application/json", fine.clone(), "supported-calendar-data"),
        (
            "text/calendar",
            "BEGIN:VCALENDAR".to_owned(),
            "valid-scheduling-message",
        ),
        (
            "text/calendar",
            request("bert@example.org", &["bert@example.org"]),
            "valid-organizer",
        ),
        (
            "text/calendar",
            request("x@elsewhere.example", &["bert@example.org"]),
            "valid-organizer",
        ),
    ] {
        let said = world.post(OUTBOX, media_type, &body).await;
        assert!(
            (400..500).contains(&said.status),
            "{element}: {}",
            said.status
        );
        assert!(said.body.contains(element), "{element}: {}", said.body);
    }
    // Somebody else's outbox is not there.
    let other = "/dav/calendars/bert%40example.org/outbox/";
    assert_eq!(world.post(other, "text/calendar", &fine).await.status, 404);
}

#[tokio::test]
async fn a_deputy_asks_in_the_name_of_whom_they_act_for() {
    let world = World::new().await;
    world.collection(world.anna, CollectionKind::Calendar).await;
    let by_bert = async || {
        let body = request("anna@example.org", &["anna@example.org"]);
        let fields = [("Content-Type", "text/calendar")];
        world
            .ask(world.bert, Method::Post, OUTBOX, &fields, &body)
            .await
    };
    assert_eq!(by_bert().await.status, 404);
    for (rights, status) in [
        (CollectionRights::READER, 404),
        (CollectionRights::WRITER, 200),
    ] {
        let deputy = Deputy {
            principal: world.bert,
            rights,
        };
        let anna = caller(world.anna);
        let set = world
            .groupware()
            .set_deputy(&anna, account(world.anna), deputy);
        set.await.unwrap();
        let said = by_bert().await;
        assert_eq!(said.status, status, "{}", said.body);
    }
}

#[tokio::test]
async fn a_calendar_is_shared_and_taken_back() {
    let world = World::new().await;
    let rights = async |who| {
        let calendar = world.collection(world.anna, CollectionKind::Calendar).await;
        let shares = &calendar.collection.shares;
        let mut found = shares.iter().filter(|(to, _)| *to == Some(who));
        found.next().map(|(_, rights)| *rights)
    };
    // Calendar.app of macOS.
    let apple = r#"<?xml version="1.0" encoding="UTF-8"?>
        <B:share xmlns:B="http://calendarserver.org/ns/"><B:set>
        <A:href xmlns:A="DAV:">mailto:bert@example.org</A:href>
        <B:common-name>Bert</B:common-name><B:read-write/></B:set></B:share>"#;
    let xml = "application/xml; charset=utf-8";
    let said = world.post(CALENDAR, xml, apple).await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert_eq!(rights(world.bert).await, Some(CollectionRights::WRITER));
    // Nextcloud's clients.
    let nextcloud = r#"<x4:share xmlns:x4="http://owncloud.org/ns"><x4:set>
        <x0:href xmlns:x0="DAV:">principal:principals/bert@example.org</x0:href></x4:set></x4:share>"#;
    let said = world.post(CALENDAR, xml, nextcloud).await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert_eq!(rights(world.bert).await, Some(CollectionRights::READER));
    // The draft of WebDAV sharing.
    let draft = |access: &str, href: &str| {
        format!(
            r#"<D:share-resource xmlns:D="DAV:"><D:sharee><D:href>{href}</D:href>
            <D:share-access><D:{access}/></D:share-access></D:sharee></D:share-resource>"#
        )
    };
    let link = "/dav/principals/bert%40example.org/";
    let said = world
        .post(
            CALENDAR,
            "application/davsharing+xml",
            &draft("no-access", link),
        )
        .await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert!(
        rights(world.bert)
            .await
            .is_none_or(|rights| rights.is_empty())
    );
    // Nobody knows them.
    for nobody in [
        "mailto:x@elsewhere.example",
        "mailto:nonsense",
        "/etc/passwd",
    ] {
        let said = world.post(CALENDAR, xml, &draft("read", nobody)).await;
        assert_eq!(said.status, 403, "{nobody}: {}", said.body);
        assert!(said.body.contains("recognized-principal"), "{}", said.body);
    }
}

#[tokio::test]
async fn an_address_book_is_shared_by_its_owner_only() {
    let world = World::new().await;
    let book = "/dav/addressbooks/anna%40example.org/contacts/";
    let body = r#"<CS:share xmlns:CS="http://calendarserver.org/ns/" xmlns:D="DAV:"><CS:set>
        <D:href>mailto:sales@example.org</D:href><CS:read/></CS:set></CS:share>"#;
    let fields = [("Content-Type", "application/xml")];
    let by_bert = async || {
        let said = world
            .ask(world.bert, Method::Post, book, &fields, body)
            .await;
        said.status
    };
    assert_eq!(by_bert().await, 404);
    let said = world.post(book, "application/xml", body).await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert_eq!(by_bert().await, 403);
}
