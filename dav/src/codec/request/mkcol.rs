//! Extended MKCOL and MKCALENDAR: collections that are made with their properties (RFC 5689, RFC 4791 5.3.1).

use super::proppatch::set_values;
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::property::{Property, PropertyName};
use crate::codec::response::ResourceType;
use crate::codec::value::PropertyValue;
use crate::codec::xml::{BodyLimits, Element};

/// Components that one calendar can be said to take.
const COMPONENTS_MAX: usize = 32;

/// An MKCOL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mkcol {
    /// What the collection is to be; without a body only [`ResourceType::Collection`].
    pub resource_types: Vec<ResourceType>,
    /// Its other properties.
    pub properties: Vec<PropertyValue>,
    /// Whether there was a body, so that the answer may have one, too.
    pub extended: bool,
}

/// An MKCALENDAR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MkCalendar {
    /// The properties of the calendar; `resourcetype`, which some clients send, is not among them.
    pub properties: Vec<PropertyValue>,
}

impl Mkcol {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`] if it is no extended MKCOL; RFC 4918 9.3.1 answers a body that is not understood with 415,
    /// which is the caller's to do where the media type is not XML.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let Some(root) = Element::parse_optional(body, BodyLimits::ORDINARY)? else {
            return Ok(Self {
                resource_types: vec![ResourceType::Collection],
                properties: Vec::new(),
                extended: false,
            });
        };
        if !root.is_dav("mkcol") {
            return Err(Fault::Expected("`D:mkcol`"));
        }
        let mut properties = values(&root)?;
        let at = properties
            .iter()
            .position(|value| *value.name() == PropertyName::Known(Property::ResourceType));
        // RFC 5689 3: the kind of the collection must be said.
        let Some(at) = at else {
            return Err(Fault::Refused(Precondition::ValidResourceType));
        };
        let resource_types = resource_types(&properties.remove(at))?;
        Ok(Self {
            resource_types,
            properties,
            extended: true,
        })
    }
}

impl MkCalendar {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`] if it is no MKCALENDAR.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut properties = match Element::parse_optional(body, BodyLimits::ORDINARY)? {
            None => Vec::new(),
            Some(root) if root.is(&Namespace::CalDav, "mkcalendar") => values(&root)?,
            Some(_) => return Err(Fault::Expected("`C:mkcalendar`")),
        };
        properties.retain(|value| value.name().known() != Some(Property::ResourceType));
        Ok(Self { properties })
    }
}

fn values(root: &Element) -> Result<Vec<PropertyValue>, Fault> {
    let mut values = Vec::new();
    for step in root.elements().filter(|element| element.is_dav("set")) {
        values.extend(set_values(step, root.lang())?);
    }
    if values.len() > super::PROPERTIES_MAX {
        return Err(Fault::TooMany {
            what: "properties",
            limit: super::PROPERTIES_MAX,
        });
    }
    Ok(values)
}

fn resource_types(value: &PropertyValue) -> Result<Vec<ResourceType>, Fault> {
    let element = value.element()?;
    let kinds = element.elements().map(|kind| {
        // RFC 5689 3.3: a kind that is not known here cannot be made.
        ResourceType::of(&kind.namespace, kind.local())
            .ok_or(Fault::Refused(Precondition::ValidResourceType))
    });
    kinds.collect()
}

/// RFC 4791 5.2.3: the names in a `supported-calendar-component-set`, in upper case.
///
/// # Errors
/// [`Fault`] if a component has no name, or there are too many.
pub fn component_set(value: &PropertyValue) -> Result<Vec<String>, Fault> {
    let element = value.element()?;
    let mut names = Vec::new();
    for comp in element.elements() {
        if !comp.is(&Namespace::CalDav, "comp") {
            continue;
        }
        let name = comp
            .plain("name")
            .ok_or(Fault::Expected("a `name` in `C:comp`"))?;
        if names.len() >= COMPONENTS_MAX {
            return Err(Fault::TooMany {
                what: "components",
                limit: COMPONENTS_MAX,
            });
        }
        names.push(name.to_ascii_uppercase());
    }
    Ok(names)
}
