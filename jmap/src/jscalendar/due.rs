//! When a task begins and when it is due: `start`, `due`, `timeZone`, `showWithoutTime` (RFC 8984 5.2.1, 5.2.2).
//!
//! Both are in one time zone to JSON; where a text has them in two, the other one is said in the zone of the first.

use std::collections::BTreeSet;

use icalendar::Zone;
use serde_json::Value;

use super::block::{Block, Line};
use super::time::{self, Moment, SHOW_WITHOUT_TIME, flag, moment_of, place_in, written_zone};
use super::value::{DAY, local_time, parse_local, parse_span};
use super::zones::{Place, Zones};
use super::{Invalid, Object};

/// The properties that are read and written together.
const NAMES: [&str; 4] = ["start", "due", "timeZone", "showWithoutTime"];

/// When a component is due. RFC 5545 3.6.2: at `DUE`, or so long after it begins.
pub(super) fn due_of(block: &Block, zones: &Zones) -> Option<Moment> {
    if let Some(line) = block.line("DUE") {
        return moment_of(line, &line.value, zones);
    }
    let span = block.value("DURATION").and_then(parse_span)?;
    let start = time::start_of(block, zones)?;
    let days = start.local.saturating_add(span.days.saturating_mul(DAY));
    let zone = start.place.zone();
    let local = zone.to_local(zone.to_utc(days).saturating_add(span.seconds));
    Some(Moment { local, ..start })
}

pub(super) fn read(json: &mut Object, block: &Block, zones: &Zones) {
    let (start, due) = (time::start_of(block, zones), due_of(block, zones));
    // Days are of no zone; what has a time says which one.
    let one = match (&start, &due) {
        (Some(start), Some(due)) if start.is_date && !due.is_date => due,
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => return,
    };
    for (name, moment) in [("start", &start), ("due", &due)] {
        if let Some(moment) = moment {
            json.insert(name.into(), local_time(moment.local_at(one)).into());
        }
    }
    if let Some(name) = one.place.name() {
        json.insert("timeZone".into(), name.into());
    }
    let without_time = block
        .value(SHOW_WITHOUT_TIME)
        .is_some_and(|value| value.eq_ignore_ascii_case("TRUE"));
    if one.is_date || without_time {
        json.insert("showWithoutTime".into(), true.into());
    }
}

/// When a task begins and is due, both in one place.
struct Times {
    start: Option<i64>,
    due: Option<i64>,
    place: Place,
    is_date: bool,
}

impl Times {
    fn of(json: &Object) -> Result<Self, Invalid> {
        let local = |name: &str| match json.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let local = value.as_str().and_then(parse_local);
                let fault = || Invalid::new(name, "it is no LocalDateTime");
                local.map(Some).ok_or_else(fault)
            }
        };
        let (start, due) = (local("start")?, local("due")?);
        if start.zip(due).is_some_and(|(start, due)| due < start) {
            // RFC 5545 3.8.2.3.
            return Err(Invalid::new("due", "it is before the start"));
        }
        let place = place_in(json, "timeZone")?;
        let midnight = |local: Option<i64>| local.is_none_or(|local| local.rem_euclid(DAY) == 0);
        let is_date = flag(json, "showWithoutTime")?
            && place == Place::Floating
            && midnight(start)
            && midnight(due);
        Ok(Self {
            start,
            due,
            place,
            is_date,
        })
    }

    fn at(&self, local: i64) -> Moment {
        Moment {
            local,
            place: self.place.clone(),
            is_date: self.is_date,
        }
    }
}

/// Writes when a task begins and is due, where it is different.
pub(super) fn write(
    block: &mut Block,
    (old, new): (&Object, &Object),
    zones: &Zones,
    used: &mut BTreeSet<String>,
) -> Result<(), Invalid> {
    let changed = |name: &str| old.get(name) != new.get(name);
    if !NAMES.iter().any(|name| changed(name)) {
        return Ok(());
    }
    let times = Times::of(new)?;
    let was = Times::of(old).ok();
    let same_form = was
        .is_some_and(|was| was.is_date == times.is_date && was.place.name() == times.place.name());
    for (name, line, local) in [("start", "DTSTART", times.start), ("due", "DUE", times.due)] {
        // What was said by a length is said by a time from now on.
        let by_length = name == "due" && block.line("DURATION").is_some();
        if same_form && !changed(name) && !by_length {
            continue;
        }
        match local {
            None => block.remove(line),
            Some(local) => {
                let moment = times.at(local);
                let zone = written_zone(block, &moment, zones, used);
                block.set(moment.line(line, local, &zone));
            }
        }
    }
    block.remove("DURATION");
    block.remove(SHOW_WITHOUT_TIME);
    if flag(new, "showWithoutTime")? && !times.is_date {
        block.set(Line::new(SHOW_WITHOUT_TIME, "TRUE"));
    }
    Ok(())
}

/// Lets an occurrence begin at another time. RFC 8984 5.2.1: a task is then due by as much later.
pub(super) fn begin_at(json: &mut Object, local: i64) {
    let time = |json: &Object, name: &str| json.get(name)?.as_str().and_then(parse_local);
    let moved = time(json, "start").map(|start| local.saturating_sub(start));
    let due = time(json, "due").filter(|_| json.get("@type").is_some_and(|kind| kind == "Task"));
    if let (Some(moved), Some(due)) = (moved, due) {
        json.insert("due".into(), local_time(due.saturating_add(moved)).into());
    }
    json.insert("start".into(), local_time(local).into());
}

/// When a task begins and is due, in seconds since 1970; times without a zone are in `floating`.
pub(crate) fn utc_times(json: &Object, floating: &Zone) -> (Option<i64>, Option<i64>) {
    let Ok(times) = Times::of(json) else {
        return (None, None);
    };
    let zone = match &times.place {
        Place::Floating => floating.clone(),
        Place::Named(_, zone) => zone.clone(),
    };
    let instant = |local: Option<i64>| local.map(|local| zone.to_utc(local));
    (instant(times.start), instant(times.due))
}

/// JMAP Tasks draft -06 4: `utcStart` and `utcDue` become what they say in the task's time zone.
///
/// # Errors
/// The time zone is none.
pub(crate) fn set_utc_times(
    json: &mut Object,
    start: Option<i64>,
    due: Option<i64>,
) -> Result<(), Invalid> {
    let zone = place_in(json, "timeZone")?.zone();
    for (name, instant) in [("start", start), ("due", due)] {
        if let Some(instant) = instant {
            json.insert(name.into(), local_time(zone.to_local(instant)).into());
        }
    }
    Ok(())
}
