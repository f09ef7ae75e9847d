//! Temporary.
use std::time::Instant;
use groupware::{Existing, NewImport};
use model::CollectionKind;
use super::world::*;
const CALENDAR: &str = "/dav/calendars/anna%40example.org/calendar/";

#[tokio::test]
#[ignore = "measures"]
async fn speed() {
    let world = World::new().await;
    let anna = world.anna;
    let collection = world.collection(anna, CollectionKind::Calendar).await.collection.id;
    for part in 0..50 {
        let objects = (0..100).map(|at| {
            let n = part * 100 + at;
            let day = 1_600_000_000_i64 + n * 86_400 / 10;
            let start = crate::codec::utc(day);
            let end = crate::codec::utc(day + 3600);
            let rule = if n % 10 == 0 { "\nRRULE:FREQ=WEEKLY;COUNT=50" } else { "" };
            let name = format!("e{n:05}");
            NewImport { name: segment(&format!("{name}.ics")), body: event(&name, &format!("DTSTART:{start}\nDTEND:{end}{rule}\nDESCRIPTION:{}", "x".repeat(400))).into_bytes() }
        }).collect();
        let by = caller(anna);
        world.groupware().import_objects(&by, account(anna), collection, objects, Existing::Kept).await.unwrap();
    }
    let week = |prop: &str| format!(r#"<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/>{prop}</D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="{}" end="{}"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#, crate::codec::utc(1_620_000_000), crate::codec::utc(1_620_604_800));
    let sync = |token: &str, prop: &str| format!(r#"<D:sync-collection xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/>{prop}</D:prop></D:sync-collection>"#);
    let mut token = String::new();
    for (name, body) in [("week etag", week("")), ("week data", week("<C:calendar-data/>")), ("sync all", sync("", "")), ("sync all data", sync("", "<C:calendar-data/>"))] {
        for _ in 0..6 {
            let t = Instant::now();
            let said = world.report(anna, CALENDAR, &body).await;
            let e = t.elapsed();
            println!("{name}: {e:?} {} octets {} lines", said.body.len(), said.body.matches("<D:response>").count());
            if name.starts_with("sync") { token = said.sync_token().to_owned(); }
        }
    }
    for at in 0..5 {
        world.event(anna, "e00017", &format!("DTSTART:2023111{at}T100000Z")).await;
        let t = Instant::now();
        let said = world.report(anna, CALENDAR, &sync(&token, "")).await;
        println!("sync one: {:?} {}", t.elapsed(), said.body.matches("<D:response>").count());
        let t = Instant::now();
        let _ = world.report(anna, CALENDAR, &sync(&token, "")).await;
        println!("  again: {:?}", t.elapsed());
        token = said.sync_token().to_owned();
    }
    let hrefs: String = (0..5000).map(|n| format!("<D:href>{CALENDAR}e{n:05}.ics</D:href>")).collect();
    let get = format!(r#"<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop>{hrefs}</C:calendar-multiget>"#);
    for _ in 0..4 {
        let t = Instant::now();
        let said = world.report(anna, CALENDAR, &get).await;
        println!("multiget 5000 etag: {:?} {}", t.elapsed(), said.body.matches("200 OK").count());
    }
}
