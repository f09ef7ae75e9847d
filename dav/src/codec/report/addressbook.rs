//! `A:addressbook-query` and `A:addressbook-multiget` with their filters (RFC 6352 8.6, 8.7, 10.4, 10.5).

use super::filter::{Collation, MatchType, match_text};
use super::{hrefs, nresults, selection};
use crate::codec::fault::Fault;
use crate::codec::header::VcardVersion;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::request::Selection;
use crate::codec::xml::Element;

/// An addressbook-query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressbookQuery {
    /// What to say of each card that fits.
    pub selection: Selection,
    /// How the conditions go together.
    pub combine: Combine,
    /// The conditions; none for every card.
    pub filters: Vec<CardPropFilter>,
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

/// How several conditions go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// One must hold.
    AnyOf,
    /// All must hold.
    AllOf,
}

/// RFC 6352 10.5.1: a condition on a property of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardPropFilter {
    /// There is no property of this name (in upper case).
    IsNotDefined(String),
    /// There is one of this name for which the conditions hold.
    Matches {
        /// Its name, in upper case.
        name: String,
        /// How the conditions go together.
        combine: Combine,
        /// Texts that are looked for in its value.
        texts: Vec<CardTextMatch>,
        /// Conditions on its parameters.
        parameters: Vec<CardParamFilter>,
    },
}

/// RFC 6352 10.5.2: a condition on a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardParamFilter {
    /// There is none of this name (in upper case).
    IsNotDefined(String),
    /// There is one of this name (in upper case), in which the text is found if there is one.
    Matches(String, Option<CardTextMatch>),
}

/// RFC 6352 10.5.4: a text that is looked for.
pub type CardTextMatch = super::filter::TextMatch;

/// RFC 6352 10.4: what of a card is asked for. The default is all of it, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressDataRequest {
    /// In which version; none for the one it is stored in.
    pub version: Option<VcardVersion>,
    /// Which properties; none for all.
    pub properties: Option<Vec<AddressPropertyRequest>>,
}

/// RFC 6352 10.4.2: a property that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPropertyRequest {
    /// Its name, in upper case.
    pub name: String,
    /// Whether its value is left out.
    pub no_value: bool,
}

const SPACE: &Namespace = &Namespace::CardDav;

impl AddressbookQuery {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        // RFC 6352 10.5: the filter must be there, but may be empty.
        let filter = root.child(SPACE, "filter");
        let filter = filter.ok_or(Fault::Refused(Precondition::CardSupportedFilter))?;
        let mut filters = Vec::new();
        for part in filter.elements() {
            if !part.is(SPACE, "prop-filter") {
                return Err(Fault::Refused(Precondition::CardSupportedFilter));
            }
            filters.push(CardPropFilter::read(part)?);
        }
        let limit = root.child(SPACE, "limit");
        Ok(Self {
            selection: selection(root)?,
            combine: Combine::read(filter)?,
            filters,
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

impl Combine {
    /// RFC 6352 10.5, 10.5.1: one that holds is enough where nothing is said.
    fn read(element: &Element) -> Result<Self, Fault> {
        match element.plain("test") {
            None | Some("anyof") => Ok(Self::AnyOf),
            Some("allof") => Ok(Self::AllOf),
            Some(_) => Err(Fault::Refused(Precondition::CardSupportedFilter)),
        }
    }
}

impl CardPropFilter {
    fn read(element: &Element) -> Result<Self, Fault> {
        let name = name(element)?;
        if element.child(SPACE, "is-not-defined").is_some() {
            return Ok(Self::IsNotDefined(name));
        }
        let mut texts = Vec::new();
        let mut parameters = Vec::new();
        for part in element.elements() {
            if part.is(SPACE, "text-match") {
                texts.push(card_text_match(part)?);
            } else if part.is(SPACE, "param-filter") {
                parameters.push(CardParamFilter::read(part)?);
            } else {
                // RFC 6352 8.6: what cannot be tested must be refused, not passed over.
                return Err(Fault::Refused(Precondition::CardSupportedFilter));
            }
        }
        Ok(Self::Matches {
            name,
            combine: Combine::read(element)?,
            texts,
            parameters,
        })
    }
}

impl CardParamFilter {
    fn read(element: &Element) -> Result<Self, Fault> {
        let name = name(element)?;
        if element.child(SPACE, "is-not-defined").is_some() {
            return Ok(Self::IsNotDefined(name));
        }
        let text = element.child(SPACE, "text-match");
        Ok(Self::Matches(name, text.map(card_text_match).transpose()?))
    }
}

fn card_text_match(element: &Element) -> Result<CardTextMatch, Fault> {
    // RFC 6352 10.5.4: all letters without regard to case where nothing is said.
    let collation = match element.plain("collation") {
        None | Some("default") => Collation::UnicodeCasemap,
        Some(name) => {
            Collation::parse(name).ok_or(Fault::Refused(Precondition::CardSupportedCollation))?
        }
    };
    let match_type = match element.plain("match-type") {
        None | Some("contains") => MatchType::Contains,
        Some("equals") => MatchType::Equals,
        Some("starts-with") => MatchType::StartsWith,
        Some("ends-with") => MatchType::EndsWith,
        Some(_) => return Err(Fault::Refused(Precondition::CardSupportedFilter)),
    };
    Ok(CardTextMatch {
        text: match_text(element)?,
        collation,
        match_type,
        negate: element.plain("negate-condition") == Some("yes"),
    })
}

impl AddressDataRequest {
    pub(crate) fn read(element: &Element) -> Result<Self, Fault> {
        let content_type = element.plain("content-type").unwrap_or("text/vcard");
        let version = match element.plain("version").map(str::trim) {
            None => None,
            Some(text) => Some(
                VcardVersion::parse(text)
                    .ok_or(Fault::Refused(Precondition::SupportedAddressData))?,
            ),
        };
        // RFC 6352 8.6: only what `supported-address-data` lists can be asked for.
        if !content_type.trim().eq_ignore_ascii_case("text/vcard") {
            return Err(Fault::Refused(Precondition::SupportedAddressData));
        }
        let mut properties = Vec::new();
        for part in element.elements().filter(|part| part.is(SPACE, "prop")) {
            properties.push(AddressPropertyRequest {
                name: name(part)?,
                no_value: part.plain("novalue") == Some("yes"),
            });
        }
        let all = element.child(SPACE, "allprop").is_some() || properties.is_empty();
        Ok(Self {
            version,
            properties: (!all).then_some(properties),
        })
    }
}

/// The attribute `name`, in upper case.
fn name(element: &Element) -> Result<String, Fault> {
    let name = element.plain("name").filter(|name| !name.is_empty());
    let name = name.ok_or(Fault::Expected("the attribute `name`"))?;
    Ok(name.to_ascii_uppercase())
}
