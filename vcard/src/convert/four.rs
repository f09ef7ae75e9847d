//! From 3.0 to 4.0.

use crate::card::ContactCard;
use crate::convert::{
    Labels, RELATIONS, date, is_uri, media, purposes, with_types, without, without_quoted_printable,
};
use crate::property::{Param, Property};

/// The properties of 4.0 that say what a card of 3.0 says.
pub(super) fn from_three(card: &ContactCard) -> Vec<Property> {
    let labels = Labels::of(card);
    let said = Said::of(card);
    let mut out: Vec<Property> = Vec::with_capacity(card.properties().len() + 1);
    out.extend(card.missing_full_name());
    let blank_name = !out.is_empty();
    let mut address_labels = Vec::new();
    let mut sort_string = None;
    for property in card.properties() {
        match property.name.to_ascii_uppercase().as_str() {
            "VERSION" | "PROFILE" => {}
            "FN" if blank_name => {}
            "LABEL" => address_labels.push(general(property.clone())),
            "SORT-STRING" => sort_string = Some(property.text().into_owned()),
            "X-ABLABEL" if labels.is_taken(property) => {}
            name => out.extend(one(name, property.clone(), &said, &labels)),
        }
    }
    place_labels(&mut out, address_labels);
    if let Some(sort_string) = sort_string {
        place_sort_string(&mut out, &sort_string);
    }
    out
}

/// What the card says already, so that nothing is said twice.
struct Said {
    anniversary: bool,
    kind: bool,
    server_kind: bool,
    gender: bool,
}

impl Said {
    fn of(card: &ContactCard) -> Self {
        let says = |name| card.all(name).next().is_some();
        Self {
            anniversary: says("ANNIVERSARY"),
            kind: says("KIND"),
            server_kind: says("X-ADDRESSBOOKSERVER-KIND"),
            gender: says("GENDER"),
        }
    }
}

fn one(name: &str, property: Property, said: &Said, labels: &Labels) -> Option<Property> {
    let mut property = general(property);
    match name {
        "PHOTO" | "LOGO" | "SOUND" | "KEY" => return Some(media::to_four(property)),
        "BDAY" | "DEATHDATE" | "ANNIVERSARY" => return Some(date::day_to_four(property)),
        "X-ANNIVERSARY" | "X-EVOLUTION-ANNIVERSARY" if !said.anniversary => {
            return Some(date::day_to_four(renamed(property, "ANNIVERSARY")));
        }
        "X-ABDATE" if labels.of_only(&property) == Some("anniversary") => {
            property.group = None;
            return Some(date::day_to_four(renamed(property, "ANNIVERSARY")));
        }
        "X-ABRELATEDNAMES" => return Some(related(property, labels)),
        "REV" => return Some(date::moment_to_four(property)),
        // RFC 6350 A.2, 6.1.4, 6.6.5: what Apple's programs say with names of their own has names in 4.0.
        "X-ADDRESSBOOKSERVER-KIND" => {
            let value = property.value.trim().to_ascii_lowercase();
            return (!said.kind).then(|| renamed_with(property, "KIND", value));
        }
        "X-ADDRESSBOOKSERVER-MEMBER" => {
            let value = media::plain_uri(&property.value).into_owned();
            return Some(renamed_with(property, "MEMBER", value));
        }
        "X-ABSHOWAS" if property.value.trim().eq_ignore_ascii_case("COMPANY") => {
            return (!said.kind && !said.server_kind)
                .then(|| renamed_with(property, "KIND", "org".into()));
        }
        "X-GENDER" if !said.gender => return Some(gender(property)),
        "X-FN" => return Some(renamed(property, "FN")),
        "X-TZ" => return Some(renamed(property, "TZ")),
        // RFC 6350 A.2: removed from 4.0; nothing is lost under a name of our own.
        "MAILER" | "CLASS" | "NAME" => {
            let name = format!("X-{name}");
            return Some(renamed(property, &name));
        }
        "AGENT" => return Some(agent(property)),
        "URL" | "SOURCE" | "IMPP" | "FBURL" | "CALURI" | "CALADRURI" | "MEMBER" => {
            property.value = media::plain_uri(&property.value).into_owned();
            without(&mut property, &["VALUE"]);
        }
        "EMAIL" => with_types(
            &mut property,
            |kind| !kind.eq_ignore_ascii_case("internet"),
            None,
        ),
        "ADR" => with_types(
            &mut property,
            |kind| !POSTAL_TYPES.contains(&kind.to_ascii_lowercase().as_str()),
            None,
        ),
        // A number is text unless it is a `tel:` URI; some say `VALUE=uri` of a bare number.
        "TEL" if !is_uri(&property.value) => without(&mut property, &["VALUE"]),
        "UID" => {
            // RFC 6350 6.7.6: a URI, or text that says so.
            without(&mut property, &["VALUE"]);
            if !is_uri(&property.value) {
                property = property.with("VALUE", "text");
            }
        }
        "GEO" => property.value = position(&property.value),
        "TZ" => {
            without(&mut property, &["VALUE"]);
            if let Some(offset) = date::basic_offset(&property.value) {
                property.value = offset;
                property = property.with("VALUE", "utc-offset");
            }
        }
        _ => {}
    }
    Some(property)
}

/// What holds for every property.
fn general(mut property: Property) -> Property {
    without_quoted_printable(&mut property);
    // RFC 6350 A.2: everything is UTF-8, and CONTEXT is gone.
    without(&mut property, &["CHARSET", "CONTEXT"]);
    // RFC 6350 5.3, A.2: `TYPE=pref` became PREF.
    if property.has_type("pref") {
        with_types(
            &mut property,
            |kind| !kind.eq_ignore_ascii_case("pref"),
            None,
        );
        if property.param("PREF").next().is_none() {
            property = property.with("PREF", "1");
        }
    } else {
        with_types(&mut property, |_| true, None);
    }
    for param in property.params.iter_mut().filter(|param| param.is("VALUE")) {
        for value in param
            .values
            .iter_mut()
            .filter(|value| value.eq_ignore_ascii_case("url"))
        {
            *value = "uri".into();
        }
    }
    let gone = |value: &String| {
        OLD_VALUE_TYPES
            .iter()
            .any(|old| old.eq_ignore_ascii_case(value))
    };
    property
        .params
        .retain(|param| !(param.is("VALUE") && param.values.iter().any(gone)));
    property
}

fn renamed(mut property: Property, name: &str) -> Property {
    property.name = name.to_owned();
    property
}

fn renamed_with(property: Property, name: &str, value: String) -> Property {
    Property {
        value,
        ..renamed(property, name)
    }
}

/// RFC 6350 6.6.6: somebody by name, and what they are.
fn related(mut property: Property, labels: &Labels) -> Property {
    let said = labels.of_only(&property).map(str::to_owned);
    let relation = RELATIONS
        .iter()
        .find(|(relation, _)| Some(*relation) == said.as_deref());
    let Some((relation, _)) = relation else {
        return property;
    };
    property.group = None;
    without(&mut property, &["TYPE", "VALUE"]);
    renamed(property, "RELATED")
        .with("TYPE", relation)
        .with("VALUE", "text")
}

/// RFC 6350 6.2.7: one letter, if the word is known.
fn gender(property: Property) -> Property {
    let letter = match property.value.trim().to_ascii_lowercase().as_str() {
        "m" | "male" => "M",
        "f" | "female" => "F",
        "o" | "other" => "O",
        "n" => "N",
        "u" | "unknown" => "U",
        value if value.get(1..2) == Some(";") => return renamed(property, "GENDER"),
        _ => return property,
    };
    renamed_with(property, "GENDER", letter.into())
}

/// RFC 6350 A.2, 6.6.6: an agent elsewhere is a relation; one written into the card has no place in 4.0.
fn agent(property: Property) -> Property {
    let value = media::plain_uri(&property.value).into_owned();
    let elsewhere = property
        .param("VALUE")
        .any(|kind| kind.eq_ignore_ascii_case("uri"))
        && is_uri(&value);
    if !elsewhere {
        return renamed(property, "X-AGENT");
    }
    let mut property = renamed_with(property, "RELATED", value);
    without(&mut property, &["VALUE", "TYPE"]);
    property.with("TYPE", "agent")
}

/// RFC 2426 3.4.2 has two numbers, RFC 6350 6.5.2 a `geo:` URI.
fn position(value: &str) -> String {
    let plain = value.replace('\\', "");
    match plain.split_once([';', ',']) {
        Some((latitude, longitude)) if !is_uri(&plain) => {
            format!("geo:{},{}", latitude.trim(), longitude.trim())
        }
        _ => plain,
    }
}

/// RFC 6350 6.3.1, A.2: a label belongs to the address it is the label of.
fn place_labels(out: &mut Vec<Property>, labels: Vec<Property>) {
    for (count, label) in labels.into_iter().enumerate() {
        let value = label.text().into_owned();
        let wanted = purposes(&label);
        let fits = |address: &&mut Property| {
            address.is("ADR")
                && address.param("LABEL").next().is_none()
                && (label.group.is_some() && address.group == label.group
                    || purposes(address) == wanted)
        };
        let found = (count < LABELS_PLACED_MAX)
            .then(|| out.iter_mut().find(fits))
            .flatten();
        if let Some(address) = found {
            address.params.push(Param::new("LABEL", value));
            continue;
        }
        // RFC 6350 6.3.1: an address may be nothing but its label.
        let mut address = Property::new("ADR", ";;;;;;");
        address.group = label.group;
        address.params = label.params;
        with_types(
            &mut address,
            |kind| !POSTAL_TYPES.contains(&kind.to_ascii_lowercase().as_str()),
            None,
        );
        address.params.push(Param::new("LABEL", value));
        out.push(address);
    }
}

/// RFC 6350 5.9, A.2: what to sort by became a parameter of the name.
fn place_sort_string(out: &mut [Property], sort_string: &str) {
    let at = ["N", "ORG", "FN"]
        .iter()
        .find_map(|name| out.iter().position(|property| property.is(name)));
    if let Some(property) = at.and_then(|at| out.get_mut(at)) {
        property.params.push(Param::new("SORT-AS", sort_string));
    }
}

/// Types of an address that 4.0 has no more (RFC 6350 A.2).
pub(super) const POSTAL_TYPES: [&str; 4] = ["dom", "intl", "postal", "parcel"];
/// Types of values that 4.0 has no more, or that were never one.
const OLD_VALUE_TYPES: [&str; 7] = [
    "phone-number",
    "binary",
    "vcard",
    "inline",
    "cid",
    "content-id",
    "uid",
];
/// Labels for which an address is looked for; ours. Further ones stand alone.
const LABELS_PLACED_MAX: usize = 16;
