//! Expanding: each occurrence as a component of its own, without rules and time zones (RFC 4791 9.6.5).

use std::collections::HashMap;
use std::ops::Range;

use super::{Chosen, Page};
use crate::civil::DAY;
use crate::fault::Fault;
use crate::limit::OBJECT_OCTETS_MAX;
use crate::moment::Form;
use crate::object::CalendarObject;
use crate::occurrence::Occurrence;
use crate::part::{End, Kind, Part, Reader};
use crate::tree::{Component, Property};
use crate::value::{write_date, write_time};
use crate::zone::Zone;

/// Occurrences written into one answer.
const OCCURRENCES_MAX: usize = 10_000;

pub(super) fn write<'a>(
    page: &mut Page<'a>,
    object: &CalendarObject,
    chosen: Chosen<'a>,
    range: &Range<i64>,
    floating: &Zone,
) -> Result<(), Fault> {
    let parts: HashMap<usize, &Part> = object
        .parts()
        .iter()
        .map(|part| (part.component, part))
        .collect();
    let mut pages = Lines {
        object,
        reader: Reader::new(object.tree().root()),
        floating,
        recurring: object.is_recurring(),
    };
    if matches!(object.kind(), Kind::FreeBusy | Kind::Availability)
        || object.parts().iter().all(|part| part.start.is_none())
    {
        // Nothing to expand: what has no begin has no occurrences.
        for part in object.parts() {
            pages.component(page, part, None, chosen);
        }
        return Ok(());
    }
    for occurrence in object.occurrences(range.clone(), floating, OCCURRENCES_MAX)? {
        if let Some(part) = parts.get(&occurrence.component) {
            pages.component(page, part, Some(&occurrence), chosen);
        }
        if page.writer.len() > OBJECT_OCTETS_MAX {
            return Err(Fault::TooManyInstances {
                limit: OCCURRENCES_MAX,
            });
        }
    }
    Ok(())
}

struct Lines<'object> {
    object: &'object CalendarObject,
    reader: Reader<'object>,
    floating: &'object Zone,
    recurring: bool,
}

impl<'object> Lines<'object> {
    fn component<'a>(
        &mut self,
        page: &mut Page<'a>,
        part: &Part,
        occurrence: Option<&Occurrence>,
        chosen: Chosen<'a>,
    ) {
        let component = self.object.component_of(part);
        let Some(selected) = Page::inside(component, chosen) else {
            return;
        };
        page.writer.begin(component.name());
        if let Some(occurrence) = occurrence {
            for (name, value) in self.times(part, occurrence) {
                page.property(name, &format!("{name}{value}"), selected);
            }
        }
        for property in component.properties() {
            let rewritten = occurrence.is_some() && is_replaced(property, part.kind);
            if !rewritten && !is_rule(property) {
                let line = self.converted(property);
                page.property(property.name(), &line, selected);
            }
        }
        for child in component.children() {
            self.inner(page, child, selected);
        }
        page.writer.end(component.name());
    }

    fn inner<'a>(
        &mut self,
        page: &mut Page<'a>,
        component: Component<'object>,
        chosen: Chosen<'a>,
    ) {
        let Some(selected) = Page::inside(component, chosen) else {
            return;
        };
        page.writer.begin(component.name());
        for property in component.properties() {
            let line = self.converted(property);
            page.property(property.name(), &line, selected);
        }
        for child in component.children() {
            self.inner(page, child, selected);
        }
        page.writer.end(component.name());
    }

    /// Begin, end and identity of an occurrence: names, and parameters with values.
    fn times(&self, part: &Part, occurrence: &Occurrence) -> Vec<(&'static str, String)> {
        let end = match occurrence.begin.form() {
            Form::Date => {
                let days = self.floating.to_local(occurrence.end).div_euclid(DAY) * DAY;
                format!(";VALUE=DATE:{}", write_date(days))
            }
            Form::Floating => format!(":{}", write_time(self.floating.to_local(occurrence.end))),
            Form::Utc | Form::Zoned(_) => format!(":{}Z", write_time(occurrence.end)),
        };
        let mut times = Vec::new();
        let (begins, end_name) = (
            part.start.is_some() || part.recurrence_id.is_some(),
            if part.kind == Kind::Task {
                "DUE"
            } else {
                "DTEND"
            },
        );
        if begins {
            times.push(("DTSTART", occurrence.begin.without_zone()));
        }
        if !begins
            || part.end != End::Open
            || (part.has_periods && occurrence.end > occurrence.start)
        {
            times.push((end_name, end));
        }
        if self.recurring {
            times.push(("RECURRENCE-ID", occurrence.recurrence_id.without_zone()));
        }
        times
    }

    /// A line whose times refer to no zone.
    fn converted(&mut self, property: Property<'object>) -> String {
        if property.parameter("TZID").is_none() {
            return property.text().to_owned();
        }
        let mut line = property.name().to_owned();
        for parameter in property.parameters().filter(|parameter| {
            !["TZID", "VALUE"]
                .iter()
                .any(|name| parameter.name.eq_ignore_ascii_case(name))
        }) {
            line.push_str(&format!(";{}={}", parameter.name, parameter.raw));
        }
        match self.reader.moment(property) {
            Ok(moment) => line + &moment.without_zone(),
            // Lotus Notes gives its own properties a TZID and values of no known kind.
            Err(_) => format!("{line}:{}", property.value()),
        }
    }
}

/// Lines that [`Lines::times`] writes anew.
fn is_replaced(property: Property<'_>, kind: Kind) -> bool {
    let end = if kind == Kind::Task { "DUE" } else { "DTEND" };
    ["DTSTART", end, "DURATION", "RECURRENCE-ID"]
        .iter()
        .any(|name| property.is(name))
}

fn is_rule(property: Property<'_>) -> bool {
    ["RRULE", "RDATE", "EXDATE", "EXRULE"]
        .iter()
        .any(|name| property.is(name))
}
