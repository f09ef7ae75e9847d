//! The end of an invitation, or of some of its occurrences (RFC 5546 3.2.5).

use std::collections::HashSet;

use super::{Arrival, Change, Effect, Kind};
use crate::address::of;
use crate::component::Component;
use crate::object::{Object, is_cancelled, is_recurring, sequence, stamp};
use crate::occurrence::known;
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
        let known = known(&object, &self.message.overridden());
        let mut gone = HashSet::new();
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
                (true, Some(original)) => {
                    let is_left_out =
                        leave_out(&mut object, original, known.contains(&original), revision);
                    if is_left_out && object.master().is_some() {
                        gone.insert(original);
                    }
                    is_left_out
                }
            };
        }
        if has_changed {
            object.drop_instances(&gone);
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

/// One occurrence is cancelled: a series leaves it out, and its override goes; where only single occurrences are known, it is
/// marked. `is_known` says whether the rule has the occurrence.
fn leave_out(object: &mut Object, original: i64, is_known: bool, revision: Revision) -> bool {
    let own = object.find(Some(original));
    let newest = own.or_else(|| object.master()).map_or(i64::MIN, sequence);
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
    let value = master
        .line("DTSTART")
        .and_then(|start| Some((start, object.zones.value_like(start, original)?)));
    let Some((start, value)) =
        value.filter(|_| is_recurring(master) && (own.is_some() || is_known))
    else {
        return false;
    };
    let line = start.renamed("EXDATE", &value);
    let is_newer = revision.stamp > stamp(master, &object.zones);
    if let Some(master) = object.find_mut(None) {
        master.lines.push(line);
        // What was sent before the cancellation must not bring the occurrence back (RFC 5546 2.1.5).
        if is_newer {
            master.set("DTSTAMP", &utc(revision.stamp));
        }
    }
    true
}
