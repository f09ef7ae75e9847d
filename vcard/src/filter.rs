//! What an addressbook-query asks for (RFC 6352 10.5): conditions on properties and parameters, and whether a card meets them.

use crate::card::ContactCard;
use crate::collation::TextMatch;
use crate::property::{Param, Property};
use crate::summary::Summary;

/// Conditions on a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    test: Test,
    properties: Vec<PropFilter>,
}

/// How many of some conditions must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Test {
    /// One of them: what is meant unless a client says otherwise (RFC 6352 10.5, 10.5.1).
    #[default]
    AnyOf,
    /// Each of them.
    AllOf,
}

/// A condition on the properties of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropFilter {
    /// The name, in any case; with a group and a dot before it only properties of that group are meant.
    pub name: String,
    /// How many of [`PropCondition::Terms`] must hold.
    pub test: Test,
    /// What must hold.
    pub condition: PropCondition,
}

/// What must hold of the properties of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropCondition {
    /// There is one.
    IsDefined,
    /// There is none.
    IsNotDefined,
    /// There is one that meets these; if there are none of these, there is one.
    Terms {
        /// Conditions on its value.
        texts: Vec<TextMatch>,
        /// Conditions on its parameters.
        params: Vec<ParamFilter>,
    },
}

/// A condition on a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamFilter {
    /// The name, in any case.
    pub name: String,
    /// What must hold.
    pub condition: ParamCondition,
}

/// What must hold of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamCondition {
    /// It is there.
    IsDefined,
    /// It is not there.
    IsNotDefined,
    /// It is there, and one of its values passes.
    Text(TextMatch),
}

/// A filter of more conditions than are accepted: to be refused with `CARDDAV:supported-filter` (RFC 6352 8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter has {0} conditions; at most {FILTER_TERMS_MAX} are accepted")]
pub struct TooManyTerms(pub usize);

impl Filter {
    /// Of what a `filter` element says; without conditions it is met by every card.
    ///
    /// # Errors
    /// [`TooManyTerms`] where asking them of each card would take too long.
    pub fn new(test: Test, properties: Vec<PropFilter>) -> Result<Self, TooManyTerms> {
        let terms = properties.iter().map(|property| match &property.condition {
            PropCondition::IsDefined | PropCondition::IsNotDefined => 1,
            PropCondition::Terms { texts, params } => 1 + texts.len() + params.len(),
        });
        let terms = terms.sum();
        if terms > FILTER_TERMS_MAX {
            return Err(TooManyTerms(terms));
        }
        Ok(Self { test, properties })
    }

    /// Whether the card is asked for.
    #[must_use]
    pub fn matches(&self, card: &ContactCard) -> bool {
        // RFC 6352 10.5: no conditions are met by everything; Apple's clients ask so for all cards.
        self.properties.is_empty()
            || self.test.holds(
                self.properties
                    .iter()
                    .map(|property| property.matches(card)),
            )
    }

    /// Whether the card could be asked for, as far as its summary tells: where this says no, [`Self::matches`] would, too.
    #[must_use]
    pub fn may_match(&self, summary: &Summary) -> bool {
        self.properties.is_empty()
            || self.test.holds(
                self.properties
                    .iter()
                    .map(|property| property.may_match(summary)),
            )
    }
}

impl Test {
    fn holds(self, mut conditions: impl Iterator<Item = bool>) -> bool {
        match self {
            Self::AnyOf => conditions.any(|holds| holds),
            Self::AllOf => conditions.all(|holds| holds),
        }
    }
}

impl PropFilter {
    fn matches(&self, card: &ContactCard) -> bool {
        let mut meant = card
            .properties()
            .iter()
            .filter(|property| is_meant(&self.name, property));
        match &self.condition {
            PropCondition::IsDefined => meant.next().is_some(),
            PropCondition::IsNotDefined => meant.next().is_none(),
            PropCondition::Terms { texts, params } if texts.is_empty() && params.is_empty() => {
                meant.next().is_some()
            }
            // RFC 6352 10.5.1: one property that meets the conditions is enough.
            PropCondition::Terms { texts, params } => meant.any(|property| {
                let texts = texts.iter().map(|text| text_passes(text, property));
                let params = params.iter().map(|param| param.matches(property));
                self.test.holds(texts.chain(params))
            }),
        }
    }

    fn may_match(&self, summary: &Summary) -> bool {
        let name = self
            .name
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let Some(known) = Known::of(&name, summary) else {
            return true;
        };
        match &self.condition {
            PropCondition::IsDefined => true,
            // A group before the name would make this a question about fewer properties than the summary knows.
            PropCondition::IsNotDefined => self.name.contains('.') || known.may_be_absent(),
            PropCondition::Terms { texts, params } => {
                let texts = texts.iter().map(|text| known.could_pass(text));
                let nothing_asked = texts.len() == 0 && params.is_empty();
                nothing_asked || self.test.holds(texts.chain(params.iter().map(|_| true)))
            }
        }
    }
}

impl ParamFilter {
    fn matches(&self, property: &Property) -> bool {
        let mut meant = property
            .params()
            .iter()
            .filter(|param| param.is(&self.name));
        match &self.condition {
            ParamCondition::IsDefined => meant.next().is_some(),
            ParamCondition::IsNotDefined => meant.next().is_none(),
            // RFC 6352 10.5.2: each value of `TYPE=home,work` is one.
            ParamCondition::Text(text) => {
                let values: Vec<_> = meant
                    .flat_map(Param::values)
                    .flat_map(|value| value.split(','))
                    .collect();
                !values.is_empty() && text.passes(values)
            }
        }
    }
}

/// What a summary knows of a property.
enum Known<'a> {
    /// What it says, or what was made where there is none.
    Whole(&'a str),
    /// Its pieces, and what stands between them.
    Pieces(&'a [String], &'static str),
    /// One text for each such property that says something.
    Each(&'a [String]),
    /// The digits for each such property that has some.
    Digits(&'a [String]),
}

impl<'a> Known<'a> {
    /// None where nothing can be ruled out.
    fn of(name: &str, summary: &'a Summary) -> Option<Self> {
        if summary.cut {
            return None;
        }
        match name {
            "FN" => Some(Self::Whole(&summary.full_name)),
            "N" => Some(Self::Pieces(&summary.name, ";")),
            "ORG" => Some(Self::Pieces(&summary.organisation, ";")),
            "NICKNAME" => Some(Self::Pieces(&summary.nicknames, ",")),
            "EMAIL" => Some(Self::Each(&summary.emails)),
            "TEL" => Some(Self::Digits(&summary.phones)),
            _ => None,
        }
    }

    fn may_be_absent(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Pieces(texts, _) | Self::Each(texts) | Self::Digits(texts) => texts.is_empty(),
        }
    }

    /// Whether a property could pass; one that says nothing is not known here, so the empty text is always asked, too.
    fn could_pass(&self, text: &TextMatch) -> bool {
        match self {
            Self::Whole(whole) => text.could_stand_in(whole),
            Self::Pieces(pieces, separator) => text.could_stand_in(&pieces.join(separator)),
            Self::Each(texts) => {
                text.could_stand_in("") || texts.iter().any(|one| text.could_stand_in(one))
            }
            Self::Digits(texts) => {
                text.could_stand_in_digits("")
                    || texts.iter().any(|one| text.could_stand_in_digits(one))
            }
        }
    }
}

/// Whether a name in a request means the property.
// RFC 6352 10.4.2, 10.5.1: a name without a group means the property in every group, a name with one only in that.
pub(crate) fn is_meant(name: &str, property: &Property) -> bool {
    match name.split_once('.') {
        Some((group, name)) => {
            property.is(name)
                && property
                    .group()
                    .is_some_and(|own| own.eq_ignore_ascii_case(group))
        }
        None => property.is(name),
    }
}

/// Whether the value passes: as a whole, or of a list one element.
fn text_passes(text: &TextMatch, property: &Property) -> bool {
    let whole = property.text();
    if property.is("CATEGORIES") || property.is("NICKNAME") {
        let elements = property.elements();
        let renderings = elements.iter().map(String::as_str).chain([whole.as_ref()]);
        return text.passes(renderings);
    }
    text.passes([whole.as_ref()])
}

/// Conditions of one filter: ours; clients that search in every field ask about twenty.
pub const FILTER_TERMS_MAX: usize = 100;

#[cfg(test)]
mod tests;
