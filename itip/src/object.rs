//! A calendar object as scheduling sees it: one thing that happens, its series and its overrides.

use std::collections::{HashMap, HashSet};

use crate::address::{Addresses, of, sent_by};
use crate::component::Component;
use crate::fault::Fault;
use crate::limits::{INSTANCES_MAX, OBJECT_OCTETS_MAX, PARTICIPANTS_MAX};
use crate::line::Line;
use crate::time::Zones;
use crate::words::PartStat;

/// A parsed object. All its events (or tasks, or journal entries) have one `UID`.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) root: Component,
    pub(crate) zones: Zones,
    pub(crate) uid: String,
    /// `VEVENT`, `VTODO` or `VJOURNAL`.
    pub(crate) kind: &'static str,
    /// Where the component for an occurrence stands among the children of the calendar.
    places: HashMap<Option<i64>, usize>,
}

impl Object {
    pub(crate) fn read(text: &[u8]) -> Result<Self, Fault> {
        Self::read_bounded(text, OBJECT_OCTETS_MAX)
    }

    pub(crate) fn read_bounded(text: &[u8], octets_max: usize) -> Result<Self, Fault> {
        Self::of(Component::read(text, octets_max)?)
    }

    /// RFC 4791 4.1: an object has components of one kind with one `UID`, and none twice for the same occurrence.
    pub(crate) fn of(root: Component) -> Result<Self, Fault> {
        let zones = Zones::of(&root);
        let mut items = root
            .children
            .iter()
            .filter(|child| kind_of(child).is_some());
        let first = items
            .next()
            .ok_or(Fault::Malformed("there is no event, task or journal entry"))?;
        let kind = kind_of(first).unwrap_or("VEVENT");
        let uid = first
            .value("UID")
            .map(str::trim)
            .filter(|uid| !uid.is_empty());
        let uid = uid.ok_or(Fault::Malformed("there is no UID"))?.to_owned();
        if items
            .any(|item| item.name != kind || item.value("UID").map(str::trim) != Some(uid.as_str()))
        {
            return Err(Fault::Malformed("the components differ in kind or UID"));
        }
        let mut object = Self {
            root,
            zones,
            uid,
            kind,
            places: HashMap::new(),
        };
        object.places = object.found();
        object.check()?;
        Ok(object)
    }

    pub(crate) fn write(&self) -> String {
        self.root.write()
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Component> {
        self.root
            .children
            .iter()
            .filter(|child| child.is(self.kind))
    }

    pub(crate) fn items_mut(&mut self) -> impl Iterator<Item = &mut Component> {
        let kind = self.kind;
        self.root
            .children
            .iter_mut()
            .filter(move |child| child.is(kind))
    }

    /// The original start of the occurrence that a component overrides; nothing for the series itself.
    pub(crate) fn instance(&self, item: &Component) -> Option<i64> {
        item.line("RECURRENCE-ID")
            .map(|line| self.zones.seconds(line).unwrap_or(i64::MIN))
    }

    pub(crate) fn find(&self, instance: Option<i64>) -> Option<&Component> {
        self.places
            .get(&instance)
            .and_then(|place| self.root.children.get(*place))
    }

    pub(crate) fn find_mut(&mut self, instance: Option<i64>) -> Option<&mut Component> {
        self.places
            .get(&instance)
            .and_then(|place| self.root.children.get_mut(*place))
    }

    /// The component of the series, or of the only occurrence.
    pub(crate) fn master(&self) -> Option<&Component> {
        self.find(None)
    }

    /// The last override up to an occurrence that counts for what follows it, too.
    pub(crate) fn following(&self, original: i64) -> Option<&Component> {
        self.items()
            .filter(|item| counts_on(item))
            .filter_map(|item| Some((self.instance(item)?, item)))
            .filter(|(instance, _)| *instance <= original)
            .max_by_key(|(instance, _)| *instance)
            .map(|(_, item)| item)
    }

    /// The original starts of all overrides, in the order of the text.
    pub(crate) fn overridden(&self) -> Vec<i64> {
        self.items()
            .filter_map(|item| self.instance(item))
            .collect()
    }

    /// Original starts that the series leaves out.
    pub(crate) fn excluded(&self) -> HashSet<i64> {
        self.master()
            .map(|master| excluded(master, &self.zones))
            .unwrap_or_default()
    }

    /// Puts a component in the place of the one for the same occurrence, or at the end.
    pub(crate) fn put(&mut self, item: Component) {
        let instance = self.instance(&item);
        if let Some(present) = self.find_mut(instance) {
            *present = item;
            return;
        }
        self.places.insert(instance, self.root.children.len());
        self.root.children.push(item);
    }

    /// Removes overrides.
    pub(crate) fn drop_instances(&mut self, gone: &HashSet<i64>) {
        let children = std::mem::take(&mut self.root.children);
        let is_gone = |child: &Component| {
            child.is(self.kind)
                && self
                    .instance(child)
                    .is_some_and(|original| gone.contains(&original))
        };
        self.root.children = children
            .into_iter()
            .filter(|child| !is_gone(child))
            .collect();
        self.places = self.found();
    }

    fn found(&self) -> HashMap<Option<i64>, usize> {
        let children = self
            .root
            .children
            .iter()
            .enumerate()
            .filter(|(_, child)| child.is(self.kind));
        children
            .map(|(place, child)| (self.instance(child), place))
            .collect()
    }

    /// The organizer's line: RFC 6638 3.2.4.2: all components that have one name the same.
    pub(crate) fn organizer(&self) -> Option<&Line> {
        self.items().find_map(|item| item.line("ORGANIZER"))
    }

    pub(crate) fn organizer_address(&self) -> Option<String> {
        self.organizer().map(of)
    }

    /// Puts the organizer into components that name none: a component that goes must not take him along.
    pub(crate) fn name_organizer(&mut self) {
        let Some(line) = self.organizer().cloned() else {
            return;
        };
        for item in self
            .items_mut()
            .filter(|item| item.line("ORGANIZER").is_none())
        {
            item.lines.push(line.clone());
        }
    }

    /// The addresses that may speak for the organizer: his own and those of whom he lets send for him.
    pub(crate) fn speakers(&self) -> Addresses {
        let organizers = || self.items().filter_map(|item| item.line("ORGANIZER"));
        Addresses::new(organizers().map(of).chain(organizers().filter_map(sent_by)))
    }

    /// The addresses of all participants, each once, in the order of the text.
    pub(crate) fn participants(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let all = self.items().flat_map(|item| item.all("ATTENDEE")).map(of);
        all.filter(|address| seen.insert(address.clone())).collect()
    }

    /// RFC 6638 3.1: an object is a scheduling object when it has an organizer and participants.
    pub(crate) fn is_scheduling(&self) -> bool {
        self.organizer().is_some() && self.items().any(|item| item.line("ATTENDEE").is_some())
    }

    fn check(&self) -> Result<(), Fault> {
        if self.items().count() > INSTANCES_MAX {
            return Err(Fault::TooLarge {
                what: "overrides",
                limit: INSTANCES_MAX,
            });
        }
        if self
            .items()
            .any(|item| item.all("ATTENDEE").count() > PARTICIPANTS_MAX)
        {
            return Err(Fault::TooLarge {
                what: "participants",
                limit: PARTICIPANTS_MAX,
            });
        }
        let mut names = self.items().filter_map(|item| item.line("RECURRENCE-ID"));
        if names.any(|line| self.zones.seconds(line).is_none()) {
            return Err(Fault::Malformed("a RECURRENCE-ID is no time"));
        }
        if self.places.len() != self.items().count() {
            return Err(Fault::Malformed(
                "two components are for the same occurrence",
            ));
        }
        // RFC 6638 3.2.4.2.
        let mut organizers = self
            .items()
            .filter_map(|item| item.line("ORGANIZER"))
            .map(of);
        let first = organizers.next();
        if organizers.any(|other| Some(other) != first) {
            return Err(Fault::SameOrganizer);
        }
        Ok(())
    }
}

/// Whose participant line it is, of one component.
pub(crate) fn participant<'a>(item: &'a Component, who: &Addresses) -> Option<&'a Line> {
    item.all("ATTENDEE").find(|line| who.contains(&of(line)))
}

/// As `participant`, to be changed.
pub(crate) fn participant_mut<'a>(
    item: &'a mut Component,
    who: &Addresses,
) -> Option<&'a mut Line> {
    item.lines
        .iter_mut()
        .find(|line| line.is("ATTENDEE") && who.contains(&of(line)))
}

/// What a participant answered.
pub(crate) fn said(line: &Line) -> PartStat {
    line.parameter("PARTSTAT")
        .map(|answer| PartStat::parse(&answer))
        .unwrap_or_default()
}

/// RFC 5545 3.8.7.4: a component without a number has revision 0.
pub(crate) fn sequence(item: &Component) -> i64 {
    item.value("SEQUENCE")
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0)
}

/// RFC 5545 3.8.7.2: when the message was made.
pub(crate) fn stamp(item: &Component, zones: &Zones) -> i64 {
    item.line("DTSTAMP")
        .and_then(|line| zones.seconds(line))
        .unwrap_or(i64::MIN)
}

pub(crate) fn excluded(item: &Component, zones: &Zones) -> HashSet<i64> {
    item.all("EXDATE")
        .flat_map(|line| zones.all_seconds(line))
        .collect()
}

pub(crate) fn is_recurring(item: &Component) -> bool {
    item.line("RRULE").is_some() || item.line("RDATE").is_some()
}

pub(crate) fn is_cancelled(item: &Component) -> bool {
    item.value("STATUS")
        .is_some_and(|status| status.trim().eq_ignore_ascii_case("CANCELLED"))
}

/// RFC 5545 3.2.13: whether an override counts for all occurrences after its own, too.
pub(crate) fn counts_on(item: &Component) -> bool {
    item.line("RECURRENCE-ID")
        .and_then(|line| line.parameter("RANGE"))
        .is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"))
}

fn kind_of(child: &Component) -> Option<&'static str> {
    ["VEVENT", "VTODO", "VJOURNAL"]
        .into_iter()
        .find(|kind| child.is(kind))
}
