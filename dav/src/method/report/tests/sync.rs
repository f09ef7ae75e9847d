//! sync-collection: everything, then what changed, in one piece or in many.

use groupware::{Existing, NewImport};
use model::CollectionKind;

use super::world::{Said, World, account, caller, event, segment};
use crate::session::Method;

const CALENDAR: &str = "/dav/calendars/anna%40example.org/calendar/";
const KIND: CollectionKind = CollectionKind::Calendar;
const TIME: &str = "DTSTART:20231115T100000Z\nDTEND:20231115T110000Z";

/// As DAVx5 and Evolution ask.
fn question(token: &str, limit: Option<u32>) -> String {
    let limit = limit.map_or(String::new(), |limit| {
        format!("<limit><nresults>{limit}</nresults></limit>")
    });
    format!(
        r#"<?xml version='1.0' encoding='UTF-8' ?><sync-collection xmlns="DAV:">
        <sync-token>{token}</sync-token><sync-level>1</sync-level>{limit}<prop><getetag/></prop></sync-collection>"#
    )
}

impl World {
    async fn sync(&self, token: &str, limit: Option<u32>) -> Said {
        let body = question(token, limit);
        let fields = [("Depth", "0")];
        self.ask(self.anna, Method::Report, CALENDAR, &fields, &body)
            .await
    }
}

#[tokio::test]
async fn first_all_and_then_what_changed() {
    let world = World::new().await;
    let empty = world.sync("", None).await;
    assert_eq!(
        (empty.status, empty.paths().len()),
        (207, 0),
        "{}",
        empty.body
    );
    for name in ["a", "b", "c"] {
        world.event(world.anna, name, TIME).await;
    }
    let all = world.sync("", None).await;
    assert_eq!(all.names(), ["a.ics", "b.ics", "c.ics"]);
    assert_eq!(
        world.sync(empty.sync_token(), None).await.names(),
        all.names()
    );
    let none = world.sync(all.sync_token(), None).await;
    assert_eq!(
        (none.paths().len(), none.sync_token()),
        (0, all.sync_token())
    );

    world
        .event(world.anna, "b", "DTSTART:20231116T100000Z")
        .await;
    world.destroy(world.anna, KIND, "a.ics").await;
    // Came and went: whoever never saw it may hear that it is gone, but not that it is there.
    world.event(world.anna, "d", TIME).await;
    world.destroy(world.anna, KIND, "d.ics").await;
    let news = world.sync(all.sync_token(), None).await;
    assert!(
        news.about(&format!("{CALENDAR}b.ics"))
            .unwrap()
            .contains("getetag")
    );
    for gone in ["a.ics", "d.ics"] {
        let response = news.about(&format!("{CALENDAR}{gone}")).unwrap();
        assert!(
            response.contains("404") && !response.contains("propstat"),
            "{response}"
        );
    }
    assert!(news.about(&format!("{CALENDAR}c.ics")).is_none());
    // Gone and there again is there.
    world.event(world.anna, "a", TIME).await;
    let news = world.sync(all.sync_token(), None).await;
    assert!(
        news.about(&format!("{CALENDAR}a.ics"))
            .unwrap()
            .contains("200")
    );
}

#[tokio::test]
async fn tokens_of_other_places_and_times_are_not_valid() {
    let world = World::new().await;
    world.event(world.anna, "a", TIME).await;
    let token = world.sync("", None).await.sync_token().to_owned();
    let (head, _) = token.rsplit_once('-').unwrap();
    let book = "/dav/addressbooks/anna%40example.org/contacts/";
    let elsewhere = world.report(world.anna, book, &question("", None)).await;
    for wrong in [
        "nonsense",
        "http://sabre.io/ns/sync/17",
        &format!("{head}-99999999"),
        &format!("{head}-18446744073709551616"),
        elsewhere.sync_token(),
    ] {
        let said = world.sync(wrong, None).await;
        assert_eq!(said.status, 403, "{wrong}");
        assert!(said.body.contains("<D:valid-sync-token/>"), "{}", said.body);
    }
}

#[tokio::test]
async fn a_limit_is_kept_and_the_token_goes_on() {
    let world = World::new().await;
    for at in 0..7 {
        world.event(world.anna, &format!("e{at}"), TIME).await;
    }
    let told = all_pages(&world, "", 3).await;
    assert_eq!(told.len(), 7);
    // What goes counts as well.
    let token = world.sync("", None).await.sync_token().to_owned();
    for at in 0..5 {
        world.destroy(world.anna, KIND, &format!("e{at}.ics")).await;
    }
    world
        .event(world.anna, "e6", "DTSTART:20231117T100000Z")
        .await;
    let told = all_pages(&world, &token, 2).await;
    assert_eq!(told.len(), 6);
}

#[tokio::test]
async fn one_commit_of_many_objects_is_told_in_parts() {
    let world = World::new().await;
    let collection = world.collection(world.anna, KIND).await.collection.id;
    let objects = (0..50)
        .map(|at| NewImport {
            name: segment(&format!("i{at:02}.ics")),
            body: event(&format!("i{at:02}"), TIME).into_bytes(),
        })
        .collect();
    let by = caller(world.anna);
    let imported = world.groupware().import_objects(
        &by,
        account(world.anna),
        collection,
        objects,
        Existing::Kept,
    );
    assert_eq!(imported.await.unwrap().len(), 50);
    let mut told = all_pages(&world, "", 7).await;
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 50);
}

/// The names of all pages, each of which keeps the limit.
async fn all_pages(world: &World, token: &str, limit: u32) -> Vec<String> {
    let (mut told, mut token) = (Vec::new(), token.to_owned());
    for _ in 0..100 {
        let page = world.sync(&token, Some(limit)).await;
        assert_eq!(page.status, 207, "{}", page.body);
        let more = page.about(CALENDAR);
        let names = page.names().into_iter().filter(|name| *name != "calendar");
        let before = told.len();
        told.extend(names.map(str::to_owned));
        assert!(told.len() - before <= limit as usize, "{}", page.body);
        page.sync_token().clone_into(&mut token);
        match more {
            None => return told,
            // RFC 6578 3.6.
            Some(more) => assert!(
                more.contains("507") && more.contains("number-of-matches-within-limits"),
                "{more}"
            ),
        }
    }
    panic!("the pages never end");
}

#[tokio::test]
async fn depth_and_level_are_what_the_standard_says() {
    let world = World::new().await;
    let body = question("", None);
    let fields = [("Depth", "infinity")];
    let said = world
        .ask(world.anna, Method::Report, CALENDAR, &fields, &body)
        .await;
    assert_eq!(said.status, 400);
    let deep = body.replace("<sync-level>1<", "<sync-level>infinite<");
    assert_eq!(world.report(world.anna, CALENDAR, &deep).await.status, 207);
    // RFC 6578 3.2: a home has no token.
    let said = world
        .report(world.anna, "/dav/calendars/anna%40example.org/", &body)
        .await;
    assert_eq!(said.status, 403);
    assert!(said.body.contains("supported-report"), "{}", said.body);
}

#[tokio::test]
async fn the_inbox_and_bodies_are_synchronized_too() {
    let world = World::new().await;
    let inbox = "/dav/calendars/anna%40example.org/inbox/";
    assert_eq!(
        world
            .report(world.anna, inbox, &question("", None))
            .await
            .status,
        207
    );
    world.event(world.anna, "a", TIME).await;
    let body = question("", None).replace(
        "<getetag/>",
        r#"<getetag/><C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav"/>"#,
    );
    let said = world.report(world.anna, CALENDAR, &body).await;
    assert!(said.body.contains("UID:a"), "{}", said.body);
}
