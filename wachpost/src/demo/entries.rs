//! What stands in the calendars of Musterstadt, as calendar objects (RFC 5545).

mod meetings;

mod private;

use std::sync::LazyLock;

use super::days::Days;
use super::people::DOMAIN;

pub(super) use meetings::{REPLIES, Reply, meetings};
pub(super) use private::private;

/// Where Musterstadt is.
const ZONE: &str = "Europe/Berlin";
/// Octets of a line (RFC 5545 3.1).
const LINE_OCTETS_MAX: usize = 75;
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
