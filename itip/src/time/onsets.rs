//! Onsets: when the clocks of a zone change that only its `VTIMEZONE` tells of (RFC 5545 3.6.5).

use calcard::common::timezone::Tz;

use super::{naive, series};
use crate::component::Component;

/// Where onsets of a rule begin to be worked out: 1970-01-01. Rules without end are often dated 1601.
const FROM_YEAR: i32 = 1970;
/// Onsets of one rule: twice a year until 2100 leaves room.
const ONSETS_MAX: usize = 300;
/// `STANDARD` and `DAYLIGHT` components of one zone.
const OBSERVANCES_MAX: usize = 64;
/// A day: clocks are never further apart than that.
const DAY: i64 = 86_400;

/// The offsets of a zone from UTC, worked out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Onsets {
    /// Before the first onset.
    initial: i64,
    /// Moments, and the offset from then on; rising.
    changes: Vec<(i64, i64)>,
}

impl Onsets {
    pub(super) fn of(zone: &Component) -> Option<Self> {
        let observances = zone
            .children
            .iter()
            .filter(|child| child.is("STANDARD") || child.is("DAYLIGHT"));
        let mut changes = Vec::new();
        let mut first: Option<(i64, i64)> = None;
        for observance in observances.take(OBSERVANCES_MAX) {
            let (from, to) = (
                offset(observance.value("TZOFFSETFROM")?)?,
                offset(observance.value("TZOFFSETTO")?)?,
            );
            let locals = locals(observance, from)?;
            let begin = locals.iter().min().copied()?;
            changes.extend(locals.into_iter().map(|at| (at.saturating_sub(from), to)));
            if first.is_none_or(|(earliest, _)| begin < earliest) {
                first = Some((begin, from));
            }
        }
        changes.sort_unstable();
        changes.dedup();
        let (_, initial) = first?;
        Some(Self { initial, changes })
    }

    /// Seconds east of UTC at a moment.
    pub(super) fn offset_at(&self, moment: i64) -> i64 {
        let after = self.changes.partition_point(|(at, _)| *at <= moment);
        after
            .checked_sub(1)
            .and_then(|last| self.changes.get(last))
            .map_or(self.initial, |(_, offset)| *offset)
    }

    /// RFC 5545 3.3.5: a time that is twice there is the first; one that is not there counts with the offset before the gap.
    pub(super) fn to_utc(&self, local: i64) -> i64 {
        let before = self.offset_at(local.saturating_sub(DAY));
        let after = self.offset_at(local.saturating_add(DAY));
        let (first, second) = (local.saturating_sub(before), local.saturating_sub(after));
        if before == after || self.offset_at(first) == before || self.offset_at(second) != after {
            first
        } else {
            second
        }
    }
}

/// The onsets of one observance, on the clock as it was before.
fn locals(observance: &Component, from: i64) -> Option<Vec<i64>> {
    let start = naive(observance.value("DTSTART")?.trim())?;
    let first = start.and_utc().timestamp();
    let mut locals = vec![first];
    for line in observance.all("RDATE") {
        let dates = line.value().split(',').take(ONSETS_MAX);
        locals.extend(dates.filter_map(|date| {
            let date = date.split('/').next()?.trim();
            let at = naive(date)?.and_utc().timestamp();
            Some(if date.ends_with(['Z', 'z']) {
                at.saturating_add(from)
            } else {
                at
            })
        }));
    }
    let Some(rule) = observance.value("RRULE") else {
        return Some(locals);
    };
    let rule = rule.trim().to_ascii_uppercase();
    // Onsets come once a year: what comes more often is no zone, and is not followed.
    if !rule.contains("FREQ=YEARLY") {
        return Some(locals);
    }
    use chrono::Datelike;
    let begin = if start.year() < FROM_YEAR && !rule.contains("COUNT=") {
        start.with_year(FROM_YEAR).unwrap_or(start)
    } else {
        start
    };
    let begin = begin.and_utc().timestamp();
    let calendar = series(&ending_locally(&rule, from), begin)?;
    let found = calendar.expand_dates(Tz::UTC, ONSETS_MAX).events;
    locals.extend(
        found
            .iter()
            .map(|event| event.start.timestamp())
            .filter(|at| *at > begin || begin == first),
    );
    Some(locals)
}

/// RFC 5545 3.3.10: in a zone `UNTIL` is a UTC time, while the onsets are counted on the local clock.
fn ending_locally(rule: &str, from: i64) -> String {
    let part = |part: &str| {
        let until = part
            .strip_prefix("UNTIL=")
            .filter(|value| value.ends_with('Z'));
        let local = until.and_then(naive).map(|until| {
            let local = until.and_utc().timestamp().saturating_add(from);
            format!("UNTIL={}", super::utc(local))
        });
        local.unwrap_or_else(|| part.to_owned())
    };
    rule.split(';').map(part).collect::<Vec<_>>().join(";")
}

/// RFC 5545 3.3.14: `+0100`, `-043000`.
fn offset(value: &str) -> Option<i64> {
    let value = value.trim();
    let digits = value.strip_prefix(['+', '-'])?;
    let number = |from: usize| digits.get(from..from.checked_add(2)?)?.parse::<u32>().ok();
    let (hours, minutes) = (number(0)?, number(2)?);
    let seconds = number(4).unwrap_or(0);
    let is_time = matches!(digits.len(), 4 | 6) && hours < 24 && minutes < 60 && seconds < 60;
    let total = i64::from(hours)
        .checked_mul(3_600)?
        .checked_add(i64::from(minutes).checked_mul(60)?)?
        .checked_add(i64::from(seconds))?;
    let signed = if value.starts_with('-') {
        total.checked_neg()?
    } else {
        total
    };
    is_time.then_some(signed)
}
