//! When an event takes place: `start`, `timeZone`, `duration`, `endTimeZone`, `showWithoutTime`.

use std::collections::BTreeSet;

use icalendar::Zone;
use serde_json::Value;

use super::block::{Block, Line};
use super::value::{
    DAY, Span, date_stamp, local_time, parse_local, parse_span, parse_stamp, stamp, write_span,
};
use super::zones::{Place, Zones};
use super::{Invalid, Object};

/// The properties that are read and written together.
const NAMES: [&str; 5] = [
    "start",
    "timeZone",
    "duration",
    "endTimeZone",
    "showWithoutTime",
];

/// draft-ietf-calext-jscalendar-icalendar: an event that has a time, which is not shown.
pub(super) const SHOW_WITHOUT_TIME: &str = "SHOW-WITHOUT-TIME";

/// The longest event, in days: ten thousand years have fewer.
const DAYS_MAX: i64 = 3_660_000;

/// A time on the wall clock of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) local: i64,
    pub(crate) place: Place,
    pub(crate) is_date: bool,
}

impl Moment {
    /// Seconds since 1970; a floating time is counted as if it were UTC.
    pub(crate) fn instant(&self) -> i64 {
        self.place.zone().to_utc(self.local)
    }

    /// The same instant on the wall clock of another moment's place.
    pub(crate) fn local_at(&self, other: &Self) -> i64 {
        let floats = |moment: &Self| moment.place == Place::Floating;
        if floats(self) || floats(other) || self.place.name() == other.place.name() {
            self.local
        } else {
            other.place.zone().to_local(self.instant())
        }
    }

    /// A line with another time of the same form.
    pub(crate) fn line(&self, name: &str, local: i64, zone_name: &str) -> Line {
        let text = self.text(local);
        match &self.place {
            _ if self.is_date => Line::new(name, text).with("VALUE", "DATE"),
            Place::Named(..) if !self.place.is_utc() => {
                Line::new(name, text).with("TZID", zone_name)
            }
            _ => Line::new(name, text),
        }
    }

    /// A time of the same form, without its zone.
    pub(crate) fn text(&self, local: i64) -> String {
        if self.is_date {
            date_stamp(local)
        } else if self.place.is_utc() {
            format!("{}Z", stamp(local))
        } else {
            stamp(local)
        }
    }
}

/// The moment that one value of a line names.
pub(crate) fn moment_of(line: &Line, value: &str, zones: &Zones) -> Option<Moment> {
    let (local, is_date, is_utc) = parse_stamp(value)?;
    let (local, place) = if is_date {
        (local, Place::Floating)
    } else if is_utc {
        (local, Place::utc())
    } else {
        match line.parameter("TZID").and_then(|name| zones.find(&name)) {
            None => (local, Place::Floating),
            Some(zone) => match zone.name() {
                Some(name) if !matches!(name.as_str(), "UTC" | "Etc/UTC") => {
                    (local, Place::Named(name, zone))
                }
                Some(_) => (local, Place::utc()),
                // A zone that only this text knows has no name that JSON could say.
                None => (zone.to_utc(local), Place::utc()),
            },
        }
    };
    Some(Moment {
        local,
        place,
        is_date,
    })
}

/// When a component begins.
pub(crate) fn start_of(block: &Block, zones: &Zones) -> Option<Moment> {
    let line = block.line("DTSTART")?;
    moment_of(line, &line.value, zones)
}

/// The name its zone has in the text.
pub(crate) fn zone_name_of(block: &Block) -> Option<String> {
    block.line("DTSTART")?.parameter("TZID")
}

/// What a component says of when it takes place.
pub(super) fn read(json: &mut Object, block: &Block, zones: &Zones) {
    let Some(start) = start_of(block, zones) else {
        return;
    };
    json.insert("start".into(), local_time(start.local).into());
    if let Some(name) = start.place.name() {
        json.insert("timeZone".into(), name.into());
    }
    let without_time = block
        .value(SHOW_WITHOUT_TIME)
        .is_some_and(|value| value.eq_ignore_ascii_case("TRUE"));
    if start.is_date || without_time {
        json.insert("showWithoutTime".into(), true.into());
    }
    let end = block
        .line("DTEND")
        .and_then(|line| moment_of(line, &line.value, zones));
    let span = match &end {
        Some(end) => span_between(&start, end),
        None => match block.value("DURATION").and_then(parse_span) {
            // A day has as many hours as it has.
            Some(span) if start.is_date => Span {
                days: span.days.saturating_add(span.seconds / DAY),
                seconds: 0,
            },
            Some(span) => span,
            // RFC 5545 3.6.1: a date without an end lasts that day.
            None => Span {
                days: i64::from(start.is_date),
                seconds: 0,
            },
        },
    };
    if span.days > 0 || span.seconds > 0 {
        json.insert("duration".into(), write_span(span).into());
    }
    if let Some(end) = end.filter(|end| !end.is_date && end.place != Place::Floating)
        && end.place.name() != start.place.name()
        && let Some(name) = end.place.name()
    {
        json.insert("endTimeZone".into(), name.into());
    }
}

/// RFC 8984 1.4.6: whole days as the place counts them, then seconds as they pass.
fn span_between(start: &Moment, end: &Moment) -> Span {
    let (zone, end_instant) = (start.place.zone(), end.instant());
    let end_local = end.local_at(start);
    if end_local <= start.local && end_instant <= start.instant() {
        return Span::default();
    }
    if start.is_date || start.place == Place::Floating {
        let seconds = end_local.saturating_sub(start.local);
        return Span {
            days: seconds.div_euclid(DAY),
            seconds: seconds.rem_euclid(DAY),
        };
    }
    let mut days = end_local.saturating_sub(start.local).max(0) / DAY;
    loop {
        let from = zone.to_utc(start.local.saturating_add(days.saturating_mul(DAY)));
        let seconds = end_instant.saturating_sub(from);
        if seconds >= 0 || days == 0 {
            return Span {
                days,
                seconds: seconds.max(0),
            };
        }
        days -= 1;
    }
}

/// The moment that properties name.
///
/// # Errors
/// RFC 8984 5.1.1: an event has a start; 4.7.1: its zone is one of the IANA database.
pub(crate) fn moment_in(json: &Object) -> Result<Moment, Invalid> {
    let start = json.get("start").and_then(Value::as_str);
    let local = start
        .and_then(parse_local)
        .ok_or_else(|| Invalid::new("start", "it is no LocalDateTime"))?;
    let place = place_in(json, "timeZone")?;
    let span = span_in(json)?;
    let without_time = flag(json, "showWithoutTime")?;
    let is_date = without_time
        && place == Place::Floating
        && local.rem_euclid(DAY) == 0
        && span.days > 0
        && span.seconds == 0;
    Ok(Moment {
        local,
        place,
        is_date,
    })
}

/// From when to when an event takes place, in seconds since 1970; times without a zone are in `floating`.
pub(crate) fn utc_range(json: &Object, floating: &Zone) -> Option<(i64, i64)> {
    let moment = moment_in(json).ok()?;
    let span = span_in(json).ok()?;
    let zone = match moment.place {
        Place::Floating => floating.clone(),
        Place::Named(_, zone) => zone,
    };
    let after_days = moment.local.saturating_add(span.days.saturating_mul(DAY));
    let end = zone.to_utc(after_days).saturating_add(span.seconds);
    Some((zone.to_utc(moment.local), end))
}

/// JMAP Calendars draft -26 5.1: `utcStart` and `utcEnd` become what they say in the event's time zone.
///
/// # Errors
/// They say the same as another property that is set, too.
pub(crate) fn set_utc(
    json: &mut Object,
    start: Option<i64>,
    end: Option<i64>,
) -> Result<(), Invalid> {
    let place = place_in(json, "timeZone")?;
    let zone = place.zone();
    if let Some(start) = start {
        json.insert("start".into(), local_time(zone.to_local(start)).into());
    }
    if let Some(end) = end {
        let begin = moment_in(json)?;
        let seconds = end.saturating_sub(begin.instant());
        if seconds < 0 {
            return Err(Invalid::new("utcEnd", "it is before the start"));
        }
        let span = Span { days: 0, seconds };
        json.insert("duration".into(), write_span(span).into());
    }
    Ok(())
}

pub(super) fn place_in(json: &Object, name: &str) -> Result<Place, Invalid> {
    let zone = match json.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(zone)) => Some(zone.as_str()),
        Some(_) => return Err(Invalid::new(name, "it is no time zone")),
    };
    Place::of_property(zone).ok_or_else(|| Invalid::new(name, "no time zone has this name"))
}

fn span_in(json: &Object) -> Result<Span, Invalid> {
    match json.get("duration") {
        None | Some(Value::Null) => Ok(Span::default()),
        Some(value) => value
            .as_str()
            .filter(|text| !text.starts_with(['-', '+']))
            .and_then(parse_span)
            .filter(|span| span.days <= DAYS_MAX && span.seconds <= DAYS_MAX * DAY)
            .ok_or_else(|| Invalid::new("duration", "it is no Duration")),
    }
}

pub(super) fn flag(json: &Object, name: &str) -> Result<bool, Invalid> {
    match json.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| Invalid::new(name, "it is no Boolean")),
    }
}

/// Whether two events say different things of when they take place.
pub(super) fn differs(old: &Object, new: &Object) -> bool {
    NAMES.iter().any(|name| old.get(*name) != new.get(*name))
}

/// Writes when an event takes place, where it is different.
pub(super) fn write(
    block: &mut Block,
    (old, new): (&Object, &Object),
    zones: &Zones,
    used: &mut BTreeSet<String>,
) -> Result<(), Invalid> {
    if !differs(old, new) {
        return Ok(());
    }
    let start = moment_in(new)?;
    let span = span_in(new)?;
    let end_place = match new.get("endTimeZone") {
        None | Some(Value::Null) => start.place.clone(),
        Some(_) => place_in(new, "endTimeZone")?,
    };
    let zone_name = written_zone(block, &start, zones, used);
    let line = start.line("DTSTART", start.local, &zone_name);
    for name in ["DTEND", "DURATION", SHOW_WITHOUT_TIME] {
        block.remove(name);
    }
    block.set(line);
    let place = block
        .lines
        .iter()
        .position(|line| line.is("DTSTART"))
        .map_or(block.lines.len(), |place| place + 1);
    let zone = start.place.zone();
    let after_days = start.local.saturating_add(span.days.saturating_mul(DAY));
    if start.place == Place::Floating {
        let end = after_days.saturating_add(span.seconds);
        if span.seconds >= DAY {
            // Hours that are more than a day are not days where nobody knows the place.
            block
                .lines
                .insert(place, Line::new("DURATION", write_span(span)));
        } else if span != Span::default() {
            block.lines.insert(place, start.line("DTEND", end, ""));
        }
    } else if span.seconds >= DAY && end_place.name() == start.place.name() {
        block
            .lines
            .insert(place, Line::new("DURATION", write_span(span)));
    } else if span != Span::default() || end_place.name() != start.place.name() {
        let instant = zone.to_utc(after_days).saturating_add(span.seconds);
        let end = Moment {
            local: end_place.zone().to_local(instant),
            place: end_place,
            is_date: false,
        };
        let end_name = if end.place.name() == start.place.name() {
            zone_name
        } else {
            written_zone(&Block::new(""), &end, zones, used)
        };
        block
            .lines
            .insert(place, end.line("DTEND", end.local, &end_name));
    }
    if flag(new, "showWithoutTime")? && !start.is_date {
        block.set(Line::new(SHOW_WITHOUT_TIME, "TRUE"));
    }
    Ok(())
}

/// The name that a moment's zone has, or gets, in the text.
pub(super) fn written_zone(
    block: &Block,
    moment: &Moment,
    zones: &Zones,
    used: &mut BTreeSet<String>,
) -> String {
    let Some(name) = moment.place.name() else {
        return String::new();
    };
    let known = zone_name_of(block)
        .filter(|known| zones.find(known).and_then(|zone| zone.name()).as_deref() == Some(name));
    if let Some(known) = known {
        return known;
    }
    if !moment.place.is_utc() && !zones.defines(name) {
        used.insert(name.to_owned());
    }
    name.to_owned()
}
