//! Matching: the tree of an object against the tree of a filter.

use std::ops::Range;

use super::schedule;
use super::{CompFilter, ParamFilter, PropFilter};
use crate::civil::DAY;
use crate::limit::ALERTS_MAX;
use crate::object::CalendarObject;
use crate::occurrence::overlaps;
use crate::part::Reader;
use crate::tree::{Component, Property};
use crate::zone::Zone;

struct Scope<'object> {
    object: &'object CalendarObject,
    floating: &'object Zone,
}

pub(super) fn root(filter: &CompFilter, object: &CalendarObject, floating: &Zone) -> bool {
    let scope = Scope { object, floating };
    let root = object.tree().root();
    if !root.is(&filter.name) {
        return filter.absent;
    }
    !filter.absent && scope.holds(filter, root, None)
}

impl Scope<'_> {
    /// RFC 4791 9.7.1: whether one of the components inside fulfils all of the filter.
    fn any_inside(&self, filter: &CompFilter, outer: Component<'_>) -> bool {
        let mut named = outer.children().filter(|child| child.is(&filter.name));
        if filter.absent {
            return named.next().is_none();
        }
        // More alerts than anybody sets cost more than they are worth; the object is then shown rather than hidden.
        let too_many = filter.time_range.is_some()
            && filter.is("VALARM")
            && named.clone().nth(ALERTS_MAX).is_some();
        too_many || named.any(|child| self.holds(filter, child, Some(outer)))
    }

    fn holds(
        &self,
        filter: &CompFilter,
        component: Component<'_>,
        outer: Option<Component<'_>>,
    ) -> bool {
        filter
            .props
            .iter()
            .all(|prop| self.property(prop, component))
            && filter
                .comps
                .iter()
                .all(|inner| self.any_inside(inner, component))
            && filter
                .time_range
                .as_ref()
                .is_none_or(|range| self.takes_place(component, outer, range))
    }

    fn takes_place(
        &self,
        component: Component<'_>,
        outer: Option<Component<'_>>,
        range: &Range<i64>,
    ) -> bool {
        if component.is("VALARM") {
            return outer.is_some_and(|outer| {
                schedule::alert_goes_off(self.object, outer, component, range, self.floating)
            });
        }
        let part = self
            .object
            .parts()
            .iter()
            .find(|part| part.component == component.number());
        part.is_some_and(|part| schedule::takes_place(self.object, part, range, self.floating))
    }

    /// RFC 4791 9.7.2: whether one of the properties of this name fulfils all of the filter.
    fn property(&self, filter: &PropFilter, component: Component<'_>) -> bool {
        let mut named = component.all(&filter.name);
        if filter.absent {
            return named.next().is_none();
        }
        named.any(|property| {
            filter
                .text
                .as_ref()
                .is_none_or(|text| text.matches(&property.plain()))
                && filter
                    .params
                    .iter()
                    .all(|param| parameter(param, &property))
                && filter
                    .time_range
                    .as_ref()
                    .is_none_or(|range| self.property_in(property, range))
        })
    }

    fn property_in(&self, property: Property<'_>, range: &Range<i64>) -> bool {
        let Ok(moment) = Reader::new(self.object.tree().root()).moment(property) else {
            return false;
        };
        let start = moment.instant(self.floating);
        let end = if moment.is_date() {
            start.saturating_add(DAY)
        } else {
            start
        };
        overlaps(start, end, range)
    }
}

/// RFC 4791 9.7.3.
fn parameter(filter: &ParamFilter, property: &Property<'_>) -> bool {
    let mut named = property
        .parameters()
        .filter(|parameter| parameter.name.eq_ignore_ascii_case(&filter.name));
    if filter.absent {
        return named.next().is_none();
    }
    named.any(|parameter| {
        filter
            .text
            .as_ref()
            .is_none_or(|text| parameter.values().any(|value| text.matches(value)))
    })
}
