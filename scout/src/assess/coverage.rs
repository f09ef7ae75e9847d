//! Coverage: for which time each kind of log is there, and where it has holes.

use std::collections::BTreeSet;

use evidence::Moment;

use super::collected::{Collected, Log};
use super::inventory;
use super::needs::{self, Density};
use crate::assessment::{Coverage, GAPS_MAX, Gap};

/// What every kind covers, by name; needed kinds that are missing altogether are told, too, and that there is no Sysmon where the
/// list of log files shows it.
pub(crate) fn of(collected: &Collected) -> Vec<Coverage> {
    let inventory = &collected.inventory;
    let known = needs::all().map(|need| need.kind);
    let missing = known
        .chain(inventory.kinds())
        .filter(|kind| needs::is_needed(kind, collected) || *kind == inventory::SYSMON)
        .map(str::to_owned);
    let kinds: BTreeSet<String> = collected.logs.keys().cloned().chain(missing).collect();
    let nothing = Log::default();
    let mut all: Vec<_> = kinds
        .iter()
        .map(|kind| {
            let log = collected.logs.get(kind).unwrap_or(&nothing);
            Coverage {
                needed: needs::is_needed(kind, collected),
                never_there: log.rows == 0 && needs::is_sometimes(kind) && inventory.has_none(kind),
                ..coverage(kind, log)
            }
        })
        .collect();
    all.sort_by(|a, b| (!a.needed, &a.kind).cmp(&(!b.needed, &b.kind)));
    all
}

fn coverage(kind: &str, log: &Log) -> Coverage {
    let need = needs::of(kind);
    let density = need.map_or(Density::Days, |need| need.density);
    Coverage {
        kind: kind.to_owned(),
        needed: false,
        never_there: false,
        files: log.files,
        rows: log.rows,
        from: log.from,
        until: log.until,
        gaps: density
            .hole_hours()
            .map_or_else(Vec::new, |hours| gaps(log, hours)),
    }
}

/// Hours without a row between two with rows, if they are more than a hole, and more than is usual for this log.
fn gaps(log: &Log, hole_hours: i64) -> Vec<Gap> {
    let hours: Vec<i64> = log.hours.iter().copied().collect();
    let mut apart: Vec<i64> = hours.windows(2).map(|pair| pair[1] - pair[0]).collect();
    apart.sort_unstable();
    let usual = apart.get(apart.len() / 2).copied().unwrap_or(1);
    let hole = hole_hours.max(usual * 2 + 2);
    let holes = hours.windows(2).filter(|pair| pair[1] - pair[0] > hole);
    let gaps = holes.map(|pair| Gap {
        from: Moment::of_hour(pair[0] + 1),
        until: Moment::of_hour(pair[1]),
    });
    gaps.take(GAPS_MAX).collect()
}

/// Whether nothing of a kind is here.
pub(crate) fn is_missing(coverage: &Coverage) -> bool {
    coverage.files == 0 && coverage.rows == 0
}

/// Why a kind of which something is here does not cover a time; nothing if it does.
pub(crate) fn hole(coverage: &Coverage, from: Moment, until: Moment) -> Option<String> {
    let kind = &coverage.kind;
    let hours = needs::of(kind).and_then(|need| need.density.hole_hours())?;
    let (Some(first), Some(last)) = (coverage.from, coverage.until) else {
        return Some(format!("{kind}: without a time"));
    };
    let slack = hours * 3_600_000;
    if from.0 > until.0 {
        return None;
    }
    if first.0 > from.0 + slack {
        return Some(format!("{kind}: begins only at {first}"));
    }
    if last.0 < until.0 - slack {
        return Some(format!("{kind}: ends at {last} already"));
    }
    let gap = coverage
        .gaps
        .iter()
        .find(|gap| gap.from < until && gap.until > from)?;
    Some(format!(
        "{kind}: nothing from {} to {}",
        gap.from, gap.until
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(hours: impl IntoIterator<Item = i64>) -> Log {
        let mut log = Log {
            files: 1,
            ..Log::default()
        };
        for hour in hours {
            log.saw(Moment::of_hour(hour));
            log.rows += 1;
        }
        log
    }

    #[test]
    fn holes_are_found_and_rare_writing_is_none() {
        let dense = coverage("HttpProxy Ecp", &log((0..10).chain(20..30)));
        assert_eq!(
            dense.gaps,
            [Gap {
                from: Moment::of_hour(10),
                until: Moment::of_hour(20)
            }]
        );
        assert!(hole(&dense, Moment::of_hour(0), Moment::of_hour(29)).is_some());
        assert!(hole(&dense, Moment::of_hour(21), Moment::of_hour(29)).is_none());
        assert!(hole(&dense, Moment::of_hour(-9), Moment::of_hour(5)).is_some());
        let daily = coverage("OAB generator", &log((0..10).map(|day| day * 24)));
        assert!(daily.gaps.is_empty());
        assert!(is_missing(&coverage("IIS", &Log::default())));
    }
}
