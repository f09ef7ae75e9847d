//! One occurrence of a series as a component of its own, and the question whether the series has it.

use calcard::common::timezone::Tz;
use calcard::icalendar::ICalendar;
use calcard::{Entry, Parser};

use crate::component::Component;
use crate::fault::Fault;
use crate::limits::OCCURRENCES_MAX;
use crate::line::Line;
use crate::object::Object;
use crate::time::{Zones, duration, utc};

/// What an occurrence takes over from the series, apart from its times (RFC 5545 3.8.4.4: everything but the rule).
pub(crate) fn derive(master: &Component, original: i64, zones: &Zones) -> Option<Component> {
    let start = master.line("DTSTART")?;
    let began = zones.seconds(start)?;
    let value = zones.value_like(start, original)?;
    let mut item = master.clone();
    item.remove(&["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"]);
    for line in &mut item.lines {
        if line.is("DTSTART") {
            line.set_value(&value);
        } else if line.is_one_of(&["DTEND", "DUE"]) {
            let length = zones.seconds(line)?.checked_sub(began)?;
            let shifted = zones.value_like(line, original.checked_add(length)?)?;
            line.set_value(&shifted);
        }
    }
    let place = item
        .lines
        .iter()
        .position(|line| line.is("DTSTART"))
        .unwrap_or(0);
    item.lines
        .insert(place, start.renamed("RECURRENCE-ID", &value));
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
///
/// The rule is followed only up to `original`, and at most [`OCCURRENCES_MAX`] steps.
pub(crate) fn exists(object: &Object, original: i64) -> Result<(), Fault> {
    let master = object.master().ok_or(Fault::NoInstance)?;
    if object.excluded().contains(&original) {
        return Err(Fault::NoInstance);
    }
    let start = master.line("DTSTART").ok_or(Fault::NoInstance)?;
    let began = object.zones.seconds(start).ok_or(Fault::NoInstance)?;
    let mut dates = master
        .all("RDATE")
        .flat_map(|line| object.zones.all_seconds(line));
    if began == original || dates.any(|date| date == original) {
        return Ok(());
    }
    let rule = master
        .value("RRULE")
        .filter(|_| original > began)
        .ok_or(Fault::NoInstance)?;
    if follows(rule, start, original, &object.zones) {
        Ok(())
    } else {
        Err(Fault::NoInstance)
    }
}

/// The rule is counted on the clock of the wall, as RFC 5545 3.3.10 means it: then no zone is needed.
fn follows(rule: &str, start: &Line, original: i64, zones: &Zones) -> bool {
    let Some(wanted) = zones.value_like(start, original) else {
        return false;
    };
    let wanted_line = Line::new("DTSTART", &wanted);
    let (Some(wanted), Some(first)) = (zones.wall(&wanted_line), zones.wall(start)) else {
        return false;
    };
    let rule = rule.to_ascii_uppercase();
    // RFC 5545 3.3.10: rules within a day give more occurrences than a meeting has; they are not followed.
    if ["SECONDLY", "MINUTELY", "HOURLY"]
        .iter()
        .any(|often| rule.contains(often))
        || wanted > first + SPAN_SECONDS_MAX
    {
        return false;
    }
    if until(&rule, start, zones).is_some_and(|until| original > until) {
        return false;
    }
    let parts = rule
        .split(';')
        .filter(|part| !part.starts_with("UNTIL="))
        .collect::<Vec<_>>()
        .join(";");
    let bounded = format!("{parts};UNTIL={}", utc(wanted));
    let Some(calendar) = series(&bounded, first) else {
        return false;
    };
    let found = calendar.expand_dates(Tz::UTC, OCCURRENCES_MAX).events;
    found.iter().any(|event| event.start.timestamp() == wanted)
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

fn series(rule: &str, first: i64) -> Option<ICalendar> {
    let rule = Line::new("RRULE", rule);
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:{}\r\nDURATION:PT1S\r\nRRULE:{}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        utc(first),
        rule.value()
    );
    if let Entry::ICalendar(calendar) = Parser::new(&text).entry() {
        Some(calendar)
    } else {
        None
    }
}

/// Fifty years: nobody answers to a later occurrence.
const SPAN_SECONDS_MAX: i64 = 50 * 366 * 86_400;
