//! Comparing texts as RFC 6352 10.5.4 does: the collations of RFC 4790 and RFC 5051, and where the text must stand.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// Which texts count as the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collation {
    /// `i;ascii-casemap`: letters of ASCII are the same in both cases (RFC 4790 9.2).
    AsciiCasemap,
    /// `i;unicode-casemap`: all letters are, and compatible characters, too (RFC 5051). What is used unless a client says otherwise.
    #[default]
    UnicodeCasemap,
    /// `i;octet`: only the same is the same (RFC 4790 9.3).
    Octet,
}

impl Collation {
    /// Reads its name; None is to be refused with `CARDDAV:supported-collation` (RFC 6352 8.6).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        // RFC 6352 8.3.1 by RFC 4790 3.1: `default` leaves the choice to the server.
        match name {
            "i;ascii-casemap" => Some(Self::AsciiCasemap),
            "i;unicode-casemap" | "default" => Some(Self::UnicodeCasemap),
            "i;octet" => Some(Self::Octet),
            _ => None,
        }
    }

    /// What is compared instead of the text.
    pub(crate) fn fold(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Octet => Cow::Borrowed(text),
            Self::AsciiCasemap => Cow::Owned(text.to_ascii_uppercase()),
            Self::UnicodeCasemap if text.is_ascii() => Cow::Owned(text.to_ascii_uppercase()),
            // RFC 5051 2: each character in title case, by the simple mapping, then taken apart with compatibility.
            Self::UnicodeCasemap => Cow::Owned(text.chars().map(simple_upper).nfkd().collect()),
        }
    }
}

/// The capital of a letter, where that is one letter; it differs from the title case in four digraphs, which decompose.
fn simple_upper(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// Where the text must stand in the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatchType {
    /// It is the value.
    Equals,
    /// Anywhere: what is meant unless a client says otherwise.
    #[default]
    Contains,
    /// At the beginning.
    StartsWith,
    /// At the end.
    EndsWith,
}

impl MatchType {
    /// Reads the `match-type` attribute.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "equals" => Some(Self::Equals),
            "contains" => Some(Self::Contains),
            "starts-with" => Some(Self::StartsWith),
            "ends-with" => Some(Self::EndsWith),
            _ => None,
        }
    }
}

/// Whether the text must be there or must not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Negate {
    /// It must.
    #[default]
    No,
    /// It must not.
    Yes,
}

/// A text that values are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMatch {
    text: String,
    collation: Collation,
    how: MatchType,
    negate: Negate,
}

impl TextMatch {
    /// Of what a `text-match` element says.
    #[must_use]
    pub fn new(text: &str, collation: Collation, how: MatchType, negate: Negate) -> Self {
        Self {
            text: text.to_owned(),
            collation,
            how,
            negate,
        }
    }

    /// Whether one of the renderings of a value passes, or none where it must not.
    pub(crate) fn passes<'a>(&self, renderings: impl IntoIterator<Item = &'a str>) -> bool {
        let wanted = self.collation.fold(&self.text);
        let found = renderings
            .into_iter()
            .any(|text| self.stands_in(&self.collation.fold(text), &wanted));
        found != (self.negate == Negate::Yes)
    }

    fn stands_in(&self, text: &str, wanted: &str) -> bool {
        match self.how {
            MatchType::Equals => text == wanted,
            MatchType::Contains => text.contains(wanted),
            MatchType::StartsWith => text.starts_with(wanted),
            MatchType::EndsWith => text.ends_with(wanted),
        }
    }

    /// Whether a value could pass of which `text` is a copy in another case: told by the text being in it at all, since every way of
    /// matching demands that.
    pub(crate) fn could_stand_in(&self, text: &str) -> bool {
        // Case is lost in the copy, so `i;octet` cannot be asked; whatever it finds, `i;ascii-casemap` finds, too.
        let collation = match self.collation {
            Collation::Octet | Collation::AsciiCasemap => Collation::AsciiCasemap,
            Collation::UnicodeCasemap => Collation::UnicodeCasemap,
        };
        self.negate == Negate::Yes
            || collation
                .fold(text)
                .contains(collation.fold(&self.text).as_ref())
    }

    /// The same for a value of which only the digits are known.
    pub(crate) fn could_stand_in_digits(&self, digits: &str) -> bool {
        let wanted: String = crate::summary::digits(&self.text).collect();
        self.negate == Negate::Yes || digits.contains(&wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_collation_and_place() {
        let passes = |text, collation, how, negate, value| {
            TextMatch::new(text, collation, how, negate).passes([value])
        };
        use Collation::{AsciiCasemap, Octet, UnicodeCasemap};
        use MatchType::{Contains, EndsWith, Equals, StartsWith};
        assert!(passes(
            "MÜL",
            UnicodeCasemap,
            StartsWith,
            Negate::No,
            "müller"
        ));
        assert!(!passes(
            "MÜL",
            AsciiCasemap,
            StartsWith,
            Negate::No,
            "müller"
        ));
        assert!(passes("ÜL", AsciiCasemap, Contains, Negate::No, "mÜller"));
        assert!(!passes("mul", Octet, Contains, Negate::No, "Mul"));
        assert!(passes("a1", UnicodeCasemap, Equals, Negate::No, "Ａ１"));
        assert!(passes("ER", UnicodeCasemap, EndsWith, Negate::No, "müller"));
        assert!(passes("x", UnicodeCasemap, Contains, Negate::Yes, "müller"));
        assert!(!passes(
            "mü",
            UnicodeCasemap,
            Contains,
            Negate::Yes,
            "müller"
        ));
    }
}
