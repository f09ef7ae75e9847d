//! A card of the one version made from a card of the other (RFC 6350 appendix A; RFC 6352 5.1.1).
//!
//! Nothing that the other version has a place for is lost; where it has none, the property gets the name under which Apple's and
//! Evolution's programs write it, or an `X-` of its own, so that it comes back on the way back. Not kept: parameters of synchronisation
//! between devices (`PID`, `ALTID`), the parameters that say what the other version never writes (`CHARSET`, `TYPE=internet`), and further
//! renderings of a name.

mod date;
mod four;
mod media;
mod three;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::card::{self, ContactCard};
use crate::property::{Param, Property};
use crate::text;
use crate::version::Version;

impl ContactCard {
    /// The card as a text of that version: word for word as it was given if it is in it already.
    #[must_use]
    pub fn convert(&self, to: Version) -> String {
        if self.version() == to {
            return self.text().into_owned();
        }
        card::write(self.in_version(to).iter(), to)
    }

    /// The properties it has in that version.
    pub(crate) fn in_version(&self, to: Version) -> Cow<'_, [Property]> {
        match (self.version(), to) {
            (Version::V3, Version::V4) => Cow::Owned(four::from_three(self)),
            (Version::V4, Version::V3) => Cow::Owned(three::from_four(self)),
            (Version::V3, Version::V3) | (Version::V4, Version::V4) => {
                Cow::Borrowed(self.properties())
            }
        }
    }

    /// An `FN` where there is none that says something: both versions demand one (RFC 6350 6.2.1, RFC 2426 3.1.1).
    fn missing_full_name(&self) -> Option<Property> {
        let named = self.best("FN").is_some();
        (!named).then(|| Property::new("FN", text::escape(&self.full_name())))
    }
}

/// Labels as Apple's programs write them: an `X-ABLabel` in the same group says what a property is.
struct Labels {
    /// The label of each group, without the marks that say it is one of Apple's own.
    labels: HashMap<String, String>,
    /// How many properties each group has.
    sizes: HashMap<String, usize>,
    /// Groups that 4.0 says in one property, without a label.
    taken: HashSet<String>,
}

impl Labels {
    fn of(card: &ContactCard) -> Self {
        let (mut labels, mut sizes) = (HashMap::new(), HashMap::new());
        for property in card.properties() {
            let Some(group) = property.group() else {
                continue;
            };
            *sizes.entry(group.to_ascii_lowercase()).or_insert(0) += 1;
            if property.is("X-ABLABEL") {
                let label = property.text();
                let label = label
                    .trim()
                    .trim_start_matches("_$!<")
                    .trim_end_matches(">!$_");
                labels.insert(group.to_ascii_lowercase(), label.to_ascii_lowercase());
            }
        }
        let mut all = Self {
            labels,
            sizes,
            taken: HashSet::new(),
        };
        for property in card.properties() {
            let label = all.of_only(property);
            let taken = match label {
                Some("anniversary") => property.is("X-ABDATE"),
                Some(label) => {
                    property.is("X-ABRELATEDNAMES")
                        && RELATIONS.iter().any(|(one, _)| *one == label)
                }
                None => false,
            };
            let group = property.group().filter(|_| taken);
            all.taken.extend(group.map(str::to_ascii_lowercase));
        }
        all
    }

    /// Whether what a label labels becomes something that needs none.
    fn is_taken(&self, label: &Property) -> bool {
        let group = label.group().map(str::to_ascii_lowercase);
        group.is_some_and(|group| self.taken.contains(&group))
    }

    /// The label, in lower case, of a property that shares its group with nothing but the label.
    fn of_only(&self, property: &Property) -> Option<&str> {
        let group = property.group()?.to_ascii_lowercase();
        let alone = self.sizes.get(&group) == Some(&2);
        self.labels
            .get(&group)
            .filter(|_| alone)
            .map(String::as_str)
    }
}

/// Groups that a card does not use yet.
pub(crate) struct FreshGroups {
    used: HashSet<String>,
    next: usize,
}

impl FreshGroups {
    pub(crate) fn of(card: &ContactCard) -> Self {
        let groups = card.properties().iter().filter_map(Property::group);
        Self {
            used: groups.map(str::to_ascii_lowercase).collect(),
            next: 1,
        }
    }

    pub(crate) fn take(&mut self) -> String {
        loop {
            let group = format!("item{}", self.next);
            self.next += 1;
            if !self.used.contains(&group) {
                return group;
            }
        }
    }
}

/// Takes parameters out.
fn without(property: &mut Property, names: &[&str]) {
    property
        .params
        .retain(|param| !names.iter().any(|name| param.is(name)));
}

/// Writes the value without quoted-printable, which is of 2.1 alone.
fn without_quoted_printable(property: &mut Property) {
    if !property.is_quoted_printable() {
        return;
    }
    let escaped = |pieces: Vec<String>| {
        pieces
            .iter()
            .map(|piece| text::escape(piece))
            .collect::<Vec<_>>()
    };
    property.value = match property.name.to_ascii_uppercase().as_str() {
        "N" | "ADR" | "ORG" => escaped(property.components()).join(";"),
        "CATEGORIES" | "NICKNAME" => escaped(property.elements()).join(","),
        _ => text::escape(&property.text()),
    };
    without(property, &["ENCODING", "CHARSET"]);
}

/// Keeps the types that are wanted, all in one parameter, and adds one.
fn with_types(property: &mut Property, keep: impl Fn(&str) -> bool, add: Option<&str>) {
    let kept = property
        .types()
        .filter(|kind| keep(kind))
        .map(str::to_owned);
    let values: Vec<_> = kept.chain(add.map(str::to_owned)).collect();
    let at = property.params.iter().position(|param| param.is("TYPE"));
    without(property, &["TYPE"]);
    if !values.is_empty() {
        let at = at
            .unwrap_or(property.params.len())
            .min(property.params.len());
        property.params.insert(
            at,
            Param {
                name: "TYPE".into(),
                values,
            },
        );
    }
}

/// Whether a value begins as a URI does (RFC 3986 3.1).
pub(crate) fn is_uri(value: &str) -> bool {
    let Some((scheme, _)) = value.split_once(':') else {
        return false;
    };
    scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
}

/// What an address is for, apart from what every address is or may be: to find the label of an address.
fn purposes(property: &Property) -> Vec<String> {
    let kinds = property.types().map(str::to_ascii_lowercase);
    let mut kinds: Vec<_> = kinds
        .filter(|kind| !four::POSTAL_TYPES.contains(&kind.as_str()) && kind != "pref")
        .collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// RFC 6350 6.6.6 and the labels that Apple's programs know: relations that both can say.
const RELATIONS: [(&str, &str); 4] = [
    ("spouse", "Spouse"),
    ("child", "Child"),
    ("parent", "Parent"),
    ("friend", "Friend"),
];

#[cfg(test)]
mod tests;
