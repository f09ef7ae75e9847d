//! calendar-query, calendar-multiget and free-busy-query as clients send them.

use model::{CollectionKind, CollectionRights};

use super::world::{World, event};

const CALENDAR: &str = "/dav/calendars/anna%40example.org/calendar/";

/// Calendar.app of macOS looks for what is in a span of time.
fn span(comp: &str, start: &str, end: &str, prop: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <B:calendar-query xmlns:B="urn:ietf:params:xml:ns:caldav">
          <A:prop xmlns:A="DAV:">{prop}</A:prop>
          <B:filter><B:comp-filter name="VCALENDAR"><B:comp-filter name="{comp}">
            <B:time-range start="{start}" end="{end}"/>
          </B:comp-filter></B:comp-filter></B:filter>
        </B:calendar-query>"#
    )
}

async fn week() -> World {
    let world = World::new().await;
    let anna = world.anna;
    world
        .event(
            anna,
            "once",
            "DTSTART:20231115T100000Z\nDTEND:20231115T110000Z",
        )
        .await;
    world
        .event(
            anna,
            "past",
            "DTSTART:20220101T100000Z\nDTEND:20220101T110000Z",
        )
        .await;
    world
        .event(
            anna,
            "weekly",
            "DTSTART:20230104T080000Z\nDTEND:20230104T083000Z\nRRULE:FREQ=WEEKLY",
        )
        .await;
    world
}

#[tokio::test]
async fn a_week_is_found_with_tags_and_types() {
    let world = week().await;
    let body = span(
        "VEVENT",
        "20231113T000000Z",
        "20231120T000000Z",
        "<A:getetag/><A:getcontenttype/>",
    );
    let said = world.report(world.anna, CALENDAR, &body).await;
    assert_eq!(said.status, 207, "{}", said.body);
    assert_eq!(said.names(), ["once.ics", "weekly.ics"]);
    assert!(said.body.contains("component=VEVENT"), "{}", said.body);
    assert!(!said.body.contains("404"), "{}", said.body);
}

#[tokio::test]
async fn a_span_is_expanded_into_its_occurrences() {
    let world = week().await;
    // As the Python library `caldav` asks.
    let data = r#"<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav">
        <C:expand start="20231101T000000Z" end="20231120T000000Z"/></C:calendar-data>"#;
    let body = span("VEVENT", "20231101T000000Z", "20231120T000000Z", data);
    let said = world.report(world.anna, CALENDAR, &body).await;
    let weekly = said.about(&format!("{CALENDAR}weekly.ics")).unwrap();
    assert_eq!(weekly.matches("RECURRENCE-ID").count(), 3, "{weekly}");
    assert!(!weekly.contains("RRULE"), "{weekly}");
    assert!(weekly.contains("DTSTART:20231115T080000Z"), "{weekly}");
}

#[tokio::test]
async fn only_the_wanted_properties_are_shown() {
    let world = week().await;
    let data = r#"<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav"><C:comp name="VCALENDAR">
        <C:prop name="VERSION"/><C:comp name="VEVENT"><C:prop name="UID"/></C:comp></C:comp></C:calendar-data>"#;
    let body = span("VEVENT", "20231115T000000Z", "20231116T000000Z", data);
    let said = world.report(world.anna, CALENDAR, &body).await;
    let once = said.about(&format!("{CALENDAR}once.ics")).unwrap();
    assert!(
        once.contains("UID:once") && !once.contains("SUMMARY"),
        "{once}"
    );
}

#[tokio::test]
async fn thunderbird_asks_for_all_with_prefer_minimal() {
    let world = week().await;
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
        <C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
          <D:prop><D:getetag/><C:schedule-tag/></D:prop>
          <C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter>
        </C:calendar-query>"#;
    let fields = [("Depth", "1"), ("Prefer", "return=minimal")];
    let method = crate::session::Method::Report;
    let said = world.ask(world.anna, method, CALENDAR, &fields, body).await;
    assert_eq!(said.names(), ["once.ics", "past.ics", "weekly.ics"]);
    assert!(!said.body.contains("404"), "{}", said.body);
    assert_eq!(said.fields["preference-applied"], "return=minimal");
    let said = world.report(world.anna, CALENDAR, body).await;
    assert!(said.body.contains("404"), "{}", said.body);
}

#[tokio::test]
async fn floating_times_are_in_the_zone_of_the_request_or_of_the_calendar() {
    let world = World::new().await;
    world
        .event(
            world.anna,
            "floating",
            "DTSTART:20231115T003000\nDTEND:20231115T004500",
        )
        .await;
    // 00:30 in Berlin is 23:30 UTC of the day before.
    let asked = |zone: &str| {
        let body = span(
            "VEVENT",
            "20231114T230000Z",
            "20231115T000000Z",
            "<A:getetag/>",
        );
        body.replace("</B:calendar-query>", &format!("{zone}</B:calendar-query>"))
    };
    let found = async |zone: &str| {
        let said = world.report(world.anna, CALENDAR, &asked(zone)).await;
        (said.status, said.body.contains("floating.ics"))
    };
    assert_eq!(found("").await, (207, false));
    let by_name = "<B:timezone-id>Europe/Berlin</B:timezone-id>";
    assert_eq!(found(by_name).await, (207, true));
    let text = icalendar::write_timezone("Europe/Berlin", 1_600_000_000..1_800_000_000).unwrap();
    assert_eq!(
        found(&format!("<B:timezone>{text}</B:timezone>")).await,
        (207, true)
    );
    // RFC 4791 7.8, RFC 7809 7.
    let said = world
        .report(
            world.anna,
            CALENDAR,
            &asked("<B:timezone-id>Moon/Crater</B:timezone-id>"),
        )
        .await;
    assert_eq!(said.status, 403);
    assert!(said.body.contains("valid-timezone"), "{}", said.body);
    let said = world
        .report(
            world.anna,
            CALENDAR,
            &asked("<B:timezone>nothing</B:timezone>"),
        )
        .await;
    assert!(said.body.contains("valid-calendar-data"), "{}", said.body);
}

#[tokio::test]
async fn a_query_finds_its_place() {
    let world = week().await;
    let body = span(
        "VEVENT",
        "20231115T000000Z",
        "20231116T000000Z",
        "<A:getetag/>",
    );
    // A whole home, as Apple's clients ask for tasks.
    let said = world
        .report(world.anna, "/dav/calendars/anna%40example.org/", &body)
        .await;
    assert_eq!(said.names(), ["once.ics", "weekly.ics"]);
    // A single object.
    let said = world
        .report(world.anna, &format!("{CALENDAR}once.ics"), &body)
        .await;
    assert_eq!(said.names(), ["once.ics"]);
    let said = world
        .report(world.anna, &format!("{CALENDAR}past.ics"), &body)
        .await;
    assert_eq!((said.status, said.names().len()), (207, 0), "{}", said.body);
    for elsewhere in [
        "/dav/addressbooks/anna%40example.org/",
        "/dav/addressbooks/anna%40example.org/contacts/",
        "/dav/principals/anna%40example.org/",
    ] {
        let said = world.report(world.anna, elsewhere, &body).await;
        assert_eq!(said.status, 403, "{elsewhere}");
        assert!(said.body.contains("supported-report"), "{}", said.body);
    }
    let said = world
        .report(world.anna, "/dav/calendars/anna%40example.org/none/", &body)
        .await;
    assert_eq!(said.status, 404);
}

#[tokio::test]
async fn paths_are_answered_as_they_were_asked() {
    let world = week().await;
    let body = span(
        "VEVENT",
        "20231115T000000Z",
        "20231116T000000Z",
        "<A:getetag/>",
    );
    let said = world
        .report(
            world.anna,
            "/dav/calendars/anna@example.org/calendar",
            &body,
        )
        .await;
    assert_eq!(
        said.paths(),
        [
            "/dav/calendars/anna@example.org/calendar/once.ics",
            "/dav/calendars/anna@example.org/calendar/weekly.ics"
        ]
    );
}

#[tokio::test]
async fn whoever_sees_only_when_somebody_is_busy_reads_nothing() {
    let world = week().await;
    let kind = CollectionKind::Calendar;
    let body = span(
        "VEVENT",
        "20231115T000000Z",
        "20231116T000000Z",
        "<A:getetag/>",
    );
    world
        .share(world.anna, kind, world.bert, CollectionRights::FREE_BUSY)
        .await;
    assert_eq!(world.report(world.bert, CALENDAR, &body).await.status, 403);
    let busy = r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">
        <C:time-range start="20231115T000000Z" end="20231116T000000Z"/></C:free-busy-query>"#;
    let said = world.report(world.bert, CALENDAR, busy).await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert!(
        said.fields["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/calendar")
    );
    for line in [
        "BEGIN:VFREEBUSY",
        "DTSTART:20231115T000000Z",
        "20231115T080000Z/",
        "20231115T100000Z/",
    ] {
        assert!(said.body.contains(line), "{line} in {}", said.body);
    }
    assert!(!said.body.contains("once"), "{}", said.body);
    world
        .share(world.anna, kind, world.bert, CollectionRights::READER)
        .await;
    assert_eq!(
        world
            .report(world.bert, CALENDAR, &body)
            .await
            .names()
            .len(),
        2
    );
    // RFC 4791 7.10: only calendars are asked.
    let said = world
        .report(world.anna, "/dav/calendars/anna%40example.org/", busy)
        .await;
    assert_eq!(said.status, 403);
    // A span without end is refused before anything is expanded.
    let open = busy.replace(r#" end="20231116T000000Z""#, "");
    assert_eq!(world.report(world.anna, CALENDAR, &open).await.status, 403);
}

#[tokio::test]
async fn objects_come_by_links_of_any_form() {
    let world = week().await;
    // DAVx5, with what else is written in the wild.
    let body = r#"<?xml version='1.0' encoding='UTF-8' ?>
        <CAL:calendar-multiget xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav">
          <prop><getcontenttype/><getetag/><CAL:schedule-tag/><CAL:calendar-data/></prop>
          <href>/dav/calendars/anna%40example.org/calendar/once.ics</href>
          <href>https://example.org/dav/calendars/anna@example.org/calendar/weekly.ics</href>
          <href>/dav/calendars/anna%40example.org/calendar/n%C3%B6.ics</href>
          <href>/dav/calendars/bert%40example.org/calendar/once.ics</href>
          <href>/dav/calendars/nobody%40example.org/calendar/once.ics</href>
          <href>https://elsewhere.example/dav/calendars/anna%40example.org/calendar/once.ics</href>
          <href>/dav/calendars/anna%40example.org/calendar/</href>
          <href>/etc/passwd</href>
        </CAL:calendar-multiget>"#;
    let said = world.report(world.anna, CALENDAR, body).await;
    assert_eq!(said.status, 207, "{}", said.body);
    let all = said.paths();
    assert_eq!(all.len(), 8, "{}", said.body);
    assert_eq!(
        said.body.matches("<C:calendar-data>").count(),
        2,
        "{}",
        said.body
    );
    let text = event("once", "DTSTART:20231115T100000Z\nDTEND:20231115T110000Z");
    let once = said.about(&format!("{CALENDAR}once.ics")).unwrap();
    assert!(
        once.contains(&text.replace('\r', "&#13;")) || once.contains(&text),
        "{once}"
    );
    for missing in &all[2..] {
        let response = said.about(missing).unwrap();
        assert!(
            response.contains("404") && !response.contains("propstat"),
            "{response}"
        );
    }
}

#[tokio::test]
async fn an_object_of_a_shared_calendar_is_found_where_it_is_known() {
    let world = week().await;
    let kind = CollectionKind::Calendar;
    world
        .share(world.anna, kind, world.bert, CollectionRights::READER)
        .await;
    let home = "/dav/calendars/bert%40example.org/calendar_shared_by_anna%40example.org/";
    let body = format!(
        r#"<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
        <D:prop><D:getetag/></D:prop><D:href>{home}once.ics</D:href></C:calendar-multiget>"#
    );
    let said = world.report(world.bert, home, &body).await;
    assert!(
        said.about(&format!("{home}once.ics"))
            .unwrap()
            .contains("200"),
        "{}",
        said.body
    );
}

#[tokio::test]
async fn links_into_countless_collections_are_not_followed() {
    let world = week().await;
    let hrefs: String = (0..400)
        .map(|at| format!("<D:href>/dav/calendars/anna%40example.org/c{at}/x.ics</D:href>"))
        .collect();
    let body = format!(
        r#"<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
        <D:prop><D:getetag/></D:prop>{hrefs}</C:calendar-multiget>"#
    );
    let said = world.report(world.anna, CALENDAR, &body).await;
    assert_eq!(said.paths().len(), 400);
    assert_eq!(said.body.matches("404 Not Found").count(), 256);
    assert_eq!(
        said.body.matches("number-of-matches-within-limits").count(),
        144
    );
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let world = World::new().await;
    for (body, status, element) in [
        (
            r#"<D:version-tree xmlns:D="DAV:"/>"#,
            403,
            "supported-report",
        ),
        ("<D:sync-collection", 400, ""),
        (
            r#"<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav"/>"#,
            403,
            "valid-filter",
        ),
        (
            r#"<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop/>
            <C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
            <C:prop-filter name="SUMMARY"><C:text-match collation="i;klingon">x</C:text-match></C:prop-filter>
            </C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#,
            412,
            "supported-collation",
        ),
    ] {
        let said = world.report(world.anna, CALENDAR, body).await;
        assert!(
            said.status == status || element == "supported-collation",
            "{body}: {}",
            said.status
        );
        assert!(said.body.contains(element), "{body}: {}", said.body);
    }
}
