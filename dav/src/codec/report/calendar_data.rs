//! `C:calendar-data` in a request: which part of an object is asked for, and how it is expanded (RFC 4791 9.6).

use std::ops::Range;

use icalendar::{PropertyChoice, Retrieval, Selection};

use super::filter::time_range;
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::xml::Element;

/// Components and properties that are asked for by name, all levels together: each line of an object is looked for
/// among them.
const CHOICES_MAX: usize = 512;

const SPACE: &Namespace = &Namespace::CalDav;

/// Reads `calendar-data`. Nothing in it asks for all of the object, as it is stored.
pub(crate) fn calendar_data(element: &Element) -> Result<Retrieval, Fault> {
    let content_type = element.plain("content-type").unwrap_or("text/calendar");
    let version = element.plain("version").unwrap_or("2.0");
    // RFC 4791 7.8: only what `supported-calendar-data` lists can be asked for.
    if !content_type.trim().eq_ignore_ascii_case("text/calendar") || version.trim() != "2.0" {
        return Err(Fault::Refused(Precondition::SupportedCalendarData));
    }
    let range = |name| element.child(SPACE, name).map(closed_range).transpose();
    let mut left = CHOICES_MAX;
    let component = element.child(SPACE, "comp");
    let retrieval = Retrieval {
        selection: component
            .map(|comp| selection(comp, &mut left))
            .transpose()?,
        expand: range("expand")?,
        limit_recurrence_set: range("limit-recurrence-set")?,
        limit_freebusy_set: range("limit-freebusy-set")?,
        // RFC 7809 7: that stands in the head of the request.
        zones_by_name: false,
    };
    // RFC 4791 9.6: one or the other.
    if retrieval.expand.is_some() && retrieval.limit_recurrence_set.is_some() {
        return Err(Fault::Expected(
            "only one of `C:expand`, `C:limit-recurrence-set`",
        ));
    }
    Ok(retrieval)
}

/// RFC 4791 9.6.5 to 9.6.7: both ends must be said.
fn closed_range(element: &Element) -> Result<Range<i64>, Fault> {
    if element.plain("start").is_none() || element.plain("end").is_none() {
        return Err(Fault::Expected("`start` and `end`"));
    }
    time_range(element)
}

/// RFC 4791 9.6.1: a component with those of its properties and components that are asked for.
fn selection(element: &Element, left: &mut usize) -> Result<Selection, Fault> {
    let name = name(element)?;
    // RFC 4791 7.8.1: an element with nothing in it asks for all of the component.
    if element.elements().next().is_none() {
        return Ok(Selection::everything(&name));
    }
    let mut properties = Vec::new();
    let mut components = Vec::new();
    for part in element.elements().filter(|part| part.namespace == *SPACE) {
        *left = left.checked_sub(1).ok_or(Fault::TooMany {
            what: "components and properties",
            limit: CHOICES_MAX,
        })?;
        match part.local() {
            "prop" => properties.push(PropertyChoice {
                name: self::name(part)?,
                without_value: part.plain("novalue") == Some("yes"),
            }),
            "comp" => components.push(selection(part, left)?),
            _ => {}
        }
    }
    let all = |local| element.child(SPACE, local).is_some();
    Ok(Selection {
        name,
        properties: (!all("allprop")).then_some(properties),
        components: (!all("allcomp")).then_some(components),
    })
}

fn name(element: &Element) -> Result<String, Fault> {
    let name = element
        .plain("name")
        .ok_or(Fault::Expected("the attribute `name`"))?;
    Ok(name.to_ascii_uppercase())
}
