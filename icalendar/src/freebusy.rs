//! Free/busy: when somebody is busy, and the texts that ask for it and tell it (RFC 5545 3.6.4, RFC 4791 7.10).

mod message;

pub use message::{FreeBusyAnswer, FreeBusyRequest};

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use crate::fault::Fault;
use crate::limit::BUSY_PERIODS_MAX;
use crate::object::CalendarObject;
use crate::occurrence::{Spread, overlaps, visit};
use crate::part::Kind;
use crate::summary::{Status, address, is_opaque, status};
use crate::tree::{Component, Property};
use crate::value;
use crate::zone::Zone;

/// A time in which somebody is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Busy {
    /// How busy; first, so that periods sort by it.
    pub kind: BusyKind,
    /// Its begin in seconds since 1970 UTC.
    pub start: i64,
    /// Its end, after its begin.
    pub end: i64,
}

/// How busy somebody is (RFC 5545 3.2.9), the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BusyKind {
    /// BUSY.
    Busy,
    /// BUSY-UNAVAILABLE.
    Unavailable,
    /// BUSY-TENTATIVE.
    Tentative,
}

impl BusyKind {
    /// All kinds, the strongest first.
    pub const ALL: [Self; 3] = [Self::Busy, Self::Unavailable, Self::Tentative];

    /// Its name in FBTYPE and BUSYTYPE.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "BUSY",
            Self::Unavailable => "BUSY-UNAVAILABLE",
            Self::Tentative => "BUSY-TENTATIVE",
        }
    }

    /// The kind of this name; None for FREE. RFC 5545 3.2.9: what is not known counts as busy.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("FREE") {
            return None;
        }
        Some(
            Self::ALL
                .into_iter()
                .find(|kind| name.eq_ignore_ascii_case(kind.name()))
                .unwrap_or(Self::Busy),
        )
    }
}

impl CalendarObject {
    /// The times in a range that this object makes somebody busy, cut to the range, in no order.
    ///
    /// With `whom` (an address as [`address`] gives it) that participant's answer counts, too: declined is free, not yet
    /// accepted is tentative.
    ///
    /// # Errors
    /// [`Fault::TooManyInstances`].
    pub fn busy(
        &self,
        range: Range<i64>,
        floating: &Zone,
        whom: Option<&str>,
    ) -> Result<Vec<Busy>, Fault> {
        let mut found = Vec::new();
        match self.kind() {
            Kind::Event => self.busy_events(&range, floating, whom, &mut found)?,
            // RFC 4791 7.10: stored free/busy times count, tasks and journal entries do not.
            Kind::FreeBusy => {
                for property in self
                    .components()
                    .flat_map(|component| component.all("FREEBUSY"))
                {
                    let Some(kind) =
                        BusyKind::named(property.parameter("FBTYPE").unwrap_or("BUSY"))
                    else {
                        continue;
                    };
                    found.extend(
                        periods(property)
                            .take(BUSY_PERIODS_MAX)
                            .filter_map(|(start, end)| within(start, end, kind, &range)),
                    );
                }
            }
            Kind::Task | Kind::Journal | Kind::Availability => {}
        }
        if found.len() > BUSY_PERIODS_MAX {
            return Err(Fault::TooManyInstances {
                limit: BUSY_PERIODS_MAX,
            });
        }
        Ok(found)
    }

    fn busy_events(
        &self,
        range: &Range<i64>,
        floating: &Zone,
        whom: Option<&str>,
        found: &mut Vec<Busy>,
    ) -> Result<(), Fault> {
        let kinds: HashMap<usize, Option<BusyKind>> = self
            .components()
            .map(|component| (component.number(), busy_kind(component, whom)))
            .collect();
        if kinds.values().all(Option::is_none) {
            return Ok(());
        }
        let flow = visit(
            self.parts(),
            range,
            floating,
            Spread::None,
            &mut |occurrence| {
                if let Some(Some(kind)) = kinds.get(&occurrence.component) {
                    found.extend(within(occurrence.start, occurrence.end, *kind, range));
                }
                if found.len() > BUSY_PERIODS_MAX {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )?;
        if flow.is_break() {
            Err(Fault::TooManyInstances {
                limit: BUSY_PERIODS_MAX,
            })
        } else {
            Ok(())
        }
    }
}

/// RFC 4791 7.10: opaque events make busy, cancelled ones do not, tentative ones tentatively.
fn busy_kind(component: Component<'_>, whom: Option<&str>) -> Option<BusyKind> {
    if !is_opaque(component) {
        return None;
    }
    let by_status = match status(component) {
        Status::Cancelled => return None,
        Status::Tentative => BusyKind::Tentative,
        Status::Confirmed | Status::Completed => BusyKind::Busy,
    };
    let participant = whom.and_then(|whom| {
        component
            .all("ATTENDEE")
            .find(|attendee| address(attendee) == whom)
    });
    let Some(participant) = participant else {
        return Some(by_status);
    };
    // RFC 5545 3.2.12: who has not answered needs to.
    match participant
        .parameter("PARTSTAT")
        .unwrap_or("NEEDS-ACTION")
        .to_ascii_uppercase()
        .as_str()
    {
        "DECLINED" | "DELEGATED" => None,
        "ACCEPTED" => Some(by_status),
        _ => Some(BusyKind::Tentative),
    }
}

/// A period cut to the range, if anything is left.
pub(crate) fn within(start: i64, end: i64, kind: BusyKind, range: &Range<i64>) -> Option<Busy> {
    let (start, end) = (start.max(range.start), end.min(range.end));
    (start < end && overlaps(start, end, range)).then_some(Busy { kind, start, end })
}

/// The periods of a FREEBUSY line (RFC 5545 3.8.2.6); those that cannot be read are passed over.
pub(crate) fn periods(property: Property<'_>) -> impl Iterator<Item = (i64, i64)> {
    property.list().filter_map(period)
}

/// RFC 5545 3.3.9: a begin and an end or a duration; free/busy times are in UTC.
pub(crate) fn period(text: &str) -> Option<(i64, i64)> {
    let (start, end) = text.split_once('/')?;
    let start = value::stamp(start)?.local;
    let end = match value::duration(end) {
        Some(duration) => start.saturating_add(duration.approximate()),
        None => value::stamp(end)?.local,
    };
    (end > start).then_some((start, end))
}

/// Periods of many objects as few as possible: by kind, then by time, those that touch made one.
///
/// RFC 4791 7.10: overlapping times of one kind are told once; a stronger kind is not told again as a weaker one.
#[must_use]
pub fn merge(mut periods: Vec<Busy>) -> Vec<Busy> {
    periods.sort_unstable();
    let mut merged: Vec<Busy> = Vec::new();
    for period in periods {
        match merged.last_mut() {
            Some(last) if last.kind == period.kind && period.start <= last.end => {
                last.end = last.end.max(period.end)
            }
            _ => merged.push(period),
        }
    }
    let mut told: Vec<Busy> = Vec::new();
    for kind in BusyKind::ALL {
        let stronger = union(&told);
        for period in merged.iter().filter(|period| period.kind == kind) {
            subtract(*period, &stronger, &mut told);
        }
    }
    told
}

/// Disjoint ranges, ascending, that cover all periods.
fn union(periods: &[Busy]) -> Vec<(i64, i64)> {
    let mut ranges: Vec<(i64, i64)> = periods
        .iter()
        .map(|period| (period.start, period.end))
        .collect();
    ranges.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (start, end) in ranges {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// What is left of a period outside of the ranges.
fn subtract(period: Busy, ranges: &[(i64, i64)], left: &mut Vec<Busy>) {
    let mut start = period.start;
    let first = ranges.partition_point(|range| range.1 <= period.start);
    for (from, to) in &ranges[first..] {
        if *from >= period.end {
            break;
        }
        if *from > start {
            left.push(Busy {
                start,
                end: *from,
                ..period
            });
        }
        start = start.max(*to);
    }
    if start < period.end {
        left.push(Busy { start, ..period });
    }
}

#[cfg(test)]
mod tests;
