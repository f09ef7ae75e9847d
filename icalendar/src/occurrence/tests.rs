use super::*;
use crate::value::{stamp, write_date, write_time};

/// An object of one event with these lines, and more components after it.
fn object(lines: &str, more: &str) -> CalendarObject {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:a\n{lines}\nEND:VEVENT\n{more}END:VCALENDAR\n"
    );
    CalendarObject::read(text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}: {text}"))
}

fn instant(text: &str) -> i64 {
    stamp(text).unwrap().local
}

/// Begins in UTC, cut to what matters.
fn begins(object: &CalendarObject, from: &str, to: &str) -> Vec<String> {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let found = object
        .occurrences(instant(from)..instant(to), &berlin, 1000)
        .unwrap();
    found
        .iter()
        .map(|occurrence| write_time(occurrence.start))
        .collect()
}

#[test]
fn a_series_keeps_its_wall_clock_time_through_clock_changes() {
    let weekly = object(
        "DTSTART;TZID=Europe/Berlin:20260312T090000\nDTEND;TZID=Europe/Berlin:20260312T100000\nRRULE:FREQ=WEEKLY",
        "",
    );
    assert_eq!(
        begins(&weekly, "20260320T000000", "20260403T000000"),
        ["20260326T080000", "20260402T070000"]
    );
    // An hour later for somebody in New York, whose clocks have changed already; nothing between is found.
    assert!(begins(&weekly, "20260327T000000", "20260402T065900").is_empty());
    assert_eq!(
        begins(&weekly, "20260402T075959", "20260402T080000"),
        ["20260402T070000"]
    );
    assert!(begins(&weekly, "20260402T080000", "20260402T080100").is_empty());
}

#[test]
fn a_time_that_does_not_exist_is_moved_and_one_that_comes_twice_is_the_first() {
    let daily = object(
        "DTSTART;TZID=America/New_York:20070310T023000\nRRULE:FREQ=DAILY;COUNT=3",
        "",
    );
    assert_eq!(
        begins(&daily, "20070301T000000", "20070401T000000"),
        ["20070310T073000", "20070311T073000", "20070312T063000"]
    );
    let daily = object(
        "DTSTART;TZID=America/New_York:20071103T013000\nRRULE:FREQ=DAILY;COUNT=3",
        "",
    );
    assert_eq!(
        begins(&daily, "20071101T000000", "20071201T000000"),
        ["20071103T053000", "20071104T053000", "20071105T063000"]
    );
}

#[test]
fn an_hour_that_is_skipped_gives_no_instant_twice() {
    let often = object(
        "DTSTART;TZID=Europe/London:20240331T003000\nRRULE:FREQ=MINUTELY;INTERVAL=30;COUNT=8",
        "",
    );
    let expected = [
        "20240331T003000",
        "20240331T010000",
        "20240331T013000",
        "20240331T020000",
        "20240331T023000",
        "20240331T030000",
    ];
    assert_eq!(
        begins(&often, "20240331T000000", "20240401T000000"),
        expected
    );
    assert_eq!(
        begins(&often, "20240331T010000", "20240331T011000"),
        ["20240331T010000"]
    );
}

#[test]
fn dates_are_added_excepted_and_overridden() {
    let series = object(
        "DTSTART;TZID=Europe/Berlin:20260601T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\nRDATE;TZID=Europe/Berlin:20260610T120000\n\
         RDATE;VALUE=PERIOD:20260611T100000Z/PT3H,20260601T070000Z/PT1H\nEXDATE;TZID=Europe/Berlin:20260602T090000\nEXDATE:20260603T070000Z\nEXDATE;VALUE=DATE:20260604",
        "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20260605T090000\nDTSTART;TZID=Europe/Berlin:20260620T090000\nDTEND;TZID=Europe/Berlin:20260620T093000\nEND:VEVENT\n",
    );
    assert_eq!(
        begins(&series, "20260101T000000", "20270101T000000"),
        [
            "20260601T070000",
            "20260610T100000",
            "20260611T100000",
            "20260620T070000"
        ]
    );
    assert_eq!(
        begins(&series, "20260611T125959", "20260611T140000"),
        ["20260611T100000"]
    );
    assert!(begins(&series, "20260605T000000", "20260606T000000").is_empty());
    let moved = series
        .occurrences(
            instant("20260620T072959")..instant("20260621T000000"),
            &Zone::UTC,
            9,
        )
        .unwrap();
    assert_eq!(
        moved[0].recurrence_id.instant(&Zone::UTC),
        instant("20260605T070000")
    );
    assert_eq!(
        series.main().property("RRULE").map(|rule| rule.value()),
        Some("FREQ=DAILY;COUNT=5")
    );
}

#[test]
fn this_and_future_moves_what_follows() {
    let series = object(
        "DTSTART:20260601T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY",
        "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260603T090000Z\nDTSTART:20260603T150000Z\nDURATION:PT30M\nEND:VEVENT\n",
    );
    assert_eq!(
        begins(&series, "20260601T000000", "20260605T000000"),
        [
            "20260601T090000",
            "20260602T090000",
            "20260603T150000",
            "20260604T150000"
        ]
    );
    assert_eq!(
        begins(&series, "20260710T151000", "20260710T160000"),
        ["20260710T150000"]
    );
    assert!(begins(&series, "20260710T153000", "20260711T140000").is_empty());
}

#[test]
fn days_belong_to_where_one_is() {
    let birthday = object(
        "DTSTART;VALUE=DATE:19700229\nRRULE:FREQ=YEARLY"
            .replace("0229", "0228")
            .as_str(),
        "",
    );
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let found = birthday
        .occurrences(
            instant("20260227T231500")..instant("20260227T231600"),
            &berlin,
            9,
        )
        .unwrap();
    assert_eq!(
        (found[0].start, found[0].end),
        (instant("20260227T230000"), instant("20260228T230000"))
    );
    assert_eq!(write_date(found[0].begin.local()), "20260228");
    assert!(
        birthday
            .occurrences(
                instant("20260227T231500")..instant("20260227T231600"),
                &Zone::UTC,
                9
            )
            .unwrap()
            .is_empty()
    );
    // A day of 23 hours.
    let daily = object("DTSTART;VALUE=DATE:20260301\nRRULE:FREQ=DAILY", "");
    let found = daily
        .occurrences(
            instant("20260329T120000")..instant("20260329T120001"),
            &berlin,
            9,
        )
        .unwrap();
    assert_eq!(found[0].end - found[0].start, 23 * 3600);
}

#[test]
fn lengths_are_exact_with_an_end_and_nominal_with_a_duration() {
    // RFC 5545 3.8.5.3: across the night of the change to summer time.
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let range = instant("20260329T000000")..instant("20260329T000001");
    let ended = object(
        "DTSTART;TZID=Europe/Berlin:20260301T120000\nDTEND;TZID=Europe/Berlin:20260302T120000\nRRULE:FREQ=DAILY",
        "",
    );
    let lasting = object(
        "DTSTART;TZID=Europe/Berlin:20260301T120000\nDURATION:P1D\nRRULE:FREQ=DAILY",
        "",
    );
    let hours = |object: &CalendarObject| {
        object
            .occurrences(range.clone(), &berlin, 9)
            .unwrap()
            .iter()
            .map(|found| (found.end - found.start) / 3600)
            .collect::<Vec<_>>()
    };
    assert_eq!(hours(&ended), [24]);
    assert_eq!(hours(&lasting), [23]);
}

#[test]
fn too_many_are_an_error_and_hostile_ones_end() {
    let every_second = object("DTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY", "");
    let all = i64::MIN..i64::MAX;
    assert_eq!(
        every_second.occurrences(all.clone(), &Zone::UTC, 1000),
        Err(Fault::TooManyInstances { limit: 1000 })
    );
    assert_eq!(
        begins(&every_second, "20260101T000000", "20260101T000002").len(),
        2
    );
    let never = object(
        "DTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "",
    );
    assert_eq!(never.occurrences(all, &Zone::UTC, 1000).unwrap().len(), 1);
    let long = object(
        "DTSTART:19700101T000000Z\nDURATION:P1000000D\nRRULE:FREQ=SECONDLY",
        "",
    );
    assert!(
        long.occurrences(
            instant("20260101T000000")..instant("20260101T000002"),
            &Zone::UTC,
            usize::MAX
        )
        .is_err()
    );
}

#[test]
fn rules_that_except_are_passed_over_quickly() {
    let all = |from: i64, to: i64| {
        (from..=to)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    let dense = format!(
        "FREQ=YEARLY;BYHOUR={};BYMINUTE={};BYSECOND={};BYYEARDAY={}",
        all(0, 23),
        all(0, 59),
        all(0, 59),
        all(1, 366)
    );
    let nothing = object(
        &format!("DTSTART:20200101T090000Z\nRRULE:FREQ=DAILY\nEXRULE:{dense}"),
        "",
    );
    assert!(begins(&nothing, "20200101T000000", "20400101T000000").is_empty());
    let some = object(
        "DTSTART:20200101T090000Z\nRRULE:FREQ=DAILY;COUNT=5\nEXRULE:FREQ=DAILY;INTERVAL=2",
        "",
    );
    assert_eq!(
        begins(&some, "20200101T000000", "20400101T000000"),
        ["20200102T090000", "20200104T090000"]
    );
    // Long lists in long periods are given up on, not looked through.
    let days: Vec<String> = (-53..=53)
        .filter(|nth| *nth != 0)
        .flat_map(|nth| ["MO", "TU", "WE", "TH", "FR", "SA"].map(|day| format!("{nth}{day}")))
        .collect();
    let long = format!(
        "DTSTART:00010101T000000Z\nRRULE:FREQ=YEARLY;BYSETPOS=366;BYDAY={}",
        days.join(",")
    );
    let found = object(&long, "").occurrences(i64::MIN..i64::MAX, &Zone::UTC, 1000);
    assert!(found.is_err() || found.is_ok_and(|found| found.len() < 100));
}
