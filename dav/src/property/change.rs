//! Changes of properties that clients ask for (RFC 4918 9.2, RFC 5689): which are taken, and as what they are kept.

use std::collections::BTreeMap;

use model::{Components, Properties};

use super::calendar::{COMPONENTS, zone_of};
use crate::codec::request::{PropertyChange, component_set};
use crate::codec::{
    Condition, Namespace, Precondition, Property, PropertyName, PropertyValue, Status,
};
use crate::limits::{DEAD_OCTETS_MAX, DEAD_PROPERTIES_MAX, TEXT_OCTETS_MAX, ZONE_OCTETS_MAX};
use crate::resource::Kinds;

/// Why one property is not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: Status,
    pub(crate) condition: Option<Condition>,
}

fn refused(status: Status, precondition: Option<Precondition>) -> Refused {
    Refused {
        status,
        condition: precondition.map(Condition::from),
    }
}

/// RFC 4918 16: only the server sets it.
fn protected() -> Refused {
    refused(
        Status::FORBIDDEN,
        Some(Precondition::CannotModifyProtectedProperty),
    )
}

/// RFC 4918 9.2.1: a value that cannot be.
fn wrong() -> Refused {
    refused(Status::CONFLICT, None)
}

/// Whether the collection is being made, when more can be said of it than later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Creation,
    Later,
}

/// Applies a change to what is said of a collection of that kind.
pub(crate) fn of_collection(
    properties: &mut Properties,
    change: &PropertyChange,
    kind: Kinds,
    moment: Moment,
) -> Result<(), Refused> {
    let Some(known) = change.name().known() else {
        return of_dead(&mut properties.dead, change);
    };
    let calendar = kind == Kinds::CALENDAR;
    let coloured = kind.meets(Kinds::CALENDAR.or(Kinds::ADDRESS_BOOK));
    match known {
        Property::DisplayName => properties.display_name = words(change, TEXT_OCTETS_MAX)?,
        Property::CalendarDescription if calendar => {
            properties.description = words(change, TEXT_OCTETS_MAX)?;
        }
        Property::AddressbookDescription if kind == Kinds::ADDRESS_BOOK => {
            properties.description = words(change, TEXT_OCTETS_MAX)?;
        }
        Property::CalendarColor if coloured => properties.color = color(change)?,
        Property::CalendarOrder if coloured => properties.sort_order = number(change)?,
        Property::CalendarTimezone | Property::CalendarTimezoneId
            if kind.meets(Kinds::CALENDAR.or(Kinds::INBOX)) =>
        {
            properties.time_zone = zone(change, known)?;
        }
        Property::ScheduleCalendarTransp if calendar => {
            properties.transparent = transparency(change)?;
        }
        Property::CalendarAvailability | Property::CalendarServerAvailability
            if kind == Kinds::INBOX =>
        {
            properties.availability = availability(change)?;
        }
        // RFC 4791 5.2.3: what a calendar takes is said when it is made.
        Property::SupportedCalendarComponentSet if calendar && moment == Moment::Creation => {
            properties.components = components(change)?;
        }
        _ if super::is_live(change.name(), kind) => return Err(protected()),
        _ => return of_dead(&mut properties.dead, change),
    }
    Ok(())
}

/// Applies a change to what clients keep at an object of that kind.
pub(crate) fn of_object(
    dead: &mut BTreeMap<String, String>,
    change: &PropertyChange,
    kind: Kinds,
) -> Result<(), Refused> {
    if super::is_live(change.name(), kind) {
        return Err(protected());
    }
    of_dead(dead, change)
}

fn of_dead(dead: &mut BTreeMap<String, String>, change: &PropertyChange) -> Result<(), Refused> {
    let full = || refused(Status::INSUFFICIENT_STORAGE, None);
    match change {
        PropertyChange::Set(value) => {
            // RFC 4918 15: names of `DAV:` that are not known here may mean something one day.
            let key = value.name().to_string();
            let octets: usize = dead
                .iter()
                .filter(|(name, _)| **name != key)
                .map(|(name, xml)| name.len() + xml.len())
                .sum();
            if octets + key.len() + value.as_xml().len() > DEAD_OCTETS_MAX {
                return Err(full());
            }
            if dead.len() >= DEAD_PROPERTIES_MAX && !dead.contains_key(&key) {
                return Err(full());
            }
            dead.insert(key, value.as_xml().to_owned());
        }
        PropertyChange::Remove(name) => {
            dead.remove(&name.to_string());
        }
    }
    Ok(())
}

/// The value of a set as plain text; none for a removal.
fn words(change: &PropertyChange, octets_max: usize) -> Result<Option<String>, Refused> {
    match change {
        PropertyChange::Set(value) => {
            let text = value.text().map_err(|_| wrong())?;
            if text.len() > octets_max {
                return Err(wrong());
            }
            Ok(Some(text))
        }
        PropertyChange::Remove(_) => Ok(None),
    }
}

/// Apple writes `#rrggbb` or `#rrggbbaa`; others write words.
fn color(change: &PropertyChange) -> Result<Option<String>, Refused> {
    /// Octets of a colour.
    const COLOR_OCTETS_MAX: usize = 64;
    let text = words(change, COLOR_OCTETS_MAX)?;
    Ok(text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty()))
}

fn number(change: &PropertyChange) -> Result<Option<u32>, Refused> {
    match words(change, TEXT_OCTETS_MAX)? {
        None => Ok(None),
        Some(text) => text.trim().parse().map(Some).map_err(|_| wrong()),
    }
}

/// RFC 4791 5.2.2, RFC 7809 5.2: a text with one `VTIMEZONE`, or the name of a zone.
fn zone(change: &PropertyChange, known: Property) -> Result<Option<String>, Refused> {
    let Some(text) = words(change, ZONE_OCTETS_MAX)? else {
        return Ok(None);
    };
    let text = text.trim().to_owned();
    let is_text = text.starts_with("BEGIN:");
    let (expected, precondition) = match known {
        Property::CalendarTimezoneId => (false, Precondition::ValidTimezone),
        _ => (true, Precondition::ValidCalendarData),
    };
    if is_text != expected || zone_of(&text).is_none() {
        return Err(refused(Status::FORBIDDEN, Some(precondition)));
    }
    Ok(Some(text))
}

fn transparency(change: &PropertyChange) -> Result<bool, Refused> {
    let PropertyChange::Set(value) = change else {
        return Ok(false);
    };
    let element = value.element().map_err(|_| wrong())?;
    let space = &Namespace::CalDav;
    match (
        element.child(space, "transparent"),
        element.child(space, "opaque"),
    ) {
        (Some(_), None) => Ok(true),
        (None, Some(_)) => Ok(false),
        _ => Err(wrong()),
    }
}

/// RFC 7953 7.2.2.
fn availability(change: &PropertyChange) -> Result<Option<String>, Refused> {
    let Some(text) = words(change, ZONE_OCTETS_MAX)? else {
        return Ok(None);
    };
    let valid = icalendar::Tree::read(text.as_bytes()).is_ok_and(|tree| {
        let mut inside = tree.root().children();
        inside.any(|component| component.is("VAVAILABILITY"))
    });
    if !valid {
        return Err(refused(
            Status::FORBIDDEN,
            Some(Precondition::ValidAvailability),
        ));
    }
    Ok(Some(text))
}

fn components(change: &PropertyChange) -> Result<Components, Refused> {
    let PropertyChange::Set(value) = change else {
        return Ok(Components::ALL);
    };
    let names = component_set(value).map_err(|_| wrong())?;
    let mut taken = Components(0);
    for (component, word) in COMPONENTS {
        if names.iter().any(|name| name == word) {
            taken = taken.with(component);
        }
    }
    if taken.0 == 0 {
        return Err(refused(
            Status::FORBIDDEN,
            Some(Precondition::SupportedCalendarComponent),
        ));
    }
    Ok(taken)
}

/// The properties a new collection is made with, or those that cannot be.
pub(crate) fn at_creation(
    values: Vec<PropertyValue>,
    kind: Kinds,
) -> Result<Properties, Vec<(Status, PropertyName, Option<Condition>)>> {
    let mut properties = Properties::default();
    let mut failed = Vec::new();
    let mut names = Vec::new();
    for value in values {
        let change = PropertyChange::Set(value);
        names.push(change.name().clone());
        if let Err(refused) = of_collection(&mut properties, &change, kind, Moment::Creation) {
            failed.push((refused.status, change.name().clone(), refused.condition));
        }
    }
    if failed.is_empty() {
        return Ok(properties);
    }
    // RFC 5689 3: those that could have been set fail with the others.
    for name in names {
        if !failed.iter().any(|(_, known, _)| *known == name) {
            failed.push((Status::FAILED_DEPENDENCY, name, None));
        }
    }
    Err(failed)
}
