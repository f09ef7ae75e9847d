//! A weekly meeting: single occurrences moved, declined, cancelled and added, across a change of the clocks.

use itip::{Change, Effect, Kind, Method, PartStat, received};

use crate::house::{ANNA, BEN, EVA, House, SUMMER, WEEKLY, WINTER, calendar, one, told};

fn moved(original: &str, start: &str, end: &str) -> String {
    let lines = WEEKLY
        .replace("RRULE:FREQ=WEEKLY;COUNT=10\n", "")
        .replace("20250303T090000", start)
        .replace("20250303T100000", end);
    format!("RECURRENCE-ID;TZID=Europe/Berlin:{original}\n{lines}")
}

fn accepted() -> House {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[WEEKLY]));
    house.answer(BEN, PartStat::Accepted, None);
    house.answer(EVA, PartStat::Accepted, None);
    house
}

/// Adds components to the calendar that `who` has.
fn with(house: &House, who: &str, lines: &str) -> String {
    let component = format!("BEGIN:VEVENT\nUID:weekly@example.org\n{lines}\nEND:VEVENT\n")
        .replace('\n', "\r\n");
    house
        .text(who)
        .replace("END:VCALENDAR", &format!("{component}END:VCALENDAR"))
}

#[test]
fn one_occurrence_is_moved_across_the_change_of_the_clocks() {
    let mut house = accepted();
    // From the last Monday of winter time to the Monday after, which is summer time.
    let text = with(
        &house,
        ANNA,
        &moved("20250324T090000", "20250331T140000", "20250331T150000"),
    );
    let sent = house.organize(ANNA, &text);
    assert_eq!(
        told(&sent),
        [(Method::Request, BEN), (Method::Request, EVA)]
    );

    for who in [ANNA, BEN, EVA] {
        let view = house.view(who);
        let item = view
            .components
            .iter()
            .find(|item| item.instance == Some(WINTER))
            .unwrap();
        assert_eq!(
            (item.start, item.end),
            (Some(SUMMER + 5 * 3_600), Some(SUMMER + 6 * 3_600)),
            "{who}"
        );
    }
    assert_eq!(
        house.said(BEN, BEN, Some(WINTER)),
        Some(PartStat::NeedsAction),
        "other times for this one"
    );
    assert_eq!(
        house.said(BEN, BEN, None),
        Some(PartStat::Accepted),
        "not for the others"
    );
    assert_eq!(
        house.said(ANNA, BEN, Some(WINTER)),
        Some(PartStat::NeedsAction)
    );

    house.answer(BEN, PartStat::Tentative, Some(WINTER));
    assert_eq!(
        house.said(ANNA, BEN, Some(WINTER)),
        Some(PartStat::Tentative)
    );
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Accepted));
}

#[test]
fn a_moved_occurrence_goes_back_to_the_series() {
    let mut house = accepted();
    let before = house.text(ANNA).to_owned();
    house.organize(
        ANNA,
        &with(
            &house,
            ANNA,
            &moved("20250324T090000", "20250331T140000", "20250331T150000"),
        ),
    );
    let sent = house.organize(ANNA, &before);
    assert_eq!(
        told(&sent),
        [(Method::Request, BEN), (Method::Request, EVA)]
    );
    assert_eq!(house.view(BEN).components.len(), 1);
}

#[test]
fn one_occurrence_is_declined_by_answer_by_exclusion_and_by_change() {
    let mut house = accepted();
    let reply = house.answer(BEN, PartStat::Declined, Some(SUMMER));
    assert_eq!(reply.instances, [SUMMER]);
    assert_eq!(
        house.said(ANNA, BEN, Some(SUMMER)),
        Some(PartStat::Declined)
    );
    assert_eq!(
        house.said(ANNA, EVA, Some(SUMMER)),
        Some(PartStat::Accepted)
    );
    let view = house.view(ANNA);
    let item = view
        .components
        .iter()
        .find(|item| item.instance == Some(SUMMER))
        .unwrap();
    assert_eq!(
        (item.start, item.end),
        (Some(SUMMER), Some(SUMMER + 3_600)),
        "nine o'clock in summer time"
    );

    // Eva takes another one out of her copy.
    let text = house.text(EVA).replace(
        "RRULE:",
        "EXDATE;TZID=Europe/Berlin:20250324T090000\r\nRRULE:",
    );
    let sent = house.attend(EVA, &text).unwrap();
    assert_eq!(told(&sent), [(Method::Reply, ANNA)]);
    assert_eq!(
        house.said(ANNA, EVA, Some(WINTER)),
        Some(PartStat::Declined)
    );
    assert_eq!(house.said(ANNA, EVA, None), Some(PartStat::Accepted));
}

#[test]
fn a_participant_answers_one_occurrence_from_the_calendar_program() {
    let mut house = accepted();
    let own = moved("20250331T090000", "20250331T090000", "20250331T100000")
        .replace("CN=Ben;PARTSTAT=NEEDS-ACTION", "CN=Ben;PARTSTAT=TENTATIVE");
    let sent = house.attend(BEN, &with(&house, BEN, &own)).unwrap();
    assert_eq!(told(&sent), [(Method::Reply, ANNA)]);
    assert_eq!(sent[0].instances, [SUMMER]);
    assert_eq!(
        house.said(ANNA, BEN, Some(SUMMER)),
        Some(PartStat::Tentative)
    );
}

#[test]
fn answers_within_the_same_second_count_in_their_order() {
    let mut house = accepted();
    let answer = |part_stat, instance| itip::Answer {
        part_stat,
        comment: None,
        instance,
    };
    house.now += 60;
    for (part_stat, instance) in [
        (PartStat::Tentative, None),
        (PartStat::Declined, None),
        (PartStat::Accepted, Some(SUMMER)),
    ] {
        let own = house.text(BEN).as_bytes();
        let replied = itip::reply(own, &one(BEN), answer(part_stat, instance), house.now).unwrap();
        house.put(BEN, &replied.text);
        house.deliver(&[replied.message]);
        assert_eq!(house.said(ANNA, BEN, instance), Some(part_stat));
    }
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Declined));
}

#[test]
fn one_occurrence_is_cancelled() {
    let mut house = accepted();
    let text = house.text(ANNA).replace(
        "RRULE:",
        "EXDATE;TZID=Europe/Berlin:20250331T090000\r\nRRULE:",
    );
    let sent = house.organize(ANNA, &text);
    assert_eq!(told(&sent), [(Method::Cancel, BEN), (Method::Cancel, EVA)]);
    assert_eq!(sent[0].instances, [SUMMER]);
    assert!(
        house
            .text(BEN)
            .contains("EXDATE;TZID=Europe/Berlin:20250331T090000")
    );
    assert!(!house.view(BEN).components[0].is_cancelled);
    assert_eq!(
        house.said(BEN, BEN, None),
        Some(PartStat::Accepted),
        "the others stay accepted"
    );
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Accepted));
    assert_eq!(house.view(ANNA).components[0].sequence, 1);

    // The newest version of the series, sent again, does not bring it back, and neither does an old one.
    let again = itip::refresh(house.text(BEN).as_bytes(), &one(BEN), house.now).unwrap();
    let answer = house.receive(&again).answer.unwrap();
    house.receive(&answer);
    assert!(house.text(BEN).contains("EXDATE"));
}

#[test]
fn a_cancelled_occurrence_comes_back() {
    let mut house = accepted();
    let before = house.text(ANNA).to_owned();
    house.organize(
        ANNA,
        &before.replace(
            "RRULE:",
            "EXDATE;TZID=Europe/Berlin:20250331T090000\r\nRRULE:",
        ),
    );
    let sent = house.organize(ANNA, &before);
    assert_eq!(
        told(&sent),
        [(Method::Request, BEN), (Method::Request, EVA)]
    );
    assert!(!house.text(BEN).contains("EXDATE"));
    assert_eq!(house.said(BEN, BEN, None), Some(PartStat::Accepted));
}

#[test]
fn the_whole_series_is_moved() {
    let mut house = accepted();
    house.answer(EVA, PartStat::Declined, Some(WINTER));
    let text = house
        .text(ANNA)
        .replace("0303T090000", "0304T100000")
        .replace("0303T100000", "0304T110000");
    house.organize(ANNA, &text);
    assert_eq!(house.said(BEN, BEN, None), Some(PartStat::NeedsAction));
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::NeedsAction));
    assert_eq!(
        house.view(BEN).components[0].start,
        house.view(ANNA).components[0].start
    );
}

#[test]
fn who_is_invited_to_one_occurrence_sees_only_that() {
    let mut house = House::new();
    let without_eva = WEEKLY.replace(
        "ATTENDEE;CN=Eva;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:eva@example.org\n",
        "",
    );
    let one_with_eva = moved("20250331T090000", "20250331T090000", "20250331T100000");
    house.organize(ANNA, &calendar(&[&without_eva, &one_with_eva]));
    let view = house.view(EVA);
    assert_eq!(
        view.components
            .iter()
            .map(|item| item.instance)
            .collect::<Vec<_>>(),
        [Some(SUMMER)]
    );

    house.answer(EVA, PartStat::Accepted, Some(SUMMER));
    assert_eq!(
        house.said(ANNA, EVA, Some(SUMMER)),
        Some(PartStat::Accepted)
    );
    assert_eq!(house.said(ANNA, EVA, None), None);

    // Ben is left out of that one: his series has a hole.
    let text = house.text(ANNA).to_owned();
    let (head, tail) = text.split_at(text.rfind("BEGIN:VEVENT").unwrap());
    let start = tail.find("ATTENDEE;CN=Ben").unwrap();
    let end = start + tail[start..].find("ATTENDEE;CN=Eva").unwrap();
    let sent = house.organize(ANNA, &format!("{head}{}{}", &tail[..start], &tail[end..]));
    // Eva is told that he does not come.
    assert_eq!(told(&sent), [(Method::Cancel, BEN), (Method::Request, EVA)]);
    assert_eq!(sent[0].instances, [SUMMER]);
    assert!(
        house
            .text(BEN)
            .contains("EXDATE;TZID=Europe/Berlin:20250331T090000")
    );

    // And Eva is uninvited by deleting the override.
    let sent = house.organize(
        ANNA,
        head.strip_suffix("\r\n")
            .map(|head| format!("{head}\r\nEND:VCALENDAR\r\n"))
            .as_deref()
            .unwrap(),
    );
    assert!(
        told(&sent).contains(&(Method::Cancel, EVA)),
        "{:?}",
        told(&sent)
    );
    assert!(house.view(EVA).components[0].is_cancelled);
}

#[test]
fn what_the_participant_set_for_himself_survives_changes_of_the_organizer() {
    let mut house = accepted();
    let own = house.text(BEN).replace(
        "END:VEVENT",
        "TRANSP:TRANSPARENT\r\nX-MOZ-LASTACK:20250301T000000Z\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT7M\r\nEND:VALARM\r\nEND:VEVENT",
    );
    assert_eq!(house.attend(BEN, &own).unwrap(), []);
    house.answer(BEN, PartStat::Declined, Some(SUMMER));
    house.organize(
        ANNA,
        &house.text(ANNA).replace("SUMMARY:Budget", "SUMMARY:Money"),
    );
    let text = house.text(BEN);
    assert!(
        text.contains("SUMMARY:Money")
            && text.contains("TRIGGER:-PT7M")
            && text.contains("TRANSP:TRANSPARENT"),
        "{text}"
    );
    assert!(text.contains("X-MOZ-LASTACK"));
    assert_eq!(house.said(BEN, BEN, Some(SUMMER)), Some(PartStat::Declined));
    assert!(
        !house.text(EVA).contains("X-MOZ"),
        "what is Ben's is not sent around"
    );
}

#[test]
fn an_occurrence_is_added_to_the_series() {
    let mut house = accepted();
    let text = calendar(&["DTSTAMP:20250301T000000Z\nSEQUENCE:1\nDTSTART:20250305T080000Z\nDTEND:20250305T090000Z\nSUMMARY:Extra\nORGANIZER:mailto:anna@example.org\nATTENDEE:mailto:ben@example.org"])
        .replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:ADD");
    let stored = house.text(BEN).to_owned();
    let effect = received(
        Some(stored.as_bytes()),
        text.as_bytes(),
        &one(BEN),
        Some(ANNA),
        house.now,
    )
    .unwrap();
    assert_eq!(effect.kind, Kind::Added);
    let Change::Store(changed) = effect.change else {
        panic!("nothing is stored")
    };
    assert!(changed.contains("RDATE;TZID=Europe/Berlin:20250305T090000"));
    assert!(changed.contains("SUMMARY:Extra"));
    house.calendars.insert(BEN.into(), changed.clone());
    let effect = received(
        Some(changed.as_bytes()),
        text.as_bytes(),
        &one(BEN),
        Some(ANNA),
        house.now,
    )
    .unwrap();
    assert!(
        crate::house::is_stale(&effect),
        "the same again adds nothing"
    );

    let effect = received(None, text.as_bytes(), &one(BEN), Some(ANNA), house.now).unwrap();
    assert_eq!(effect.kind, Kind::Unknown);
    assert_eq!(
        effect.answer.map(|answer| answer.method),
        Some(Method::Refresh)
    );
}

#[test]
fn nobody_answers_to_an_occurrence_that_is_not_there() {
    let mut house = accepted();
    let reply = house.answer(BEN, PartStat::Declined, Some(SUMMER));
    let elsewhere = reply.text.replace("20250331T", "20250401T");
    let effect = received(
        Some(house.text(ANNA).as_bytes()),
        elsewhere.as_bytes(),
        &one(ANNA),
        Some(BEN),
        house.now,
    )
    .unwrap();
    assert!(crate::house::is_stale(&effect));
    let answer = itip::Answer {
        part_stat: PartStat::Accepted,
        comment: None,
        instance: Some(SUMMER + 1),
    };
    assert_eq!(
        itip::reply(house.text(BEN).as_bytes(), &one(BEN), answer, 0),
        Err(itip::Fault::NoInstance)
    );
}

/// The lines of a cancellation of the occurrence that began there and of all after it.
fn from_there_on(original: &str) -> String {
    let lines = WEEKLY
        .replace("RRULE:FREQ=WEEKLY;COUNT=10\n", "")
        .replace("20250303T090000", original)
        .replace("20250303T100000", &original.replace("T09", "T10"));
    format!("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:{original}\n{lines}")
}

fn message(method: &str, lines: &str, sequence: u32) -> String {
    let lines = lines.replace("DTSTAMP:20250201T000000Z", "DTSTAMP:20250301T000000Z");
    calendar(&[&format!("{lines}\nSEQUENCE:{sequence}")])
        .replace("VERSION:2.0", &format!("VERSION:2.0\r\nMETHOD:{method}"))
}

fn receive(house: &mut House, who: &str, from: &str, text: &str) -> Effect {
    let effect = received(
        Some(house.text(who).as_bytes()),
        text.as_bytes(),
        &one(who),
        Some(from),
        house.now,
    )
    .unwrap();
    if let Change::Store(text) = &effect.change {
        house.put(who, text);
    }
    effect
}

#[test]
fn a_series_ends_before_what_is_cancelled_from_there_on() {
    let mut house = accepted();
    house.answer(BEN, PartStat::Declined, Some(SUMMER));
    let text = message("CANCEL", &from_there_on("20250324T090000"), 3);
    let effect = receive(&mut house, BEN, ANNA, &text);
    assert_eq!(effect.kind, Kind::Cancelled);
    let ben = house.text(BEN);
    // 2025-03-24T07:59:59Z: the second before the first that is cancelled.
    assert!(
        ben.contains("RRULE:FREQ=WEEKLY;UNTIL=20250324T075959Z"),
        "{ben}"
    );
    assert!(
        !ben.contains("RECURRENCE-ID") && !ben.contains("EXDATE"),
        "{ben}"
    );
    assert_eq!(
        receive(
            &mut house,
            BEN,
            ANNA,
            &message("CANCEL", &from_there_on("20250310T090000"), 1)
        )
        .kind,
        Kind::Stale
    );
    let all = message("CANCEL", &from_there_on("20250303T090000"), 4);
    assert_eq!(receive(&mut house, BEN, ANNA, &all).kind, Kind::Cancelled);
    assert!(house.text(BEN).contains("STATUS:CANCELLED"));
}

#[test]
fn what_is_moved_from_there_on_takes_later_answers_along() {
    let mut house = accepted();
    house.answer(BEN, PartStat::Declined, Some(SUMMER));
    let later = from_there_on("20250324T090000")
        .replace(
            "DTSTART;TZID=Europe/Berlin:20250324T09",
            "DTSTART;TZID=Europe/Berlin:20250324T14",
        )
        .replace(
            "DTEND;TZID=Europe/Berlin:20250324T10",
            "DTEND;TZID=Europe/Berlin:20250324T15",
        );
    let effect = receive(&mut house, BEN, ANNA, &message("REQUEST", &later, 2));
    assert_eq!(effect.kind, Kind::Rescheduled);
    assert_eq!(
        house.said(BEN, BEN, Some(SUMMER)),
        None,
        "that answer was to other times"
    );
    assert_eq!(
        house.said(BEN, BEN, Some(WINTER)),
        Some(PartStat::NeedsAction)
    );
    // The week after is meant at the new time.
    let answered = itip::reply(
        house.text(BEN).as_bytes(),
        &one(BEN),
        itip::Answer {
            part_stat: PartStat::Tentative,
            comment: None,
            instance: Some(SUMMER),
        },
        house.now,
    )
    .unwrap();
    assert!(
        answered
            .message
            .text
            .contains("RECURRENCE-ID;TZID=Europe/Berlin:20250331T090000")
    );
    let text = answered.text.replace("\r\n ", "");
    assert!(
        text.contains("DTSTART;TZID=Europe/Berlin:20250331T140000"),
        "{text}"
    );
    assert!(
        text.contains("DTEND;TZID=Europe/Berlin:20250331T150000"),
        "{text}"
    );
}

#[test]
fn an_answer_from_there_on_counts_for_later_overrides() {
    let mut house = accepted();
    let text = with(
        &house,
        ANNA,
        &moved("20250331T090000", "20250331T140000", "20250331T150000"),
    );
    house.organize(ANNA, &text);
    house.answer(BEN, PartStat::Accepted, None);
    let mut lines = from_there_on("20250324T090000");
    lines = lines
        .lines()
        .filter(|line| !line.starts_with("ATTENDEE"))
        .map(|line| format!("{line}\n"))
        .collect();
    lines.push_str("ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org");
    let effect = receive(&mut house, ANNA, BEN, &message("REPLY", &lines, 9));
    assert_eq!(effect.kind, Kind::Replied);
    assert_eq!(
        house.said(ANNA, BEN, Some(WINTER)),
        Some(PartStat::Declined)
    );
    assert_eq!(
        house.said(ANNA, BEN, Some(SUMMER)),
        Some(PartStat::Declined)
    );
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Accepted));
}

#[test]
fn the_others_see_who_answered() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[WEEKLY]));
    let seen = |house: &House| {
        itip::answer_of_another(
            house.text(EVA).as_bytes(),
            house.text(ANNA).as_bytes(),
            &one(BEN),
        )
        .unwrap()
    };
    assert_eq!(seen(&house), None);
    house.answer(BEN, PartStat::Accepted, None);
    house.answer(BEN, PartStat::Declined, Some(SUMMER));
    let text = seen(&house).unwrap();
    assert!(
        !text.contains("X-WACHPOST") && !text.contains("SCHEDULE-STATUS"),
        "{text}"
    );
    house.put(EVA, &text);
    assert_eq!(house.said(EVA, BEN, None), Some(PartStat::Accepted));
    assert_eq!(house.said(EVA, BEN, Some(SUMMER)), Some(PartStat::Declined));
    assert_eq!(house.said(EVA, EVA, None), Some(PartStat::NeedsAction));
    assert_eq!(seen(&house), None);
}
