//! Keywords of emails (RFC 8621 4.1.1): their names, and sets of them as bits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Keywords one account can have, those of the standards included: the bits of a [`Keywords`].
pub const KEYWORDS_PER_ACCOUNT_MAX: u8 = 128;

/// RFC 8621 4.1.1: at most 255 octets.
const KEYWORD_OCTETS_MAX: usize = 255;

/// The name of a keyword: lower case, 1 to 255 octets of printable ASCII without the characters that IMAP forbids in a flag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Keyword(Box<str>);

/// Why a text is no keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeywordError {
    /// Empty, or more than 255 octets.
    #[error("a keyword has 1 to 255 octets")]
    Length,
    /// A character outside the allowed set.
    #[error("a keyword has only printable ASCII without ( ) {{ ] % * \" \\")]
    Character,
}

impl Keyword {
    /// The keywords that have a fixed bit, in the order of their bits.
    pub const FIXED: [&'static str; 12] = [
        "$seen",
        "$answered",
        "$flagged",
        "$deleted",
        "$draft",
        "$forwarded",
        "$junk",
        "$notjunk",
        "$phishing",
        "$mdnsent",
        "$important",
        "$recent",
    ];

    /// The name, lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its bit, if it is one of [`Keyword::FIXED`].
    #[must_use]
    pub fn fixed_bit(&self) -> Option<u8> {
        Self::FIXED
            .iter()
            .position(|name| *name == &*self.0)
            .and_then(|at| u8::try_from(at).ok())
    }
}

impl TryFrom<&str> for Keyword {
    type Error = KeywordError;

    /// RFC 8621 4.1.1: keywords compare without regard to case and are kept in lower case.
    fn try_from(text: &str) -> Result<Self, KeywordError> {
        if text.is_empty() || text.len() > KEYWORD_OCTETS_MAX {
            return Err(KeywordError::Length);
        }
        let allowed = |byte: u8| byte.is_ascii_graphic() && !b"(){]%*\"\\".contains(&byte);
        if !text.bytes().all(allowed) {
            return Err(KeywordError::Character);
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }
}

impl TryFrom<String> for Keyword {
    type Error = KeywordError;

    fn try_from(text: String) -> Result<Self, KeywordError> {
        Self::try_from(text.as_str())
    }
}

impl From<Keyword> for String {
    fn from(keyword: Keyword) -> Self {
        keyword.0.into()
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of keywords: one bit each, the fixed ones first, an account's own from there in the order of their first use.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct Keywords(pub u128);

impl Keywords {
    /// No keyword.
    pub const NONE: Self = Self(0);
    /// `$seen`: the email has been read.
    pub const SEEN: Self = Self(1);
    /// `$answered`: it has been replied to.
    pub const ANSWERED: Self = Self(1 << 1);
    /// `$flagged`: it is marked for attention.
    pub const FLAGGED: Self = Self(1 << 2);
    /// `$deleted`: IMAP's mark for what the next EXPUNGE destroys.
    pub const DELETED: Self = Self(1 << 3);
    /// `$draft`: it is not finished.
    pub const DRAFT: Self = Self(1 << 4);
    /// How many bits are fixed.
    pub const FIXED_COUNT: u8 = 12;

    /// The set with just the keyword of this bit.
    #[must_use]
    pub fn bit(bit: u8) -> Self {
        Self(1u128.checked_shl(u32::from(bit)).unwrap_or(0))
    }

    /// Whether all of `other` are in this set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in this set.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set less the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits of its members, rising.
    pub fn bits(self) -> impl Iterator<Item = u8> {
        (0..KEYWORDS_PER_ACCOUNT_MAX).filter(move |bit| self.0 >> bit & 1 == 1)
    }

    /// The lower and upper halves, as two columns of a table keep them.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the two halves of 128 bits are 64 bits each"
    )]
    pub fn to_halves(self) -> (i64, i64) {
        (
            (self.0 as u64).cast_signed(),
            ((self.0 >> 64) as u64).cast_signed(),
        )
    }

    /// Put together again from [`Keywords::to_halves`].
    #[must_use]
    pub fn from_halves(lower: i64, upper: i64) -> Self {
        Self(u128::from(lower.cast_unsigned()) | u128::from(upper.cast_unsigned()) << 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_lower_case_and_refuses_what_imap_cannot_say() {
        assert_eq!(
            Keyword::try_from("$Forwarded").unwrap().as_str(),
            "$forwarded"
        );
        assert_eq!(Keyword::try_from("a b"), Err(KeywordError::Character));
        assert_eq!(Keyword::try_from("\\Seen"), Err(KeywordError::Character));
        assert_eq!(Keyword::try_from(""), Err(KeywordError::Length));
    }

    #[test]
    fn fixed_keywords_have_the_bits_of_the_constants() {
        let bit = |name| Keywords::bit(Keyword::try_from(name).unwrap().fixed_bit().unwrap());
        assert_eq!(bit("$seen"), Keywords::SEEN);
        assert_eq!(bit("$draft"), Keywords::DRAFT);
        assert_eq!(Keyword::FIXED.len(), usize::from(Keywords::FIXED_COUNT));
    }

    #[test]
    fn halves_go_together_again() {
        let set = Keywords::bit(0)
            .with(Keywords::bit(63))
            .with(Keywords::bit(64))
            .with(Keywords::bit(127));
        let (lower, upper) = set.to_halves();
        assert_eq!(Keywords::from_halves(lower, upper), set);
        assert_eq!(set.bits().collect::<Vec<_>>(), [0, 63, 64, 127]);
    }
}
