//! An invitation, new or changed (RFC 5546 3.2.2).

use std::collections::{BTreeMap, HashSet};

use super::{Arrival, Change, Effect, Kind, inward};
use crate::address::Addresses;
use crate::component::Component;
use crate::difference::{Version, difference, substance};
use crate::message::is_private;
use crate::object::{Object, counts_on, participant, participant_mut, sequence, stamp};
use crate::occurrence::{derive, occurrence};
use crate::words::PartStat;

impl Arrival<'_> {
    pub(super) fn request(&self, effect: &mut Effect) {
        let Some(stored) = self.stored else {
            effect.kind = Kind::Invited;
            effect.change = Change::Store(self.created());
            return;
        };
        let mut merge = Merge::of(stored, self.message, self.recipient);
        merge.in_order = self.sender.is_none();
        merge.take_master();
        merge.take_overrides();
        merge.keep_out();
        merge.settle_overrides();
        if merge.is_newer {
            effect.kind = if merge.has_moved {
                Kind::Rescheduled
            } else {
                Kind::Updated
            };
            effect.change = Change::Store(merge.finish());
        }
    }

    /// What the message asks for as a new object: nobody but the recipient says what he answers.
    fn created(&self) -> String {
        let mut object = self.message.clone();
        object.name_organizer();
        object.root.remove(&["METHOD"]);
        for item in object.items_mut() {
            *item = inward(item);
            self.unanswered(item);
        }
        object.write()
    }
}

/// The stored object on its way to what the message says.
struct Merge<'a> {
    stored: &'a Object,
    message: &'a Object,
    who: &'a Addresses,
    items: BTreeMap<Option<i64>, Component>,
    is_newer: bool,
    has_moved: bool,
    has_master: bool,
    /// Whether the server itself delivers, so that what comes later was said later.
    in_order: bool,
    /// Occurrences that the recipient took out of his copy and the organizer knows as declined.
    declined: Vec<i64>,
}

impl<'a> Merge<'a> {
    fn of(stored: &'a Object, message: &'a Object, who: &'a Addresses) -> Self {
        let items = stored
            .items()
            .map(|item| (stored.instance(item), item.clone()))
            .collect();
        Self {
            stored,
            message,
            who,
            items,
            is_newer: false,
            has_moved: false,
            has_master: false,
            in_order: false,
            declined: Vec::new(),
        }
    }

    fn take_master(&mut self) {
        let Some(new) = self.message.master() else {
            return;
        };
        let stored = self.stored.master();
        if stored.is_some_and(|stored| !self.is_after(new, stored)) {
            return;
        }
        let merged = self.merged(stored, new);
        self.items.insert(None, merged);
        self.has_master = true;
        self.is_newer = true;
    }

    fn take_overrides(&mut self) {
        let excluded = self.stored.excluded();
        for new in self.message.items() {
            let Some(original) = self.message.instance(new) else {
                continue;
            };
            if excluded.contains(&original) && self.is_declined(new) {
                self.declined.push(original);
                continue;
            }
            let stored = self.items.get(&Some(original)).cloned();
            let base = match stored {
                Some(stored) => Some(stored),
                None => occurrence(self.stored, original),
            };
            let is_first =
                base.is_none() || (self.has_master && !self.items.contains_key(&Some(original)));
            if !is_first && base.as_ref().is_some_and(|base| !self.is_after(new, base)) {
                continue;
            }
            let merged = self.merged(base.as_ref(), new);
            self.items.insert(Some(original), merged);
            self.is_newer = true;
            if counts_on(new) {
                self.settle_following(original, new);
            }
            if !self.has_master && excluded.contains(&original) {
                self.include(original);
            }
        }
    }

    /// RFC 5545 3.2.13: overrides after one that counts for what follows it. Those that are there for what is the recipient's
    /// own follow it; his answers do not where the times are other ones now.
    fn settle_following(&mut self, from: i64, new: &Component) {
        let mentioned: HashSet<i64> = self.message.overridden().into_iter().collect();
        let later = |original: &i64| *original > from && !mentioned.contains(original);
        for original in self.stored.overridden().into_iter().filter(later) {
            let (Some(item), Some(before)) = (
                self.items.get(&Some(original)).cloned(),
                occurrence(self.stored, original),
            ) else {
                continue;
            };
            if counts_on(&item)
                || sequence(&item) > sequence(new)
                || self.differs(&before, &item)
                || !self.is_personal(&before, &item)
            {
                continue;
            }
            self.items.remove(&Some(original));
            if let Some(mut fresh) = derive(new, original, &self.message.zones)
                && !self.differs(&before, &fresh)
            {
                fresh = inward(&fresh);
                self.keep_own(&item, &mut fresh, false);
                self.items.insert(Some(original), fresh);
            }
        }
    }

    /// RFC 6638 3.2.2.1: the recipient declined by taking the occurrence out of his copy. The organizer knows, and it stays out.
    fn is_declined(&self, new: &Component) -> bool {
        let answer = participant(new, self.who).and_then(|line| line.parameter("PARTSTAT"));
        answer.is_some_and(|answer| PartStat::parse(&answer) == PartStat::Declined)
    }

    fn keep_out(&mut self) {
        let zones = &self.message.zones;
        let Some(master) = self.items.get_mut(&None).filter(|_| self.has_master) else {
            return;
        };
        let Some(start) = master.line("DTSTART").cloned() else {
            return;
        };
        for original in &self.declined {
            if let Some(value) = zones.value_like(&start, *original) {
                master.lines.push(start.renamed("EXDATE", &value));
            }
        }
    }

    /// Overrides that a newer series does not mention any more.
    fn settle_overrides(&mut self) {
        let (Some(master), true) = (self.items.get(&None).cloned(), self.has_master) else {
            return;
        };
        let zones = self.message.zones.clone();
        let excluded = crate::object::excluded(&master, &zones);
        let mentioned: HashSet<i64> = self.message.overridden().into_iter().collect();
        let was_moved = self
            .stored
            .master()
            .is_none_or(|old| self.differs(old, &master));
        for original in self.stored.overridden() {
            if excluded.contains(&original) {
                self.items.remove(&Some(original));
            } else if !mentioned.contains(&original) {
                self.settle(original, &master, was_moved);
            }
        }
    }

    fn settle(&mut self, original: i64, master: &Component, was_moved: bool) {
        let Some(item) = self.items.remove(&Some(original)) else {
            return;
        };
        // RFC 5546 2.1.4: an override with a higher revision is newer than the series.
        if sequence(&item) > sequence(master) {
            self.items.insert(Some(original), item);
            return;
        }
        let derived = |master: &Component| derive(master, original, &self.message.zones);
        let before = self
            .stored
            .master()
            .and_then(|old| derive(old, original, &self.stored.zones));
        let is_own = before.is_some_and(|before| {
            !self.differs(&before, &item) && self.is_personal(&before, &item)
        });
        // What only the recipient changed in this occurrence (his answer, his alarms) goes on with the new series.
        if let Some(mut fresh) = derived(master).filter(|_| is_own && !was_moved) {
            self.keep_own(&item, &mut fresh, false);
            self.items.insert(Some(original), fresh);
        }
    }

    /// RFC 5546 2.1.5: the higher revision is newer; among the same revision the later stamp. Stamps have whole seconds: of
    /// two that are the same, the one that the server delivers last counts if it says something else.
    fn is_after(&self, new: &Component, stored: &Component) -> bool {
        let order = (sequence(new), stamp(new, &self.message.zones))
            .cmp(&(sequence(stored), stamp(stored, &self.stored.zones)));
        order.is_gt() || self.in_order && order.is_eq() && self.says_else(stored, new)
    }

    /// Whether the participants would read something else.
    fn says_else(&self, stored: &Component, new: &Component) -> bool {
        let version = |item, zones| substance(Version { item, zones });
        version(stored, &self.stored.zones) != version(new, &self.message.zones)
    }

    fn merged(&mut self, stored: Option<&Component>, new: &Component) -> Component {
        let mut out = inward(new);
        let moved = stored.is_none_or(|stored| {
            let old = Version {
                item: stored,
                zones: &self.stored.zones,
            };
            difference(
                old,
                Version {
                    item: new,
                    zones: &self.message.zones,
                },
            )
            .times
        });
        self.has_moved |= moved;
        if let Some(stored) = stored {
            self.keep_own(stored, &mut out, moved);
        } else {
            self.ask(&mut out);
        }
        out
    }

    /// RFC 6638 3.2.2.1: what is the participant's stays: alarms, TRANSP, the progress of a task, the answer unless the times differ.
    fn keep_own(&self, stored: &Component, out: &mut Component, moved: bool) {
        out.children.retain(|child| !child.is("VALARM"));
        out.children.extend(
            stored
                .children
                .iter()
                .filter(|child| child.is("VALARM"))
                .cloned(),
        );
        for line in stored.lines.iter().filter(|line| line.is_one_of(&OWN)) {
            out.put(line.clone());
        }
        out.lines
            .extend(stored.lines.iter().filter(|line| is_private(line)).cloned());
        let answer = participant(stored, self.who).filter(|_| !moved);
        match answer.and_then(|line| line.parameter("PARTSTAT")) {
            Some(answer) => {
                if let Some(line) = participant_mut(out, self.who) {
                    line.set_parameter("PARTSTAT", Some(&answer));
                }
            }
            None => self.ask(out),
        }
    }

    fn ask(&self, out: &mut Component) {
        if let Some(line) = participant_mut(out, self.who) {
            line.set_parameter("PARTSTAT", Some(PartStat::NeedsAction.as_str()));
            line.set_parameter("RSVP", Some("TRUE"));
        }
    }

    fn differs(&self, old: &Component, new: &Component) -> bool {
        let zones = &self.stored.zones;
        difference(Version { item: old, zones }, Version { item: new, zones }).times
    }

    fn is_personal(&self, before: &Component, item: &Component) -> bool {
        let answer = |item: &Component| {
            participant(item, self.who).and_then(|line| line.parameter("PARTSTAT"))
        };
        answer(before) != answer(item) || before.children != item.children
    }

    /// An occurrence that was left out is there again.
    fn include(&mut self, original: i64) {
        let zones = &self.stored.zones;
        let Some(master) = self.items.get_mut(&None) else {
            return;
        };
        for line in master.lines.iter_mut().filter(|line| line.is("EXDATE")) {
            let kept: Vec<&str> = line
                .value()
                .split(',')
                .filter(|value| zones.seconds_of(value, line) != Some(original))
                .collect();
            let kept = kept.join(",");
            line.set_value(&kept);
        }
        master
            .lines
            .retain(|line| !(line.is("EXDATE") && line.value().is_empty()));
    }

    fn finish(self) -> String {
        let mut root = self.stored.root.clone();
        let named = |zone: &Component| zone.value("TZID").map(str::trim).map(str::to_owned);
        let zones: Vec<&Component> = self
            .message
            .root
            .children
            .iter()
            .filter(|child| child.is("VTIMEZONE"))
            .collect();
        let brought: HashSet<Option<String>> = zones.iter().map(|zone| named(zone)).collect();
        root.children.retain(|child| {
            !(child.is(self.stored.kind)
                || (child.is("VTIMEZONE") && brought.contains(&named(child))))
        });
        root.children.extend(zones.into_iter().cloned());
        let organizer = self.stored.organizer();
        for mut item in self.items.into_values() {
            if item.line("ORGANIZER").is_none() {
                item.lines.extend(organizer.cloned());
            }
            root.children.push(item);
        }
        root.write()
    }
}

const OWN: [&str; 3] = ["TRANSP", "PERCENT-COMPLETE", "COMPLETED"];
