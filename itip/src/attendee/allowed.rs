//! What a participant may not change in his copy.

use std::collections::{BTreeSet, HashMap};

use crate::address::{Addresses, of};
use crate::component::Component;
use crate::difference::{Version, schedule};
use crate::fault::Fault;
use crate::line::{Line, unescape};
use crate::object::{Object, is_cancelled};
use crate::occurrence::{derive, occurrence};

/// RFC 6638 3.2.2.1: alarms, the own answer, TRANSP, comments, the progress of a task and whatever programs keep for themselves
/// are the participant's; times, the rule, title, place, organizer and the other participants are not.
pub(super) fn check(old: &Object, new: &Object, who: &Addresses) -> Result<(), Fault> {
    if old.uid != new.uid {
        return Err(Fault::ParticipantChange("UID"));
    }
    if new.organizer_address() != old.organizer_address() {
        return Err(Fault::ParticipantChange("ORGANIZER"));
    }
    let before: HashMap<Option<i64>, &Component> =
        old.items().map(|item| (old.instance(item), item)).collect();
    let (was_excluded, excluded) = (old.excluded(), new.excluded());
    for item in new.items() {
        let instance = new.instance(item);
        let derived = instance.and_then(|original| occurrence(old, original));
        let stored = match (before.get(&instance), &derived) {
            (Some(stored), _) => Some(*stored),
            (None, Some(derived))
                if instance.is_some_and(|original| !was_excluded.contains(&original)) =>
            {
                Some(derived)
            }
            (None, _) => None,
        };
        let stored = stored.ok_or(Fault::ParticipantChange("RECURRENCE-ID"))?;
        component(
            Version {
                item: stored,
                zones: &old.zones,
            },
            Version {
                item,
                zones: &new.zones,
            },
            who,
        )?;
    }
    let kept: BTreeSet<Option<i64>> = new.items().map(|item| new.instance(item)).collect();
    for (instance, item) in before
        .iter()
        .filter(|(instance, _)| !kept.contains(*instance))
    {
        let master = before.get(&None).filter(|_| kept.contains(&None));
        let is_declined = instance.is_some_and(|original| excluded.contains(&original));
        let is_same = || {
            let derived = derive(master?, (*instance)?, &old.zones)?;
            let version = |item| Version {
                item,
                zones: &old.zones,
            };
            component(version(item), version(&derived), who).ok()
        };
        if !is_declined && is_same().is_none() {
            return Err(Fault::ParticipantChange("RECURRENCE-ID"));
        }
    }
    Ok(())
}

fn component(old: Version<'_>, new: Version<'_>, who: &Addresses) -> Result<(), Fault> {
    if schedule(old) != schedule(new) {
        return Err(Fault::ParticipantChange(
            "DTSTART, DTEND, DUE, DURATION, RRULE or RDATE",
        ));
    }
    for name in ["SUMMARY", "LOCATION"] {
        let said = |item: &Component| {
            item.value(name)
                .map(|value| unescape(value).trim().to_owned())
                .unwrap_or_default()
        };
        if said(old.item) != said(new.item) {
            return Err(Fault::ParticipantChange(name));
        }
    }
    if is_cancelled(old.item) && !is_cancelled(new.item) {
        return Err(Fault::ParticipantChange("STATUS"));
    }
    if others(old.item, who) != others(new.item, who) {
        return Err(Fault::ParticipantChange("ATTENDEE"));
    }
    let is_invited = |item: &Component| item.all("ATTENDEE").any(|line| who.contains(&of(line)));
    if is_invited(old.item) && !is_invited(new.item) {
        return Err(Fault::ParticipantChange("ATTENDEE"));
    }
    Ok(())
}

/// The other participants. Whom the participant sends instead (RFC 5546 4.2.5) he may add.
fn others(item: &Component, who: &Addresses) -> BTreeSet<String> {
    let is_delegate = |line: &Line| {
        line.parameter_values("DELEGATED-FROM")
            .iter()
            .any(|from| who.contains(from))
    };
    item.all("ATTENDEE")
        .filter(|line| !is_delegate(line))
        .map(of)
        .filter(|address| !who.contains(address))
        .collect()
}
