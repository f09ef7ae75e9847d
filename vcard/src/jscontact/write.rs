//! From entries of JSContact to the properties of a vCard (RFC 9555 3).

use serde_json::{Map, Value};

use super::component::{self, Form};
use super::date;
use super::entry::{PROPS, Path, escaped};
use super::read;
use super::table::{
    ANNIVERSARIES, CONTEXTS, EXPERTISE_LEVELS, FEATURES, LABELLED, SAID_PARAMETERS, SETS, SINGLES,
    row_for,
};
use crate::card::ContactCard;
use crate::convert::FreshGroups;
use crate::property::{Param, Property};
use crate::text;
use crate::version::Version;

/// The properties of 4.0 that say an entry; `old` is what it was read from.
pub(super) fn write(
    path: &Path,
    value: &Value,
    old: Option<&Property>,
    groups: &mut FreshGroups,
) -> Vec<Property> {
    let mut made = properties(path, value);
    if let (Some(first), Some(old)) = (made.first_mut(), old) {
        keep_unsaid(first, old);
    }
    label(path, value, &mut made, groups);
    made.extend(unsaid(path, value, &made));
    made
}

fn properties(path: &Path, value: &Value) -> Vec<Property> {
    let id = path.id.as_deref().unwrap_or_default();
    let no_members = Map::new();
    let members = value.as_object().unwrap_or(&no_members);
    let one = match path.key.as_str() {
        "name" => return name(members),
        "speakToAs" => return speak_to_as(members),
        "anniversaries" => return anniversary(id, members),
        PROPS => from_jcard(value),
        "members" => Some(Property::new("MEMBER", plain(id))),
        "keywords" => Some(Property::new("CATEGORIES", text::escape(id))),
        "relatedTo" => Some(related(id, members)),
        "nicknames" => text_of(members, "name")
            .map(|name| with_params(Property::new("NICKNAME", text::escape(name)), id, members)),
        "organizations" => Some(organization(id, members)),
        "addresses" => Some(address(id, members)),
        "onlineServices" => online_service(id, members),
        key => match SINGLES.iter().find(|(_, single)| *single == key) {
            Some((name, _)) => single(name, value),
            None => row(key, id, members),
        },
    };
    one.into_iter().collect()
}

fn single(name: &str, value: &Value) -> Option<Property> {
    let said = value.as_str()?;
    Some(match name {
        "CREATED" | "REV" => Property::new(name, date::basic_of(said)?),
        // RFC 6350 6.7.6: a URI, or text that says so.
        "UID" if !crate::convert::is_uri(said) => {
            Property::new(name, text::escape(said)).with("VALUE", "text")
        }
        "UID" => Property::new(name, plain(said)),
        _ => Property::new(name, text::escape(said)),
    })
}

fn row(key: &str, id: &str, members: &Map<String, Value>) -> Option<Property> {
    let row = row_for(key, text_of(members, "kind"))?;
    let said = text_of(members, row.member)?;
    let is_number = row.name == "TEL" && said.starts_with("tel:");
    let mut property = if row.text && !is_number {
        Property::new(row.name, text::escape(said))
    } else {
        Property::new(row.name, plain(said))
    };
    if is_number {
        property = property.with("VALUE", "uri");
    }
    property = with_params(property, id, members);
    match key {
        "phones" => {
            let features = members.get("features").and_then(Value::as_object);
            let said = FEATURES
                .iter()
                .filter(|(_, word)| features.is_some_and(|features| features.contains_key(*word)));
            add_types(&mut property, said.map(|(kind, _)| *kind));
        }
        "personalInfo" => {
            if let Some(level) = text_of(members, "level") {
                let said = EXPERTISE_LEVELS.iter().find(|(_, word)| *word == level);
                let said = said.filter(|_| row.name == "EXPERTISE");
                property = property.with("LEVEL", said.map_or(level, |said| said.0));
            }
        }
        "notes" => {
            let author = members.get("author").and_then(Value::as_object);
            let said = |member: &str| author.and_then(|author| text_of(author, member));
            if let Some(name) = said("name") {
                property = property.with("AUTHOR-NAME", name);
            }
            if let Some(uri) = said("uri") {
                property = property.with("AUTHOR", uri);
            }
            if let Some(utc) = text_of(members, "created").and_then(date::basic_of) {
                property = property.with("CREATED", &utc);
            }
        }
        _ => {}
    }
    Some(property)
}

fn online_service(id: &str, members: &Map<String, Value>) -> Option<Property> {
    let (uri, user) = (text_of(members, "uri"), text_of(members, "user"));
    let name = match text_of(members, "vCardName") {
        Some(name) if name.eq_ignore_ascii_case("impp") && uri.is_some() => "IMPP",
        Some(name) if name.eq_ignore_ascii_case("x-socialprofile") && uri.is_some() => {
            "X-SOCIALPROFILE"
        }
        _ => "SOCIALPROFILE",
    };
    let mut property = match (uri, user) {
        (Some(uri), _) => Property::new(name, plain(uri)),
        (None, Some(user)) => Property::new(name, text::escape(user)).with("VALUE", "text"),
        (None, None) => return None,
    };
    property = with_params(property, id, members);
    if let (Some(_), Some(user)) = (uri, user) {
        property = property.with("USERNAME", user);
    }
    if let Some(service) = text_of(members, "service") {
        match name {
            "X-SOCIALPROFILE" => add_types(&mut property, [service]),
            _ => property = property.with("SERVICE-TYPE", service),
        }
    }
    Some(property)
}

fn name(members: &Map<String, Value>) -> Vec<Property> {
    let mut made = Vec::new();
    made.push(match text_of(members, "full") {
        Some(full) => Property::new("FN", text::escape(full)),
        // RFC 6350 6.2.1: FN must be there; made of the components it says so.
        None => Property::new("FN", text::escape(&component::joined(members, Form::Name)))
            .with("DERIVED", "TRUE"),
    });
    if !component::said(members).is_empty() {
        let (value, order) = component::write(members, Form::Name);
        let mut property = Property::new("N", value);
        property.params.extend(order);
        let sorts = members.get("sortAs").and_then(Value::as_object);
        let sort = |kind: &str| {
            sorts
                .and_then(|sorts| text_of(sorts, kind))
                .map(str::to_owned)
        };
        if let Some(surname) = sort("surname") {
            property.params.push(Param {
                name: "SORT-AS".into(),
                values: std::iter::once(surname).chain(sort("given")).collect(),
            });
        }
        made.insert(0, property);
    }
    made
}

fn organization(id: &str, members: &Map<String, Value>) -> Property {
    let mut parts = vec![text::escape(text_of(members, "name").unwrap_or_default())];
    let mut sorts: Vec<String> = text_of(members, "sortAs")
        .map(str::to_owned)
        .into_iter()
        .collect();
    let units = members
        .get("units")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for unit in units.filter_map(Value::as_object) {
        parts.push(text::escape(text_of(unit, "name").unwrap_or_default()));
        if sorts.len() == parts.len() - 1 {
            sorts.extend(text_of(unit, "sortAs").map(str::to_owned));
        }
    }
    let mut property = with_params(Property::new("ORG", parts.join(";")), id, members);
    if !sorts.is_empty() {
        property.params.push(Param {
            name: "SORT-AS".into(),
            values: sorts,
        });
    }
    property
}

fn address(id: &str, members: &Map<String, Value>) -> Property {
    let (value, order) = component::write(members, Form::Address);
    let mut property = with_params(Property::new("ADR", value), id, members);
    property.params.extend(order);
    for (param, member) in [
        ("LABEL", "full"),
        ("GEO", "coordinates"),
        ("TZ", "timeZone"),
        ("CC", "countryCode"),
    ] {
        if let Some(said) = text_of(members, member) {
            property = property.with(param, said);
        }
    }
    property
}

fn related(uri: &str, members: &Map<String, Value>) -> Property {
    let mut property = if crate::convert::is_uri(uri) {
        Property::new("RELATED", plain(uri))
    } else {
        Property::new("RELATED", text::escape(uri)).with("VALUE", "text")
    };
    let relation = members.get("relation").and_then(Value::as_object);
    let relation = relation.into_iter().flat_map(Map::keys).map(String::as_str);
    add_types(&mut property, relation);
    property
}

fn speak_to_as(members: &Map<String, Value>) -> Vec<Property> {
    let mut made = Vec::new();
    if let Some(gender) = text_of(members, "grammaticalGender") {
        made.push(Property::new(
            "GRAMGENDER",
            text::escape(&gender.to_ascii_uppercase()),
        ));
    }
    let pronouns = members.get("pronouns").and_then(Value::as_object);
    for (id, members) in pronouns.into_iter().flatten() {
        if let Some(members) = members.as_object()
            && let Some(said) = text_of(members, "pronouns")
        {
            let property = Property::new("PRONOUNS", text::escape(said));
            made.push(with_params(property, id, members));
        }
    }
    made
}

fn anniversary(id: &str, members: &Map<String, Value>) -> Vec<Property> {
    let kind = text_of(members, "kind").unwrap_or_default();
    let Some((day, place, _)) = ANNIVERSARIES.iter().find(|(_, _, known)| *known == kind) else {
        return Vec::new();
    };
    let Some(date) = members.get("date") else {
        return Vec::new();
    };
    let Some(value) = date::value_of(date) else {
        return Vec::new();
    };
    let mut property = Property::new(day, value).with("PROP-ID", id);
    if let Some(scale) = date.get("calendarScale").and_then(Value::as_str) {
        property = property.with("CALSCALE", scale);
    }
    let mut made = vec![property];
    let said = members.get("place").and_then(Value::as_object);
    if let (Some(place), Some(said)) = (place, said) {
        match (text_of(said, "full"), text_of(said, "coordinates")) {
            (Some(full), _) => made.push(Property::new(place, text::escape(full))),
            (None, Some(geo)) => made.push(Property::new(place, plain(geo)).with("VALUE", "uri")),
            (None, None) => {}
        }
    }
    made
}

/// A property of jCard (RFC 7095 3.3).
fn from_jcard(value: &Value) -> Option<Property> {
    let list = value.as_array()?;
    let name = list.first()?.as_str()?.to_ascii_uppercase();
    let kind = list.get(2)?.as_str()?;
    let write = |value: &Value| match (kind, value) {
        ("text", Value::String(said)) => text::escape(said),
        (_, Value::String(said)) => plain(said),
        (_, Value::Array(parts)) => {
            let parts = parts
                .iter()
                .map(|part| text::escape(part.as_str().unwrap_or_default()));
            parts.collect::<Vec<_>>().join(";")
        }
        (_, other) => plain(&other.to_string()),
    };
    let values: Vec<_> = list.iter().skip(3).map(write).collect();
    let mut property = Property::new(&name, values.join(","));
    for (param, said) in list.get(1)?.as_object()? {
        let values: Vec<String> = match said {
            Value::Array(many) => many.iter().filter_map(Value::as_str).map(plain).collect(),
            Value::String(one) => vec![plain(one)],
            other => vec![plain(&other.to_string())],
        };
        if param == "group" {
            property.group = values.into_iter().next();
        } else {
            property.params.push(Param {
                name: param.to_ascii_uppercase(),
                values,
            });
        }
    }
    Some(if kind == "unknown" {
        property
    } else {
        property.with("VALUE", kind)
    })
}

/// Adds the parameters that say the members every entry may have.
fn with_params(property: Property, id: &str, members: &Map<String, Value>) -> Property {
    let mut property = property.with("PROP-ID", id);
    let contexts = members.get("contexts").and_then(Value::as_object);
    let said = CONTEXTS
        .iter()
        .filter(|(_, word)| contexts.is_some_and(|contexts| contexts.contains_key(*word)));
    add_types(&mut property, said.map(|(kind, _)| *kind));
    if let Some(pref) = members.get("pref").and_then(Value::as_u64) {
        property = property.with("PREF", &pref.to_string());
    }
    if let Some(kind) = text_of(members, "mediaType") {
        property = property.with("MEDIATYPE", kind);
    }
    if let Some(place) = members.get("listAs").and_then(Value::as_u64) {
        property = property.with("INDEX", &place.to_string());
    }
    property
}

fn add_types<'a>(property: &mut Property, kinds: impl IntoIterator<Item = &'a str>) {
    let kinds: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
    if kinds.is_empty() {
        return;
    }
    match property.params.iter_mut().find(|param| param.is("TYPE")) {
        Some(param) => param.values.extend(kinds),
        None => property.params.push(Param {
            name: "TYPE".into(),
            values: kinds,
        }),
    }
}

/// Keeps what the entry does not say: the group, the parameters and types that JSContact has no word for.
fn keep_unsaid(new: &mut Property, old: &Property) {
    new.group.clone_from(&old.group);
    if !new.name.eq_ignore_ascii_case(&old.name) {
        return;
    }
    let unsaid = old
        .params
        .iter()
        .filter(|param| !SAID_PARAMETERS.iter().any(|said| param.is(said)));
    let unsaid: Vec<Param> = unsaid
        .filter(|param| !new.params.iter().any(|known| known.is(param.name())))
        .cloned()
        .collect();
    new.params.extend(unsaid);
    if old.is("RELATED") || old.is("X-SOCIALPROFILE") {
        return;
    }
    let is_known = |kind: &str| {
        let mut known = CONTEXTS.iter().chain(&FEATURES).map(|(word, _)| *word);
        known.any(|word| word.eq_ignore_ascii_case(kind)) || kind.eq_ignore_ascii_case("pref")
    };
    add_types(new, old.types().filter(|kind| !is_known(kind)));
}

/// RFC 9555 2.3 `label`: in a property beside it, as Apple's programs have it.
fn label(path: &Path, value: &Value, made: &mut Vec<Property>, groups: &mut FreshGroups) {
    let label = value
        .as_object()
        .and_then(|members| text_of(members, "label"));
    let Some(label) = label.filter(|_| LABELLED.contains(&path.key.as_str())) else {
        return;
    };
    let Some(first) = made.first_mut() else {
        return;
    };
    let group = first.group.get_or_insert_with(|| groups.take()).clone();
    let mut beside = Property::new("X-ABLabel", text::escape(label));
    beside.group = Some(group);
    made.push(beside);
}

/// RFC 9555 3.2.1 `JSPROP`: what the properties do not say of the entry, found out by reading them.
fn unsaid(path: &Path, value: &Value, made: &[Property]) -> Vec<Property> {
    if path.key == PROPS {
        return Vec::new();
    }
    let card = ContactCard::made(made.to_vec(), Version::V4);
    let read = read::read(&card);
    let said = read
        .iter()
        .find(|entry| entry.path == *path)
        .map(|entry| &entry.value);
    match (said, value) {
        (Some(said), value) if said == value => Vec::new(),
        (Some(Value::Object(said)), Value::Object(members)) => {
            let unsaid = members
                .iter()
                .filter(|(member, value)| said.get(*member) != Some(*value));
            let pointer = path.pointer();
            unsaid
                .map(|(member, value)| json(&format!("{pointer}/{}", escaped(member)), value))
                .collect()
        }
        (Some(_), _) => Vec::new(),
        // What is named by nothing but blanks.
        (None, _) if SETS.contains(&path.key.as_str()) => Vec::new(),
        (None, value) => vec![json(&path.pointer(), value)],
    }
}

fn json(pointer: &str, value: &Value) -> Property {
    Property::new("JSPROP", text::escape(&value.to_string())).with("JSPTR", pointer)
}

fn text_of<'a>(members: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    members.get(member).and_then(Value::as_str)
}

/// A value that is not escaped: on one line.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
