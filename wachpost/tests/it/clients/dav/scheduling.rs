//! Meetings played through by four people and a room, with bodies such as Thunderbird and Apple's Calendar send.

mod bodies;

mod person;

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::http::{elements, unfolded};
use crate::clients::site::{ANNA, BEN, CLARA, Site};
use crate::clients::smtp::{By, Smtp};
use bodies::{apple_meeting, thunderbird_series, with_moved_instance};
use person::{Person, answered, only_instance_declined, part_stats};

const DORA: &str = "dora@example.org";
const ROOM: &str = "raum204@example.org";
/// Somebody at another house.
const EVA: &str = "eva@example.net";

/// A room answers after the request that invites it.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

fn site() -> Site {
    let site = Site::start();
    site.add_person(DORA);
    site.command(&[
        "room",
        "add",
        ROOM,
        "--name",
        "Raum 204",
        "--capacity",
        "12",
    ]);
    site
}

/// Waits for what happens after an answer has gone out.
fn eventually(wanted: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{wanted} does not come to pass");
        sleep(LOOK_AGAIN);
    }
}

fn assert_part_stats(text: &str, wanted: &[(&str, &str)]) {
    for (address, part_stat) in wanted {
        let found = part_stats(text, address);
        assert!(
            !found.is_empty() && found.iter().all(|found| found == part_stat),
            "{address} is {found:?}, not {part_stat}, in\n{text}"
        );
    }
}

#[test]
fn a_series_is_invited_answered_moved_and_cancelled() {
    let site = site();
    let mut anna = Person::of(&site, ANNA);
    let mut guests = [BEN, CLARA, DORA].map(|address| Person::of(&site, address));

    // Invite.
    let uid = "series-1";
    anna.put_new(
        uid,
        &thunderbird_series(uid, ANNA, &[BEN, CLARA, DORA, ROOM]),
    );
    for guest in &mut guests {
        let (_, copy) = guest.object(uid);
        assert_part_stats(&copy, &[(BEN, "NEEDS-ACTION"), (DORA, "NEEDS-ACTION")]);
        assert!(
            guest
                .inbox()
                .iter()
                .any(|message| message.contains("METHOD:REQUEST"))
        );
    }
    eventually("the room's answer", || {
        part_stats(&anna.object(uid).1, ROOM) == ["ACCEPTED"]
    });

    // Accept, decline, tentative.
    for (guest, part_stat) in guests.iter_mut().zip(["ACCEPTED", "DECLINED", "TENTATIVE"]) {
        guest.answer(uid, part_stat);
    }
    let wanted = [
        (BEN, "ACCEPTED"),
        (CLARA, "DECLINED"),
        (DORA, "TENTATIVE"),
        (ROOM, "ACCEPTED"),
    ];
    assert_part_stats(&anna.object(uid).1, &wanted);
    let replies = anna.inbox();
    for address in [BEN, CLARA, DORA] {
        let reply = |text: &&String| text.contains("METHOD:REPLY") && text.contains(address);
        assert!(
            replies.iter().any(|text| reply(&text)),
            "no reply of {address}: {replies:#?}"
        );
    }

    // One instance is moved, the first one in summer time.
    let [ben, clara, dora] = &mut guests;
    let moved = with_moved_instance(&anna.object(uid).1);
    anna.put(uid, &moved);
    let starts = ben.starts_in_march_and_april();
    let wanted = [
        "20310317T090000Z",
        "20310324T090000Z",
        "20310331T120000Z",
        "20310407T080000Z",
    ];
    assert_eq!(starts, wanted);
    eventually("the room's second answer", || {
        let busy = dora.busy(ROOM, "20310331T000000Z", "20310401T000000Z");
        busy.contains("20310331T120000Z/") && !busy.contains("20310331T080000Z/")
    });

    // One instance is declined.
    let declined = only_instance_declined(&ben.object(uid).1, BEN);
    ben.put(uid, &declined);
    let of_ben = part_stats(&anna.object(uid).1, BEN);
    assert!(of_ben.contains(&"DECLINED".to_owned()), "{of_ben:?}");

    // One guest is no longer invited.
    let without = anna.object(uid).1;
    let without: Vec<&str> = without
        .lines()
        .filter(|line| !line.ends_with(&format!("mailto:{CLARA}")))
        .collect();
    anna.put(uid, &(without.join("\r\n") + "\r\n"));
    assert!(
        clara
            .inbox()
            .iter()
            .any(|message| message.contains("METHOD:CANCEL"))
    );
    let of_clara = clara.object_if_there(uid);
    assert!(of_clara.is_none_or(|text| text.contains("STATUS:CANCELLED")));
    assert!(!dora.object(uid).1.contains("STATUS:CANCELLED"));

    // And all of it is cancelled.
    anna.delete(uid);
    for guest in [ben, dora] {
        assert!(
            guest
                .inbox()
                .iter()
                .any(|message| message.contains("METHOD:CANCEL"))
        );
        let copy = guest.object_if_there(uid);
        assert!(copy.is_none_or(|text| text.contains("STATUS:CANCELLED")));
    }
    eventually("the room is free", || {
        let busy = clara.busy(ROOM, "20310301T000000Z", "20310501T000000Z");
        !busy.contains("FREEBUSY")
    });
    site.verify();
}

/// Whoever comes to all but one says so at once.
#[test]
fn a_series_is_accepted_and_one_instance_declined_with_one_request() {
    let site = site();
    let (mut anna, mut ben) = (Person::of(&site, ANNA), Person::of(&site, BEN));
    let uid = "series-1";
    anna.put_new(uid, &thunderbird_series(uid, ANNA, &[BEN]));
    let accepted = answered(&ben.object(uid).1, BEN, "ACCEPTED");
    ben.put(uid, &only_instance_declined(&accepted, BEN));
    assert_eq!(
        part_stats(&anna.object(uid).1, BEN),
        ["ACCEPTED", "DECLINED"]
    );
}

#[test]
fn a_room_is_given_once() {
    let site = site();
    let mut people = [ANNA, BEN, CLARA, DORA].map(|address| Person::of(&site, address));
    for person in &mut people {
        let uid = format!("meeting-of-{}", person.address);
        person.put_new(&uid, &apple_meeting(&uid, &person.address, &[ROOM]));
    }
    let mut accepted = 0;
    for person in &mut people {
        let uid = format!("meeting-of-{}", person.address);
        let mut found = Vec::new();
        eventually("the room's answer", || {
            found = part_stats(&person.object(&uid).1, ROOM);
            found == ["ACCEPTED"] || found == ["DECLINED"]
        });
        accepted += usize::from(found == ["ACCEPTED"]);
    }
    assert_eq!(accepted, 1);
    let busy = people[3].busy(ROOM, "20310401T000000Z", "20310402T000000Z");
    assert_eq!(busy.matches("FREEBUSY").count(), 1, "{busy}");
}

/// RFC 5546 3.2.7: a guest from outside proposes another time. It is shown to the organizer and changes nothing by itself.
#[test]
fn a_proposal_is_shown_and_forged_cancellations_are_not_believed() {
    let site = site();
    let (mut anna, mut ben) = (Person::of(&site, ANNA), Person::of(&site, BEN));
    let uid = "meeting-1";
    anna.put_new(uid, &apple_meeting(uid, ANNA, &[BEN, EVA]));
    let before = anna.object(uid).1;
    let proposal = message(&before, "COUNTER")
        .replace(
            "DTSTART;TZID=Europe/Berlin:20310401T10",
            "DTSTART;TZID=Europe/Berlin:20310401T15",
        )
        .replace(
            "DTEND;TZID=Europe/Berlin:20310401T11",
            "DTEND;TZID=Europe/Berlin:20310401T16",
        );
    let mut smtp = Smtp::connect(site.mx, By::Data);
    smtp.deliver(ANNA, mail(EVA, ANNA, "COUNTER", &proposal).as_bytes())
        .unwrap();
    eventually("the proposal in the inbox", || {
        anna.inbox()
            .iter()
            .any(|text| text.contains("METHOD:COUNTER"))
    });
    assert!(
        anna.object(uid).1.contains("20310401T10"),
        "a proposal changes nothing by itself"
    );

    // Whoever says from outside to be Anna is not.
    let forged = message(&before, "CANCEL").replace("SEQUENCE:0", "SEQUENCE:9");
    smtp.deliver(BEN, mail(ANNA, BEN, "CANCEL", &forged).as_bytes())
        .unwrap();
    // Nor may Eva cancel Anna's meeting.
    smtp.deliver(BEN, mail(EVA, BEN, "CANCEL", &forged).as_bytes())
        .unwrap();
    // The answer of Eva is taken; when it is there, what came before it has been worked in, too.
    let accepted = answered(&message(&before, "REPLY"), EVA, "ACCEPTED");
    smtp.deliver(ANNA, mail(EVA, ANNA, "REPLY", &accepted).as_bytes())
        .unwrap();
    eventually("Eva's answer", || {
        part_stats(&anna.object(uid).1, EVA) == ["ACCEPTED"]
    });
    assert!(!ben.object(uid).1.contains("CANCELLED"));
    assert!(
        !ben.inbox()
            .iter()
            .any(|text| text.contains("METHOD:CANCEL"))
    );
}

fn message(object: &str, method: &str) -> String {
    object.replacen("VERSION:2.0", &format!("VERSION:2.0\r\nMETHOD:{method}"), 1)
}

fn mail(from: &str, to: &str, method: &str, calendar: &str) -> String {
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Termin\r\nMessage-ID: <{method}-{from}@example.net>\r\n\
         Date: Mon, 06 Jan 2031 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/calendar; charset=utf-8; method={method}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{calendar}"
    )
}

/// RFC 6638 5: who is free, asked of everybody at once.
#[test]
fn free_busy_is_told_of_all_at_once() {
    let site = site();
    let (mut anna, mut ben) = (Person::of(&site, ANNA), Person::of(&site, BEN));
    ben.put_new("b", &apple_meeting("b", BEN, &[]));
    let text = anna.ask_busy(
        &[BEN, CLARA, ROOM, EVA],
        "20310401T000000Z",
        "20310402T000000Z",
    );
    let responses = elements(&text, "C:response");
    assert_eq!(responses.len(), 4, "{text}");
    for (address, status, busy) in [
        (BEN, "2.0", 1),
        (CLARA, "2.0", 0),
        (ROOM, "2.0", 0),
        (EVA, "3.7", 0),
    ] {
        let found = responses
            .iter()
            .find(|response| response.contains(&format!("mailto:{address}")));
        let found = unfolded(found.unwrap_or_else(|| panic!("nothing of {address}: {text}")));
        assert!(
            found.contains(&format!("<C:request-status>{status};")),
            "{found}"
        );
        assert_eq!(found.matches("20310401T080000Z/").count(), busy, "{found}");
    }
}
