use super::*;
use crate::value::stamp;

const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:US/Eastern\r\nBEGIN:STANDARD\r\nDTSTART:20001026T020000\r\n\
    TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTAMP:20060206T001121Z\r\n\
    DTSTART;TZID=US/Eastern:20060102T120000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:Event #2\r\nUID:b\r\n\
    BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTAMP:20060206T001121Z\r\n\
    DTSTART;TZID=US/Eastern:20060104T140000\r\nDURATION:PT1H\r\nRECURRENCE-ID;TZID=US/Eastern:20060104T120000\r\n\
    SUMMARY:Event #2 bis\r\nUID:b\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTAMP:20060206T001121Z\r\nDTSTART;TZID=US/Eastern:20060106T140000\r\n\
    DURATION:PT1H\r\nRECURRENCE-ID;TZID=US/Eastern:20060106T120000\r\nSUMMARY:Event #2 bis bis\r\nUID:b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn range(from: &str, to: &str) -> Range<i64> {
    stamp(from).unwrap().local..stamp(to).unwrap().local
}

fn apply(text: &str, retrieval: &Retrieval) -> String {
    let object = CalendarObject::read(text.as_bytes()).unwrap();
    retrieval
        .apply(&object, &Zone::UTC)
        .unwrap()
        .replace("\r\n", "\n")
}

#[test]
fn nothing_asked_is_everything() {
    assert!(Retrieval::default().is_whole());
    assert_eq!(
        apply(SERIES, &Retrieval::default()),
        SERIES.replace("\r\n", "\n")
    );
}

#[test]
fn zones_of_the_database_are_named_and_others_defined() {
    let by_name = Retrieval {
        zones_by_name: true,
        ..Retrieval::default()
    };
    assert!(!by_name.is_whole());
    let text = apply(SERIES, &by_name);
    assert!(
        !text.contains("VTIMEZONE") && text.contains("DTSTART;TZID=US/Eastern:20060102T120000\n"),
        "{text}"
    );
    for name in ["Eastern Standard Time", "/example.org/US/Eastern", "Office"] {
        let kept = SERIES.replace("TZID:US/Eastern", &format!("TZID:{name}"));
        assert!(apply(&kept, &by_name).contains("VTIMEZONE"), "{name}");
    }
}

#[test]
fn overrides_outside_are_left_out() {
    // RFC 4791 7.8.2: the override of the 4th is kept, the one of the 6th is not.
    let retrieval = Retrieval {
        limit_recurrence_set: Some(range("20060103T000000", "20060105T000000")),
        ..Retrieval::default()
    };
    let text = apply(SERIES, &retrieval);
    assert!(
        text.contains("RRULE")
            && text.contains("VTIMEZONE")
            && text.contains("Event #2 bis\n")
            && !text.contains("bis bis"),
        "{text}"
    );
}

#[test]
fn each_occurrence_becomes_a_component() {
    // RFC 4791 7.8.3, with its range and its answer.
    let retrieval = Retrieval {
        expand: Some(range("20060103T000000", "20060105T000000")),
        ..Retrieval::default()
    };
    let text = apply(SERIES, &retrieval);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| {
            ["DTSTART", "DTEND", "RECURRENCE-ID", "SUMMARY"]
                .iter()
                .any(|name| line.starts_with(name))
        })
        .collect();
    assert_eq!(
        lines,
        [
            "DTSTART:20060103T170000Z",
            "DTEND:20060103T180000Z",
            "RECURRENCE-ID:20060103T170000Z",
            "SUMMARY:Event #2",
            "DTSTART:20060104T190000Z",
            "DTEND:20060104T200000Z",
            "RECURRENCE-ID:20060104T170000Z",
            "SUMMARY:Event #2 bis",
        ]
    );
    assert!(
        !text.contains("VTIMEZONE")
            && !text.contains("RRULE")
            && !text.contains("TZID")
            && text.matches("BEGIN:VALARM").count() == 1
    );
}

#[test]
fn days_stay_days_and_floating_times_stay_floating() {
    let expand = |lines: &str| {
        let text = format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:a\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let object = CalendarObject::read(text.as_bytes()).unwrap();
        let retrieval = Retrieval {
            expand: Some(range("20260329T000000", "20260330T000000")),
            ..Retrieval::default()
        };
        retrieval
            .apply(&object, &Zone::named("Europe/Berlin").unwrap())
            .unwrap()
    };
    let days = expand("DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330\nRRULE:FREQ=WEEKLY");
    assert!(days.contains("DTSTART;VALUE=DATE:20260328\r\nDTEND;VALUE=DATE:20260330\r\nRECURRENCE-ID;VALUE=DATE:20260328\r\n"), "{days}");
    let floating = expand("DTSTART:20260322T120000\nDTEND:20260322T130000\nRRULE:FREQ=WEEKLY");
    assert!(
        floating.contains("DTSTART:20260329T120000\r\nDTEND:20260329T130000\r\n"),
        "{floating}"
    );
    let alone = expand(
        "DTSTART;TZID=Europe/Berlin:20260329T120000\nEXDATE;TZID=Europe/Berlin:20200101T120000",
    );
    assert!(
        alone.contains("DTSTART:20260329T100000Z\r\nUID:a\r\nEND"),
        "{alone}"
    );
}

#[test]
fn only_the_properties_asked_for() {
    // RFC 4791 7.8.1 in shape: some of the event, all of the time zone.
    let choose = |name: &str| PropertyChoice {
        name: name.into(),
        without_value: false,
    };
    let event = Selection {
        properties: Some(vec![
            choose("SUMMARY"),
            choose("uid"),
            PropertyChoice {
                name: "DTSTART".into(),
                without_value: true,
            },
        ]),
        components: Some(vec![]),
        name: "VEVENT".into(),
    };
    let calendar = Selection {
        name: "VCALENDAR".into(),
        properties: Some(vec![choose("VERSION")]),
        components: Some(vec![event, Selection::everything("VTIMEZONE")]),
    };
    let text = apply(
        SERIES,
        &Retrieval {
            selection: Some(calendar),
            ..Retrieval::default()
        },
    );
    assert!(text.starts_with("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTIMEZONE\nTZID:US/Eastern\nBEGIN:STANDARD\nDTSTART"), "{text}");
    assert!(
        text.contains(
            "BEGIN:VEVENT\nDTSTART;TZID=US/Eastern:\nSUMMARY:Event #2\nUID:b\nEND:VEVENT\n"
        ),
        "{text}"
    );
    assert!(!text.contains("VALARM") && !text.contains("PRODID"));
}

#[test]
fn busy_periods_outside_are_left_out() {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VFREEBUSY\r\nUID:a\r\nFREEBUSY;FBTYPE=BUSY:20060102T100000Z/PT1H,20060103T100000Z/PT1H\r\n\
        FREEBUSY:20060102T150000Z/20060102T160000Z\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    let retrieval = Retrieval {
        limit_freebusy_set: Some(range("20060103T000000", "20060104T000000")),
        ..Retrieval::default()
    };
    let limited = apply(text, &retrieval);
    assert!(
        limited.contains("FREEBUSY;FBTYPE=BUSY:20060103T100000Z/PT1H\n")
            && !limited.contains("20060102"),
        "{limited}"
    );
}
