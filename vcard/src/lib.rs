//! Contact cards: what a text of RFC 6350 or RFC 2426 says, and how the one becomes the other.
//!
//! A card is kept as the list of its properties as they stand; nothing is normalised at reading, so that whatever a client has sent
//! comes out again: the whole byte for byte ([`ContactCard::bytes`]), a part line by line, and converted with every property that has a
//! place in the other version. Beside the text there is the [`Summary`], which lists and searches are made from.
//!
//! Not here: storing, rights, JSContact, XML.

mod card;
mod convert;
mod fault;
mod line;
mod many;
mod old;
mod property;
mod summary;
mod text;

pub use card::{
    CARD_LINES_MAX, CARD_OCTETS_MAX, ContactCard, PARAMETERS_MAX, PROPERTIES_MAX, Version,
};
pub use fault::{Fault, Precondition};
pub use many::{CARDS_MAX, Cards, Found, read_all};
pub use old::upgrade;
pub use property::{Param, Property};
pub use summary::{Kind, Summary};
