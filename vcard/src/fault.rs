//! Why a text is not a contact card that can be kept, and which of RFC 6352's preconditions it fails.

use crate::text::CutText;

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// More octets than a card may have.
    #[error("the card has {octets} octets; at most {limit} are accepted")]
    TooLarge {
        /// Octets it has.
        octets: usize,
        /// Octets it may have.
        limit: usize,
    },
    /// More of something than is accepted.
    #[error("too many {what}; at most {limit} are accepted")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// A line that is not UTF-8.
    #[error("line {line} is not UTF-8; send the card in UTF-8")]
    NotUtf8 {
        /// Its number, from 1.
        line: usize,
    },
    /// A line that is no property.
    #[error("line {line} is not a property of a vCard: {expected} expected")]
    Malformed {
        /// Its number, from 1.
        line: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// There is no `BEGIN:VCARD` where the card should start.
    #[error("the text does not begin with `BEGIN:VCARD`")]
    NoCard,
    /// The end is missing.
    #[error("the card has no `END:VCARD`")]
    Unfinished,
    /// There is something after the card, or a card in the card.
    #[error("line {line}: more than one vCard, or text behind it; send each card alone")]
    NotAlone {
        /// The number of the line that does not belong to the card.
        line: usize,
    },
    /// No `VERSION`.
    #[error("the card has no `VERSION`")]
    NoVersion,
    /// A version that is neither 3.0 nor 4.0.
    #[error("vCard {0} is not accepted here; send 3.0 or 4.0")]
    UnsupportedVersion(CutText),
    /// A property that may stand once stands twice.
    #[error("line {line}: `{name}` stands twice")]
    Twice {
        /// Which.
        name: &'static str,
        /// The number of the second's line.
        line: usize,
    },
    /// Nothing that the card could be called by.
    #[error("the card has no `FN`, nor a name, organisation, address or number to stand for it")]
    NoName,
}

/// What RFC 6352 calls a reason to refuse a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// `CARDDAV:valid-address-data`: the text breaks the rules of its own format.
    ValidAddressData,
    /// `CARDDAV:supported-address-data`: the format is not accepted here.
    SupportedAddressData,
    /// `CARDDAV:max-resource-size`: too large.
    MaxResourceSize,
}

impl Fault {
    /// The precondition that fails (RFC 6352 6.3.2.1).
    #[must_use]
    pub fn precondition(&self) -> Precondition {
        match self {
            Self::TooLarge { .. } | Self::TooMany { .. } => Precondition::MaxResourceSize,
            Self::UnsupportedVersion(_) => Precondition::SupportedAddressData,
            Self::NotUtf8 { .. }
            | Self::Malformed { .. }
            | Self::NoCard
            | Self::Unfinished
            | Self::NotAlone { .. }
            | Self::NoVersion
            | Self::Twice { .. }
            | Self::NoName => Precondition::ValidAddressData,
        }
    }
}
