//! What holds whatever people do in whatever order: calendars agree, nobody is lost, and messages may come twice.

use itip::{Method, PartStat};
use proptest::prelude::*;

use crate::house::{ANNA, BEN, EVA, House, WEEKLY, calendar, told};

/// Original starts of the ten Mondays, and how they are written.
fn monday(number: u8) -> (i64, String) {
    let number = i64::from(number % 10);
    // 2025-03-03T08:00Z; after four weeks the clocks in Berlin are an hour ahead.
    let shift = if number >= 4 { 3_600 } else { 0 };
    let days = [3, 10, 17, 24, 31, 7, 14, 21, 28, 5];
    let months = [3, 3, 3, 3, 3, 4, 4, 4, 4, 5];
    let index = usize::try_from(number).unwrap();
    (
        1_740_988_800 + number * 604_800 - shift,
        format!("2025{:02}{:02}", months[index], days[index]),
    )
}

#[derive(Clone, Debug)]
enum Step {
    Rename(u8),
    MoveSeries(u8),
    MoveOne(u8, u8),
    CancelOne(u8),
    Answer(bool, u8, Option<u8>),
    Delete(bool, u8),
}

/// A text of a calendar or message with some of its lines changed.
fn damaged() -> impl Strategy<Value = String> {
    let edits = proptest::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            0_u8..6,
        ),
        0..6,
    );
    (any::<prop::sample::Index>(), edits).prop_map(|(which, edits)| {
        let texts = texts();
        let mut lines: Vec<String> = which.get(&texts).split("\r\n").map(str::to_owned).collect();
        for (at, other, how) in edits {
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match how {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[other].clone()),
                2 => lines.swap(at, other),
                3 => {
                    let end = lines[at].floor_char_boundary(other);
                    lines[at].truncate(end);
                }
                4 => lines[at] = lines[at].replace(['=', ':'], ";"),
                _ => lines[at].push_str("99999999999999999999Z"),
            }
            if lines.is_empty() {
                break;
            }
        }
        lines.join("\r\n")
    })
}

fn texts() -> Vec<String> {
    let overridden = WEEKLY.replace(
        "RRULE:FREQ=WEEKLY;COUNT=10\n",
        "RECURRENCE-ID;TZID=Europe/Berlin:20250331T090000\nSEQUENCE:1\n",
    );
    let plain = calendar(&[WEEKLY, &overridden]);
    let methods = [
        "REQUEST",
        "CANCEL",
        "ADD",
        "REPLY",
        "COUNTER",
        "DECLINECOUNTER",
        "REFRESH",
        "PUBLISH",
    ];
    let messages = methods.map(|method| {
        plain
            .replace("VERSION:2.0", &format!("VERSION:2.0\r\nMETHOD:{method}"))
            .replace("DTSTAMP:2025", "SEQUENCE:3\r\nDTSTAMP:2026")
    });
    [plain, calendar(&[WEEKLY]), calendar(&[&overridden])]
        .into_iter()
        .chain(messages)
        .collect()
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<u8>().prop_map(Step::Rename),
        (0_u8..8).prop_map(Step::MoveSeries),
        (any::<u8>(), 0_u8..8).prop_map(|(which, hour)| Step::MoveOne(which, hour)),
        any::<u8>().prop_map(Step::CancelOne),
        (any::<bool>(), 0_u8..3, proptest::option::of(any::<u8>()))
            .prop_map(|(who, answer, which)| Step::Answer(who, answer, which)),
        (any::<bool>(), any::<u8>()).prop_map(|(who, which)| Step::Delete(who, which)),
    ]
}

const fn who(is_ben: bool) -> &'static str {
    if is_ben { BEN } else { EVA }
}

/// The text with the component of the series changed by `change`.
fn edit_master(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut parts: Vec<String> = text.split("BEGIN:VEVENT").map(str::to_owned).collect();
    for part in parts
        .iter_mut()
        .skip(1)
        .filter(|part| !part.contains("RECURRENCE-ID"))
    {
        *part = change(part);
    }
    parts.join("BEGIN:VEVENT")
}

fn without(text: &str, day: &str) -> String {
    let marker = format!("RECURRENCE-ID;TZID=Europe/Berlin:{day}");
    let parts: Vec<&str> = text.split("BEGIN:VEVENT").collect();
    let kept: Vec<&str> = parts
        .into_iter()
        .filter(|part| !part.contains(&marker))
        .map(|part| part.strip_suffix("END:VCALENDAR\r\n").unwrap_or(part))
        .collect();
    format!("{}END:VCALENDAR\r\n", kept.join("BEGIN:VEVENT"))
}

fn exclude(text: &str, day: &str, time: &str) -> String {
    let line = format!("EXDATE;TZID=Europe/Berlin:{day}{time}\r\nRRULE:");
    edit_master(&without(text, day), |master| {
        master.replace("RRULE:", &line)
    })
}

/// The time of day of the series in Anna's text, `T090000` at first.
fn time_of(text: &str) -> String {
    let master = text
        .split("BEGIN:VEVENT")
        .skip(1)
        .find(|part| !part.contains("RECURRENCE-ID"))
        .unwrap();
    let at = master.find("DTSTART;TZID=Europe/Berlin:20250303").unwrap()
        + "DTSTART;TZID=Europe/Berlin:20250303".len();
    master[at..at + 7].to_owned()
}

fn apply(house: &mut House, step: &Step) {
    let text = house.text(ANNA).to_owned();
    let time = time_of(&text);
    let is_nine = time == "T090000";
    match step {
        Step::Rename(number) => {
            let renamed = edit_master(&text, |master| {
                let line = master
                    .split("\r\n")
                    .find(|line| line.starts_with("SUMMARY:"))
                    .unwrap();
                master.replace(line, &format!("SUMMARY:Budget {number}"))
            });
            house.organize(ANNA, &renamed);
        }
        // The same times again would only drop what was answered for single occurrences.
        Step::MoveSeries(hour) if format!("T{:02}0000", hour + 9) != time => {
            // Occurrences lose their overrides, as calendar programs do it.
            let mut moved = text;
            for number in 0..10 {
                moved = without(&moved, &monday(number).1);
            }
            let time = format!("T{:02}0000", hour + 9);
            let end = format!("T{:02}0000", hour + 10);
            let moved = edit_master(&moved, |master| {
                master
                    .split("\r\n")
                    .filter(|line| !line.starts_with("EXDATE"))
                    .map(|line| match line.split_once(':') {
                        Some((name, _)) if name.starts_with("DTSTART") => {
                            format!("{name}:20250303{time}")
                        }
                        Some((name, _)) if name.starts_with("DTEND") => {
                            format!("{name}:20250303{end}")
                        }
                        _ => line.to_owned(),
                    })
                    .collect::<Vec<_>>()
                    .join("\r\n")
            });
            house.organize(ANNA, &moved);
        }
        Step::MoveOne(which, hour)
            if is_nine && !text.contains(&format!("{}{time}\r\nRRULE", monday(*which).1)) =>
        {
            let day = monday(*which).1;
            let is_touched = |name| text.contains(&format!("{name};TZID=Europe/Berlin:{day}"));
            if is_touched("EXDATE") || is_touched("RECURRENCE-ID") {
                return;
            }
            let lines = WEEKLY
                .replace("RRULE:FREQ=WEEKLY;COUNT=10\n", "")
                .replace("DTSTART;TZID=Europe/Berlin:20250303T090000", &format!("RECURRENCE-ID;TZID=Europe/Berlin:{day}{time}\nDTSTART;TZID=Europe/Berlin:{day}T{:02}3000", hour + 9))
                .replace("DTEND;TZID=Europe/Berlin:20250303T100000", &format!("DTEND;TZID=Europe/Berlin:{day}T{:02}3000", hour + 10));
            let component = format!(
                "BEGIN:VEVENT\r\nUID:weekly@example.org\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                lines.replace('\n', "\r\n")
            );
            let moved = without(&text, &day).replace("END:VCALENDAR\r\n", &component);
            house.organize(ANNA, &moved);
        }
        Step::CancelOne(which) if is_nine => {
            let day = monday(*which).1;
            house.organize(ANNA, &exclude(&text, &day, &time));
        }
        Step::Answer(is_ben, answer, which) => {
            let answer =
                [PartStat::Accepted, PartStat::Declined, PartStat::Tentative][usize::from(*answer)];
            let who = who(*is_ben);
            let instance = which.map(|which| monday(which).0).filter(|_| is_nine);
            let is_there = instance.is_none_or(|original| {
                let answer = itip::Answer {
                    part_stat: answer,
                    comment: None,
                    instance: Some(original),
                };
                itip::reply(
                    house.text(who).as_bytes(),
                    &crate::house::one(who),
                    answer,
                    house.now,
                )
                .is_ok()
            });
            if is_there {
                house.answer(who, answer, instance);
            }
        }
        Step::Delete(is_ben, which) if is_nine => {
            let who = who(*is_ben);
            let day = monday(*which).1;
            let copy = exclude(house.text(who), &day, &time);
            house.attend(who, &copy).unwrap();
        }
        Step::MoveSeries(_) | Step::MoveOne(..) | Step::CancelOne(_) | Step::Delete(..) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Anna's calendar says of each what his own says, and both have the same times; nobody falls out of the list.
    #[test]
    fn calendars_agree_and_nobody_is_lost(steps in proptest::collection::vec(step(), 0..16)) {
        let mut house = House::new();
        house.organize(ANNA, &calendar(&[WEEKLY]));
        for step in &steps {
            apply(&mut house, step);
            let anna = house.view(ANNA);
            for component in &anna.components {
                let all: Vec<&str> = component.participants.iter().map(|participant| participant.address.as_str()).collect();
                prop_assert_eq!(all, [ANNA, BEN, EVA]);
            }
            for who in [BEN, EVA] {
                prop_assert_eq!(house.said(ANNA, who, None), house.said(who, who, None), "{} after {:?}", who, step);
                let view = house.view(who);
                prop_assert_eq!(&view.components[0].summary, &anna.components[0].summary);
                for component in &view.components {
                    let said = house.said(who, who, component.instance);
                    let known = house.said(ANNA, who, component.instance).or(house.said(ANNA, who, None));
                    prop_assert_eq!(said, known, "{} {:?} after {:?}", who, component.instance, step);
                    let times = anna.components.iter().find(|of_anna| of_anna.instance == component.instance);
                    if let Some(times) = times {
                        prop_assert_eq!((component.start, component.end), (times.start, times.end), "{:?}", step);
                    }
                }
            }
        }
    }

    /// Each message delivered again, at once or at the end, changes nothing.
    #[test]
    fn messages_may_come_twice(steps in proptest::collection::vec(step(), 0..8)) {
        let mut house = House::new();
        let mut sent = house.organize(ANNA, &calendar(&[WEEKLY]));
        for step in &steps {
            let before = house.clone();
            apply(&mut house, step);
            let mut again = before;
            apply(&mut again, step);
            prop_assert_eq!(&again.calendars, &house.calendars, "the same step gives the same");
        }
        sent.extend(house.organize(ANNA, &house.text(ANNA).replace("Raum 4", "Raum 5")));
        let settled = house.clone();
        for message in sent.iter().rev() {
            house.receive(message);
        }
        prop_assert_eq!(settled.calendars, house.calendars);
    }

    /// Real texts with lines lost, doubled, cut and mixed: every function gives an answer.
    #[test]
    fn damaged_texts_are_survived(first in damaged(), second in damaged()) {
        itip::fuzz(&[first.as_bytes(), b"\0", second.as_bytes()].concat());
    }

    /// Whatever bytes come, every function gives an answer.
    #[test]
    fn arbitrary_lines_are_survived(lines in proptest::collection::vec("(BEGIN:VCALENDAR|END:VCALENDAR|BEGIN:VEVENT|END:VEVENT|METHOD:REQUEST|METHOD:REPLY|UID:1|DTSTART:20250303T090000Z|RECURRENCE-ID:20250303T090000Z|RRULE:FREQ=DAILY|ORGANIZER:mailto:anna@example.org|ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.org|\0|[A-Z;=:\"]{0,12})", 0..40)) {
        itip::fuzz(lines.join("\r\n").as_bytes());
    }
}

#[test]
fn the_mondays_are_where_the_calendar_has_them() {
    let mut house = House::new();
    let sent = house.organize(ANNA, &calendar(&[WEEKLY]));
    assert_eq!(
        told(&sent),
        [(Method::Request, BEN), (Method::Request, EVA)]
    );
    for number in 0..10 {
        let answer = itip::Answer {
            part_stat: PartStat::Accepted,
            comment: None,
            instance: Some(monday(number).0),
        };
        let replied = itip::reply(
            house.text(BEN).as_bytes(),
            &crate::house::one(BEN),
            answer,
            house.now,
        )
        .unwrap();
        assert!(
            replied.text.contains(&format!(
                "RECURRENCE-ID;TZID=Europe/Berlin:{}T090000",
                monday(number).1
            )),
            "{number}"
        );
    }
}
