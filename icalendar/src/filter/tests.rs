use super::*;
use crate::value::stamp;

fn instant(text: &str) -> i64 {
    stamp(text).unwrap().local
}

fn range(from: &str, to: &str) -> Range<i64> {
    instant(from)..instant(to)
}

fn object(components: &str) -> CalendarObject {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{components}END:VCALENDAR\n");
    CalendarObject::read(text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}: {text}"))
}

fn single(kind: &str, lines: &str) -> CalendarObject {
    object(&format!("BEGIN:{kind}\nUID:a\n{lines}\nEND:{kind}\n"))
}

/// Whether the object matches; a summary that rules it out wrongly fails the test.
fn matches(object: &CalendarObject, comp: CompFilter) -> bool {
    let filter = Filter::within_calendar(comp);
    let found = filter.matches(object, &Zone::UTC);
    assert!(
        !found || filter.may_match(&object.summary()),
        "{filter:?} {:?}",
        object.summary()
    );
    found
}

fn in_range(object: &CalendarObject, range: &Range<i64>) -> bool {
    matches(
        object,
        CompFilter {
            time_range: Some(range.clone()),
            ..CompFilter::named(object.kind().component())
        },
    )
}

#[test]
fn the_tables_of_events_tasks_and_journals() {
    // RFC 4791 9.9, each row at the edges of the range from 10 to 11 o'clock.
    let ten = range("20260601T100000", "20260601T110000");
    let day = range("20260602T000000", "20260603T000000");
    let table = [
        // DTEND: start < DTEND and end > DTSTART
        (
            "VEVENT",
            "DTSTART:20260601T090000Z\nDTEND:20260601T100000Z",
            &ten,
            false,
        ),
        (
            "VEVENT",
            "DTSTART:20260601T090000Z\nDTEND:20260601T100001Z",
            &ten,
            true,
        ),
        (
            "VEVENT",
            "DTSTART:20260601T110000Z\nDTEND:20260601T120000Z",
            &ten,
            false,
        ),
        (
            "VEVENT",
            "DTSTART:20260601T105959Z\nDTEND:20260601T120000Z",
            &ten,
            true,
        ),
        // DURATION: as DTEND; without any length: start <= DTSTART and end > DTSTART
        (
            "VEVENT",
            "DTSTART:20260601T090000Z\nDURATION:PT1H",
            &ten,
            false,
        ),
        (
            "VEVENT",
            "DTSTART:20260601T090000Z\nDURATION:PT61M",
            &ten,
            true,
        ),
        (
            "VEVENT",
            "DTSTART:20260601T100000Z\nDURATION:PT0S",
            &ten,
            true,
        ),
        ("VEVENT", "DTSTART:20260601T100000Z", &ten, true),
        ("VEVENT", "DTSTART:20260601T110000Z", &ten, false),
        // A day: start < DTSTART + P1D and end > DTSTART
        ("VEVENT", "DTSTART;VALUE=DATE:20260601", &ten, true),
        ("VEVENT", "DTSTART;VALUE=DATE:20260601", &day, false),
        ("VEVENT", "DTSTART;VALUE=DATE:20260603", &day, false),
        // DTSTART and DURATION
        (
            "VTODO",
            "DTSTART:20260601T090000Z\nDURATION:PT1H",
            &ten,
            true,
        ),
        (
            "VTODO",
            "DTSTART:20260601T090000Z\nDURATION:PT59M",
            &ten,
            false,
        ),
        (
            "VTODO",
            "DTSTART:20260601T110000Z\nDURATION:PT1H",
            &ten,
            false,
        ),
        // DTSTART and DUE
        (
            "VTODO",
            "DTSTART:20260601T090000Z\nDUE:20260601T100000Z",
            &ten,
            false,
        ),
        (
            "VTODO",
            "DTSTART:20260601T090000Z\nDUE:20260601T100001Z",
            &ten,
            true,
        ),
        // DTSTART alone
        ("VTODO", "DTSTART:20260601T100000Z", &ten, true),
        ("VTODO", "DTSTART:20260601T095959Z", &ten, false),
        // DUE alone: start < DUE and end >= DUE
        ("VTODO", "DUE:20260601T100000Z", &ten, false),
        ("VTODO", "DUE:20260601T110000Z", &ten, true),
        ("VTODO", "DUE:20260601T110001Z", &ten, false),
        // COMPLETED and CREATED
        (
            "VTODO",
            "COMPLETED:20260601T120000Z\nCREATED:20260601T090000Z",
            &ten,
            true,
        ),
        (
            "VTODO",
            "COMPLETED:20260601T090000Z\nCREATED:20260601T080000Z",
            &ten,
            false,
        ),
        ("VTODO", "COMPLETED:20260601T110000Z", &ten, true),
        ("VTODO", "COMPLETED:20260601T110001Z", &ten, false),
        ("VTODO", "CREATED:20260601T090000Z", &ten, true),
        ("VTODO", "CREATED:20260601T110000Z", &ten, false),
        ("VTODO", "SUMMARY:any time", &ten, true),
        ("VJOURNAL", "DTSTART:20260601T100000Z", &ten, true),
        ("VJOURNAL", "DTSTART:20260601T095959Z", &ten, false),
        ("VJOURNAL", "DTSTART;VALUE=DATE:20260601", &ten, true),
        ("VJOURNAL", "SUMMARY:no time", &ten, false),
        (
            "VFREEBUSY",
            "DTSTART:20260601T090000Z\nDTEND:20260601T100000Z",
            &ten,
            true,
        ),
        (
            "VFREEBUSY",
            "FREEBUSY:20260601T090000Z/PT1H,20260601T105900Z/PT1H",
            &ten,
            true,
        ),
        (
            "VFREEBUSY",
            "FREEBUSY:20260601T090000Z/PT1H,20260601T110000Z/PT1H",
            &ten,
            false,
        ),
        ("VFREEBUSY", "COMMENT:nothing", &ten, false),
        ("VAVAILABILITY", "DTEND:20260601T100000Z", &ten, false),
        ("VAVAILABILITY", "DTSTART:20260601T100000Z", &ten, true),
    ];
    for (kind, lines, range, expected) in table {
        assert_eq!(
            in_range(&single(kind, lines), range),
            expected,
            "{kind} {lines}"
        );
    }
}

#[test]
fn alerts_go_off_before_after_and_again() {
    let alert = |event: &str, alarm: &str, range: &Range<i64>| {
        let object = single(
            "VEVENT",
            &format!("{event}\nBEGIN:VALARM\nACTION:DISPLAY\n{alarm}\nEND:VALARM"),
        );
        let inner = CompFilter {
            time_range: Some(range.clone()),
            ..CompFilter::named("VALARM")
        };
        matches(
            &object,
            CompFilter {
                comps: vec![inner],
                ..CompFilter::named("VEVENT")
            },
        )
    };
    let ten = range("20260601T100000", "20260601T110000");
    let noon = "DTSTART:20260601T120000Z\nDTEND:20260601T130000Z";
    assert!(alert(noon, "TRIGGER:-PT2H", &ten));
    assert!(!alert(noon, "TRIGGER:-PT1H", &ten));
    assert!(alert(noon, "TRIGGER;RELATED=END:-PT3H", &ten));
    assert!(alert(
        noon,
        "TRIGGER;VALUE=DATE-TIME:20260601T105959Z",
        &ten
    ));
    assert!(!alert(
        noon,
        "TRIGGER;VALUE=DATE-TIME:20260601T110000Z",
        &ten
    ));
    assert!(alert(
        noon,
        "TRIGGER:-P1D\nREPEAT:4\nDURATION:PT5H40M",
        &ten
    ));
    assert!(!alert(
        noon,
        "TRIGGER:-P1D\nREPEAT:3\nDURATION:PT5H40M",
        &ten
    ));
    assert!(alert(
        "DTSTART:20250601T120000Z\nRRULE:FREQ=DAILY",
        "TRIGGER:-P7DT2H",
        &ten
    ));
    assert!(!alert(
        "DTSTART:20250601T120000Z\nRRULE:FREQ=DAILY",
        "TRIGGER:-P7DT4H",
        &ten
    ));
}

#[test]
fn occurrences_count_for_the_component_that_describes_them() {
    let series = object(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20260601T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nSUMMARY:Weekly\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260608T090000Z\nDTSTART:20260609T090000Z\nSUMMARY:Moved\nEND:VEVENT\n",
    );
    assert!(!in_range(
        &series,
        &range("20260608T000000", "20260609T000000")
    ));
    assert!(in_range(
        &series,
        &range("20260609T000000", "20260610T000000")
    ));
    let titled = |title: &str, range: Range<i64>| CompFilter {
        time_range: Some(range),
        props: vec![PropFilter {
            name: "summary".into(),
            text: Some(TextMatch {
                text: title.into(),
                ..TextMatch::default()
            }),
            ..PropFilter::default()
        }],
        ..CompFilter::named("vevent")
    };
    assert!(matches(
        &series,
        titled("moved", range("20260609T000000", "20260610T000000"))
    ));
    assert!(!matches(
        &series,
        titled("weekly", range("20260609T000000", "20260610T000000"))
    ));
    assert!(matches(
        &series,
        titled("weekly", range("20260615T000000", "20260616T000000"))
    ));
}

#[test]
fn properties_and_parameters_are_looked_into() {
    // RFC 4791 7.8.5, 7.8.7, 7.8.8 in shape: UID, PARTSTAT of one participant, tasks that are still to do.
    let event = single(
        "VEVENT",
        "DTSTART:20260601T090000Z\nSUMMARY:Review\\, final\nATTENDEE;CN=\"Doe, Jane\";PARTSTAT=NEEDS-ACTION:mailto:lisa@example.com\nATTENDEE;PARTSTAT=ACCEPTED:mailto:cyrus@example.com",
    );
    let text = |text: &str| {
        Some(TextMatch {
            text: text.into(),
            ..TextMatch::default()
        })
    };
    let prop = |name: &str, text: Option<TextMatch>, params: Vec<ParamFilter>| PropFilter {
        name: name.into(),
        text,
        params,
        ..PropFilter::default()
    };
    let with = |prop: PropFilter| {
        matches(
            &event,
            CompFilter {
                props: vec![prop],
                ..CompFilter::named("VEVENT")
            },
        )
    };
    assert!(with(prop("UID", text("A"), vec![])));
    assert!(!with(prop(
        "UID",
        Some(TextMatch {
            text: "A".into(),
            collation: Collation::Octet,
            negate: false
        }),
        vec![]
    )));
    assert!(!with(prop(
        "UID",
        Some(TextMatch {
            text: "a".into(),
            negate: true,
            ..TextMatch::default()
        }),
        vec![]
    )));
    assert!(with(prop("SUMMARY", text("review, fin"), vec![])));
    let partstat = |value: &str| ParamFilter {
        name: "PARTSTAT".into(),
        text: text(value),
        ..ParamFilter::default()
    };
    assert!(with(prop(
        "ATTENDEE",
        text("mailto:lisa@example.com"),
        vec![partstat("NEEDS-ACTION")]
    )));
    assert!(!with(prop(
        "ATTENDEE",
        text("mailto:cyrus@example.com"),
        vec![partstat("NEEDS-ACTION")]
    )));
    assert!(with(prop(
        "ATTENDEE",
        None,
        vec![ParamFilter {
            name: "CN".into(),
            text: text("Doe, J"),
            ..ParamFilter::default()
        }]
    )));
    assert!(with(prop(
        "ATTENDEE",
        text("cyrus"),
        vec![ParamFilter {
            name: "CN".into(),
            absent: true,
            text: None
        }]
    )));
    assert!(with(PropFilter {
        name: "LOCATION".into(),
        absent: true,
        ..PropFilter::default()
    }));
    assert!(!with(PropFilter {
        name: "SUMMARY".into(),
        absent: true,
        ..PropFilter::default()
    }));
    assert!(with(PropFilter {
        name: "DTSTART".into(),
        time_range: Some(range("20260601T000000", "20260602T000000")),
        ..PropFilter::default()
    }));
    assert!(!with(PropFilter {
        name: "DTSTART".into(),
        time_range: Some(range("20260602T000000", "20260603T000000")),
        ..PropFilter::default()
    }));
    assert!(matches(
        &event,
        CompFilter {
            absent: true,
            ..CompFilter::named("VTODO")
        }
    ));
    assert!(!matches(
        &event,
        CompFilter {
            absent: true,
            ..CompFilter::named("VEVENT")
        }
    ));
    assert!(!matches(&event, CompFilter::named("VTODO")));
    assert!(matches(
        &event,
        CompFilter {
            comps: vec![CompFilter {
                absent: true,
                ..CompFilter::named("VALARM")
            }],
            ..CompFilter::named("VEVENT")
        }
    ));
}

#[test]
fn summaries_rule_out_what_they_can() {
    let event = single(
        "VEVENT",
        "DTSTART:20260601T090000Z\nDTEND:20260601T100000Z\nRRULE:FREQ=DAILY;COUNT=3",
    )
    .summary();
    let ask = |range: Range<i64>| {
        Filter::within_calendar(CompFilter {
            time_range: Some(range),
            ..CompFilter::named("VEVENT")
        })
    };
    assert!(ask(range("20260603T000000", "20260604T000000")).may_match(&event));
    assert!(!ask(range("20260604T000000", "20260605T000000")).may_match(&event));
    assert!(!Filter::within_calendar(CompFilter::named("VTODO")).may_match(&event));
    let filter = ask(range("20260604T000000", "20260605T000000"));
    assert_eq!(
        (filter.kind(), filter.is_only_time()),
        (Some(Kind::Event), true)
    );
    assert_eq!(
        filter.time_range(),
        Some(range("20260604T000000", "20260605T000000"))
    );
    // A day may begin up to 14 hours earlier, wherever one is.
    let day = single("VEVENT", "DTSTART;VALUE=DATE:20260601").summary();
    assert!(ask(range("20260531T110000", "20260531T120000")).may_match(&day));
    assert!(!ask(range("20260531T000000", "20260531T090000")).may_match(&day));
}
