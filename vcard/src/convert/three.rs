//! From 4.0 to 3.0.

use std::collections::HashMap;

use crate::card::ContactCard;
use crate::convert::{
    FreshGroups, RELATIONS, date, is_uri, media, with_types, without, without_quoted_printable,
};
use crate::property::Property;
use crate::summary::Kind;
use crate::text;

/// The properties of 3.0 that say what a card of 4.0 says.
pub(super) fn from_four(card: &ContactCard) -> Vec<Property> {
    let mut making = Making {
        card,
        out: Vec::with_capacity(card.properties().len() + 2),
        groups: FreshGroups::of(card),
        preferred: preferred(card),
        blank_name: false,
        full_name: best_of(card, "FN"),
        has_name: card.best("N").is_some(),
        named: false,
        sorted: false,
    };
    making.out.extend(card.missing_full_name());
    making.blank_name = !making.out.is_empty();
    for (at, property) in card.properties().iter().enumerate() {
        making.add(at, property);
    }
    making.add_structured_name();
    making.out
}

/// Where the most preferred property of each name stands, if one is preferred at all.
// RFC 6350 5.3: the lowest number is the most preferred; 3.0 only knows that something is.
fn preferred(card: &ContactCard) -> HashMap<String, usize> {
    let mut best: HashMap<String, (u8, usize)> = HashMap::new();
    for (at, property) in card.properties().iter().enumerate() {
        if let Some(preference) = property.preference() {
            let entry = best
                .entry(property.name.to_ascii_uppercase())
                .or_insert((preference, at));
            if preference < entry.0 {
                *entry = (preference, at);
            }
        }
    }
    best.into_iter().map(|(name, (_, at))| (name, at)).collect()
}

/// Where the property stands that [`ContactCard::best`] finds.
fn best_of(card: &ContactCard, name: &str) -> Option<usize> {
    let best = card.best(name)?;
    card.properties()
        .iter()
        .position(|property| std::ptr::eq(property, best))
}

struct Making<'a> {
    card: &'a ContactCard,
    out: Vec<Property>,
    groups: FreshGroups,
    preferred: HashMap<String, usize>,
    /// Whether a full name was made, and those of the card say nothing.
    blank_name: bool,
    /// Which of the card's properties is its full name.
    full_name: Option<usize>,
    /// Whether the card has a name in components that says something.
    has_name: bool,
    named: bool,
    sorted: bool,
}

impl Making<'_> {
    fn add(&mut self, at: usize, property: &Property) {
        let name = property.name.to_ascii_uppercase();
        let mut made = property.clone();
        without_quoted_printable(&mut made);
        let preferred = self.preferred.get(&name) == Some(&at);
        if matches!(name.as_str(), "PHOTO" | "LOGO" | "SOUND" | "KEY") {
            made = media::to_three(made);
        }
        with_types(
            &mut made,
            |kind| !kind.eq_ignore_ascii_case("pref"),
            preferred.then_some("pref"),
        );
        without(&mut made, &NEW_PARAMETERS);
        match name.as_str() {
            "VERSION" => {}
            "FN" => self.add_full_name(at, made),
            // RFC 2426 3.1.2: one name; further renderings (RFC 6350 5.4) have no place.
            "N" if self.named => {}
            "N" => {
                self.named = true;
                self.add_sorted(property, made);
            }
            "ORG" if !self.has_name => self.add_sorted(property, made),
            "ADR" => self.add_address(property, made),
            "BDAY" | "DEATHDATE" => self.out.push(date::day_to_three(made)),
            "ANNIVERSARY" => self.add_labelled(date::day_to_three(made), "X-ABDATE", "Anniversary"),
            "RELATED" => self.add_related(made),
            "REV" => self.out.push(date::moment_to_three(made)),
            "KIND" => self.out.extend(kind(made)),
            "MEMBER" => {
                // RFC 6350 6.6.5 has no counterpart in 3.0; Apple's programs read this.
                made.name = "X-ADDRESSBOOKSERVER-MEMBER".into();
                without(&mut made, &["VALUE"]);
                self.out.push(made);
            }
            "TEL" => self.out.push(telephone(made)),
            "GEO" => self.out.extend(position(made)),
            "TZ" => self.out.push(time_zone(made)),
            "GENDER" | "X-MAILER" | "X-CLASS" | "X-NAME" | "X-AGENT" => {
                made.name = match name.strip_prefix("X-") {
                    Some(old) => old.to_owned(),
                    None => "X-GENDER".to_owned(),
                };
                self.out.push(made);
            }
            "UID" | "URL" | "SOURCE" | "IMPP" | "FBURL" | "CALURI" | "CALADRURI" => {
                without(&mut made, &["VALUE"]);
                self.out.push(made);
            }
            // RFC 6350 6.7.7, 5.5: synchronisation between devices that name their sources; nothing of 3.0 refers to it.
            "CLIENTPIDMAP" => {}
            _ => self.out.push(made),
        }
    }

    /// RFC 2426 3.1.1: one full name, the preferred; the others keep a name of our own.
    fn add_full_name(&mut self, at: usize, mut made: Property) {
        if self.blank_name {
            return;
        }
        if self.full_name != Some(at) {
            made.name = "X-FN".into();
        }
        self.out.push(made);
    }

    /// RFC 6350 5.9 has what to sort by at the name, RFC 2426 3.6.5 in a property of its own.
    fn add_sorted(&mut self, property: &Property, made: Property) {
        self.out.push(made);
        let values: Vec<_> = property.param("SORT-AS").collect();
        if !values.is_empty() && !self.sorted {
            self.sorted = true;
            self.out.push(Property::new(
                "SORT-STRING",
                text::escape(&values.join(",")),
            ));
        }
    }

    /// RFC 6350 6.3.1 has the label at the address, RFC 2426 3.2.2 in a property of its own.
    fn add_address(&mut self, property: &Property, made: Property) {
        let label = property.param("LABEL").next().map(|label| {
            // RFC 6350 6.3.1 itself shows `\n` in one, from before RFC 6868.
            let value = text::escape(&label.replace("\\n", "\n"));
            Property {
                name: "LABEL".into(),
                value,
                ..made.clone()
            }
        });
        if label.is_none() || !made.is_blank() {
            self.out.push(made);
        }
        self.out.extend(label);
    }

    /// A property that Apple's programs know by a label in its group.
    fn add_labelled(&mut self, mut made: Property, name: &str, label: &str) {
        let group = self.groups.take();
        made.name = name.to_owned();
        made.group = Some(group.clone());
        let mut label = Property::new("X-ABLabel", format!("_$!<{label}>!$_"));
        label.group = Some(group);
        self.out.extend([made, label]);
    }

    fn add_related(&mut self, mut made: Property) {
        let text = made
            .param("VALUE")
            .any(|value| value.eq_ignore_ascii_case("text"));
        let relation = RELATIONS
            .iter()
            .find(|(relation, _)| made.has_type(relation));
        match relation {
            Some((_, label)) if text => {
                without(&mut made, &["VALUE", "TYPE"]);
                self.add_labelled(made, "X-ABRELATEDNAMES", label);
            }
            _ => self.out.push(made),
        }
    }

    /// RFC 2426 3.1.2: `N` must be there. What to take apart is unknown, so the whole is the family name, as Apple's groups have it.
    fn add_structured_name(&mut self) {
        if !self.named {
            let name = text::escape(&self.card.full_name());
            let at = self
                .out
                .iter()
                .position(|property| property.is("FN"))
                .map_or(0, |at| at + 1);
            self.out
                .insert(at, Property::new("N", format!("{name};;;;")));
        }
    }
}

/// RFC 6350 6.1.4 has no counterpart in 3.0; these are the ways of Apple's programs.
fn kind(mut made: Property) -> Option<Property> {
    without(&mut made, &["VALUE"]);
    match Kind::parse(&made.text()) {
        Kind::Individual => None,
        Kind::Organisation => Some(Property {
            name: "X-ABShowAs".into(),
            value: "COMPANY".into(),
            ..made
        }),
        Kind::Group | Kind::Location | Kind::Other(_) => {
            made.name = "X-ADDRESSBOOKSERVER-KIND".into();
            Some(made)
        }
    }
}

/// RFC 6350 6.4.1 has `tel:` URIs (RFC 3966), RFC 2426 3.3.1 text.
fn telephone(mut made: Property) -> Property {
    without(&mut made, &["VALUE"]);
    let plain = media::plain_uri(&made.value).into_owned();
    if let Some(number) = plain
        .strip_prefix("tel:")
        .or_else(|| plain.strip_prefix("TEL:"))
    {
        let (number, rest) = number.split_once(';').unwrap_or((number, ""));
        let extension = rest.split(';').find_map(|param| param.strip_prefix("ext="));
        let extension = extension
            .map(|extension| format!(" ext. {extension}"))
            .unwrap_or_default();
        made.value = text::escape(&format!("{number}{extension}"));
    }
    made
}

/// RFC 6350 6.5.2 has a `geo:` URI, RFC 2426 3.4.2 two numbers.
fn position(mut made: Property) -> Option<Property> {
    let plain = made.value.replace('\\', "");
    let numbers = plain.trim().strip_prefix("geo:")?;
    let (latitude, rest) = numbers.split_once(',')?;
    let longitude = rest.split([',', ';']).next().unwrap_or_default();
    made.value = format!("{latitude};{longitude}");
    without(&mut made, &["VALUE"]);
    Some(made)
}

/// RFC 6350 6.5.1 has a name, rather than the offset that RFC 2426 3.4.1 has.
fn time_zone(mut made: Property) -> Property {
    without(&mut made, &["VALUE"]);
    match date::extended_offset(&made.value) {
        Some(offset) => {
            made.value = offset;
            made
        }
        None if is_uri(&made.value) => made.with("VALUE", "uri"),
        None => made.with("VALUE", "text"),
    }
}

/// Parameters that 3.0 does not have and that have done their part (RFC 6350 5, RFC 6715, RFC 8605).
const NEW_PARAMETERS: [&str; 12] = [
    "PREF",
    "PID",
    "ALTID",
    "MEDIATYPE",
    "CALSCALE",
    "SORT-AS",
    "LABEL",
    "GEO",
    "TZ",
    "INDEX",
    "LEVEL",
    "CC",
];
