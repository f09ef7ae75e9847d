//! Hostile texts cost little and get a clear answer.

use itip::limits::{INSTANCES_MAX, MESSAGE_OCTETS_MAX, OBJECT_OCTETS_MAX, PARTICIPANTS_MAX};
use itip::{Fault, Scheduled, organizer_changed, received};

use crate::house::{ANNA, BEN, WEEKLY, calendar, one};

#[test]
fn sizes_are_bounded() {
    let large = vec![b' '; OBJECT_OCTETS_MAX + 1];
    assert!(matches!(
        Scheduled::read(&large),
        Err(Fault::TooLarge {
            limit: OBJECT_OCTETS_MAX,
            ..
        })
    ));
    let effect = received(None, &large[..=MESSAGE_OCTETS_MAX], &one(BEN), None, 0);
    assert!(matches!(
        effect,
        Err(Fault::TooLarge {
            limit: MESSAGE_OCTETS_MAX,
            ..
        })
    ));
}

#[test]
fn participants_are_bounded_and_a_full_house_shares_one_text() {
    let crowd = |count: usize| {
        let lines: String = (0..count)
            .map(|number| format!("\nATTENDEE:mailto:p{number}@example.org"))
            .collect();
        calendar(&[&format!(
            "DTSTART:20250303T090000Z\nORGANIZER:mailto:anna@example.org{lines}"
        )])
    };
    let plan = organizer_changed(
        None,
        Some(crowd(PARTICIPANTS_MAX).as_bytes()),
        &one(ANNA),
        0,
    )
    .unwrap();
    assert_eq!(plan.messages.len(), PARTICIPANTS_MAX);
    let first = plan.messages[0].text.as_ptr();
    assert!(
        plan.messages
            .iter()
            .all(|message| message.text.as_ptr() == first)
    );
    let plan = organizer_changed(
        None,
        Some(crowd(PARTICIPANTS_MAX + 1).as_bytes()),
        &one(ANNA),
        0,
    );
    assert!(matches!(
        plan,
        Err(Fault::TooLarge {
            limit: PARTICIPANTS_MAX,
            ..
        })
    ));
}

fn overrides(count: usize) -> String {
    let start = 1_741_000_000;
    let items: Vec<String> = (0..count)
        .map(|number| {
            let seconds = start + i64::try_from(number).unwrap() * 86_400;
            let (day, time) = (seconds / 86_400, seconds % 86_400);
            let date = day_of(day);
            let stamp = format!("{date}T{:02}{:02}{:02}Z", time / 3_600, time / 60 % 60, time % 60);
            format!("RECURRENCE-ID:{stamp}\nDTSTART:{stamp}\nORGANIZER:mailto:anna@example.org\nATTENDEE:mailto:ben@example.org")
        })
        .collect();
    let all: Vec<&str> = items.iter().map(String::as_str).collect();
    calendar(&all)
}

/// The civil date of a day since 1970, as eight digits.
fn day_of(days: i64) -> String {
    let (mut year, mut rest) = (1970, days);
    let length = |year: i64| {
        if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 {
            366
        } else {
            365
        }
    };
    while rest >= length(year) {
        rest -= length(year);
        year += 1;
    }
    let february = length(year) - 337;
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < days {
            break;
        }
        rest -= days;
        month += 1;
    }
    format!("{year:04}{month:02}{:02}", rest + 1)
}

#[test]
fn overrides_are_bounded_and_many_are_quick() {
    let full = overrides(INSTANCES_MAX);
    let plan = organizer_changed(
        Some(full.as_bytes()),
        Some(full.replace("DTSTART", "SUMMARY:new\r\nDTSTART").as_bytes()),
        &one(ANNA),
        0,
    );
    assert_eq!(plan.map(|plan| plan.messages.len()), Ok(1));
    let message = full.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST");
    let later = message.replace("DTSTART", "SEQUENCE:1\r\nDTSTART");
    assert!(
        received(
            Some(full.as_bytes()),
            later.as_bytes(),
            &one(BEN),
            Some(ANNA),
            0
        )
        .is_ok()
    );
    assert!(matches!(
        Scheduled::read(overrides(INSTANCES_MAX + 1).as_bytes()),
        Err(Fault::TooLarge {
            limit: INSTANCES_MAX,
            ..
        })
    ));
}

#[test]
fn hostile_rules_are_not_followed_far() {
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;INTERVAL=7",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYSETPOS=366;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20;BYSECOND=0,1,2,3,4,5,6,7,8,9,10",
        "nonsense",
    ] {
        let text = calendar(&[&WEEKLY.replace("FREQ=WEEKLY;COUNT=10", rule)]);
        let answer = itip::Answer {
            part_stat: itip::PartStat::Accepted,
            comment: None,
            instance: Some(2_000_000_001),
        };
        assert_eq!(
            itip::reply(text.as_bytes(), &one(BEN), answer, 0),
            Err(Fault::NoInstance),
            "{rule}"
        );
    }
}

#[test]
fn attached_bytes_stay_at_home_when_they_are_too_many_for_a_mail() {
    let attachment = format!(
        "ATTACH;ENCODING=BASE64;VALUE=BINARY:{}",
        "QUJD".repeat(MESSAGE_OCTETS_MAX / 4)
    );
    let text = calendar(&[&format!("{WEEKLY}\n{attachment}")]);
    let plan = organizer_changed(None, Some(text.as_bytes()), &one(ANNA), 0).unwrap();
    assert!(
        plan.messages
            .iter()
            .all(|message| message.text.len() < 10_000)
    );
    let long = calendar(&[&format!(
        "{WEEKLY}\nDESCRIPTION:{}",
        "x".repeat(MESSAGE_OCTETS_MAX)
    )]);
    assert!(matches!(
        organizer_changed(None, Some(long.as_bytes()), &one(ANNA), 0),
        Err(Fault::TooLarge { .. })
    ));
}

#[test]
fn samples_and_pieces_of_them_go_through_every_function() {
    let folder = format!("{}/tests/samples", env!("CARGO_MANIFEST_DIR"));
    let samples: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(samples.len() >= 6);
    let weekly = calendar(&[WEEKLY]).into_bytes();
    for sample in &samples {
        itip::fuzz(&[sample.as_slice(), b"\0", weekly.as_slice()].concat());
        itip::fuzz(&[weekly.as_slice(), b"\0", sample.as_slice()].concat());
        for at in (0..sample.len()).step_by(97) {
            itip::fuzz(&sample[..at]);
        }
    }
}

#[test]
fn a_message_about_very_many_occurrences_is_quick() {
    let daily = calendar(&[&WEEKLY
        .replace("FREQ=WEEKLY;COUNT=10", "FREQ=DAILY")
        .replace(";TZID=Europe/Berlin", "")
        .replace("T090000", "T135320Z")
        .replace("T100000", "T145320Z")]);
    let many = overrides(INSTANCES_MAX - 1)
        .replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:CANCEL")
        .replace("DTSTART:20250303T110640Z", "DTSTART:20250303T135320Z");
    let many = many.replace("T110640Z", "T135320Z");
    let effect = received(
        Some(daily.as_bytes()),
        many.as_bytes(),
        &one(BEN),
        Some(ANNA),
        0,
    )
    .unwrap();
    assert_eq!(effect.kind, itip::Kind::Cancelled);
    let reply = many
        .replace("METHOD:CANCEL", "METHOD:REPLY")
        .replace("ATTENDEE:", "ATTENDEE;PARTSTAT=DECLINED:");
    let effect = received(
        Some(daily.as_bytes()),
        reply.as_bytes(),
        &one(ANNA),
        Some(BEN),
        0,
    )
    .unwrap();
    let itip::Change::Store(text) = effect.change else {
        panic!("nothing is stored")
    };
    assert_eq!(
        Scheduled::read(text.as_bytes()).unwrap().components.len(),
        INSTANCES_MAX
    );
    let answer = itip::Answer {
        part_stat: itip::PartStat::Accepted,
        comment: None,
        instance: None,
    };
    assert!(itip::reply(text.as_bytes(), &one("eva@example.org"), answer, 0).is_ok());
    let cancelled = text.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:CANCEL");
    assert!(cancelled.len() > MESSAGE_OCTETS_MAX);
}
