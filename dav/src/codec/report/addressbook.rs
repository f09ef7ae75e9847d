//! `A:addressbook-query` and `A:addressbook-multiget` with their filters (RFC 6352 8.6, 8.7, 10.4, 10.5).

use vcard::{
    AddressData, Collation, Filter, MatchType, Negate, ParamCondition, ParamFilter, PropCondition,
    PropFilter, Test, TextMatch, Version, WantedProperty,
};

use super::filter::match_text;
use super::{hrefs, nresults, selection};
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::request::Selection;
use crate::codec::xml::Element;

/// Properties that are asked for by name in one `address-data`.
const WANTED_PROPERTIES_MAX: usize = 256;

/// An addressbook-query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressbookQuery {
    /// What to say of each card that fits.
    pub selection: Selection,
    /// What fits.
    pub filter: Filter,
    /// At most so many cards.
    pub limit: Option<u32>,
}

/// An addressbook-multiget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressbookMultiget {
    /// What to say of each card.
    pub selection: Selection,
    /// Which, as written: percent-encoded paths or URIs.
    pub hrefs: Vec<String>,
}

const SPACE: &Namespace = &Namespace::CardDav;
const UNSUPPORTED: Fault = Fault::Refused(Precondition::CardSupportedFilter);

impl AddressbookQuery {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        // RFC 6352 10.5: the filter must be there, but may be empty.
        let filter = root.child(SPACE, "filter").ok_or(UNSUPPORTED)?;
        let mut properties = Vec::new();
        for part in filter.elements() {
            if !part.is(SPACE, "prop-filter") {
                return Err(UNSUPPORTED);
            }
            properties.push(prop_filter(part)?);
        }
        let limit = root.child(SPACE, "limit");
        Ok(Self {
            selection: selection(root)?,
            filter: Filter::new(test(filter)?, properties).map_err(|_| UNSUPPORTED)?,
            limit: limit.map(|limit| nresults(limit, SPACE)).transpose()?,
        })
    }
}

impl AddressbookMultiget {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        Ok(Self {
            selection: selection(root)?,
            hrefs: hrefs(root)?,
        })
    }
}

/// RFC 6352 10.5, 10.5.1: one condition that holds is enough where nothing is said.
fn test(element: &Element) -> Result<Test, Fault> {
    match element.plain("test") {
        None | Some("anyof") => Ok(Test::AnyOf),
        Some("allof") => Ok(Test::AllOf),
        Some(_) => Err(UNSUPPORTED),
    }
}

/// RFC 6352 10.5.1.
fn prop_filter(element: &Element) -> Result<PropFilter, Fault> {
    let mut texts = Vec::new();
    let mut params = Vec::new();
    let mut absent = false;
    for part in element.elements() {
        if part.is(SPACE, "is-not-defined") {
            absent = true;
        } else if part.is(SPACE, "text-match") {
            texts.push(text_match(part)?);
        } else if part.is(SPACE, "param-filter") {
            params.push(param_filter(part)?);
        } else {
            // RFC 6352 8.6: what cannot be tested must be refused, not passed over.
            return Err(UNSUPPORTED);
        }
    }
    let condition = if absent {
        PropCondition::IsNotDefined
    } else if texts.is_empty() && params.is_empty() {
        PropCondition::IsDefined
    } else {
        PropCondition::Terms { texts, params }
    };
    Ok(PropFilter {
        name: name(element)?,
        test: test(element)?,
        condition,
    })
}

/// RFC 6352 10.5.2.
fn param_filter(element: &Element) -> Result<ParamFilter, Fault> {
    let text = element.child(SPACE, "text-match");
    let condition = match text {
        _ if element.child(SPACE, "is-not-defined").is_some() => ParamCondition::IsNotDefined,
        None => ParamCondition::IsDefined,
        Some(text) => ParamCondition::Text(text_match(text)?),
    };
    Ok(ParamFilter {
        name: name(element)?,
        condition,
    })
}

/// RFC 6352 10.5.4.
fn text_match(element: &Element) -> Result<TextMatch, Fault> {
    let collation = match element.plain("collation") {
        // RFC 6352 10.5.4: all letters without regard to case where nothing is said.
        None | Some("default") => Collation::UnicodeCasemap,
        Some(name) => {
            Collation::parse(name).ok_or(Fault::Refused(Precondition::CardSupportedCollation))?
        }
    };
    let how = match element.plain("match-type") {
        None => MatchType::Contains,
        Some(name) => MatchType::parse(name).ok_or(UNSUPPORTED)?,
    };
    let negate = match element.plain("negate-condition") {
        Some("yes") => Negate::Yes,
        _ => Negate::No,
    };
    Ok(TextMatch::new(
        &match_text(element)?,
        collation,
        how,
        negate,
    ))
}

/// RFC 6352 10.4: reads `address-data`. Nothing in it asks for all of the card, as it is stored.
pub(crate) fn address_data(element: &Element) -> Result<AddressData, Fault> {
    let unsupported = Fault::Refused(Precondition::SupportedAddressData);
    let content_type = element.plain("content-type").unwrap_or("text/vcard");
    // RFC 6352 8.6: only what `supported-address-data` lists can be asked for.
    if !content_type.trim().eq_ignore_ascii_case("text/vcard") {
        return Err(unsupported);
    }
    let version = match element.plain("version").map(str::trim) {
        None => None,
        Some(text) => Some(Version::parse(text).ok_or(unsupported)?),
    };
    let mut properties = Vec::new();
    for part in element.elements().filter(|part| part.is(SPACE, "prop")) {
        if properties.len() >= WANTED_PROPERTIES_MAX {
            return Err(Fault::TooMany {
                what: "properties",
                limit: WANTED_PROPERTIES_MAX,
            });
        }
        properties.push(WantedProperty {
            name: name(part)?,
            without_value: part.plain("novalue") == Some("yes"),
        });
    }
    let all = element.child(SPACE, "allprop").is_some() || properties.is_empty();
    Ok(AddressData {
        version,
        properties: (!all).then_some(properties),
    })
}

/// The attribute `name`, in upper case.
fn name(element: &Element) -> Result<String, Fault> {
    let name = element.plain("name").filter(|name| !name.is_empty());
    let name = name.ok_or(Fault::Expected("the attribute `name`"))?;
    Ok(name.to_ascii_uppercase())
}
