//! Who may change what, and what comes too late or twice.

use itip::{Addresses, Change, Fault, Kind, PartStat, organizer_changed, received};

use crate::house::{ANNA, BEGIN, BEN, EVA, House, SUMMER, WEEKLY, calendar, is_stale, one};

const MALLORY: &str = "mallory@example.net";

fn accepted() -> House {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[WEEKLY]));
    house.answer(BEN, PartStat::Accepted, None);
    house
}

fn receive(house: &House, whose: &str, text: &str, sender: &str) -> Result<itip::Effect, Fault> {
    let stored = house.calendars.get(whose).map(String::as_bytes);
    received(
        stored,
        text.as_bytes(),
        &one(whose),
        Some(sender),
        house.now,
    )
}

fn message(method: &str, lines: &str) -> String {
    calendar(&[lines]).replace("VERSION:2.0", &format!("VERSION:2.0\r\nMETHOD:{method}"))
}

#[test]
fn who_pretends_to_be_the_organizer_changes_nothing() {
    let house = accepted();
    let newer = WEEKLY
        .replace("20250201T000000Z", "20260101T000000Z\nSEQUENCE:9")
        .replace("Raum 4", "Keller");
    for method in ["REQUEST", "CANCEL", "ADD", "DECLINECOUNTER", "PUBLISH"] {
        let text = message(method, &newer);
        assert_eq!(
            receive(&house, BEN, &text, MALLORY),
            Err(Fault::NotAuthorized),
            "{method}"
        );
        assert_eq!(
            receive(&house, BEN, &text, EVA),
            Err(Fault::NotAuthorized),
            "{method}: nor does another participant"
        );
        assert!(
            receive(&house, BEN, &text, "MAILTO:Anna@example.org").is_ok(),
            "{method}: the organizer may"
        );
        // His own address as the organizer, or as the one who sends for her, does not help.
        let own = text.replace(
            "CN=Anna:mailto:anna@example.org\r\nATT",
            &format!("CN=Anna:mailto:{MALLORY}\r\nATT"),
        );
        assert_eq!(
            receive(&house, BEN, &own, MALLORY),
            Err(Fault::NotAuthorized),
            "{method}"
        );
        let deputy = text.replace(
            "ORGANIZER;",
            &format!("ORGANIZER;SENT-BY=\"mailto:{MALLORY}\";"),
        );
        assert_eq!(
            receive(&house, BEN, &deputy, MALLORY),
            Err(Fault::NotAuthorized),
            "{method}"
        );
        let parameter = text.replace("ORGANIZER;", &format!("ORGANIZER;EMAIL={MALLORY};"));
        assert_eq!(
            receive(&house, BEN, &parameter, MALLORY),
            Err(Fault::NotAuthorized),
            "{method}"
        );
    }
}

#[test]
fn a_new_invitation_in_a_foreign_name_is_refused_and_a_deputys_says_so() {
    let text = message("REQUEST", WEEKLY);
    assert_eq!(
        received(None, text.as_bytes(), &one(BEN), Some(MALLORY), BEGIN),
        Err(Fault::NotAuthorized)
    );
    let deputy = text.replace(
        "ORGANIZER;",
        "ORGANIZER;SENT-BY=\"mailto:eva@example.org\";",
    );
    let effect = received(None, deputy.as_bytes(), &one(BEN), Some(EVA), BEGIN).unwrap();
    assert_eq!(
        (effect.kind, effect.from.as_str(), effect.sent_by.as_deref()),
        (Kind::Invited, ANNA, Some(EVA))
    );
    // What the stored object says lets her send the next version, too.
    let Change::Store(stored) = effect.change else {
        panic!("nothing is stored")
    };
    let next = deputy.replace("SUMMARY:Budget", "SEQUENCE:1\r\nSUMMARY:Money");
    assert_eq!(
        received(
            Some(stored.as_bytes()),
            next.as_bytes(),
            &one(BEN),
            Some(EVA),
            BEGIN
        )
        .map(|effect| effect.kind),
        Ok(Kind::Updated)
    );
}

#[test]
fn a_private_event_is_not_taken_over_by_its_uid() {
    let private = calendar(&["DTSTART:20250303T090000Z\nSUMMARY:Doctor"]);
    let text = message("REQUEST", &WEEKLY.replace("anna@", "mallory@"));
    let effect = received(
        Some(private.as_bytes()),
        text.as_bytes(),
        &one(BEN),
        Some("mallory@example.org"),
        BEGIN,
    );
    assert_eq!(effect, Err(Fault::NotAuthorized));
}

#[test]
fn the_organizers_own_object_is_changed_by_no_request() {
    let house = accepted();
    let text = message("CANCEL", &WEEKLY.replace("SUMMARY", "SEQUENCE:9\nSUMMARY"));
    assert!(is_stale(&receive(&house, ANNA, &text, ANNA).unwrap()));
}

#[test]
fn nobody_answers_for_somebody_else() {
    let house = accepted();
    let reply = message(
        "REPLY",
        "DTSTAMP:20250301T000000Z\nORGANIZER:mailto:anna@example.org\nATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org",
    );
    assert_eq!(
        receive(&house, ANNA, &reply, EVA),
        Err(Fault::NotAuthorized)
    );
    let deputy = reply.replace("ATTENDEE;", "ATTENDEE;SENT-BY=\"mailto:eva@example.org\";");
    assert_eq!(
        receive(&house, ANNA, &deputy, EVA),
        Err(Fault::NotAuthorized)
    );
    assert_eq!(
        receive(&house, BEN, &reply, BEN),
        Err(Fault::NotAuthorized),
        "Ben is not the organizer"
    );
    assert!(receive(&house, ANNA, &reply, BEN).is_ok());
}

#[test]
fn who_was_not_invited_is_shown_and_not_admitted() {
    let house = accepted();
    let reply = message(
        "REPLY",
        &format!(
            "DTSTAMP:20250301T000000Z\nORGANIZER:mailto:anna@example.org\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{MALLORY}"
        ),
    );
    let effect = receive(&house, ANNA, &reply, MALLORY).unwrap();
    assert_eq!(
        (effect.kind, effect.change, effect.shown),
        (Kind::Uninvited, Change::None, true)
    );
}

#[test]
fn an_older_revision_and_an_older_stamp_come_too_late() {
    let house = accepted();
    let text = |sequence: u32, stamp: &str, title: &str| {
        message(
            "REQUEST",
            &WEEKLY.replace("20250201T000000Z", stamp).replace(
                "SUMMARY:Budget",
                &format!("SEQUENCE:{sequence}\nSUMMARY:{title}"),
            ),
        )
    };
    let Change::Store(stored) = receive(&house, BEN, &text(2, "20250301T000000Z", "Two"), ANNA)
        .unwrap()
        .change
    else {
        panic!("nothing is stored")
    };
    let mut house = house;
    house.put(BEN, &stored);
    for (sequence, stamp) in [
        (1, "20250401T000000Z"),
        (2, "20250228T000000Z"),
        (2, "20250301T000000Z"),
    ] {
        assert!(
            is_stale(&receive(&house, BEN, &text(sequence, stamp, "Late"), ANNA).unwrap()),
            "{sequence} {stamp}"
        );
    }
    assert_eq!(
        receive(&house, BEN, &text(2, "20250301T000001Z", "Later"), ANNA)
            .unwrap()
            .kind,
        Kind::Updated
    );
    assert_eq!(
        receive(&house, BEN, &text(3, "20250101T000000Z", "Three"), ANNA)
            .unwrap()
            .kind,
        Kind::Updated
    );
    assert!(is_stale(
        &receive(
            &house,
            BEN,
            &message("CANCEL", &WEEKLY.replace("SUMMARY", "SEQUENCE:1\nSUMMARY")),
            ANNA
        )
        .unwrap()
    ));
}

#[test]
fn a_late_answer_does_not_undo_a_newer_one() {
    let mut house = accepted();
    let first = house.answer(BEN, PartStat::Tentative, None);
    house.answer(BEN, PartStat::Declined, None);
    assert!(is_stale(&house.receive(&first)));
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::Declined));

    // Nor does one to an older revision.
    let moved = house.text(ANNA).replace("0303T09", "0303T08");
    let late = house.answer(BEN, PartStat::Accepted, None);
    house.organize(ANNA, &moved);
    house.now += 600;
    assert!(is_stale(&house.receive(&late)));
    assert_eq!(house.said(ANNA, BEN, None), Some(PartStat::NeedsAction));
}

#[test]
fn the_same_message_twice_changes_nothing_the_second_time() {
    let mut house = accepted();
    let text = house
        .text(ANNA)
        .replace(
            "RRULE:",
            "EXDATE;TZID=Europe/Berlin:20250331T090000\r\nRRULE:",
        )
        .replace("Budget", "Money");
    let mut sent = house.organize(ANNA, &text);
    sent.push(house.answer(EVA, PartStat::Accepted, None));
    sent.extend(
        house
            .call_off(ANNA)
            .into_iter()
            .filter(|message| message.to == EVA),
    );
    let before = house.clone();
    for message in sent.iter().filter(|message| message.to != ANNA) {
        assert!(is_stale(&house.receive(message)), "{:?}", message.method);
    }
    assert_eq!(before.calendars, house.calendars);
}

#[test]
fn a_message_of_the_past_does_not_bring_back_a_cancelled_occurrence() {
    let mut house = accepted();
    let own = WEEKLY
        .replace(
            "RRULE:FREQ=WEEKLY;COUNT=10\n",
            "RECURRENCE-ID;TZID=Europe/Berlin:20250331T090000\n",
        )
        .replace("20250303T", "20250331T");
    let with = calendar(&[WEEKLY, &own.replace("Raum 4", "Keller")]);
    let invitation = organizer_changed(None, Some(with.as_bytes()), &one(ANNA), house.now)
        .unwrap()
        .messages
        .remove(0);
    house.now += 60;
    let without = house.text(ANNA).replace(
        "RRULE:",
        "EXDATE;TZID=Europe/Berlin:20250331T090000\r\nRRULE:",
    );
    house.organize(ANNA, &without);
    assert!(is_stale(&house.receive(&invitation)));
    assert_eq!(
        house
            .view(BEN)
            .components
            .iter()
            .find(|item| item.instance == Some(SUMMER)),
        None
    );
}

#[test]
fn the_organizer_neither_hands_over_nor_takes_over() {
    let text = calendar(&[WEEKLY]);
    assert_eq!(
        organizer_changed(None, Some(text.as_bytes()), &one(BEN), 0),
        Err(Fault::NotOrganizer)
    );
    let other = text.replace("CN=Anna:mailto:anna@", "CN=Anna:mailto:mallory@");
    assert_eq!(
        organizer_changed(Some(text.as_bytes()), Some(other.as_bytes()), &one(ANNA), 0),
        Err(Fault::OrganizerChange("ORGANIZER"))
    );
    assert_eq!(
        organizer_changed(Some(text.as_bytes()), None, &one(BEN), 0),
        Err(Fault::NotOrganizer)
    );
    // Another address of hers is still she.
    let anna = Addresses::new([ANNA, "berg@example.org"]);
    let alias = text.replace("CN=Anna:mailto:anna@", "CN=Anna:mailto:berg@");
    assert!(organizer_changed(Some(text.as_bytes()), Some(alias.as_bytes()), &anna, 0).is_ok());
}

#[test]
fn an_organizer_cannot_answer_for_the_invited() {
    let text = message(
        "REQUEST",
        &WEEKLY.replace("CN=Ben;PARTSTAT=NEEDS-ACTION", "CN=Ben;PARTSTAT=ACCEPTED"),
    );
    let effect = received(None, text.as_bytes(), &one(BEN), Some(ANNA), BEGIN).unwrap();
    let Change::Store(stored) = effect.change else {
        panic!("nothing is stored")
    };
    assert!(
        stored
            .replace("\r\n ", "")
            .contains("CN=Ben;PARTSTAT=NEEDS-ACTION"),
        "{stored}"
    );
    let agent = message(
        "REQUEST",
        &WEEKLY.replace("ORGANIZER;", "ORGANIZER;SCHEDULE-AGENT=NONE;"),
    );
    let effect = received(None, agent.as_bytes(), &one(BEN), Some(ANNA), BEGIN).unwrap();
    let Change::Store(stored) = effect.change else {
        panic!("nothing is stored")
    };
    assert!(!stored.contains("SCHEDULE-AGENT"), "nor forbid the answer");
}
