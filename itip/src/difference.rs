//! What differs between two versions of a component, and whether it matters.

use std::collections::BTreeSet;

use crate::address::of;
use crate::component::Component;
use crate::line::{Line, unescape};
use crate::object::{excluded, is_cancelled};
use crate::occurrence::{derive, span};
use crate::time::{Zones, is_date};

/// What differs, of what RFC 5546 2.1.4 counts as a new revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Start, end, duration or the rule: the participants have to answer again.
    pub(crate) times: bool,
    /// Occurrences are left out, or are there again.
    pub(crate) exclusions: bool,
    /// Cancelled, or no longer.
    pub(crate) status: bool,
}

impl Difference {
    /// RFC 5546 2.1.4: these changes need a higher `SEQUENCE`.
    pub(crate) const fn is_revision(self) -> bool {
        self.times || self.exclusions || self.status
    }
}

/// A component and the zones of its object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version<'a> {
    pub(crate) item: &'a Component,
    pub(crate) zones: &'a Zones,
}

pub(crate) fn difference(old: Version<'_>, new: Version<'_>) -> Difference {
    Difference {
        times: schedule(old) != schedule(new),
        exclusions: excluded(old.item, old.zones) != excluded(new.item, new.zones),
        status: is_cancelled(old.item) != is_cancelled(new.item),
    }
}

/// Whether an override has the times that the series gives it.
pub(crate) fn is_inherited(
    item: &Component,
    master: &Component,
    original: i64,
    zones: &Zones,
) -> bool {
    derive(master, original, zones).is_some_and(|derived| {
        schedule(Version { item, zones })
            == schedule(Version {
                item: &derived,
                zones,
            })
    })
}

/// When a component happens, in a form that does not depend on how it is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    span: Option<(i64, i64)>,
    is_date: bool,
    /// A series keeps to the clock of the wall: the same moment in another zone is another series.
    wall: Option<i64>,
    rules: BTreeSet<String>,
    dates: BTreeSet<i64>,
}

pub(crate) fn schedule(version: Version<'_>) -> Schedule {
    let Version { item, zones } = version;
    let start = item.line("DTSTART");
    let rules = item
        .lines
        .iter()
        .filter(|line| line.is_one_of(&["RRULE", "EXRULE"]));
    let rules: BTreeSet<String> = rules.map(rule).collect();
    let dates = item
        .all("RDATE")
        .flat_map(|line| zones.all_seconds(line))
        .collect();
    let wall = if rules.is_empty() {
        None
    } else {
        start.and_then(|line| zones.wall(line))
    };
    Schedule {
        span: span(item, zones),
        is_date: start.is_some_and(is_date),
        wall,
        rules,
        dates,
    }
}

/// What the participants see of a component, in a form that does not depend on how it is written. Answers, alarms, stamps and
/// what programs keep for themselves are not part of it, and neither are exclusions: those are told as cancellations.
pub(crate) fn substance(version: Version<'_>) -> BTreeSet<String> {
    let Version { item, zones } = version;
    let mut out: BTreeSet<String> = item
        .lines
        .iter()
        .filter(|line| is_substance(line))
        .map(said)
        .collect();
    out.insert(format!("{:?}", schedule(version)));
    out.insert(format!(
        "{:?}",
        item.line("DTSTART")
            .and_then(|line| line.parameter("TZID"))
            .map(|_| span(item, zones))
    ));
    out
}

fn said(line: &Line) -> String {
    if line.is_one_of(&["ATTENDEE", "ORGANIZER"]) {
        let parameter = |name| {
            line.parameter(name)
                .unwrap_or_default()
                .to_ascii_uppercase()
        };
        return format!(
            "{} {} {} {}",
            line.name().to_ascii_uppercase(),
            of(line),
            parameter("ROLE"),
            parameter("CUTYPE")
        );
    }
    format!(
        "{} {}",
        line.name().to_ascii_uppercase(),
        unescape(line.value()).trim()
    )
}

fn is_substance(line: &Line) -> bool {
    let private = line
        .name()
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("X-"));
    !private && !line.is_one_of(&IGNORED)
}

fn rule(line: &Line) -> String {
    let upper = line.value().trim().to_ascii_uppercase();
    let mut parts: Vec<&str> = upper
        .split(';')
        .filter(|part| !part.is_empty() && *part != "INTERVAL=1")
        .collect();
    parts.sort_unstable();
    format!("{} {}", line.name().to_ascii_uppercase(), parts.join(";"))
}

/// The times are compared by `schedule`; the rest is no business of the participants.
const IGNORED: [&str; 17] = [
    "DTSTAMP",
    "LAST-MODIFIED",
    "CREATED",
    "SEQUENCE",
    "TRANSP",
    "REQUEST-STATUS",
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE-ID",
    "STATUS",
    "COMMENT",
];
