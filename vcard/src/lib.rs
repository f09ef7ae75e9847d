//! Contact cards: what a text of RFC 6350 or RFC 2426 says, and how the one becomes the other.
//!
//! A card is kept as the list of its properties as they stand; nothing is normalised at reading, so that whatever a client has sent
//! comes out again: the whole byte for byte ([`ContactCard::bytes`]), a part line by line, and converted with every property that has a
//! place in the other version. Beside the text there is the [`Summary`], which lists and searches are made from.
//!
//! The same as JSContact: [`ContactCard::to_jscontact`], [`ContactCard::with_jscontact`].
//!
//! Not here: storing, rights, XML.

mod card;
mod collation;
mod convert;
mod encoded;
mod exercise;
mod fault;
mod filter;
mod jscontact;
mod line;
mod many;
mod old;
mod partial;
mod principal;
mod property;
mod summary;
mod text;
mod version;

pub use card::{CARD_LINES_MAX, CARD_OCTETS_MAX, ContactCard, PARAMETERS_MAX, PROPERTIES_MAX};
pub use collation::{Collation, MatchType, Negate, TextMatch};
pub use exercise::fuzz;
pub use fault::{Fault, Precondition};
pub use filter::{
    FILTER_TERMS_MAX, Filter, ParamCondition, ParamFilter, PropCondition, PropFilter, Test,
    TooManyTerms,
};
pub use jscontact::{JsFault, from_jscontact};
pub use many::{CARDS_MAX, Cards, Found, read_all};
pub use old::upgrade;
pub use partial::{AddressData, WantedProperty};
pub use principal::{PrincipalFields, PrincipalKind, from_principal};
pub use property::{Param, Property};
pub use summary::{Kind, Summary};
pub use version::Version;
