//! Limiting: overrides and busy periods that do not matter in a range are left out.

use std::collections::HashSet;
use std::ops::Range;

use crate::freebusy::period;
use crate::object::CalendarObject;
use crate::occurrence::overlaps;
use crate::part::length_of;
use crate::tree::Property;
use crate::zone::Zone;

/// The overrides that are left out, by their number in the tree.
///
/// RFC 4791 9.6.6: one matters if it takes place in the range, or would have without the override; one for all later
/// occurrences matters always.
pub(super) fn unneeded(
    object: &CalendarObject,
    range: &Range<i64>,
    floating: &Zone,
) -> HashSet<usize> {
    let master = object
        .parts()
        .iter()
        .find(|part| part.recurrence_id.is_none());
    let mut unneeded = HashSet::new();
    for part in object.parts() {
        let Some(id) = &part.recurrence_id else {
            continue;
        };
        let begin = part.start.as_ref().unwrap_or(id);
        let start = begin.instant(floating);
        let now = overlaps(
            start,
            length_of(begin, &part.end, floating).end_of(begin, start, floating),
            range,
        );
        let before_start = id.instant(floating);
        let before = master.is_some_and(|master| {
            let end = master.length(floating).end_of(id, before_start, floating);
            overlaps(before_start, end, range)
        });
        if !now && !before && !part.this_and_future {
            unneeded.insert(part.component);
        }
    }
    unneeded
}

/// A FREEBUSY line with only the periods in the range; None if none is.
pub(super) fn within(property: Property<'_>, range: &Range<i64>) -> Option<String> {
    let kept: Vec<&str> = property
        .list()
        .filter(|item| period(item).is_some_and(|(start, end)| overlaps(start, end, range)))
        .collect();
    let parameters = &property.text()[..property.text().len() - property.value().len()];
    (!kept.is_empty()).then(|| format!("{parameters}{}", kept.join(",")))
}
