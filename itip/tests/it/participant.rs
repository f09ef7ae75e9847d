//! What a participant may do with his copy, and what he may not.

use itip::{Attendance, Fault, Method, PartStat};

use crate::house::{ANNA, BEN, EVA, House, WEEKLY, calendar, told};

fn invited() -> House {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[WEEKLY]));
    house
}

#[test]
fn ben_answers_by_changing_his_copy() {
    let mut house = invited();
    let text = house
        .text(BEN)
        .replace("CN=Ben;PARTSTAT=NEEDS-ACTION", "CN=Ben;PARTSTAT=ACCEPTED");
    let sent = house.attend(BEN, &text).unwrap();
    assert_eq!(told(&sent), [(Method::Reply, ANNA)]);
    assert!(
        !sent[0].text.contains(EVA),
        "a reply names only the one who answers"
    );
    assert!(sent[0].text.contains("REQUEST-STATUS:2.0;Success"));
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Accepted));
    assert_eq!(
        house.attend(BEN, &text).unwrap(),
        [],
        "the same again is no news"
    );
}

#[test]
fn what_is_bens_own_he_may_change_without_a_word() {
    let mut house = invited();
    for line in [
        "TRANSP:TRANSPARENT",
        "COMMENT:perhaps",
        "CATEGORIES:work",
        "X-MOZ-LASTACK:20250101T000000Z",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM",
    ] {
        let text = house
            .text(BEN)
            .replace("END:VEVENT", &format!("{line}\r\nEND:VEVENT"));
        assert_eq!(house.attend(BEN, &text), Ok(Vec::new()), "{line}");
    }
}

#[test]
fn the_same_times_written_otherwise_are_no_change() {
    let mut house = invited();
    let text = house
        .text(BEN)
        .replace("FREQ=WEEKLY;COUNT=10", "COUNT=10;FREQ=WEEKLY;INTERVAL=1")
        .replace("DTEND;TZID=Europe/Berlin:20250303T100000", "DURATION:PT1H");
    assert_eq!(house.attend(BEN, &text), Ok(Vec::new()));
}

#[test]
fn what_is_the_organizers_ben_may_not_change() {
    let mut house = invited();
    for (before, after) in [
        ("0303T090000", "0303T093000"),
        ("0303T100000", "0303T110000"),
        ("COUNT=10", "COUNT=11"),
        ("RRULE:", "RDATE:20250305T090000Z\r\nRRULE:"),
        ("SUMMARY:Budget", "SUMMARY:Party"),
        ("LOCATION:Raum 4", "LOCATION:Pub"),
        ("CN=Anna:mailto:anna@", "CN=Anna:mailto:mallory@"),
        ("mailto:eva@", "mailto:mallory@"),
        ("UID:weekly", "UID:other"),
        (
            "END:VEVENT",
            "ATTENDEE:mailto:mallory@example.org\r\nEND:VEVENT",
        ),
        (":mailto:ben@", ":mailto:mallory@"),
    ] {
        let text = house.text(BEN).replace(before, after);
        assert_ne!(text, house.text(BEN), "{before}");
        assert!(
            matches!(house.attend(BEN, &text), Err(Fault::ParticipantChange(_))),
            "{before} -> {after}"
        );
    }
    let cancelled = house.text(BEN).to_owned();
    house.call_off(ANNA);
    assert!(matches!(
        house.attend(BEN, &cancelled),
        Err(Fault::ParticipantChange("STATUS"))
    ));
}

#[test]
fn components_of_one_object_have_one_organizer() {
    let mut house = invited();
    let other = WEEKLY
        .replace(
            "RRULE:FREQ=WEEKLY;COUNT=10\n",
            "RECURRENCE-ID;TZID=Europe/Berlin:20250310T090000\n",
        )
        .replace("mailto:anna", "mailto:mallory");
    let text = calendar(&[WEEKLY, &other]);
    assert_eq!(house.attend(BEN, &text), Err(Fault::SameOrganizer));
}

#[test]
fn to_delete_is_to_decline_unless_it_shall_be_silent() {
    let mut house = invited();
    assert_eq!(
        house.plan(BEN, None, Attendance::Silent).unwrap().messages,
        []
    );
    let sent = house.plan(BEN, None, Attendance::Told).unwrap().messages;
    assert_eq!(told(&sent), [(Method::Reply, ANNA)]);
    house.deliver(&sent);
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Declined));
    house.answer(BEN, PartStat::Declined, None);
    assert_eq!(
        house.plan(BEN, None, Attendance::Told).unwrap().messages,
        [],
        "he has said it already"
    );
}

#[test]
fn the_server_is_silent_where_the_client_answers() {
    let house = invited();
    let mut copy = House::new();
    copy.put(
        BEN,
        &house.text(BEN).replace(
            "ORGANIZER;CN=Anna",
            "ORGANIZER;SCHEDULE-AGENT=CLIENT;CN=Anna",
        ),
    );
    let text = copy
        .text(BEN)
        .replace("CN=Ben;PARTSTAT=NEEDS-ACTION", "CN=Ben;PARTSTAT=ACCEPTED")
        .replace("Budget", "Party");
    assert_eq!(copy.attend(BEN, &text), Ok(Vec::new()));
    assert_eq!(copy.plan(BEN, None, Attendance::Told).unwrap().messages, []);
}

#[test]
fn a_forced_reply_is_sent_and_the_wish_is_not_stored() {
    let mut house = invited();
    let text = house
        .text(BEN)
        .replace("ORGANIZER;", "ORGANIZER;SCHEDULE-FORCE-SEND=REPLY;");
    assert_eq!(
        told(&house.attend(BEN, &text).unwrap()),
        [(Method::Reply, ANNA)]
    );
    assert!(!house.text(BEN).contains("FORCE-SEND"));
}

#[test]
fn a_copy_from_elsewhere_is_answered_once_it_says_something() {
    let mut house = invited();
    let fresh = house.text(EVA).to_owned();
    house.calendars.remove(EVA);
    assert_eq!(
        house
            .plan(EVA, Some(&fresh), Attendance::Told)
            .unwrap()
            .messages,
        []
    );
    let accepted = fresh.replace("CN=Eva;PARTSTAT=NEEDS-ACTION", "CN=Eva;PARTSTAT=ACCEPTED");
    assert_eq!(
        told(&house.attend(EVA, &accepted).unwrap()),
        [(Method::Reply, ANNA)]
    );
}
