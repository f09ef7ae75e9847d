//! Comparators: what it means that two texts are equal or in order (RFC 4790, RFC 5228 2.7.3).

use std::borrow::Cow;
use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

/// A comparator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Comparator {
    /// `i;octet`
    Octet,
    /// `i;ascii-casemap`
    #[default]
    AsciiCasemap,
    /// `i;ascii-numeric`
    AsciiNumeric,
    /// `i;unicode-casemap`
    UnicodeCasemap,
}

impl Comparator {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "i;octet" => Some(Self::Octet),
            "i;ascii-casemap" => Some(Self::AsciiCasemap),
            "i;ascii-numeric" => Some(Self::AsciiNumeric),
            "i;unicode-casemap" => Some(Self::UnicodeCasemap),
            _ => None,
        }
    }

    /// RFC 4790 9.1: `i;ascii-numeric` knows order and equality, not substrings.
    pub(crate) fn finds_substrings(self) -> bool {
        self != Self::AsciiNumeric
    }

    /// The text in a form of which the octets are compared.
    pub(crate) fn folded(self, text: &str) -> Cow<'_, str> {
        match self {
            // RFC 4790 9.2.1: letters of ASCII as capitals.
            Self::AsciiCasemap if text.bytes().any(|byte| byte.is_ascii_lowercase()) => {
                Cow::Owned(text.to_ascii_uppercase())
            }
            Self::UnicodeCasemap => Cow::Owned(text.chars().flat_map(unicode_folded).collect()),
            Self::Octet | Self::AsciiCasemap | Self::AsciiNumeric => Cow::Borrowed(text),
        }
    }

    /// The order of two texts.
    pub(crate) fn order(self, left: &str, right: &str) -> Ordering {
        if self == Self::AsciiNumeric {
            return Number::of(left).cmp(&Number::of(right));
        }
        self.folded(left)
            .as_bytes()
            .cmp(self.folded(right).as_bytes())
    }

    pub(crate) fn equals(self, left: &str, right: &str) -> bool {
        match self {
            Self::Octet => left == right,
            Self::AsciiCasemap => left.eq_ignore_ascii_case(right),
            Self::AsciiNumeric | Self::UnicodeCasemap => self.order(left, right) == Ordering::Equal,
        }
    }
}

/// One character as `i;unicode-casemap` compares it.
///
/// RFC 5051 2: mapped to title case and decomposed. Capitals are taken for title case: the few digraphs that have both
/// decompose to the same letters or are compared among themselves alike.
pub(crate) fn unicode_folded(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().nfkd()
}

/// RFC 4790 9.1.1: the number that a text begins with; a text without one is above all numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Number<'a> {
    /// How many digits, and the digits, without zeros before them.
    Finite(usize, &'a str),
    Infinite,
}

impl<'a> Number<'a> {
    fn of(text: &'a str) -> Self {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Self::Infinite;
        }
        let significant = text[..digits].trim_start_matches('0');
        Self::Finite(significant.len(), significant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        let numeric = Comparator::AsciiNumeric;
        assert_eq!(numeric.order("9", "10"), Ordering::Less);
        assert_eq!(numeric.order("010x", "10"), Ordering::Equal);
        assert_eq!(
            numeric.order("none", "99999999999999999999999"),
            Ordering::Greater
        );
        assert_eq!(numeric.order("", "x"), Ordering::Equal);
        assert_eq!(numeric.order("0", "00"), Ordering::Equal);
    }

    #[test]
    fn letter_case_matters_to_octets_only() {
        assert!(!Comparator::Octet.equals("a", "A"));
        assert!(Comparator::AsciiCasemap.equals("a", "A"));
        assert!(!Comparator::AsciiCasemap.equals("ä", "Ä"));
        assert!(Comparator::UnicodeCasemap.equals("ä", "A\u{308}"));
        assert!(Comparator::UnicodeCasemap.equals("ß", "SS"));
        // RFC 4790 9.2.1: capitals are compared, so `_` is above all letters.
        assert_eq!(Comparator::AsciiCasemap.order("_", "a"), Ordering::Greater);
    }
}
