//! Properties of address books (RFC 6352 6.2, 8.3.1).

use super::calendar::{COLLATIONS, collection};
use super::{Live, Scene, live};
use crate::codec::response::Response;
use crate::codec::{Namespace, Property};
use crate::resource::Kinds;

pub(super) const TABLE: &[Live] = &[
    live(Property::AddressbookDescription, BOOKS, description),
    live(Property::SupportedAddressData, BOOKS, data_types),
    live(Property::CardMaxResourceSize, BOOKS, size_max),
    live(Property::CardSupportedCollationSet, BOOKS, collations),
];

const BOOKS: Kinds = Kinds::ADDRESS_BOOK.or(Kinds::DIRECTORY);

fn description(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let kept = collection(scene).and_then(|found| found.properties.description.as_deref());
    let Some(kept) = kept else { return false };
    response.text(name, kept);
    true
}

fn data_types(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.value(name, |xml| xml.address_data_types(&["3.0", "4.0"]));
    true
}

fn size_max(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.number(name, groupware::OBJECT_OCTETS_MAX as u64);
    true
}

fn collations(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.value(name, |xml| xml.collations(Namespace::CardDav, &COLLATIONS));
    true
}
