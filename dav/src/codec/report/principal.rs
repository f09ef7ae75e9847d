//! Reports about people: `D:expand-property`, the searches of RFC 3744 9 and Apple's search.

use vcard::MatchType;

use super::filter::match_text;
use super::{nresults, selection};
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::property::PropertyName;
use crate::codec::request::Selection;
use crate::codec::xml::Element;

/// Levels of links that `expand-property` follows; each multiplies the work.
const EXPAND_DEPTH_MAX: usize = 4;
/// Properties in one `expand-property`, all levels together.
const EXPAND_PROPERTIES_MAX: usize = 256;
/// Words or properties to search for in one search.
const SEARCHES_MAX: usize = 32;

/// RFC 3253 3.8: a property, and what to say of the places to which its links lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandProperty {
    /// The property.
    pub name: PropertyName,
    /// What to say of the places; nothing to give the property as it is.
    pub within: Vec<Self>,
}

/// RFC 3744 9.4: who has these texts in these properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalPropertySearch {
    /// How the conditions go together.
    pub combine: Combine,
    /// The conditions; at least one.
    pub searches: Vec<PropertySearch>,
    /// What to say of each who is found.
    pub selection: Selection,
    /// Whether to look in the collections of principals rather than at the place of the request.
    pub apply_to_principal_collection_set: bool,
    /// At most so many (Apple's extension).
    pub limit: Option<u32>,
}

/// How several conditions go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// One must hold.
    AnyOf,
    /// All must hold.
    AllOf,
}

/// A text that is looked for in any of some properties, without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertySearch {
    /// The properties.
    pub properties: Vec<PropertyName>,
    /// The text.
    pub text: String,
    /// Where in the value (Apple's extension); anywhere by default.
    pub match_type: MatchType,
}

/// RFC 3744 9.3: which places below have to do with whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalMatch {
    /// The property that names whoever asks; none to find the principals that they are or belong to.
    pub property: Option<PropertyName>,
    /// What to say of each.
    pub selection: Selection,
}

/// Apple's search: who has all of these words in name or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarServerPrincipalSearch {
    /// `attendee`, `user`, `group`, `location` or `resource`, as written.
    pub context: Option<String>,
    /// The words; at least one.
    pub words: Vec<String>,
    /// At most so many.
    pub limit: Option<u32>,
    /// What to say of each who is found.
    pub selection: Selection,
}

impl ExpandProperty {
    pub(super) fn read_all(root: &Element) -> Result<Vec<Self>, Fault> {
        let mut left = EXPAND_PROPERTIES_MAX;
        Self::read_within(root, EXPAND_DEPTH_MAX, &mut left)
    }

    fn read_within(parent: &Element, depth: usize, left: &mut usize) -> Result<Vec<Self>, Fault> {
        let mut found = Vec::new();
        for element in parent
            .elements()
            .filter(|element| element.is_dav("property"))
        {
            let deeper = depth.checked_sub(1).ok_or(Fault::TooDeep {
                limit: EXPAND_DEPTH_MAX,
            })?;
            *left = left.checked_sub(1).ok_or(Fault::TooMany {
                what: "properties",
                limit: EXPAND_PROPERTIES_MAX,
            })?;
            let name = element.plain("name").filter(|name| !name.is_empty());
            let name = name.ok_or(Fault::Expected("the attribute `name`"))?;
            // RFC 3253 3.8: a property of `DAV:` where nothing is said.
            let namespace = element.plain("namespace").unwrap_or("DAV:");
            found.push(Self {
                name: PropertyName::new(Namespace::of(namespace), name),
                within: Self::read_within(element, deeper, left)?,
            });
        }
        Ok(found)
    }
}

impl PrincipalPropertySearch {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        let mut searches = Vec::new();
        let parts = root
            .elements()
            .filter(|element| element.is_dav("property-search"));
        for part in parts {
            bounded(searches.len())?;
            searches.push(PropertySearch::read(part)?);
        }
        if searches.is_empty() {
            return Err(Fault::Expected("`D:property-search`"));
        }
        let limit = root.dav("limit");
        Ok(Self {
            // RFC 3744 9.4: all conditions hold; `test` is Apple's extension, which clients of its make use of.
            combine: match root.plain("test") {
                Some("anyof") => Combine::AnyOf,
                _ => Combine::AllOf,
            },
            searches,
            selection: selection(root)?,
            apply_to_principal_collection_set: root
                .dav("apply-to-principal-collection-set")
                .is_some(),
            limit: limit
                .map(|limit| nresults(limit, &Namespace::Dav))
                .transpose()?,
        })
    }
}

impl PropertySearch {
    fn read(part: &Element) -> Result<Self, Fault> {
        let prop = part.dav("prop").ok_or(Fault::Expected("`D:prop`"))?;
        let text = part.dav("match").ok_or(Fault::Expected("`D:match`"))?;
        let mut properties = Vec::new();
        for property in prop.elements() {
            bounded(properties.len())?;
            properties.push(property.property_name());
        }
        Ok(Self {
            properties,
            text: match_text(text)?,
            match_type: text
                .plain("match-type")
                .and_then(MatchType::parse)
                .unwrap_or_default(),
        })
    }
}

impl PrincipalMatch {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        let property = match (root.dav("self"), root.dav("principal-property")) {
            (Some(_), None) => None,
            (None, Some(parent)) => {
                let property = parent.elements().next();
                Some(
                    property
                        .ok_or(Fault::Expected("a property"))?
                        .property_name(),
                )
            }
            _ => return Err(Fault::Expected("`D:self` or `D:principal-property`")),
        };
        Ok(Self {
            property,
            selection: selection(root)?,
        })
    }
}

impl CalendarServerPrincipalSearch {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        let space = &Namespace::CalendarServer;
        let mut words = Vec::new();
        for token in root
            .elements()
            .filter(|element| element.is(space, "search-token"))
        {
            bounded(words.len())?;
            let word = match_text(token)?.trim().to_owned();
            if !word.is_empty() {
                words.push(word);
            }
        }
        if words.is_empty() {
            return Err(Fault::Expected("`CS:search-token`"));
        }
        let limit = root.child(space, "limit");
        Ok(Self {
            context: root.plain("context").map(str::to_owned),
            words,
            limit: limit.map(|limit| nresults(limit, space)).transpose()?,
            selection: selection(root)?,
        })
    }
}

fn bounded(count: usize) -> Result<(), Fault> {
    if count < SEARCHES_MAX {
        Ok(())
    } else {
        Err(Fault::TooMany {
            what: "things to search for",
            limit: SEARCHES_MAX,
        })
    }
}
