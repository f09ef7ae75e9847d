//! What is new for a group of participants: occurrences they lose, and whether they have to be told of the rest.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::ByInstance;
use super::roster::Group;
use crate::component::Component;
use crate::difference::{Version, substance};
use crate::line::Line;
use crate::message::outward;
use crate::object::{Object, is_cancelled, sequence};
use crate::occurrence::occurrence;

/// An object before or after the change; nothing where there is none.
#[derive(Debug, Default)]
pub(super) struct Side<'a> {
    pub(super) object: Option<&'a Object>,
    pub(super) items: ByInstance<'a>,
    excluded: HashSet<i64>,
    substance: HashMap<Option<i64>, BTreeSet<String>>,
}

impl<'a> Side<'a> {
    pub(super) fn of(object: &'a Object) -> Self {
        let items: ByInstance<'a> = object
            .items()
            .map(|item| (object.instance(item), item))
            .collect();
        let said = |item: &Component| {
            substance(Version {
                item,
                zones: &object.zones,
            })
        };
        let substance = items
            .iter()
            .map(|(instance, item)| (*instance, said(item)))
            .collect();
        Self {
            object: Some(object),
            items,
            excluded: object.excluded(),
            substance,
        }
    }

    /// The components of `group` that are not cancelled.
    fn alive(&self, group: &BTreeSet<Option<i64>>) -> BTreeSet<Option<i64>> {
        let alive = |instance: &&Option<i64>| {
            self.items
                .get(*instance)
                .is_some_and(|item| !is_cancelled(item))
        };
        group.iter().filter(alive).copied().collect()
    }

    /// Whether who stands in the components `alive` is invited to the occurrence.
    fn invites(&self, alive: &BTreeSet<Option<i64>>, original: i64) -> bool {
        alive.contains(&Some(original))
            || (alive.contains(&None)
                && !self.items.contains_key(&Some(original))
                && !self.excluded.contains(&original))
    }

    /// What is said of an occurrence, from its override or from the series.
    fn said(&self, instance: Option<i64>) -> BTreeSet<String> {
        if let Some(said) = self.substance.get(&instance) {
            return said.clone();
        }
        let of_series = || {
            let object = self.object?;
            let item = occurrence(object, instance?)?;
            Some(substance(Version {
                item: &item,
                zones: &object.zones,
            }))
        };
        of_series().unwrap_or_default()
    }

    /// The revision of an occurrence, or of the series where it has none of its own.
    pub(super) fn sequence(&self, instance: Option<i64>) -> Option<i64> {
        let item = self
            .items
            .get(&instance)
            .or_else(|| self.items.get(&None))?;
        Some(sequence(item))
    }

    /// The components that who stands in `alive` gets to see. RFC 6638 3.2.6: occurrences that a participant of the series is not
    /// invited to are left out of his series.
    pub(super) fn view(&self, alive: &BTreeSet<Option<i64>>, now: i64) -> Vec<Component> {
        let Some(object) = self.object else {
            return Vec::new();
        };
        let mut items = Vec::new();
        for item in object.items() {
            let instance = object.instance(item);
            if !alive.contains(&instance) {
                continue;
            }
            let mut item = outward(item, now);
            if instance.is_none() {
                self.leave_out(&mut item, alive);
            }
            items.push(item);
        }
        items
    }

    fn leave_out(&self, master: &mut Component, alive: &BTreeSet<Option<i64>>) {
        let (Some(object), Some(start)) = (self.object, master.line("DTSTART").cloned()) else {
            return;
        };
        let mut originals: Vec<i64> = self.items.keys().filter_map(|instance| *instance).collect();
        originals.sort_unstable();
        let absent =
            |original: &i64| !alive.contains(&Some(*original)) && !self.excluded.contains(original);
        for original in originals.into_iter().filter(absent) {
            if let Some(value) = object.zones.value_like(&start, original) {
                let line: Line = start.renamed("EXDATE", &value);
                master.lines.push(line);
            }
        }
    }
}

/// What a group has to be told.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The components they lose; nothing in it is the whole.
    pub(super) cancelled: Vec<Option<i64>>,
    /// Whether they get an invitation.
    pub(super) invited: bool,
    /// The components that the invitation shows.
    pub(super) alive: BTreeSet<Option<i64>>,
}

impl News {
    pub(super) fn between(before: &Side<'_>, after: &Side<'_>, group: &Group) -> Self {
        let had = before.alive(&group.before);
        let alive = after.alive(&group.after);
        if alive.is_empty() || (had.contains(&None) && !alive.contains(&None)) {
            let cancelled = if had.contains(&None) {
                vec![None]
            } else {
                had.into_iter().collect()
            };
            return Self {
                cancelled,
                invited: !alive.is_empty(),
                alive,
            };
        }
        let mut touched: BTreeSet<i64> = before
            .items
            .keys()
            .chain(after.items.keys())
            .filter_map(|key| *key)
            .collect();
        touched.extend(after.excluded.symmetric_difference(&before.excluded));
        let mut news = Self {
            invited: group.is_forced || had.contains(&None) != alive.contains(&None),
            ..Self::default()
        };
        if alive.contains(&None) {
            news.invited |= before.said(None) != after.said(None);
        }
        for original in touched {
            let (was, is) = (
                before.invites(&had, original),
                after.invites(&alive, original),
            );
            if was && !is {
                news.cancelled.push(Some(original));
            }
            news.invited |=
                is && (!was || before.said(Some(original)) != after.said(Some(original)));
        }
        news.alive = alive;
        news
    }
}
