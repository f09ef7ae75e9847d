//! What stands in the calendars of Musterstadt: meetings that people and rooms are invited to, and what each keeps alone.

use std::sync::LazyLock;

use super::days::{Days, Weekday};
use super::people::{DOMAIN, PEOPLE, Person};

/// Where Musterstadt is.
const ZONE: &str = "Europe/Berlin";
/// Octets of a line (RFC 5545 3.1).
const LINE_OCTETS_MAX: usize = 75;
/// How far back and ahead of today calendars are filled, in weeks.
const WEEKS_BACK: i64 = 4;
const WEEKS_AHEAD: i64 = 10;

/// Rooms: local part, name, people.
pub(super) const ROOMS: [(&str, &str, u32); 2] = [
    ("raum204", "Raum 204", 12),
    ("ratssaal", "Großer Ratssaal", 80),
];
/// Equipment: local part, name.
pub(super) const EQUIPMENT: [(&str, &str); 1] = [("dienstwagen", "Dienstwagen M-RH 204")];
/// A calendar of the shared account: name in addresses, name for people.
pub(super) const TEAM_CALENDAR: (&str, &str) = ("dienste", "Dienste Bürgerbüro");
/// Somebody, and who acts in their place.
pub(super) const DEPUTY: (&str, &str) = ("anna.amsel", "clara.dohle");

/// One calendar object.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Local part of whose it is.
    pub(super) local: &'static str,
    /// Which calendar.
    pub(super) calendar: &'static str,
    pub(super) uid: String,
    pub(super) text: String,
}

/// How somebody answers an invitation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    pub(super) local: &'static str,
    pub(super) uid: &'static str,
    pub(super) answer: itip::PartStat,
    pub(super) comment: Option<&'static str>,
}

fn entry(local: &'static str, calendar: &'static str, id: &str, text: String) -> Entry {
    Entry {
        local,
        calendar,
        uid: id.to_owned(),
        text,
    }
}

/// A calendar object with one component for each of `bodies`: lines without the ends that RFC 5545 wants.
fn object(component: &str, id: &str, days: Days, bodies: &[&[String]]) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Wachpost//Musterstadt//DE".to_owned(),
    ];
    let in_zone = format!("TZID={ZONE}");
    let needs_zone = bodies
        .iter()
        .any(|body| body.iter().any(|line| line.contains(&in_zone)));
    if needs_zone {
        lines.extend(ZONE_LINES.iter().cloned());
    }
    for body in bodies {
        lines.push(format!("BEGIN:{component}"));
        lines.push(format!("UID:{}", uid(id)));
        lines.push(format!("DTSTAMP:{}", days.stamp()));
        lines.extend(body.iter().cloned());
        lines.push(format!("END:{component}"));
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

/// The zone as it was and will be for a while: 2000 to 2050.
static ZONE_LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = icalendar::write_timezone(ZONE, 946_684_800..2_524_608_000).unwrap_or_default();
    text.lines()
        .skip_while(|line| !line.starts_with("BEGIN:VTIMEZONE"))
        .take_while(|line| !line.starts_with("END:VCALENDAR"))
        .map(str::to_owned)
        .collect()
});

/// RFC 5545 3.1: a long line goes on behind a line end and a space, never inside of a character.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 2);
    let (mut rest, mut room) = (line, LINE_OCTETS_MAX);
    while rest.len() > room {
        let (now, later) = rest.split_at(rest.floor_char_boundary(room));
        out.push_str(now);
        out.push_str("\r\n ");
        (rest, room) = (later, LINE_OCTETS_MAX - 1);
    }
    out.push_str(rest);
    out.push_str("\r\n");
    out
}

/// The UID of something made up here.
pub(super) fn uid(id: &str) -> String {
    format!("{id}@{DOMAIN}")
}

fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).into()
}

/// Begin and end on one day, at local times such as `0930`.
fn from_to(day: &str, from: &str, to: &str) -> Vec<String> {
    vec![
        format!("DTSTART;TZID={ZONE}:{day}T{from}00"),
        format!("DTEND;TZID={ZONE}:{day}T{to}00"),
    ]
}

/// Who invites whom; the words in front tell people, rooms and equipment apart.
fn invite(organizer: &str, participants: &[&str], rooms: &[&str]) -> Vec<String> {
    let name = |local: &str| {
        let known = PEOPLE.iter().find(|person| person.local == local);
        known.map_or(local, |person| person.name).to_owned()
    };
    let mut out = vec![format!(
        "ORGANIZER;CN={}:mailto:{organizer}@{DOMAIN}",
        name(organizer)
    )];
    out.push(format!(
        "ATTENDEE;CN={};PARTSTAT=ACCEPTED:mailto:{organizer}@{DOMAIN}",
        name(organizer)
    ));
    for local in participants {
        out.push(format!(
            "ATTENDEE;CN={};PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{local}@{DOMAIN}",
            name(local)
        ));
    }
    for local in rooms {
        let kind = if EQUIPMENT.iter().any(|(known, _)| known == local) {
            "RESOURCE"
        } else {
            "ROOM"
        };
        out.push(format!(
            "ATTENDEE;CUTYPE={kind};PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{local}@{DOMAIN}"
        ));
    }
    out
}

/// The meetings, in the order in which they are arranged: whoever asks for a room first gets it.
pub(super) fn meetings(days: Days) -> Vec<Entry> {
    let monday = days.day(days.weekday(Weekday::Monday, -2));
    let moved_from = days.day(days.weekday(Weekday::Monday, 2));
    let moved_to = days.day(days.weekday(Weekday::Tuesday, 2));
    let staff = ["ben.buche", "clara.dohle", "david.eiche", "emine.falke"];
    let briefing = [
        from_to(&monday, "1000", "1100"),
        lines([
            "RRULE:FREQ=WEEKLY",
            "SUMMARY:Dienstbesprechung",
            "LOCATION:Raum 204",
            "DESCRIPTION:Themen bitte bis Freitag an mich.",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:Dienstbesprechung",
            "TRIGGER:-PT15M",
            "END:VALARM",
        ]),
        invite("anna.amsel", &staff, &["raum204"]),
    ]
    .concat();
    let briefing_moved = [
        vec![format!("RECURRENCE-ID;TZID={ZONE}:{moved_from}T100000")],
        from_to(&moved_to, "1400", "1500"),
        lines([
            "SUMMARY:Dienstbesprechung (ausnahmsweise am Dienstag)",
            "LOCATION:Raum 204",
            "SEQUENCE:1",
        ]),
        invite("anna.amsel", &staff, &["raum204"]),
    ]
    .concat();
    let site = [
        from_to(
            &days.day(days.weekday(Weekday::Wednesday, -1)),
            "1400",
            "1530",
        ),
        lines([
            "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=12",
            "SUMMARY:Baubesprechung Lindenstraße",
            "LOCATION:Raum 204",
        ]),
        invite(
            "emine.falke",
            &["david.eiche", "frank.ginster"],
            &["raum204"],
        ),
    ]
    .concat();
    let council = [
        from_to(&third_thursday(days), "1800", "2100"),
        lines([
            "RRULE:FREQ=MONTHLY;BYDAY=3TH;COUNT=12",
            "SUMMARY:Sitzung des Stadtrats",
            "LOCATION:Großer Ratssaal",
            "CATEGORIES:Öffentlich",
        ]),
        invite(
            "anna.amsel",
            &["david.eiche", "emine.falke", "greta.habicht"],
            &["ratssaal"],
        ),
    ]
    .concat();
    let press = [
        from_to(&days.day(days.weekday(Weekday::Friday, 1)), "1130", "1200"),
        lines([
            "SUMMARY:Pressetermin Weihnachtsmarkt",
            "LOCATION:Marktplatz\\, am Brunnen",
        ]),
        invite("greta.habicht", &["anna.amsel"], &[]),
    ]
    .concat();
    let meters = [
        from_to(&days.day(days.weekday(Weekday::Tuesday, 1)), "0800", "1600"),
        lines(["SUMMARY:Wasserzähler ablesen\\, Nordviertel"]),
        invite("frank.ginster", &["ben.buche"], &["dienstwagen"]),
    ]
    .concat();
    // At the same time as the briefing: the room declines by itself.
    let budget = [
        from_to(&days.day(days.weekday(Weekday::Monday, 1)), "1030", "1230"),
        lines(["SUMMARY:Haushalt\\, zweiter Entwurf", "LOCATION:Raum 204"]),
        invite("david.eiche", &["emine.falke"], &["raum204"]),
    ]
    .concat();
    let one = |local, id: &str, body: &[String]| {
        let text = object("VEVENT", id, days, &[body]);
        entry(local, "calendar", id, text)
    };
    vec![
        one("anna.amsel", "dienstbesprechung", &briefing),
        one("emine.falke", "baubesprechung", &site),
        one("anna.amsel", "stadtrat", &council),
        one("greta.habicht", "pressetermin", &press),
        one("frank.ginster", "zaehler", &meters),
        one("david.eiche", "haushalt", &budget),
        // The same again, with one occurrence moved.
        entry(
            "anna.amsel",
            "calendar",
            "dienstbesprechung",
            object(
                "VEVENT",
                "dienstbesprechung",
                days,
                &[&briefing, &briefing_moved],
            ),
        ),
    ]
}

/// The next one but those of this week: a series begins with an occurrence of its rule (RFC 5545 3.8.5.3).
fn third_thursday(days: Days) -> String {
    let mut thursdays = (1..7).map(|week| days.day(days.weekday(Weekday::Thursday, week)));
    let is_third = |day: &String| ("15".."22").contains(&day.get(6..).unwrap_or_default());
    thursdays.find(is_third).unwrap_or_default()
}

/// What becomes of the invitations; those who are not here have not answered yet.
pub(super) const REPLIES: [Reply; 7] = [
    reply("clara.dohle", "dienstbesprechung", itip::PartStat::Accepted),
    reply("ben.buche", "dienstbesprechung", itip::PartStat::Accepted),
    reply(
        "david.eiche",
        "dienstbesprechung",
        itip::PartStat::Tentative,
    ),
    reply("frank.ginster", "baubesprechung", itip::PartStat::Accepted),
    reply("david.eiche", "stadtrat", itip::PartStat::Accepted),
    reply("anna.amsel", "pressetermin", itip::PartStat::Accepted),
    Reply {
        local: "ben.buche",
        uid: "zaehler",
        answer: itip::PartStat::Declined,
        comment: Some("Da bin ich auf der Schulung. Der Leser liegt bei mir auf dem Tisch."),
    },
];

const fn reply(local: &'static str, uid: &'static str, answer: itip::PartStat) -> Reply {
    Reply {
        local,
        uid,
        answer,
        comment: None,
    }
}

/// What each keeps alone.
pub(super) fn private(days: Days) -> Vec<Entry> {
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

#[cfg(test)]
mod tests {
    use icalendar::CalendarObject;
    use model::Timestamp;

    use super::*;

    #[test]
    fn everything_is_a_calendar_object() {
        for now in [1_700_000_000_000, 1_795_306_496_789, 1_711_900_000_000] {
            let days = Days::new(Timestamp(now));
            for entry in meetings(days).iter().chain(&private(days)) {
                let object = CalendarObject::read(entry.text.as_bytes());
                let object = object.unwrap_or_else(|fault| panic!("{fault}: {}", entry.text));
                assert_eq!(object.uid(), uid(&entry.uid));
                assert!(entry.text.lines().all(|line| line.len() <= LINE_OCTETS_MAX));
            }
        }
    }

    #[test]
    fn a_long_line_is_folded_between_characters() {
        let line = format!("SUMMARY:{}", "ä".repeat(60));
        let folded = folded(&line);
        assert_eq!(folded.replace("\r\n ", "").trim_end(), line);
        assert!(folded.lines().all(|line| line.len() <= LINE_OCTETS_MAX));
    }
}
