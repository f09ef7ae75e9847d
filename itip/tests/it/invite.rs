//! Invitations to one meeting: new, changed, answered, called off.

use itip::{Change, Kind, Method, PartStat, organizer_changed, received, set_schedule_status};

use crate::house::{ANNA, BEGIN, BEN, EVA, House, WEEKLY, calendar, one, told};

const LUNCH: &str = "DTSTAMP:20250201T000000Z
DTSTART:20250303T110000Z
DTEND:20250303T120000Z
SUMMARY:Lunch
ORGANIZER:mailto:anna@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org
ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:Ben@Example.org
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT10M
END:VALARM";

#[test]
fn anna_invites_ben_and_he_accepts() {
    let mut house = House::new();
    let sent = house.organize(ANNA, &calendar(&[LUNCH]));
    assert_eq!(told(&sent), [(Method::Request, BEN)]);
    assert!(sent[0].text.contains("METHOD:REQUEST\r\n"));
    assert!(
        !sent[0].text.contains("VALARM"),
        "nobody sets alarms for others"
    );
    assert!(
        !house.text(BEN).contains("METHOD"),
        "what is stored is no message"
    );

    let reply = house.answer(BEN, PartStat::Accepted, None);
    assert_eq!((reply.method, reply.to.as_str()), (Method::Reply, ANNA));
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Accepted));
    assert_eq!(house.said(BEN, BEN, None), Some(PartStat::Accepted));
    assert!(house.text(ANNA).contains("SCHEDULE-STATUS=2.0"));
    assert!(house.text(ANNA).contains("VALARM"), "Anna's alarm stays");
}

#[test]
fn other_times_ask_again_and_other_words_do_not() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    house.answer(BEN, PartStat::Accepted, None);

    let renamed = house.text(ANNA).replace("SUMMARY:Lunch", "SUMMARY:Dinner");
    let sent = house.organize(ANNA, &renamed);
    assert_eq!(told(&sent), [(Method::Request, BEN)]);
    assert_eq!(house.said(BEN, BEN, None), Some(PartStat::Accepted));
    assert!(house.text(BEN).contains("SUMMARY:Dinner"));
    assert_eq!(house.view(ANNA).components[0].sequence, 0);

    let moved = house
        .text(ANNA)
        .replace("T110000Z", "T113000Z")
        .replace("T120000Z", "T123000Z");
    house.organize(ANNA, &moved);
    assert_eq!(
        house.view(ANNA).components[0].sequence,
        1,
        "the server counts what the client did not"
    );
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::NeedsAction));
    assert_eq!(
        house.said(ANNA, ANNA, None),
        Some(PartStat::Accepted),
        "the organizer need not ask himself"
    );
    assert_eq!(house.said(BEN, BEN, None), Some(PartStat::NeedsAction));
}

#[test]
fn other_words_within_the_same_second_arrive_and_the_same_again_change_nothing() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    let renamed = house.text(ANNA).replace("SUMMARY:Lunch", "SUMMARY:Dinner");
    let old = house.text(ANNA).as_bytes();
    let plan = organizer_changed(Some(old), Some(renamed.as_bytes()), &one(ANNA), house.now);
    let message = plan.unwrap().messages.remove(0);
    let deliver = |house: &House| {
        let stored = house.text(BEN).as_bytes();
        received(
            Some(stored),
            message.text.as_bytes(),
            &one(BEN),
            None,
            house.now,
        )
        .unwrap()
    };
    let Change::Store(text) = deliver(&house).change else {
        panic!("nothing is stored");
    };
    assert!(text.contains("SUMMARY:Dinner"));
    house.put(BEN, &text);
    assert_eq!(deliver(&house).kind, Kind::Stale);
}

#[test]
fn what_concerns_only_the_organizer_is_not_sent() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    for (before, after) in [
        ("TRIGGER:-PT10M", "TRIGGER:-PT5M"),
        (
            "SUMMARY:Lunch",
            "SUMMARY:Lunch\r\nTRANSP:TRANSPARENT\r\nX-MOZ-LASTACK:20250201T000000Z",
        ),
    ] {
        let text = house.text(ANNA).replace(before, after);
        assert_eq!(house.organize(ANNA, &text), []);
    }
}

#[test]
fn who_is_added_is_invited_and_who_is_removed_is_told() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    let swapped = house
        .text(ANNA)
        .replace("mailto:Ben@Example.org", "mailto:eva@example.org");
    let sent = house.organize(ANNA, &swapped);
    assert_eq!(told(&sent), [(Method::Cancel, BEN), (Method::Request, EVA)]);
    assert!(house.view(BEN).components[0].is_cancelled);
    assert!(house.view(EVA).is_attended_by(&one(EVA)));
}

#[test]
fn a_deleted_meeting_is_called_off() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[WEEKLY]));
    let sent = house.call_off(ANNA);
    assert_eq!(told(&sent), [(Method::Cancel, BEN), (Method::Cancel, EVA)]);
    assert!(house.view(BEN).components[0].is_cancelled);
    assert_eq!(house.view(BEN).components[0].sequence, 1);
}

#[test]
fn a_meeting_whose_status_is_cancelled_is_called_off() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    let text = house
        .text(ANNA)
        .replace("SUMMARY:Lunch", "SUMMARY:Lunch\r\nSTATUS:CANCELLED");
    assert_eq!(told(&house.organize(ANNA, &text)), [(Method::Cancel, BEN)]);
    assert!(house.view(BEN).components[0].is_cancelled);
    assert_eq!(
        house.call_off(ANNA),
        [],
        "to delete what is cancelled is no news"
    );
}

#[test]
fn the_server_writes_to_nobody_who_has_another_agent() {
    for agent in ["CLIENT", "NONE", "X-PIGEON"] {
        let text = calendar(&[&LUNCH.replace(
            ":mailto:Ben",
            &format!(";SCHEDULE-AGENT={agent}:mailto:Ben"),
        )]);
        assert_eq!(
            organizer_changed(None, Some(text.as_bytes()), &one(ANNA), BEGIN)
                .unwrap()
                .messages,
            []
        );
    }
    // RFC 6638 3.2.1.2: who is handed to another agent counts as removed.
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    let text = house
        .text(ANNA)
        .replace(":mailto:Ben", ";SCHEDULE-AGENT=NONE:mailto:Ben");
    assert_eq!(told(&house.organize(ANNA, &text)), [(Method::Cancel, BEN)]);
}

#[test]
fn a_forced_message_is_sent_without_a_change_and_the_wish_is_not_stored() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    let text = house
        .text(ANNA)
        .replace(":mailto:Ben", ";SCHEDULE-FORCE-SEND=REQUEST:mailto:Ben");
    assert_eq!(told(&house.organize(ANNA, &text)), [(Method::Request, BEN)]);
    assert!(!house.text(ANNA).contains("FORCE-SEND"));
}

#[test]
fn delivery_statuses_and_deputies_are_noted_in_their_line() {
    let text = set_schedule_status(
        calendar(&[LUNCH]).as_bytes(),
        "mailto:BEN@example.org",
        "1.2",
    )
    .unwrap();
    assert!(
        text.contains("ATTENDEE;PARTSTAT=NEEDS-ACTION;SCHEDULE-STATUS=1.2:mailto:Ben@Example.org")
    );
    let text = itip::set_sent_by(
        text.as_bytes(),
        itip::Party::Organizer,
        Some("Eva@example.org"),
    )
    .unwrap();
    assert!(text.contains("ORGANIZER;SENT-BY=\"mailto:eva@example.org\":mailto:anna@example.org"));
    let view = itip::Scheduled::read(text.as_bytes()).unwrap();
    assert_eq!(view.organizer.unwrap().sent_by.as_deref(), Some(EVA));
    let text = itip::set_sent_by(text.as_bytes(), itip::Party::Organizer, None).unwrap();
    assert!(!text.contains("SENT-BY"));
    assert!(set_schedule_status(text.as_bytes(), "nobody@example.org", "1.2").is_err());
}

#[test]
fn a_proposal_is_shown_and_may_be_refused() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[WEEKLY]));
    let proposal = itip::Proposal {
        start: crate::house::SUMMER + 7_200,
        end: crate::house::SUMMER + 9_000,
        comment: Some("Later?"),
        instance: Some(crate::house::SUMMER),
    };
    let counter =
        itip::counter(house.text(BEN).as_bytes(), &one(BEN), proposal, house.now).unwrap();
    assert!(
        counter
            .text
            .contains("DTSTART;TZID=Europe/Berlin:20250331T110000")
    );
    assert!(
        counter
            .text
            .contains("DTEND;TZID=Europe/Berlin:20250331T113000")
    );
    assert!(
        counter
            .text
            .contains("RECURRENCE-ID;TZID=Europe/Berlin:20250331T090000")
    );

    let before = house.text(ANNA).to_owned();
    let effect = house.receive(&counter);
    assert_eq!(
        (effect.kind, effect.comment.as_deref()),
        (Kind::Countered, Some("Later?"))
    );
    assert_eq!(house.text(ANNA), before);

    // RFC 5546 3.2.8: who organizes with another program refuses it with a message.
    let refusal = counter
        .text
        .replace("METHOD:COUNTER", "METHOD:DECLINECOUNTER");
    let stored = house.text(BEN).to_owned();
    let effect = received(
        Some(stored.as_bytes()),
        refusal.as_bytes(),
        &one(BEN),
        Some(ANNA),
        house.now,
    )
    .unwrap();
    assert_eq!(
        (effect.kind, effect.change),
        (Kind::CounterDeclined, Change::None)
    );
}

#[test]
fn who_asks_gets_the_newest_version() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    let question = itip::refresh(house.text(BEN).as_bytes(), &one(BEN), house.now).unwrap();
    let effect = house.receive(&question);
    assert_eq!(effect.kind, Kind::Refreshed);
    let answer = effect.answer.unwrap();
    assert_eq!((answer.method, answer.to.as_str()), (Method::Request, BEN));
}

#[test]
fn a_participant_sends_somebody_else() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[LUNCH]));
    let reply = |attendee: &str| {
        calendar(&[&format!(
            "DTSTAMP:20250202T000000Z\nORGANIZER:mailto:anna@example.org\n{attendee}"
        )])
        .replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REPLY")
    };
    let receive = |house: &House, text: &str, from: &str| {
        received(
            Some(house.text(ANNA).as_bytes()),
            text.as_bytes(),
            &one(ANNA),
            Some(from),
            house.now,
        )
        .unwrap()
    };
    let of_eva = reply(
        "ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM=\"mailto:ben@example.org\":mailto:eva@example.org",
    );
    assert_eq!(
        receive(&house, &of_eva, EVA).kind,
        Kind::Uninvited,
        "Ben has not sent her"
    );

    let of_ben = reply(
        "ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:eva@example.org\":mailto:ben@example.org",
    );
    let Change::Store(text) = receive(&house, &of_ben, BEN).change else {
        panic!("nothing is stored")
    };
    house.calendars.insert(ANNA.into(), text);
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Delegated));
    assert_eq!(house.said(ANNA, EVA, None), Some(PartStat::NeedsAction));

    let Change::Store(text) = receive(&house, &of_eva, EVA).change else {
        panic!("nothing is stored")
    };
    house.calendars.insert(ANNA.into(), text);
    assert_eq!(house.said(ANNA, EVA, None), Some(PartStat::Accepted));
}
