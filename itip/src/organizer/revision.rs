//! The object as it must be stored: revisions counted, answers asked for again.

use std::collections::HashSet;

use crate::address::{Addresses, of};
use crate::component::Component;
use crate::difference::{Difference, Version, difference};
use crate::message::REPLIED;
use crate::object::{Object, sequence};
use crate::occurrence::occurrence;
use crate::words::{PartStat, ScheduleAgent};

/// RFC 6638 7.2: whom the organizer wants to be written to in any case. The wish is not stored.
pub(super) fn take_forced(new: &mut Object) -> Vec<String> {
    let mut forced = Vec::new();
    for line in new
        .items_mut()
        .flat_map(|item| &mut item.lines)
        .filter(|line| line.is("ATTENDEE"))
    {
        if line
            .parameter("SCHEDULE-FORCE-SEND")
            .is_some_and(|method| method.eq_ignore_ascii_case("REQUEST"))
        {
            forced.push(of(line));
        }
        line.set_parameter("SCHEDULE-FORCE-SEND", None);
    }
    forced
}

/// Counts the revisions that the client did not count, and asks the participants again whom a change of times concerns.
/// Says whether anything changed.
pub(super) fn revise(old: Option<&Object>, new: &mut Object, who: &Addresses) -> bool {
    let Some(old) = old else { return false };
    let restored = restored(old, new);
    let zones = new.zones.clone();
    let mut has_changed = false;
    let olds: super::ByInstance<'_> = old.items().map(|item| (old.instance(item), item)).collect();
    let excluded = old.excluded();
    for item in new.items_mut() {
        let instance = item
            .line("RECURRENCE-ID")
            .map(|line| zones.seconds(line).unwrap_or(i64::MIN));
        let derived = instance
            .filter(|original| !olds.contains_key(&instance) && !excluded.contains(original))
            .and_then(|original| occurrence(old, original));
        let Some(before) = olds.get(&instance).copied().or(derived.as_ref()) else {
            continue;
        };
        let change = difference(
            Version {
                item: before,
                zones: &old.zones,
            },
            Version {
                item,
                zones: &zones,
            },
        );
        let floor = if instance.is_none() { restored } else { None };
        has_changed |= count(item, sequence(before), floor, change);
        if change.times {
            has_changed |= ask_again(item, who);
        }
    }
    has_changed
}

/// The highest revision of an override that is gone while its occurrence goes on with the series: the series must be newer than
/// that, or participants would keep the override.
fn restored(old: &Object, new: &Object) -> Option<i64> {
    let kept: HashSet<i64> = new.overridden().into_iter().chain(new.excluded()).collect();
    let gone = |item: &&Component| {
        old.instance(item)
            .is_some_and(|original| !kept.contains(&original))
    };
    new.master()
        .and_then(|_| old.items().filter(gone).map(sequence).max())
}

/// RFC 6638 3.2.5, RFC 5546 2.1.4: the server counts a revision that the client did not count, and lets no number fall.
fn count(item: &mut Component, before: i64, floor: Option<i64>, change: Difference) -> bool {
    let mut least = before;
    if change.is_revision() {
        least = before.saturating_add(1);
    }
    if let Some(floor) = floor {
        least = least.max(floor.saturating_add(1));
    }
    if sequence(item) >= least {
        return false;
    }
    item.set("SEQUENCE", &least.to_string());
    true
}

/// RFC 6638 3.2.8: who has answered to other times has not answered to these. Occurrences that are left out are no other times
/// for those that stay.
fn ask_again(item: &mut Component, who: &Addresses) -> bool {
    let mut has_changed = false;
    for line in item.lines.iter_mut().filter(|line| line.is("ATTENDEE")) {
        let agent = line
            .parameter("SCHEDULE-AGENT")
            .map_or(ScheduleAgent::Server, |agent| ScheduleAgent::parse(&agent));
        let answer = line
            .parameter("PARTSTAT")
            .map(|answer| PartStat::parse(&answer))
            .unwrap_or_default();
        if agent != ScheduleAgent::Server
            || answer == PartStat::NeedsAction
            || who.contains(&of(line))
        {
            continue;
        }
        line.set_parameter("PARTSTAT", Some(PartStat::NeedsAction.as_str()));
        line.set_parameter("RSVP", Some("TRUE"));
        line.set_parameter("SCHEDULE-STATUS", None);
        line.set_parameter(REPLIED, None);
        has_changed = true;
    }
    has_changed
}
