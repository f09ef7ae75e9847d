//! Conditions and orders of `ContactCard/query` (RFC 9610 3.3).

use groupware::{AddressBook, CardFilter, CardOrder, CardSort, CardText};
use model::CollectionId;

use super::card_id::BookId;
use crate::codec::argument::{Arguments, Fault};
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::error::MethodError;

/// Octets of a text that is looked for: ours.
const TEXT_OCTETS_MAX: usize = 1_024;

/// RFC 9610 3.3.1: the texts, and where they are looked for.
const TEXTS: [(&str, CardText); 11] = [
    ("text", CardText::Any),
    ("name", CardText::Name),
    ("name/given", CardText::NamePart(1)),
    ("name/surname", CardText::NamePart(0)),
    ("name/surname2", CardText::NamePart(5)),
    ("nickname", CardText::Nickname),
    ("organization", CardText::Organization),
    ("email", CardText::Email),
    ("phone", CardText::Phone),
    ("onlineService", CardText::OnlineService),
    ("address", CardText::Address),
];

/// Reads a condition; all that it says must hold.
///
/// # Errors
/// A property is not of its type.
pub(crate) fn condition(
    arguments: &mut Arguments,
    resolve: &dyn Fn(&str) -> Option<BookId>,
) -> Result<CardFilter, FilterFault> {
    let mut all = Vec::new();
    if let Some(id) = arguments.id("inAddressBook")? {
        // What is no address book has no cards in it.
        let nothing = AddressBook::Own(CollectionId(0));
        all.push(CardFilter::InAddressBook(
            resolve(&id).map_or(nothing, |id| id.0),
        ));
    }
    if let Some(uid) = arguments.text("uid")? {
        all.push(CardFilter::Uid(uid));
    }
    if let Some(member) = arguments.text("hasMember")? {
        all.push(CardFilter::HasMember(member));
    }
    if let Some(kind) = arguments.text("kind")? {
        all.push(CardFilter::Kind(kind));
    }
    if let Some(at) = arguments.date("createdBefore")? {
        all.push(CardFilter::CreatedBefore(at));
    }
    if let Some(at) = arguments.date("createdAfter")? {
        all.push(CardFilter::CreatedAfter(at));
    }
    if let Some(at) = arguments.date("updatedBefore")? {
        all.push(CardFilter::UpdatedBefore(at));
    }
    if let Some(at) = arguments.date("updatedAfter")? {
        all.push(CardFilter::UpdatedAfter(at));
    }
    for (name, place) in TEXTS.into_iter().chain([("note", CardText::Note)]) {
        if let Some(text) = arguments.text(name)? {
            if text.len() > TEXT_OCTETS_MAX {
                return Err(Fault::new(name, "has to be a short text").into());
            }
            all.push(CardFilter::Text(place, text));
        }
    }
    Ok(CardFilter::And(all))
}

/// The filter as one tree.
pub(crate) fn tree(filter: Filter<CardFilter>) -> CardFilter {
    let trees = |all: Vec<Filter<CardFilter>>| all.into_iter().map(tree).collect();
    match filter {
        Filter::And(all) => CardFilter::And(trees(all)),
        Filter::Or(all) => CardFilter::Or(trees(all)),
        Filter::Not(all) => CardFilter::Not(trees(all)),
        Filter::Condition(one) => one,
    }
}

/// What to sort by (RFC 9610 3.3.2).
///
/// # Errors
/// `unsupportedSort`.
pub(crate) fn sort(comparators: &[Comparator]) -> Result<Vec<CardSort>, MethodError> {
    let one = |comparator: &Comparator| {
        let by = match comparator.property.as_str() {
            "created" => CardOrder::Created,
            "updated" => CardOrder::Updated,
            "name/given" => CardOrder::NamePart(1),
            "name/surname" => CardOrder::NamePart(0),
            "name/surname2" => CardOrder::NamePart(5),
            other => {
                let why = format!("cards are not sorted by `{other}`");
                return Err(MethodError::unsupported_sort(why));
            }
        };
        comparator.more.finish()?;
        Ok(CardSort {
            by,
            ascending: comparator.ascending,
        })
    };
    comparators.iter().map(one).collect()
}
