//! One occurrence of a series as a component of its own, and the question whether the series has it.

use std::collections::{HashMap, HashSet};

use calcard::common::timezone::Tz;

use crate::component::Component;
use crate::fault::Fault;
use crate::limits::OCCURRENCES_MAX;
use crate::line::Line;
use crate::object::{Object, is_cancelled};
use crate::time::{Zones, duration, series, utc};

/// An occurrence that has no component of its own: as the last override says that counts for what follows it, too (RFC 5545
/// 3.2.13), else as the series does.
pub(crate) fn occurrence(object: &Object, original: i64) -> Option<Component> {
    let base = object
        .following(original)
        .filter(|base| !is_cancelled(base))
        .or_else(|| object.master())?;
    derive(base, original, &object.zones)
}

/// What an occurrence takes over from the series, or from an override that counts for it, apart from its times (RFC 5545
/// 3.8.4.4: everything but the rule).
pub(crate) fn derive(base: &Component, original: i64, zones: &Zones) -> Option<Component> {
    let start = base.line("DTSTART")?;
    let began = zones.seconds(start)?;
    // An override moves all that it counts for by as much as its own occurrence.
    let planned = match base.line("RECURRENCE-ID") {
        Some(line) => zones.seconds(line)?,
        None => began,
    };
    let begins = original.checked_add(began.checked_sub(planned)?)?;
    let value = zones.value_like(start, begins)?;
    let named = zones.value_like(start, original)?;
    let mut item = base.clone();
    item.remove(&["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"]);
    for line in &mut item.lines {
        if line.is("DTSTART") {
            line.set_value(&value);
        } else if line.is_one_of(&["DTEND", "DUE"]) {
            let length = zones.seconds(line)?.checked_sub(began)?;
            let shifted = zones.value_like(line, begins.checked_add(length)?)?;
            line.set_value(&shifted);
        }
    }
    let place = item
        .lines
        .iter()
        .position(|line| line.is("DTSTART"))
        .unwrap_or(0);
    item.lines
        .insert(place, start.renamed("RECURRENCE-ID", &named));
    Some(item)
}

/// Start and end of a component, in seconds. RFC 5545 3.6.1: without end and duration a date lasts a day, a time no time.
pub(crate) fn span(item: &Component, zones: &Zones) -> Option<(i64, i64)> {
    let due = || {
        item.line("DTEND")
            .or_else(|| item.line("DUE"))
            .and_then(|line| zones.seconds(line))
    };
    let line = item.line("DTSTART").or_else(|| item.line("DUE"))?;
    let start = zones.seconds(line)?;
    let day = if crate::time::is_date(line) {
        86_400
    } else {
        0
    };
    let end = due()
        .or_else(|| start.checked_add(duration(item.value("DURATION")?)?))
        .unwrap_or_else(|| start.saturating_add(day));
    Some((start, end))
}

/// Whether the series has an occurrence with that original start, excluded ones left out.
pub(crate) fn exists(object: &Object, original: i64) -> Result<(), Fault> {
    if known(object, &[original]).is_empty() {
        Err(Fault::NoInstance)
    } else {
        Ok(())
    }
}

/// Those of `wanted` that are original starts of the series, excluded ones left out.
///
/// The rule is followed once, up to the last of them and at most [`OCCURRENCES_MAX`] steps.
pub(crate) fn known(object: &Object, wanted: &[i64]) -> HashSet<i64> {
    let Some((master, start)) = object
        .master()
        .and_then(|master| Some((master, master.line("DTSTART")?)))
    else {
        return HashSet::new();
    };
    let mut dates: HashSet<i64> = master
        .all("RDATE")
        .flat_map(|line| object.zones.all_seconds(line))
        .collect();
    dates.extend(object.zones.seconds(start));
    let excluded = object.excluded();
    let (mut out, open): (HashSet<i64>, HashSet<i64>) = wanted
        .iter()
        .filter(|original| !excluded.contains(original))
        .partition(|original| dates.contains(original));
    if let Some(rule) = master.value("RRULE").filter(|_| !open.is_empty()) {
        out.extend(followed(rule, start, &open, &object.zones));
    }
    out
}

/// The rule is counted on the clock of the wall, as RFC 5545 3.3.10 means it: then no zone is needed.
fn followed(rule: &str, start: &Line, wanted: &HashSet<i64>, zones: &Zones) -> HashSet<i64> {
    let rule = rule.to_ascii_uppercase();
    // RFC 5545 3.3.10: rules within a day give more occurrences than a meeting has; they are not followed.
    if ["SECONDLY", "MINUTELY", "HOURLY"]
        .iter()
        .any(|often| rule.contains(often))
    {
        return HashSet::new();
    }
    let Some(first) = zones.wall(start) else {
        return HashSet::new();
    };
    let until = until(&rule, start, zones).unwrap_or(i64::MAX);
    let on_wall = |original: i64| {
        let value = zones
            .value_like(start, original)
            .filter(|_| original <= until)?;
        let wall = zones.wall(&Line::new("DTSTART", &value))?;
        (wall > first && wall <= first.saturating_add(SPAN_SECONDS_MAX)).then_some((wall, original))
    };
    let walls: HashMap<i64, i64> = wanted
        .iter()
        .filter_map(|original| on_wall(*original))
        .collect();
    let Some(last) = walls.keys().max() else {
        return HashSet::new();
    };
    let parts: Vec<&str> = rule
        .split(';')
        .filter(|part| !part.starts_with("UNTIL="))
        .collect();
    let Some(calendar) = series(&format!("{};UNTIL={}", parts.join(";"), utc(*last)), first) else {
        return HashSet::new();
    };
    let found = calendar.expand_dates(Tz::UTC, OCCURRENCES_MAX).events;
    found
        .iter()
        .filter_map(|event| walls.get(&event.start.timestamp()).copied())
        .collect()
}

fn until(rule: &str, start: &Line, zones: &Zones) -> Option<i64> {
    let value = rule
        .split(';')
        .find_map(|part| part.strip_prefix("UNTIL="))?;
    let until = zones.seconds_of(value, start)?;
    // A date as the end includes that day.
    Some(if value.contains('T') {
        until
    } else {
        until.saturating_add(86_399)
    })
}

/// Fifty years: nobody answers to a later occurrence.
const SPAN_SECONDS_MAX: i64 = 50 * 366 * 86_400;
