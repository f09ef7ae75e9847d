//! Tasks: what other programs wrote is read, and changed line by line.

use icalendar::{CalendarObject, Kind, split};
use serde_json::{Value, json};
use testbed::corpus::corpus;

use super::super::{
    InstanceKey, Object, apply, create_task, occurrence, override_of, parse_local, read, read_task,
    set_utc_times, update, utc_times,
};
use super::{difference, object};

/// As Thunderbird writes it, with a line of its own and one of nobody's.
const TASK: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\nBEGIN:VTODO\r\nUID:t1\r\nDTSTAMP:20260101T000000Z\r\nCREATED:20260101T000000Z\r\nSUMMARY:Pay rent\r\nPRIORITY:1\r\nSTATUS:IN-PROCESS\r\nPERCENT-COMPLETE:40\r\nDUE;TZID=Europe/Berlin:20260601T180000\r\nX-MOZ-GENERATION:4\r\nX-ODD;A=\"b;c\":d\\,e\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\nBEGIN:VTODO\r\nUID:t2\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Water\r\nDTSTART;VALUE=DATE:20260601\r\nDUE;VALUE=DATE:20260602\r\nRRULE:FREQ=WEEKLY\r\nX-KEEP:1\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

fn task(text: &str) -> Object {
    let object = CalendarObject::read(text.as_bytes()).unwrap();
    assert!(read(&object).is_none(), "it is no event");
    read_task(&object).unwrap().json
}

fn updated(text: &str, patch: Value) -> String {
    let mut json = task(text);
    apply(&mut json, &object(patch)).unwrap();
    let written = String::from_utf8(update(text.as_bytes(), &json).unwrap()).unwrap();
    assert_eq!(task(&written), json, "{written}");
    written
}

#[test]
fn a_task_is_read() {
    assert_eq!(
        Value::Object(task(TASK)),
        json!({
            "@type": "Task", "uid": "t1", "prodId": "-//a//b//EN", "title": "Pay rent", "priority": 1,
            "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z",
            "progress": "in-process", "percentComplete": 40,
            "due": "2026-06-01T18:00:00", "timeZone": "Europe/Berlin",
        })
    );
    assert_eq!(updated(TASK, json!({})), TASK);
}

#[test]
fn what_is_done_says_when_and_other_lines_stay() {
    let done = json!({"progress": "completed", "progressUpdated": "2026-05-01T12:00:00Z"});
    let written = updated(TASK, done);
    let (gone, new) = difference(TASK, &written);
    assert_eq!(gone, ["STATUS:IN-PROCESS"]);
    assert_eq!(new, ["STATUS:COMPLETED", "COMPLETED:20260501T120000Z"]);
    let again = updated(&written, json!({"progress": null, "progressUpdated": null}));
    let (gone, new) = difference(TASK, &again);
    assert_eq!((gone.len(), new.len()), (1, 0), "{again}");
}

#[test]
fn done_without_a_status_is_done() {
    let text = TASK.replace("STATUS:IN-PROCESS", "COMPLETED:20260501T120000Z");
    let json = task(&text);
    assert_eq!(json["progress"], "completed");
    assert_eq!(json["progressUpdated"], "2026-05-01T12:00:00Z");
}

#[test]
fn a_time_becomes_a_day_and_goes() {
    let day = json!({"due": "2026-06-03T00:00:00", "timeZone": null, "showWithoutTime": true});
    let written = updated(TASK, day);
    let (gone, new) = difference(TASK, &written);
    assert_eq!(gone, ["DUE;TZID=Europe/Berlin:20260601T180000"]);
    assert_eq!(new, ["DUE;VALUE=DATE:20260603"]);
    let none = json!({"due": null, "showWithoutTime": null});
    let (gone, new) = difference(&written, &updated(&written, none));
    assert_eq!((gone.len(), new.len()), (1, 0));
}

#[test]
fn a_length_is_a_time_when_it_is_due() {
    let text = TASK.replace(
        "DUE;TZID=Europe/Berlin:20260601T180000",
        "DTSTART;TZID=Europe/Berlin:20260328T120000\r\nDURATION:P1D",
    );
    // The night has an hour less.
    assert_eq!(task(&text)["due"], "2026-03-29T12:00:00");
    let written = updated(&text, json!({"due": "2026-03-30T12:00:00"}));
    let (gone, new) = difference(&text, &written);
    assert_eq!(gone, ["DURATION:P1D"]);
    assert_eq!(new, ["DUE;TZID=Europe/Berlin:20260330T120000"]);
}

#[test]
fn occurrences_are_due_when_it_is_their_turn_and_done_one_by_one() {
    let object_of = |text: &str| CalendarObject::read(text.as_bytes()).unwrap();
    let key = InstanceKey(parse_local("2026-06-15T00:00:00").unwrap());
    let mut instance = occurrence(&object_of(WEEKLY), key).unwrap();
    assert_eq!(instance["start"], "2026-06-15T00:00:00");
    assert_eq!(instance["due"], "2026-06-16T00:00:00");
    instance.insert("progress".into(), "completed".into());
    instance.insert("progressUpdated".into(), "2026-06-15T10:00:00Z".into());
    let main = task(WEEKLY);
    let patch = override_of(&main, key, &instance);
    assert_eq!(
        Value::Object(patch.clone()),
        json!({"progress": "completed", "progressUpdated": "2026-06-15T10:00:00Z"})
    );
    let overrides = json!({"recurrenceOverrides": {"2026-06-15T00:00:00": patch}});
    let written = updated(WEEKLY, overrides);
    let (gone, new) = difference(WEEKLY, &written);
    assert!(gone.is_empty(), "{gone:?}");
    for line in [
        "RECURRENCE-ID;VALUE=DATE:20260615",
        "DTSTART;VALUE=DATE:20260615",
        "DUE;VALUE=DATE:20260616",
        "STATUS:COMPLETED",
        "X-KEEP:1",
    ] {
        assert!(new.iter().any(|one| one == line), "{line} {new:?}");
    }
    assert_eq!(
        occurrence(&object_of(&written), key).unwrap()["progress"],
        "completed"
    );
    let next = InstanceKey(parse_local("2026-06-22T00:00:00").unwrap());
    let next = occurrence(&object_of(&written), next).unwrap();
    assert!(!next.contains_key("progress"));
}

#[test]
fn a_task_is_made_and_what_has_no_line_is_kept() {
    let json = object(json!({
        "@type": "Task", "uid": "t3", "title": "a, b", "due": "2026-06-01T18:00:00", "timeZone": "Europe/Berlin",
        "sortOrder": 7, "estimatedWork": 3, "estimatedDuration": "PT2H", "keywords": {"home": true},
        "alerts": {"k1": {"@type": "Alert", "action": "display",
            "trigger": {"@type": "OffsetTrigger", "offset": "-PT15M", "relativeTo": "end"}}},
    }));
    let written = String::from_utf8(create_task(&json).unwrap()).unwrap();
    // The rules of the zone are those of the time when it is due.
    assert!(
        written.contains("DUE;TZID=Europe/Berlin:20260601T180000"),
        "{written}"
    );
    assert!(written.contains("BEGIN:VTIMEZONE"), "{written}");
    let mut back = task(&written);
    back.remove("updated");
    back.remove("prodId");
    assert_eq!(back, json);
}

#[test]
fn what_cannot_be_is_refused() {
    let base = json!({"@type": "Task", "uid": "x"});
    for wrong in [
        json!({"progress": "half"}),
        json!({"percentComplete": 101}),
        json!({"due": "2026-06-01"}),
        json!({"due": "2026-06-01T00:00:00", "start": "2026-06-02T00:00:00"}),
        json!({"due": "2026-06-01T00:00:00", "timeZone": "Nowhere/City"}),
        json!({"estimatedDuration": "-PT1H"}),
        json!({"recurrenceRule": {"@type": "RecurrenceRule", "frequency": "daily"}}),
        json!({"@type": "Event", "start": "2026-06-02T00:00:00"}),
    ] {
        let mut json = object(base.clone());
        json.extend(object(wrong.clone()));
        assert!(create_task(&json).is_err(), "{wrong}");
    }
}

#[test]
fn times_in_utc_come_and_go() {
    let zone = icalendar::Zone::UTC;
    let mut json = task(TASK);
    assert_eq!(utc_times(&json, &zone), (None, Some(1_780_329_600)));
    set_utc_times(&mut json, None, Some(1_780_333_200)).unwrap();
    assert_eq!(json["due"], "2026-06-01T19:00:00");
}

#[test]
fn what_real_tasks_say_comes_back() {
    let Some(samples) = corpus("calendars-contacts-mime", ".ics", usize::MAX) else {
        return;
    };
    let mut compared = 0;
    for sample in samples {
        for piece in split(&sample.bytes).into_iter().flatten() {
            let Ok(found) = CalendarObject::read(&piece) else {
                continue;
            };
            if found.kind() != Kind::Task {
                continue;
            }
            let mut json = read_task(&found).expect("it is a task").json;
            assert_eq!(update(&piece, &json).unwrap(), piece, "{}", sample.name);
            json.insert("title".into(), "another".into());
            json.insert("progress".into(), "in-process".into());
            json.remove("progressUpdated");
            let written =
                update(&piece, &json).unwrap_or_else(|fault| panic!("{}: {fault}", sample.name));
            let again = CalendarObject::read(&written).expect("what was written can be read");
            assert_eq!(read_task(&again).unwrap().json, json, "{}", sample.name);
            compared += 1;
        }
    }
    assert!(compared > 10, "the corpus has tasks: {compared}");
}
