//! The end of an invitation, or of some of its occurrences (RFC 5546 3.2.5).

use std::collections::HashSet;

use super::{Arrival, Change, Effect, Kind};
use crate::address::of;
use crate::component::Component;
use crate::object::{Object, counts_on, is_cancelled, is_recurring, sequence, stamp};
use crate::occurrence::known;
use crate::time::{is_date, utc};

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
                (false, _) => uninvite(&mut object, instance, &listed, counts_on(item)),
                (true, None) => end(&mut object, revision),
                (true, Some(original)) if counts_on(item) => {
                    let later = end_before(&mut object, original, revision);
                    let has_ended = later.is_some();
                    gone.extend(later.into_iter().flatten());
                    has_ended
                }
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

/// Seconds of a day.
const DAY: i64 = 86_400;

#[derive(Clone, Copy, Debug)]
struct Revision {
    sequence: i64,
    stamp: i64,
}

/// RFC 5546 3.2.5: the participants who are named are no longer invited; the others are told.
fn uninvite(
    object: &mut Object,
    instance: Option<i64>,
    listed: &HashSet<String>,
    counts_on: bool,
) -> bool {
    let mut has_changed = false;
    let zones = object.zones.clone();
    for item in object.items_mut() {
        let original = item
            .line("RECURRENCE-ID")
            .and_then(|line| zones.seconds(line));
        let is_meant =
            instance.is_none() || original == instance || counts_on && original > instance;
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

/// RFC 5546 3.2.5, RFC 5545 3.2.13: one occurrence and all after it are cancelled: a series ends before it. Tells the
/// overrides that go with them; nothing where the message is older than what is stored.
fn end_before(object: &mut Object, original: i64, revision: Revision) -> Option<Vec<i64>> {
    let later: Vec<i64> = object.overridden();
    let later: Vec<i64> = later.into_iter().filter(|at| *at >= original).collect();
    let Some(master) = object.master() else {
        let mut has_changed = false;
        for at in later {
            let open =
                |item: &&mut Component| !is_cancelled(item) && sequence(item) <= revision.sequence;
            if let Some(item) = object.find_mut(Some(at)).filter(open) {
                mark(item, revision);
                has_changed = true;
            }
        }
        return has_changed.then(Vec::new);
    };
    if revision.sequence < sequence(master) || !is_recurring(master) {
        return None;
    }
    let zones = object.zones.clone();
    let start = master.line("DTSTART")?.clone();
    if zones.seconds(&start)? >= original {
        return end(object, revision).then(Vec::new);
    }
    // RFC 5545 3.3.10: a date where the start is one, else in UTC.
    let until = if is_date(&start) {
        zones.value_like(&start, original.checked_sub(DAY)?)?
    } else {
        utc(original.checked_sub(1)?)
    };
    let master = object.find_mut(None)?;
    for line in &mut master.lines {
        if line.is("RRULE") {
            let ends = |part: &&str| {
                let part = part.trim_start().to_ascii_uppercase();
                !part.starts_with("COUNT=") && !part.starts_with("UNTIL=")
            };
            let kept: Vec<&str> = line.value().split(';').filter(ends).collect();
            let rule = format!("{};UNTIL={until}", kept.join(";"));
            line.set_value(&rule);
        } else if line.is("RDATE") {
            let before = |value: &&str| {
                let begin = value.split('/').next().unwrap_or(value);
                zones.seconds_of(begin, line).is_none_or(|at| at < original)
            };
            let kept: Vec<&str> = line.value().split(',').filter(before).collect();
            let kept = kept.join(",");
            line.set_value(&kept);
        }
    }
    master
        .lines
        .retain(|line| !(line.is("RDATE") && line.value().is_empty()));
    master.set("SEQUENCE", &revision.sequence.to_string());
    if revision.stamp > stamp(master, &zones) {
        master.set("DTSTAMP", &utc(revision.stamp));
    }
    Some(later)
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
