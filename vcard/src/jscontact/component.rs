//! Names and addresses: their components in the places of a vCard, and in the order of JSContact (RFC 9555 2.2.1, 2.6.1).

use serde_json::{Map, Value, json};

use super::table::{ADDRESS_KINDS, NAME_KINDS};
use crate::property::{Param, Property};
use crate::text;

/// The structured values that have components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `N`.
    Name,
    /// `ADR`.
    Address,
}

impl Form {
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Name => &NAME_KINDS,
            Self::Address => &ADDRESS_KINDS,
        }
    }

    /// How many places the value always has (RFC 6350 6.2.2, 6.3.1).
    fn places_min(self) -> usize {
        match self {
            Self::Name => 5,
            Self::Address => 7,
        }
    }
}

/// The members `components`, `isOrdered` and `defaultSeparator`.
pub(super) fn read(property: &Property, form: Form) -> Map<String, Value> {
    let places: Vec<Vec<String>> = text::split(&property.value, ';')
        .take(form.kinds().len())
        .map(|place| {
            let parts = text::split(place, ',').take(PARTS_MAX);
            parts
                .map(|part| text::unescape(part).trim().to_owned())
                .collect()
        })
        .collect();
    let mut members = Map::new();
    if let Some(ordered) = ordered(property, form, &places) {
        return ordered;
    }
    let mut components = Vec::new();
    for place in reading_order(form) {
        let Some(kind) = form.kinds().get(place) else {
            continue;
        };
        let parts = places.get(place).into_iter().flatten();
        for part in parts.filter(|part| !part.is_empty()) {
            if !is_repeated(form, place, part, &places) {
                components.push(json!({"kind": kind, "value": part}));
            }
        }
    }
    if !components.is_empty() {
        members.insert("components".into(), components.into());
    }
    members
}

/// The places in the order in which what they hold is mostly said.
fn reading_order(form: Form) -> Vec<usize> {
    match form {
        // RFC 9553 2.2.1.1: without an order of their own they stand in any; title, given names, surnames reads best.
        Form::Name => vec![3, 1, 2, 0, 5, 6, 4],
        Form::Address => (0..ADDRESS_KINDS.len()).collect(),
    }
}

/// Whether a place only repeats, for older clients, what another says more exactly.
// RFC 9554 2.1, 2.2: the second surname and the generation stand in the old places, too, and so does what the street is made of.
fn is_repeated(form: Form, place: usize, part: &str, places: &[Vec<String>]) -> bool {
    let says = |place: usize| {
        let parts = places.get(place).into_iter().flatten();
        parts.filter(|part| !part.is_empty()).count() > 0
    };
    let repeats = |other: usize| {
        let parts = places.get(other).into_iter().flatten();
        parts.into_iter().any(|other| other == part)
    };
    match (form, place) {
        (Form::Name, 0) => repeats(5),
        (Form::Name, 4) => repeats(6),
        (Form::Address, 1) => [7, 8, 9, 12].into_iter().any(says),
        (Form::Address, 2) => [10, 11].into_iter().any(says),
        _ => false,
    }
}

/// The components in the order that `JSCOMPS` says (RFC 9555 3.3.1), if it fits the value.
fn ordered(property: &Property, form: Form, places: &[Vec<String>]) -> Option<Map<String, Value>> {
    let order = property.param("JSCOMPS").next()?;
    let mut members = Map::new();
    let mut components = Vec::new();
    for (at, piece) in text::split(order, ';').take(COMPONENTS_MAX).enumerate() {
        if piece.is_empty() && at == 0 {
            continue;
        }
        if let Some(separator) = piece.strip_prefix("s,") {
            let separator = text::unescape(separator).into_owned();
            if at == 0 {
                members.insert("defaultSeparator".into(), separator.into());
            } else {
                components.push(json!({"kind": "separator", "value": separator}));
            }
            continue;
        }
        let (place, part) = piece.split_once(',').unwrap_or((piece, "0"));
        let place: usize = place.parse().ok()?;
        let part: usize = part.parse().ok()?;
        let value = places.get(place)?.get(part)?;
        components.push(json!({"kind": form.kinds().get(place)?, "value": value}));
    }
    if components.is_empty() {
        return None;
    }
    members.insert("components".into(), components.into());
    members.insert("isOrdered".into(), true.into());
    Some(members)
}

/// The value of the property, and what it needs to keep the order.
pub(super) fn write(members: &Map<String, Value>, form: Form) -> (String, Option<Param>) {
    let said = said(members);
    let exact = form == Form::Address && is_exact(&said);
    let mut places: Vec<Vec<&str>> = vec![Vec::new(); form.kinds().len()];
    let mut order = Vec::new();
    for (kind, value) in &said {
        if *kind == "separator" {
            order.push(format!("s,{}", text::escape(value)));
            continue;
        }
        let Some(place) = place_of(form, kind, exact) else {
            continue;
        };
        let parts = places.get_mut(place).map(|parts| {
            parts.push(value);
            parts.len() - 1
        });
        order.push(match parts {
            Some(0) | None => place.to_string(),
            Some(part) => format!("{place},{part}"),
        });
    }
    repeat(form, exact, &said, &mut places);
    let last = places.iter().rposition(|parts| !parts.is_empty());
    let count = last.map_or(0, |last| last + 1).max(form.places_min());
    let written = places.iter().take(count).map(|parts| {
        let parts: Vec<_> = parts.iter().map(|part| text::escape(part)).collect();
        parts.join(",")
    });
    let value = written.collect::<Vec<_>>().join(";");
    let is_ordered = members.get("isOrdered").and_then(Value::as_bool) == Some(true);
    let param = is_ordered.then(|| {
        let separator = members.get("defaultSeparator").and_then(Value::as_str);
        let first = separator.map(|text| format!("s,{}", text::escape(text)));
        Param::new(
            "JSCOMPS",
            format!("{};{}", first.unwrap_or_default(), order.join(";")),
        )
    });
    (value, param)
}

/// Kind and value of each component.
pub(super) fn said(members: &Map<String, Value>) -> Vec<(&str, &str)> {
    let components = members.get("components").and_then(Value::as_array);
    let components = components.into_iter().flatten().take(COMPONENTS_MAX);
    components
        .filter_map(|component| {
            let kind = component.get("kind")?.as_str()?;
            Some((kind, component.get("value")?.as_str()?))
        })
        .collect()
}

/// The whole as people read it: in its order, with the separators it has (RFC 9553 2.2.1.3).
pub(super) fn joined(members: &Map<String, Value>, form: Form) -> String {
    let mut said = said(members);
    let is_ordered = members.get("isOrdered").and_then(Value::as_bool) == Some(true);
    if !is_ordered && form == Form::Name {
        said.retain(|(kind, _)| *kind != "separator");
        let rank = |kind: &str| {
            let mut order = reading_order(form).into_iter();
            order.position(|place| NAME_KINDS.get(place) == Some(&kind))
        };
        said.sort_by_key(|(kind, _)| rank(kind));
    }
    let separator = members.get("defaultSeparator").and_then(Value::as_str);
    let separator = separator.filter(|_| is_ordered).unwrap_or(" ");
    let mut whole = String::new();
    let mut separated = true;
    for (kind, value) in said {
        let is_separator = kind == "separator";
        if !separated && !is_separator {
            whole.push_str(separator);
        }
        whole.push_str(value);
        separated = is_separator;
    }
    whole
}

fn place_of(form: Form, kind: &str, exact: bool) -> Option<usize> {
    let kinds = form.kinds();
    let new = || kinds.iter().rposition(|known| *known == kind);
    let old = || kinds.iter().position(|known| *known == kind);
    match (form, kind) {
        (Form::Address, "apartment" | "name") if exact => new(),
        _ => old(),
    }
}

/// Whether the address says more exactly than the first seven places can where in the street it is.
fn is_exact(said: &[(&str, &str)]) -> bool {
    said.iter()
        .any(|(kind, _)| matches!(*kind, "room" | "floor" | "number" | "building"))
}

/// Says in the old places what older clients look for there.
fn repeat<'a>(form: Form, exact: bool, said: &[(&str, &'a str)], places: &mut [Vec<&'a str>]) {
    let pairs: &[(&[&str], usize)] = match form {
        Form::Name => &[(&["surname2"], 0), (&["generation"], 4)],
        Form::Address if exact => &[
            (&["room", "apartment", "floor", "building"], 1),
            (&["number", "name"], 2),
        ],
        Form::Address => &[],
    };
    for (kinds, place) in pairs {
        let values = said.iter().filter(|(kind, _)| kinds.contains(kind));
        if let Some(parts) = places.get_mut(*place) {
            parts.extend(values.map(|(_, value)| *value));
        }
    }
}

/// Parts of one component of a value: ours.
const PARTS_MAX: usize = 64;
/// Components of a name or an address: ours.
const COMPONENTS_MAX: usize = 128;
