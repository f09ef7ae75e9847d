//! PROPPATCH: properties to set and remove, in order (RFC 4918 9.2, 14.19).

use super::PROPERTIES_MAX;
use crate::codec::fault::Fault;
use crate::codec::property::PropertyName;
use crate::codec::value::PropertyValue;
use crate::codec::xml::{BodyLimits, Element};

/// A PROPPATCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proppatch {
    /// What to do, in order; at least one.
    pub changes: Vec<PropertyChange>,
}

/// One step of a PROPPATCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyChange {
    /// Give the property this value.
    Set(PropertyValue),
    /// Take the property away; nothing happens if it is not there.
    Remove(PropertyName),
}

impl PropertyChange {
    /// The property.
    #[must_use]
    pub fn name(&self) -> &PropertyName {
        match self {
            Self::Set(value) => value.name(),
            Self::Remove(name) => name,
        }
    }
}

impl Proppatch {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`] if it is no PROPPATCH or changes nothing.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let root = Element::parse(body, BodyLimits::ORDINARY)?;
        if !root.is_dav("propertyupdate") {
            return Err(Fault::Expected("`D:propertyupdate`"));
        }
        let mut changes = Vec::new();
        for step in root.elements() {
            if step.is_dav("set") {
                let values = set_values(step, root.lang())?;
                changes.extend(values.into_iter().map(PropertyChange::Set));
            } else if step.is_dav("remove") {
                let names = removed(step);
                changes.extend(names.map(PropertyChange::Remove));
            }
            if changes.len() > PROPERTIES_MAX {
                return Err(Fault::TooMany {
                    what: "properties",
                    limit: PROPERTIES_MAX,
                });
            }
        }
        if changes.is_empty() {
            return Err(Fault::Expected(
                "at least one property in `D:set` or `D:remove`",
            ));
        }
        Ok(Self { changes })
    }
}

fn removed(step: &Element) -> impl Iterator<Item = PropertyName> {
    let props = step.elements().filter(|element| element.is_dav("prop"));
    props
        .flat_map(Element::elements)
        .map(Element::property_name)
}

/// The values in the `prop`s of a `set`; `lang` is the language in scope around it.
pub(super) fn set_values(step: &Element, lang: Option<&str>) -> Result<Vec<PropertyValue>, Fault> {
    let mut values = Vec::new();
    let lang = step.lang().or(lang);
    for prop in step.elements().filter(|element| element.is_dav("prop")) {
        let lang = prop.lang().or(lang);
        for element in prop.elements() {
            values.push(PropertyValue::of(element, lang)?);
        }
    }
    if values.len() > PROPERTIES_MAX {
        return Err(Fault::TooMany {
            what: "properties",
            limit: PROPERTIES_MAX,
        });
    }
    Ok(values)
}
