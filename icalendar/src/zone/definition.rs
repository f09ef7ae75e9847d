//! Definition: the onsets of a VTIMEZONE, worked out once.

use crate::civil::DAY;
use crate::limit::{DATES_MAX, OBSERVANCES_MAX, TRANSITIONS_MAX};
use crate::rule::{Expansion, Rule};
use crate::tree::Component;
use crate::value::{self, Stamp, StampForm};

/// Where onsets of an endless rule begin to be worked out: 1950. Before it only its first onset counts.
const ONSETS_FROM: i64 = -20 * 365 * DAY;
/// Where they end: about 2100. Later, the last offset stays.
const ONSETS_UNTIL: i64 = 130 * 366 * DAY;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// The offset before the first onset.
    initial: i64,
    /// Instants and the offsets from then on, ascending.
    onsets: Vec<(i64, i64)>,
}

impl Definition {
    /// RFC 5545 3.6.5: STANDARD and DAYLIGHT, each with an onset, two offsets and perhaps a rule or more dates.
    pub(super) fn read(component: Component<'_>) -> Option<Self> {
        let mut onsets: Vec<(i64, i64)> = Vec::new();
        let mut first: Option<(i64, i64)> = None;
        let observances = component
            .children()
            .filter(|child| child.is("STANDARD") || child.is("DAYLIGHT"));
        for observance in observances.take(OBSERVANCES_MAX) {
            let from = i64::from(value::utc_offset(observance.value("TZOFFSETFROM")?)?);
            let to = i64::from(value::utc_offset(observance.value("TZOFFSETTO")?)?);
            let start = value::stamp(observance.value("DTSTART")?)?;
            let mut add = |local: i64| {
                if onsets.len() < TRANSITIONS_MAX {
                    onsets.push((local - from, to));
                }
            };
            add(start.local);
            for dates in observance.all("RDATE") {
                let dates = dates
                    .list()
                    .filter_map(|date| value::stamp(date.split('/').next()?));
                dates.take(DATES_MAX).for_each(|date| {
                    add(date.local + if date.form == StampForm::Utc { from } else { 0 })
                });
            }
            for rule in observance.all("RRULE") {
                let mut rule = Rule::read(rule.value()).ok()?;
                let start = Stamp {
                    form: StampForm::Local,
                    ..start
                };
                rule.settle(start, |utc| utc + from).ok()?;
                // A rule that has ended is short, and its last onset may be the one in force.
                let from = if rule.last.is_some() {
                    start.local
                } else {
                    start.local.max(ONSETS_FROM)
                };
                let expansion = Expansion::new(&rule, start.local, from);
                expansion
                    .take_while(|local| *local < ONSETS_UNTIL)
                    .take(TRANSITIONS_MAX)
                    .for_each(&mut add);
            }
            if first.is_none_or(|(earliest, _)| start.local < earliest) {
                first = Some((start.local, from));
            }
        }
        onsets.sort_unstable();
        onsets.dedup();
        let (_, initial) = first?;
        Some(Self { initial, onsets })
    }

    pub(super) fn offset_at(&self, instant: i64) -> i64 {
        let after = self.onsets.partition_point(|(onset, _)| *onset <= instant);
        after
            .checked_sub(1)
            .map_or(self.initial, |last| self.onsets[last].1)
    }
}
