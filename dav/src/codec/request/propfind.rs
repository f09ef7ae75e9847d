//! PROPFIND: which properties are asked for (RFC 4918 9.1, 14.20).

use super::PROPERTIES_MAX;
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::property::PropertyName;
use crate::codec::report;
use crate::codec::report::{AddressDataRequest, CalendarDataRequest};
use crate::codec::xml::{BodyLimits, Element};

/// A PROPFIND.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propfind {
    /// What is asked for.
    pub selection: Selection,
}

/// Which properties are asked for, by PROPFIND or by a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The properties of RFC 4918 and the dead ones.
    All {
        /// And these.
        include: Vec<PropertyName>,
    },
    /// The names of all properties.
    Names,
    /// These, in this order, none twice.
    Properties {
        /// The names; [`CalendarData`](crate::codec::Property::CalendarData) and
        /// [`AddressData`](crate::codec::Property::AddressData) are among them where they are asked for.
        names: Vec<PropertyName>,
        /// What `calendar-data` asks for, if it is asked for.
        calendar_data: Option<CalendarDataRequest>,
        /// What `address-data` asks for, if it is asked for.
        address_data: Option<AddressDataRequest>,
    },
}

impl Propfind {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`] if it is no PROPFIND.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let Some(root) = Element::parse_optional(body, BodyLimits::ORDINARY)? else {
            // RFC 4918 9.1: no body asks for all properties.
            let include = Vec::new();
            return Ok(Self {
                selection: Selection::All { include },
            });
        };
        if !root.is_dav("propfind") {
            return Err(Fault::Expected("`D:propfind`"));
        }
        let selection = Selection::read(&root)?
            .ok_or(Fault::Expected("`D:prop`, `D:allprop` or `D:propname`"))?;
        Ok(Self { selection })
    }
}

impl Selection {
    /// Reads the one of `prop`, `allprop` (with `include`) and `propname` that stands in `parent`; none if none does.
    pub(crate) fn read(parent: &Element) -> Result<Option<Self>, Fault> {
        let prop = parent.dav("prop");
        let all = parent.dav("allprop");
        let names = parent.dav("propname");
        match (prop, all, names) {
            (None, None, None) => Ok(None),
            (Some(prop), None, None) => Ok(Some(Self::read_prop(prop)?)),
            (None, Some(_), None) => {
                let include = match parent.dav("include") {
                    Some(include) => property_names(include)?,
                    None => Vec::new(),
                };
                Ok(Some(Self::All { include }))
            }
            (None, None, Some(_)) => Ok(Some(Self::Names)),
            // RFC 4918 14.20: exactly one of them.
            _ => Err(Fault::Expected(
                "only one of `D:prop`, `D:allprop`, `D:propname`",
            )),
        }
    }

    /// Reads a `prop`.
    pub(crate) fn read_prop(prop: &Element) -> Result<Self, Fault> {
        let calendar_data = prop.child(&Namespace::CalDav, "calendar-data");
        let address_data = prop.child(&Namespace::CardDav, "address-data");
        Ok(Self::Properties {
            names: property_names(prop)?,
            calendar_data: calendar_data.map(report::calendar_data).transpose()?,
            address_data: address_data.map(report::address_data).transpose()?,
        })
    }

    /// No properties at all: a report that has no `prop`.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Properties {
            names: Vec::new(),
            calendar_data: None,
            address_data: None,
        }
    }
}

/// The names of the elements within `parent`, each once.
pub(crate) fn property_names(parent: &Element) -> Result<Vec<PropertyName>, Fault> {
    let mut names: Vec<PropertyName> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for element in parent.elements() {
        let name = element.property_name();
        if seen.insert(name.clone()) {
            names.push(name);
        }
        if names.len() > PROPERTIES_MAX {
            return Err(Fault::TooMany {
                what: "properties",
                limit: PROPERTIES_MAX,
            });
        }
    }
    Ok(names)
}
