//! Schedule: whether a component takes place in a range, by the tables of RFC 4791 9.9.

use std::ops::{ControlFlow, Range};

use crate::freebusy::periods;
use crate::limit::DATES_MAX;
use crate::object::CalendarObject;
use crate::occurrence::{Occurrence, Spread, overlaps, visit};
use crate::part::{End, Kind, Part};
use crate::tree::Component;
use crate::value::{self, StampForm};
use crate::zone::Zone;

/// Whether one of the component's own occurrences lies in the range.
pub(super) fn takes_place(
    object: &CalendarObject,
    part: &Part,
    range: &Range<i64>,
    floating: &Zone,
) -> bool {
    match part.kind {
        Kind::Task if part.start.is_none() && part.recurrence_id.is_none() => {
            return timeless_task(part, range, floating);
        }
        Kind::FreeBusy => return free_busy(object, part, range, floating),
        Kind::Availability => return availability(part, range, floating),
        Kind::Event | Kind::Task | Kind::Journal => {}
    }
    any(
        reach(object, part),
        range,
        floating,
        Spread::None,
        |occurrence| occurrence.component == part.component && in_range(part, occurrence, range),
    )
}

/// The parts that make a component's own occurrences: an override of one occurrence needs no other.
fn reach<'object>(object: &'object CalendarObject, part: &'object Part) -> &'object [Part] {
    if part.recurrence_id.is_some() && !part.this_and_future {
        std::slice::from_ref(part)
    } else {
        object.parts()
    }
}

/// Whether an occurrence fulfils a condition; what cannot be looked through does.
fn any(
    parts: &[Part],
    range: &Range<i64>,
    floating: &Zone,
    spread: Spread,
    fulfils: impl Fn(&Occurrence) -> bool,
) -> bool {
    let flow = visit(parts, range, floating, spread, &mut |occurrence| {
        if fulfils(&occurrence) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    !flow.is_ok_and(|flow| flow.is_continue())
}

fn in_range(part: &Part, occurrence: &Occurrence, range: &Range<i64>) -> bool {
    let Occurrence { start, end, .. } = *occurrence;
    if part.kind != Kind::Task {
        return overlaps(start, end, range);
    }
    match part.end {
        End::After(_) => range.start <= end && (range.end > start || range.end >= end),
        End::At(_) => {
            (range.start < end || range.start <= start) && (range.end > start || range.end >= end)
        }
        End::Open => range.start <= start && range.end > start,
    }
}

/// The rows of the table for tasks that have no DTSTART.
fn timeless_task(part: &Part, range: &Range<i64>, floating: &Zone) -> bool {
    if let End::At(due) = &part.end {
        let due = due.instant(floating);
        return range.start < due && range.end >= due;
    }
    let within = |instant: i64| range.start <= instant && range.end >= instant;
    match (part.completed, part.created) {
        (Some(completed), Some(created)) => {
            (range.start <= created || range.start <= completed)
                && (range.end >= created || range.end >= completed)
        }
        (Some(completed), None) => within(completed),
        (None, Some(created)) => range.end > created,
        (None, None) => true,
    }
}

fn free_busy(object: &CalendarObject, part: &Part, range: &Range<i64>, floating: &Zone) -> bool {
    if let (Some(start), End::At(end)) = (&part.start, &part.end) {
        return range.start <= end.instant(floating) && range.end > start.instant(floating);
    }
    let lines = object.component_of(part).all("FREEBUSY");
    lines
        .flat_map(periods)
        .take(DATES_MAX)
        .any(|(start, end)| overlaps(start, end, range))
}

/// RFC 7953 7.2.4: an availability without a begin or an end reaches as far as there is time.
fn availability(part: &Part, range: &Range<i64>, floating: &Zone) -> bool {
    let (start, end) = crate::availability::extent(part, floating);
    range.start < end && range.end > start
}

/// RFC 4791 9.9: whether an alert goes off in the range, at first or by repetition.
pub(super) fn alert_goes_off(
    object: &CalendarObject,
    outer: Component<'_>,
    alert: Component<'_>,
    range: &Range<i64>,
    floating: &Zone,
) -> bool {
    let Some(trigger) = alert.property("TRIGGER") else {
        return false;
    };
    let repeat = alert
        .value("REPEAT")
        .and_then(|repeat| repeat.parse::<i64>().ok())
        .unwrap_or(0)
        .clamp(0, REPEATS_MAX);
    let every = alert
        .value("DURATION")
        .and_then(value::duration)
        .map_or(0, value::Duration::approximate)
        .max(0);
    let goes_off = |first: i64| {
        if range.start <= first {
            return first < range.end;
        }
        // The first repetition at or after the begin of the range.
        let missed = range.start.saturating_sub(first);
        every > 0 && {
            let number = missed.saturating_add(every - 1) / every;
            number <= repeat && first.saturating_add(number * every) < range.end
        }
    };
    if let Some(at) = value::stamp(trigger.value()) {
        // RFC 5545 3.8.6.3: an absolute trigger is in UTC.
        return goes_off(if at.form == StampForm::Utc {
            at.local
        } else {
            floating.to_utc(at.local)
        });
    }
    let Some(offset) = value::duration(trigger.value()) else {
        return false;
    };
    let from_end = trigger
        .parameter("RELATED")
        .is_some_and(|related| related.eq_ignore_ascii_case("END"));
    let offset = offset.approximate();
    let part = object
        .parts()
        .iter()
        .find(|part| part.component == outer.number());
    let Some(part) = part else { return false };
    let parts = reach(object, part);
    let spread = offset
        .saturating_abs()
        .saturating_add(repeat.saturating_mul(every));
    any(
        parts,
        range,
        floating,
        Spread::Seconds(spread),
        |occurrence| {
            let from = if from_end {
                occurrence.end
            } else {
                occurrence.start
            };
            occurrence.component == outer.number() && goes_off(from.saturating_add(offset))
        },
    )
}

/// Repetitions of an alert: more is no reminder.
const REPEATS_MAX: i64 = 10_000;
