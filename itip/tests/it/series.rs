//! A weekly meeting: single occurrences moved, declined, cancelled and added, across a change of the clocks.

use itip::{Kind, Method, PartStat};

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
    let effect = itip::received(
        Some(stored.as_bytes()),
        text.as_bytes(),
        &one(BEN),
        Some(ANNA),
        house.now,
    )
    .unwrap();
    assert_eq!(effect.kind, Kind::Added);
    let itip::Change::Store(changed) = effect.change else {
        panic!("nothing is stored")
    };
    assert!(changed.contains("RDATE;TZID=Europe/Berlin:20250305T090000"));
    assert!(changed.contains("SUMMARY:Extra"));
    house.calendars.insert(BEN.into(), changed.clone());
    let effect = itip::received(
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

    let effect = itip::received(None, text.as_bytes(), &one(BEN), Some(ANNA), house.now).unwrap();
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
    let effect = itip::received(
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
