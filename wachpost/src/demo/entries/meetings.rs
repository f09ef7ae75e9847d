//! Meetings that people and rooms are invited to, and what they answer.

use super::super::days::{Days, Weekday};
use super::super::people::{DOMAIN, PEOPLE};
use super::{EQUIPMENT, Entry, ZONE, entry, from_to, lines, object};

/// How somebody answers an invitation.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo) struct Reply {
    pub(in crate::demo) local: &'static str,
    pub(in crate::demo) uid: &'static str,
    pub(in crate::demo) answer: itip::PartStat,
    pub(in crate::demo) comment: Option<&'static str>,
}

/// The meetings, in the order in which they are arranged: whoever asks for a room first gets it.
pub(in crate::demo) fn meetings(days: Days) -> Vec<Entry> {
    let one = |local, id: &str, body: &[String]| {
        let text = object("VEVENT", id, days, &[body]);
        entry(local, "calendar", id, text)
    };
    let briefing = briefing(days);
    let moved = briefing_moved(days);
    let with_one_moved = object("VEVENT", "dienstbesprechung", days, &[&briefing, &moved]);
    vec![
        one("anna.amsel", "dienstbesprechung", &briefing),
        one("emine.falke", "baubesprechung", &site(days)),
        one("anna.amsel", "stadtrat", &council(days)),
        one("greta.habicht", "pressetermin", &press(days)),
        one("frank.ginster", "zaehler", &meters(days)),
        one("david.eiche", "haushalt", &budget(days)),
        // The same again, with one occurrence moved.
        entry(
            "anna.amsel",
            "calendar",
            "dienstbesprechung",
            with_one_moved,
        ),
    ]
}

/// Who meets the mayor every week.
const STAFF: [&str; 4] = ["ben.buche", "clara.dohle", "david.eiche", "emine.falke"];

/// Every week, over the change of the clocks.
fn briefing(days: Days) -> Vec<String> {
    let monday = days.day(days.weekday(Weekday::Monday, -2));
    [
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
        invite("anna.amsel", &STAFF, &["raum204"]),
    ]
    .concat()
}

/// One occurrence of it on another day.
fn briefing_moved(days: Days) -> Vec<String> {
    let moved_from = days.day(days.weekday(Weekday::Monday, 2));
    let moved_to = days.day(days.weekday(Weekday::Tuesday, 2));
    [
        vec![format!("RECURRENCE-ID;TZID={ZONE}:{moved_from}T100000")],
        from_to(&moved_to, "1400", "1500"),
        lines([
            "SUMMARY:Dienstbesprechung (ausnahmsweise am Dienstag)",
            "LOCATION:Raum 204",
            "SEQUENCE:1",
        ]),
        invite("anna.amsel", &STAFF, &["raum204"]),
    ]
    .concat()
}

fn site(days: Days) -> Vec<String> {
    [
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
    .concat()
}

fn council(days: Days) -> Vec<String> {
    [
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
    .concat()
}

fn press(days: Days) -> Vec<String> {
    [
        from_to(&days.day(days.weekday(Weekday::Friday, 1)), "1130", "1200"),
        lines([
            "SUMMARY:Pressetermin Weihnachtsmarkt",
            "LOCATION:Marktplatz\\, am Brunnen",
        ]),
        invite("greta.habicht", &["anna.amsel"], &[]),
    ]
    .concat()
}

/// With a car.
fn meters(days: Days) -> Vec<String> {
    [
        from_to(&days.day(days.weekday(Weekday::Tuesday, 1)), "0800", "1600"),
        lines(["SUMMARY:Wasserzähler ablesen\\, Nordviertel"]),
        invite("frank.ginster", &["ben.buche"], &["dienstwagen"]),
    ]
    .concat()
}

/// At the same time as the briefing: the room declines by itself.
fn budget(days: Days) -> Vec<String> {
    [
        from_to(&days.day(days.weekday(Weekday::Monday, 1)), "1030", "1230"),
        lines(["SUMMARY:Haushalt\\, zweiter Entwurf", "LOCATION:Raum 204"]),
        invite("david.eiche", &["emine.falke"], &["raum204"]),
    ]
    .concat()
}

/// The next one but those of this week: a series begins with an occurrence of its rule (RFC 5545 3.8.5.3).
fn third_thursday(days: Days) -> String {
    let mut thursdays = (1..7).map(|week| days.day(days.weekday(Weekday::Thursday, week)));
    let is_third = |day: &String| ("15".."22").contains(&day.get(6..).unwrap_or_default());
    thursdays.find(is_third).unwrap_or_default()
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

/// What becomes of the invitations; those who are not here have not answered yet.
pub(in crate::demo) const REPLIES: [Reply; 7] = [
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
