//! What each keeps alone: appointments, birthdays, tasks, and what the office shares.

use super::super::days::{Days, Weekday};
use super::super::people::{PEOPLE, Person};
use super::{Entry, TEAM_CALENDAR, ZONE, entry, from_to, lines, object};

/// How far back and ahead of today calendars are filled, in weeks.
const WEEKS_BACK: i64 = 4;
const WEEKS_AHEAD: i64 = 10;

/// All of it.
pub(in crate::demo) fn private(days: Days) -> Vec<Entry> {
    let mut all = Vec::new();
    for (at, person) in (0..).zip(&PEOPLE) {
        everyday(person, at, days, &mut all);
    }
    all.extend(birthdays(days));
    all.extend(tasks(days));
    all.extend(duties(days));
    all.extend(special(days));
    all
}

/// Appointments of two or three kinds each week, the same at every start.
fn everyday(person: &'static Person, at: usize, days: Days, all: &mut Vec<Entry>) {
    const KINDS: [(&str, &str, &str); 6] = [
        ("0830", "0900", "Post und Umlauf"),
        ("0915", "1000", "Sprechstunde"),
        ("1300", "1330", "Rückrufe"),
        ("1330", "1415", "Video call with the twin town"),
        ("1545", "1630", "Akten, ungestört"),
        ("1630", "1715", "Rundgang"),
    ];
    for week in -WEEKS_BACK..=WEEKS_AHEAD {
        for (place, weekday) in Weekday::ALL.into_iter().enumerate() {
            let number = usize::try_from(week + WEEKS_BACK).unwrap_or(0) * 5 + place + at * 3;
            if number % 5 < 2 {
                continue;
            }
            let (from, to, summary) = KINDS[number % KINDS.len()];
            let id = format!("alltag-{at}-{}-{place}", week + WEEKS_BACK);
            let body = [
                from_to(&days.day(days.weekday(weekday, week)), from, to),
                vec![format!("SUMMARY:{}", summary.replace(',', "\\,"))],
            ]
            .concat();
            let text = object("VEVENT", &id, days, &[&body]);
            all.push(entry(person.local, "calendar", &id, text));
        }
    }
}

/// In a calendar of their own, which leaves the mayor free.
fn birthdays(days: Days) -> Vec<Entry> {
    let born = [
        ("0314", "Clara Dohle"),
        ("0229", "Frank Ginster"),
        ("0704", "Emine Falke"),
        ("1224", "Jörg Müller-Weiß"),
    ];
    let entries = born.iter().zip(1..).map(|((day, name), number)| {
        let id = format!("geburtstag-{number}");
        let body = [
            format!("DTSTART;VALUE=DATE:1980{day}"),
            "RRULE:FREQ=YEARLY".to_owned(),
            format!("SUMMARY:Geburtstag {name}"),
            "TRANSP:TRANSPARENT".to_owned(),
        ];
        let text = object("VEVENT", &id, days, &[&body]);
        entry("anna.amsel", "geburtstage", &id, text)
    });
    entries.collect()
}

fn tasks(days: Days) -> Vec<Entry> {
    let due = |from_today| format!("DUE;VALUE=DATE:{}", days.day(from_today));
    let bodies: [(&'static str, &str, Vec<String>); 5] = [
        (
            "ben.buche",
            "sicherung",
            [
                from_start(days, 1),
                lines([
                    "RRULE:FREQ=MONTHLY",
                    "SUMMARY:Sicherung zur Probe zurückspielen",
                    "PRIORITY:1",
                ]),
            ]
            .concat(),
        ),
        (
            "ben.buche",
            "zertifikat",
            [
                vec![due(12)],
                lines([
                    "SUMMARY:Zertifikat der Webseite erneuern",
                    "STATUS:NEEDS-ACTION",
                ]),
            ]
            .concat(),
        ),
        (
            "anna.amsel",
            "neujahr",
            [
                vec![due(30)],
                lines([
                    "SUMMARY:Neujahrsrede schreiben",
                    "STATUS:IN-PROCESS",
                    "PERCENT-COMPLETE:40",
                ]),
            ]
            .concat(),
        ),
        (
            "emine.falke",
            "gutachten",
            [
                vec![due(5)],
                lines(["SUMMARY:Gutachten zur Brücke anfordern", "PRIORITY:2"]),
            ]
            .concat(),
        ),
        (
            "jörg.müller",
            "findbuch",
            [
                vec![format!("COMPLETED:{}", days.stamp())],
                lines([
                    "SUMMARY:Findbuch 1987 abschließen",
                    "STATUS:COMPLETED",
                    "PERCENT-COMPLETE:100",
                ]),
            ]
            .concat(),
        ),
    ];
    let entries = bodies.into_iter().map(|(local, id, body)| {
        let id = format!("aufgabe-{id}");
        let text = object("VTODO", &id, days, &[&body]);
        entry(local, "tasks", &id, text)
    });
    entries.collect()
}

/// A task that comes again needs a begin (RFC 5545 3.8.5.3).
fn from_start(days: Days, from_today: i64) -> Vec<String> {
    vec![
        format!("DTSTART;VALUE=DATE:{}", days.day(from_today)),
        format!("DUE;VALUE=DATE:{}", days.day(from_today + 2)),
    ]
}

/// Who is at the counter, in the calendar that the office shares.
fn duties(days: Days) -> Vec<Entry> {
    let mut all = Vec::new();
    for week in -1..=WEEKS_AHEAD {
        let who = if week % 2 == 0 {
            "Clara Dohle"
        } else {
            "David Eiche"
        };
        let id = format!("schalter-{}", week + 1);
        let body = [
            format!(
                "DTSTART;VALUE=DATE:{}",
                days.day(days.weekday(Weekday::Monday, week))
            ),
            format!(
                "DTEND;VALUE=DATE:{}",
                days.day(days.weekday(Weekday::Friday, week) + 1)
            ),
            format!("SUMMARY:Schalter: {who}"),
            "TRANSP:TRANSPARENT".to_owned(),
        ];
        let text = object("VEVENT", &id, days, &[&body]);
        all.push(entry("poststelle", TEAM_CALENDAR.0, &id, text));
    }
    all
}

/// What calendars find hard: whole days, another zone, the night in which the clock is changed, an occurrence left out.
fn special(days: Days) -> Vec<Entry> {
    let holiday = [
        format!(
            "DTSTART;VALUE=DATE:{}",
            days.day(days.weekday(Weekday::Monday, 4))
        ),
        format!(
            "DTEND;VALUE=DATE:{}",
            days.day(days.weekday(Weekday::Friday, 5) + 1)
        ),
        "SUMMARY:Urlaub".to_owned(),
        "CLASS:PRIVATE".to_owned(),
    ];
    let flight = [
        format!("DTSTART:{}T140000Z", days.day(20)),
        format!("DTEND:{}T223000Z", days.day(20)),
        "SUMMARY:Flight to the twin town".to_owned(),
        "DESCRIPTION:Ankunft 17:30 Uhr Ortszeit (New York)".to_owned(),
        "CLASS:CONFIDENTIAL".to_owned(),
    ];
    // The last Sundays of March and October: half past two is there not at all, and twice.
    let clock = [
        format!("DTSTART;TZID={ZONE}:20240331T023000"),
        format!("DTEND;TZID={ZONE}:20240331T024500"),
        "RRULE:FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU".to_owned(),
        "SUMMARY:Rathausuhr umstellen".to_owned(),
    ];
    let left_out = days.day(days.weekday(Weekday::Tuesday, 1));
    let standup = [
        from_to(
            &days.day(days.weekday(Weekday::Tuesday, -20)),
            "0745",
            "0800",
        ),
        vec![
            "RRULE:FREQ=WEEKLY;BYDAY=TU,TH".to_owned(),
            format!("EXDATE;TZID={ZONE}:{left_out}T074500"),
            "SUMMARY:Lagebesprechung IT".to_owned(),
        ],
    ]
    .concat();
    let mut all = Vec::new();
    for (local, id, body) in [
        ("emine.falke", "urlaub", &holiday[..]),
        ("greta.habicht", "flug", &flight),
        ("frank.ginster", "rathausuhr", &clock),
        ("ben.buche", "lage", &standup),
    ] {
        all.push(entry(
            local,
            "calendar",
            id,
            object("VEVENT", id, days, &[body]),
        ));
    }
    all
}
