mod corpus;

mod task;

use icalendar::CalendarObject;
use serde_json::{Value, json};

use super::{InstanceKey, Object, create, occurrence, override_of, parse_local, read, update};

const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\nX-WR-A:1\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:m1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=W. Europe Standard Time:20260105T090000\r\nDTEND;TZID=W. Europe Standard Time:20260105T100000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T080000Z\r\nEXDATE;TZID=W. Europe Standard Time:20260112T090000\r\nSUMMARY;X-P=q:Jour fixe\\, Raum 1\r\nLOCATION:Raum 1\r\nORGANIZER;CN=Anna:mailto:anna@example.org\r\nATTENDEE;CN=Anna;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:anna@example.org\r\nATTENDEE;CN=Bob;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;X-NUM=3:mailto:bob@example.org\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nX-KEEP:1\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:m1\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=W. Europe Standard Time:20260119T090000\r\nDTSTART;TZID=W. Europe Standard Time:20260119T110000\r\nDTEND;TZID=W. Europe Standard Time:20260119T120000\r\nSUMMARY;X-P=q:Jour fixe\\, Raum 1\r\nLOCATION:Raum 2\r\nORGANIZER;CN=Anna:mailto:anna@example.org\r\nATTENDEE;CN=Anna;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:anna@example.org\r\nATTENDEE;CN=Bob;PARTSTAT=DECLINED;RSVP=TRUE;X-NUM=3:mailto:bob@example.org\r\nX-OF-OVERRIDE:1\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

const ANNA: &str = "YW5uYUBleGFtcGxlLm9yZw";
const BOB: &str = "Ym9iQGV4YW1wbGUub3Jn";

fn event(text: &str) -> Object {
    read(&CalendarObject::read(text.as_bytes()).unwrap())
        .unwrap()
        .json
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn updated(text: &str, patch: Value) -> String {
    let mut json = event(text);
    super::apply(&mut json, &object(patch)).unwrap();
    let written = String::from_utf8(update(text.as_bytes(), &json).unwrap()).unwrap();
    assert_eq!(event(&written), json, "{written}");
    written
}

/// Lines of one that are not in the other, and the other way round.
fn difference(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let lines = |text: &str| -> Vec<String> {
        text.replace("\r\n", "\n")
            .replace("\n ", "")
            .replace("\n\t", "")
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let without = |one: Vec<String>, mut other: Vec<String>| -> Vec<String> {
        one.into_iter()
            .filter(|line| match other.iter().position(|known| known == line) {
                Some(place) => {
                    other.remove(place);
                    false
                }
                None => true,
            })
            .collect()
    };
    (
        without(lines(old), lines(new)),
        without(lines(new), lines(old)),
    )
}

#[test]
fn a_meeting_is_read() {
    assert_eq!(
        Value::Object(event(MEETING)),
        json!({
            "@type": "Event", "uid": "m1", "prodId": "-//a//b//EN", "updated": "2026-01-01T00:00:00Z",
            "title": "Jour fixe, Raum 1", "start": "2026-01-05T09:00:00", "timeZone": "Europe/Berlin", "duration": "PT1H",
            "recurrenceRule": {"@type": "RecurrenceRule", "frequency": "weekly", "until": "2026-12-31T09:00:00",
                "byDay": [{"@type": "NDay", "day": "mo"}]},
            "recurrenceOverrides": {
                "2026-01-12T09:00:00": {"excluded": true},
                "2026-01-19T09:00:00": {"start": "2026-01-19T11:00:00", "locations/loc1/name": "Raum 2",
                    format!("participants/{BOB}/participationStatus"): "declined"},
            },
            "locations": {"loc1": {"@type": "Location", "name": "Raum 1"}},
            "organizerCalendarAddress": "mailto:anna@example.org",
            "participants": {
                ANNA: {"@type": "Participant", "calendarAddress": "mailto:anna@example.org", "name": "Anna",
                    "participationStatus": "accepted", "roles": {"chair": true, "owner": true}},
                BOB: {"@type": "Participant", "calendarAddress": "mailto:bob@example.org", "name": "Bob",
                    "participationStatus": "needs-action", "expectReply": true},
            },
            "alerts": {"k1": {"@type": "Alert", "action": "display",
                "trigger": {"@type": "OffsetTrigger", "offset": "-PT15M"}}},
        })
    );
}

#[test]
fn what_does_not_change_is_not_touched() {
    assert_eq!(updated(MEETING, json!({})), MEETING);
}

#[test]
fn a_title_changes_in_the_series_and_where_it_is_inherited() {
    let written = updated(MEETING, json!({"title": "Anders"}));
    let (gone, new) = difference(MEETING, &written);
    assert_eq!(gone, ["SUMMARY;X-P=q:Jour fixe\\, Raum 1"; 2]);
    assert_eq!(new, ["SUMMARY;X-P=q:Anders"; 2]);
}

#[test]
fn an_answer_changes_one_parameter() {
    let path = format!("participants/{BOB}/participationStatus");
    let written = updated(MEETING, json!({path: "accepted"}));
    let (gone, new) = difference(MEETING, &written);
    assert_eq!(
        gone,
        ["ATTENDEE;CN=Bob;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;X-NUM=3:mailto:bob@example.org"]
    );
    assert_eq!(
        new,
        ["ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;RSVP=TRUE;X-NUM=3:mailto:bob@example.org"]
    );
}

#[test]
fn an_override_comes_and_goes() {
    let written = updated(
        MEETING,
        json!({"recurrenceOverrides/2026-01-26T09:00:00": {"title": "Nur heute", "duration": "PT2H"}}),
    );
    assert!(
        written.contains("RECURRENCE-ID;TZID=W. Europe Standard Time:20260126T090000\r\n"),
        "{written}"
    );
    assert!(
        written.contains("DTEND;TZID=W. Europe Standard Time:20260126T110000\r\n"),
        "{written}"
    );
    assert_eq!(written.matches("RRULE:FREQ=WEEKLY").count(), 1);
    let back = updated(
        &written,
        json!({"recurrenceOverrides/2026-01-26T09:00:00": null}),
    );
    assert_eq!(difference(MEETING, &back), (vec![], vec![]));
    let less = updated(
        MEETING,
        json!({"recurrenceOverrides/2026-01-19T09:00:00": {"excluded": true}}),
    );
    let (gone, new) = difference(MEETING, &less);
    assert!(gone.contains(&"X-OF-OVERRIDE:1".to_owned()));
    assert_eq!(
        new,
        ["EXDATE;TZID=W. Europe Standard Time:20260112T090000,20260119T090000"]
    );
}

#[test]
fn a_date_that_the_rule_does_not_make_is_added() {
    let written = updated(
        MEETING,
        json!({"recurrenceOverrides/2026-01-20T15:00:00": {}}),
    );
    let (_, new) = difference(MEETING, &written);
    assert_eq!(new, ["RDATE;TZID=W. Europe Standard Time:20260120T150000"]);
    let key = InstanceKey(parse_local("2026-01-20T15:00:00").unwrap());
    let object = CalendarObject::read(written.as_bytes()).unwrap();
    let found = occurrence(&object, key).unwrap();
    assert_eq!(found["start"], "2026-01-20T15:00:00");
    assert_eq!(found["recurrenceIdTimeZone"], "Europe/Berlin");
}

#[test]
fn a_series_that_moves_to_another_zone_takes_its_dates_along() {
    let written = updated(MEETING, json!({"timeZone": "America/New_York"}));
    assert!(
        written.contains("BEGIN:VTIMEZONE\r\nTZID:America/New_York\r\n"),
        "{written}"
    );
    assert!(
        written.contains("RECURRENCE-ID;TZID=America/New_York:20260119T090000\r\n"),
        "{written}"
    );
    assert!(
        written.contains("EXDATE;TZID=America/New_York:20260112T090000\r\n"),
        "{written}"
    );
    assert!(written.contains("UNTIL=20261231T140000Z"), "{written}");
}

#[test]
fn occurrences_are_resolved() {
    let object = CalendarObject::read(MEETING.as_bytes()).unwrap();
    let at = |text| occurrence(&object, InstanceKey(parse_local(text).unwrap()));
    let plain = at("2026-06-01T09:00:00").unwrap();
    assert_eq!(plain["start"], "2026-06-01T09:00:00");
    assert_eq!(plain["recurrenceId"], "2026-06-01T09:00:00");
    assert!(!plain.contains_key("recurrenceRule"));
    let moved = at("2026-01-19T09:00:00").unwrap();
    assert_eq!(moved["start"], "2026-01-19T11:00:00");
    for none in [
        "2026-01-12T09:00:00",
        "2026-01-13T09:00:00",
        "2026-01-19T11:00:00",
    ] {
        assert!(at(none).is_none(), "{none}");
    }
    let main = event(MEETING);
    let key = InstanceKey(parse_local("2026-01-19T09:00:00").unwrap());
    let patch = override_of(&main, key, &moved);
    assert_eq!(
        Value::Object(patch),
        main["recurrenceOverrides"]["2026-01-19T09:00:00"]
    );
}

#[test]
fn an_event_of_every_kind_of_property_comes_back() {
    let json = object(json!({
        "@type": "Event", "uid": "n1", "created": "2026-01-01T00:00:00Z", "updated": "2026-01-02T00:00:00Z",
        "title": "Ä; b\nc", "description": "<b>fett</b>, x", "descriptionContentType": "text/html",
        "start": "2026-03-28T22:00:00", "timeZone": "Europe/Berlin", "duration": "PT10H", "endTimeZone": "Asia/Tokyo",
        "showWithoutTime": true, "sequence": 4, "priority": 5, "status": "tentative", "privacy": "private",
        "freeBusyStatus": "free", "color": "teal", "keywords": {"a,b": true, "c": true},
        "categories": {"http://x/y": true},
        "locations": {"here": {"@type": "Location", "name": "Hier", "coordinates": "geo:1.5,2", "example.com:x": 1},
            "there": {"@type": "Location", "name": "Dort", "description": "x", "locationTypes": {"bar": true}}},
        "virtualLocations": {"v": {"@type": "VirtualLocation", "uri": "https://a.example/b", "name": "V: w",
            "features": {"audio": true}}},
        "links": {"l1": {"@type": "Link", "href": "https://a.example/f.pdf", "rel": "enclosure", "title": "f.pdf",
                "contentType": "application/pdf", "size": 12},
            "l2": {"@type": "Link", "href": "https://a.example/", "rel": "describedby"}},
        "relatedTo": {"o1": {"@type": "Relation", "relation": {"next": true}}},
        "alerts": {"a": {"@type": "Alert", "action": "email", "acknowledged": "2026-01-03T00:00:00Z",
                "trigger": {"@type": "OffsetTrigger", "offset": "PT5M", "relativeTo": "end"}},
            "b": {"@type": "Alert", "action": "display",
                "trigger": {"@type": "AbsoluteTrigger", "when": "2026-03-28T12:00:00Z"}}},
        "organizerCalendarAddress": "mailto:anna@example.org",
        "participants": {"p1": {"@type": "Participant", "calendarAddress": "mailto:anna@example.org", "name": "A \"x\"; b",
                "roles": {"owner": true, "required": true}, "participationStatus": "accepted"},
            BOB: {"@type": "Participant", "calendarAddress": "mailto:bob@example.org", "kind": "resource",
                "roles": {"optional": true}, "expectReply": true, "scheduleAgent": "none", "example.com:seat": [1, 2]}},
        "recurrenceRule": {"@type": "RecurrenceRule", "frequency": "monthly", "interval": 2, "count": 10,
            "byDay": [{"@type": "NDay", "day": "fr", "nthOfPeriod": -1}], "byMonth": ["3", "5"], "firstDayOfWeek": "su"},
        "hideAttendees": true, "useDefaultAlerts": true, "example.com:own": {"deep": {"deeper": "ü"}},
    }));
    let text = create(&json).unwrap();
    let read = event(std::str::from_utf8(&text).unwrap());
    let mut expected = json;
    expected.insert("prodId".into(), "-//Wachpost//Wachpost//EN".into());
    assert_eq!(read, expected, "{}", String::from_utf8(text).unwrap());
}

#[test]
fn whoever_only_owns_an_event_takes_part_once() {
    let owner = json!({"@type": "Participant", "calendarAddress": "mailto:anna@example.org", "name": "Anna",
        "roles": {"owner": true}, "email": "anna@example.org"});
    let json = object(
        json!({"@type": "Event", "uid": "d", "start": "2026-05-01T09:00:00", "duration": "PT1H",
        "participants": {"o": owner, BOB: {"@type": "Participant", "calendarAddress": "mailto:bob@example.org",
            "roles": {"optional": true}}}}),
    );
    let text = String::from_utf8(create(&json).unwrap()).unwrap();
    let read = event(&text);
    assert_eq!(read["participants"], json["participants"], "{text}");
    assert_eq!(read["organizerCalendarAddress"], "mailto:anna@example.org");
    // Who says more gets a line of their own, and is still one.
    let more = updated(
        &text,
        json!({"participants": {"o": {"@type": "Participant", "calendarAddress": "mailto:anna@example.org",
            "name": "Anna", "roles": {"owner": true}, "participationStatus": "accepted"}}}),
    );
    let ids: Vec<String> = event(&more)["participants"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(ids, ["o"], "{more}");
}

#[test]
fn an_alert_that_was_put_off_stands_for_the_first_one() {
    let text = updated(
        MEETING,
        json!({"alerts": {
            "k1": {"@type": "Alert", "action": "display", "acknowledged": "2026-01-05T07:46:00Z",
                "trigger": {"@type": "OffsetTrigger", "offset": "-PT15M"}},
            "k1-later": {"@type": "Alert", "action": "display",
                "relatedTo": {"k1": {"@type": "Relation", "relation": {"snooze": true}}},
                "trigger": {"@type": "AbsoluteTrigger", "when": "2026-01-05T07:55:00Z"}}}}),
    );
    assert!(text.contains("\r\nUID:k1.m1\r\n"), "{text}");
    assert!(
        text.contains("\r\nRELATED-TO;RELTYPE=SNOOZE:k1.m1\r\n"),
        "{text}"
    );
    assert!(!text.contains("JSPROP"), "{text}");
    let alerts = &event(&text)["alerts"];
    assert_eq!(
        alerts["k1-later"]["relatedTo"],
        json!({"k1": {"@type": "Relation", "relation": {"snooze": true}}})
    );
    // RFC 9074 7: what another program put off, by the name that it gave the alarm.
    let theirs = text.replace("k1.m1", "8297C37D-BA2D-4476-91AE-C1EAA364F8E1");
    assert_eq!(&event(&theirs)["alerts"], alerts);
    let gone = updated(&theirs, json!({"alerts": {"k1": alerts["k1"]}}));
    assert!(!gone.contains("SNOOZE"), "{gone}");
    assert!(gone.contains("8297C37D"), "{gone}");
}

#[test]
fn days_are_dates() {
    let json = object(
        json!({"@type": "Event", "uid": "d", "start": "2026-05-01T00:00:00", "duration": "P1D",
        "showWithoutTime": true}),
    );
    let text = String::from_utf8(create(&json).unwrap()).unwrap();
    assert!(text.contains("DTSTART;VALUE=DATE:20260501\r\n"), "{text}");
    assert!(text.contains("DTEND;VALUE=DATE:20260502\r\n"), "{text}");
    let timed = updated(
        &text,
        json!({"showWithoutTime": null, "start": "2026-05-01T09:00:00", "duration": "PT1H"}),
    );
    assert!(timed.contains("DTSTART:20260501T090000\r\n"), "{timed}");
}

#[test]
fn what_cannot_be_is_named() {
    let plain = json!({"uid": "d", "start": "2026-05-01T00:00:00"});
    for (name, value) in [
        ("start", json!("2026-05-01")),
        ("timeZone", json!("Mars/Olympus")),
        ("duration", json!("-PT1H")),
        ("status", json!("maybe")),
        ("recurrenceRule/frequency", json!({"frequency": "never"})),
        ("alerts/a/trigger", json!({"a": {}})),
        ("participants/a b", json!({"a b": {}})),
        (
            "recurrenceOverrides/2026-05-02T00:00:00/uid",
            json!({"2026-05-02T00:00:00": {"uid": "x"}}),
        ),
    ] {
        let mut json = object(plain.clone());
        json.insert(name.split('/').next().unwrap().into(), value);
        assert_eq!(create(&json).unwrap_err().property, name);
    }
}

#[test]
fn whatever_comes_in_is_survived() {
    let samples = [
        MEETING.to_owned(),
        MEETING.replace("RRULE:FREQ=WEEKLY", "RRULE:FREQ=SECONDLY"),
        MEETING.replace("20260105T090000", "00010101T000000"),
        MEETING.replace(
            "RECURRENCE-ID;TZID=W. Europe Standard Time",
            "RECURRENCE-ID;RANGE=THISANDFUTURE",
        ),
        MEETING.replace("TZID=W. Europe Standard Time", "VALUE=DATE"),
        MEETING.replace("mailto:", "\u{fffd}"),
        MEETING.replace("TRIGGER:-PT15M", "TRIGGER:-P9999999999W"),
        MEETING.replace(
            "DTEND;TZID=W. Europe Standard Time:",
            "DURATION:P9999999999D\r\nX-A:",
        ),
        MEETING.replace(
            "LOCATION:Raum 1",
            "JSPROP;JSPTR=\"participants/x/y\":{}\r\nJSPROP;JSPTR=title:1\r\nJSPROP:x",
        ),
    ];
    for sample in &samples {
        super::fuzz(sample.as_bytes());
        for cut in (0..sample.len()).step_by(37) {
            super::fuzz(sample.get(..cut).unwrap_or_default().as_bytes());
        }
    }
}
