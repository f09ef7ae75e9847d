//! Words: names on the wire <-> the model's.
pub(crate) mod address_book;

pub(crate) mod capability;

pub(crate) mod card;

pub(crate) mod card_id;

pub(crate) mod card_query;

pub(crate) mod contact_state;

pub(crate) mod data_type;
