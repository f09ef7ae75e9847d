//! The end of an invitation, or of some of its occurrences (RFC 5546 3.2.5).

use std::collections::HashSet;

use super::{Arrival, Change, Effect, Kind};
use crate::address::of;
use crate::component::Component;
use crate::object::{Object, is_cancelled, is_recurring, sequence, stamp};
use crate::occurrence::exists;
use crate::time::utc;

impl Arrival<'_> {
    pub(super) fn cancel(&self, effect: &mut Effect) {
        let Some(stored) = self.stored else {
            effect.kind = Kind::Unknown;
            return;
        };
        let mut object = stored.clone();
        object.name_organizer();
        let mut has_changed = false;
        for item in self.message.items() {
            let listed: HashSet<String> = item.all("ATTENDEE").map(of).collect();
            let is_mine = listed.is_empty()
                || listed
                    .iter()
                    .any(|address| self.recipient.contains(address));
            let instance = self.message.instance(item);
            let revision = Revision {
                sequence: sequence(item),
                stamp: stamp(item, &self.message.zones),
            };
            has_changed |= match (is_mine, instance) {
                (false, _) => uninvite(&mut object, instance, &listed),
                (true, None) => end(&mut object, revision),
                (true, Some(original)) => leave_out(&mut object, original, revision),
            };
        }
        if has_changed {
            effect.kind = Kind::Cancelled;
            effect.change = Change::Store(object.write());
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Revision {
    sequence: i64,
    stamp: i64,
}

/// RFC 5546 3.2.5: the participants who are named are no longer invited; the others are told.
fn uninvite(object: &mut Object, instance: Option<i64>, listed: &HashSet<String>) -> bool {
    let mut has_changed = false;
    let zones = object.zones.clone();
    for item in object.items_mut() {
        let is_meant = instance.is_none()
            || item
                .line("RECURRENCE-ID")
                .and_then(|line| zones.seconds(line))
                == instance;
        let before = item.lines.len();
        item.lines
            .retain(|line| !(is_meant && line.is("ATTENDEE") && listed.contains(&of(line))));
        has_changed |= before != item.lines.len();
    }
    has_changed
}

/// The whole is cancelled: it stays visible as cancelled, and its alarms are silent.
fn end(object: &mut Object, revision: Revision) -> bool {
    let newest = object.master().map_or_else(
        || object.items().map(sequence).min(),
        |master| Some(sequence(master)),
    );
    if newest.is_some_and(|newest| revision.sequence < newest) || object.items().all(is_cancelled) {
        return false;
    }
    object.items_mut().for_each(|item| mark(item, revision));
    true
}

fn mark(item: &mut Component, revision: Revision) {
    item.set("STATUS", "CANCELLED");
    item.set(
        "SEQUENCE",
        &revision.sequence.max(sequence(item)).to_string(),
    );
    item.children.retain(|child| !child.is("VALARM"));
    if revision.stamp != i64::MIN {
        item.set("DTSTAMP", &utc(revision.stamp));
    }
}

/// One occurrence is cancelled: a series leaves it out; where only single occurrences are known, it is marked.
fn leave_out(object: &mut Object, original: i64, revision: Revision) -> bool {
    let known = object.find(Some(original));
    let newest = known.or_else(|| object.master()).map_or(i64::MIN, sequence);
    if revision.sequence < newest {
        return false;
    }
    let Some(master) = object.master() else {
        let Some(item) = object
            .find_mut(Some(original))
            .filter(|item| !is_cancelled(item))
        else {
            return false;
        };
        mark(item, revision);
        return true;
    };
    if (known.is_none() && exists(object, original).is_err()) || !is_recurring(master) {
        return false;
    }
    let zones = object.zones.clone();
    let stamped = stamp(master, &zones);
    let line = master
        .line("DTSTART")
        .and_then(|start| Some(start.renamed("EXDATE", &zones.value_like(start, original)?)));
    object.drop_instance(original);
    if let (Some(line), Some(master)) = (line, object.find_mut(None)) {
        master.lines.push(line);
        // What was sent before the cancellation must not bring the occurrence back (RFC 5546 2.1.5).
        if revision.stamp > stamped {
            master.set("DTSTAMP", &utc(revision.stamp));
        }
    }
    true
}
