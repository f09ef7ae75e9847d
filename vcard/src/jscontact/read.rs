//! From the properties of a vCard to entries of JSContact (RFC 9555 2).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::component::{self, Form};
use super::date;
use super::entry::{Entry, Ids, PROPS, Path, is_id, steps};
use super::table::{
    ANNIVERSARIES, CONTEXTS, EXPERTISE_LEVELS, FEATURES, LABELLED, MAPS, Row, SINGLES, row_of,
};
use crate::card::ContactCard;
use crate::property::Property;
use crate::text;
use crate::version::Version;

/// What a card says.
pub(super) fn read(card: &ContactCard) -> Vec<Entry> {
    let properties = card.in_version(Version::V4);
    let mut reading = Reading::new(&properties, card);
    reading.all();
    if card.version() == Version::V3 {
        reading.take_old_lines(card);
    }
    reading.entries
}

struct Reading<'a> {
    /// In the form of 4.0.
    properties: &'a [Property],
    /// The number of the card's property that begins at an octet.
    lines: HashMap<usize, usize>,
    /// Numbers of the card's properties that label a group.
    label_lines: HashMap<String, Vec<usize>>,
    /// Groups of the card's properties, as 3.0 may have more.
    groups: HashMap<usize, String>,
    entries: Vec<Entry>,
    places: BTreeMap<Path, usize>,
    ids: HashMap<String, Ids>,
    /// Properties that an entry says.
    taken: BTreeSet<usize>,
}

impl<'a> Reading<'a> {
    fn new(properties: &'a [Property], card: &ContactCard) -> Self {
        let mut reading = Self {
            properties,
            lines: HashMap::new(),
            label_lines: HashMap::new(),
            groups: HashMap::new(),
            entries: Vec::new(),
            places: BTreeMap::new(),
            ids: HashMap::new(),
            taken: BTreeSet::new(),
        };
        for (line, property) in card.properties().iter().enumerate() {
            if !property.span.is_empty() {
                reading.lines.insert(property.span.start, line);
            }
            if let Some(group) = property.group() {
                let group = group.to_ascii_lowercase();
                if property.is("X-ABLABEL") {
                    let lines = reading.label_lines.entry(group.clone()).or_default();
                    lines.push(line);
                }
                reading.groups.insert(line, group);
            }
        }
        reading
    }

    fn all(&mut self) {
        self.name();
        let properties = self.properties;
        let mut organizations = HashMap::new();
        for (at, property) in properties.iter().enumerate() {
            if self.taken.contains(&at) || property.is("JSPROP") {
                continue;
            }
            let before = self.entries.len();
            self.one(at, property);
            let group = property.group().map(str::to_ascii_lowercase);
            if let (Some(group), true) = (group, property.is("ORG"))
                && let Some(entry) = self.entries.get(before)
            {
                organizations.insert(group, entry.path.id.clone());
            }
        }
        self.places_of_anniversaries();
        self.titles_of(&organizations);
        for (at, property) in properties.iter().enumerate() {
            if property.is("JSPROP") {
                self.json(at, property);
            }
        }
        self.rest();
    }

    /// Adds an entry under an id of its own.
    fn add(&mut self, key: &str, at: usize, value: Map<String, Value>) {
        let Some(property) = self.properties.get(at) else {
            return;
        };
        let ids = self.ids.entry(key.to_owned()).or_default();
        let given = property.param("PROP-ID").next().filter(|id| is_id(id));
        let id = match given {
            Some(id) => ids.unique(id),
            None => ids.take(&format!("{}:{}", property.name, value_text(&value))),
        };
        self.put(Path::of(key, Some(&id)), at, Value::Object(value));
    }

    fn put(&mut self, path: Path, at: usize, value: Value) {
        let lines = self.lines_of(at);
        self.taken.insert(at);
        match self
            .places
            .get(&path)
            .and_then(|place| self.entries.get_mut(*place))
        {
            Some(entry) => {
                entry.lines.extend(lines);
                merge(&mut entry.value, value);
            }
            None => {
                self.places.insert(path.clone(), self.entries.len());
                self.entries.push(Entry {
                    path,
                    value,
                    lines,
                    made_from: Some(at),
                });
            }
        }
    }

    /// The line a property stands in, and those of its label where entries of the kind have one.
    fn lines_of(&self, at: usize) -> BTreeSet<usize> {
        let property = self
            .properties
            .get(at)
            .filter(|property| !property.span.is_empty());
        let line = property.and_then(|property| self.lines.get(&property.span.start));
        let Some(line) = line else {
            return BTreeSet::new();
        };
        let group = self.groups.get(line);
        let labels = group.and_then(|group| self.label_lines.get(group));
        // A label that says nothing of the entry stays where it is.
        let labels = labels.filter(|_| property.is_some_and(is_labelled));
        labels
            .into_iter()
            .flatten()
            .chain([line])
            .copied()
            .collect()
    }

    fn label(&self, property: &Property) -> Option<(usize, String)> {
        let group = property.group()?;
        let mut labels = self.properties.iter().enumerate();
        let (at, label) = labels.find(|(_, label)| {
            label.is("X-ABLABEL")
                && label
                    .group()
                    .is_some_and(|other| other.eq_ignore_ascii_case(group))
        })?;
        let text = label.text();
        let text = text.trim();
        let plain = text
            .strip_prefix("_$!<")
            .and_then(|text| text.strip_suffix(">!$_"));
        Some((at, plain.unwrap_or(text).to_owned()))
    }

    fn one(&mut self, at: usize, property: &Property) {
        let name = property.name.to_ascii_uppercase();
        if let Some((_, key)) = SINGLES.iter().find(|(single, _)| *single == name) {
            return self.single(key, at, property);
        }
        if let Some(row) = row_of(&name) {
            return self.row(row, at, property);
        }
        match name.as_str() {
            "MEMBER" => self.set("members", at, [property.text().trim().to_owned()]),
            "CATEGORIES" => self.set("keywords", at, property.elements()),
            "RELATED" => {
                let types = property
                    .types()
                    .map(|kind| (kind.to_ascii_lowercase(), true.into()));
                let relation: Map<String, Value> = types.collect();
                let path = Path::of("relatedTo", Some(property.text().trim()));
                self.put(path, at, json!({"relation": relation}));
            }
            "NICKNAME" => {
                let names = property
                    .elements()
                    .into_iter()
                    .filter(|name| !name.trim().is_empty());
                for name in names.collect::<Vec<_>>() {
                    let mut value = params(property, "nicknames");
                    value.insert("name".into(), name.trim().into());
                    self.add("nicknames", at, value);
                }
            }
            "ORG" => self.organization(at, property),
            "ADR" => self.address(at, property),
            "TZ" => {
                if let Some(zone) = zone(&property.text()) {
                    self.add(
                        "addresses",
                        at,
                        Map::from_iter([("timeZone".into(), zone.into())]),
                    );
                }
            }
            "GEO" => {
                let place = property.text().trim().to_owned();
                if place.starts_with("geo:") {
                    self.add(
                        "addresses",
                        at,
                        Map::from_iter([("coordinates".into(), place.into())]),
                    );
                }
            }
            "SOCIALPROFILE" | "X-SOCIALPROFILE" => self.profile(at, property),
            "GRAMGENDER" => {
                let gender = property.text().trim().to_ascii_lowercase();
                let path = Path::of("speakToAs", None);
                self.put(path, at, json!({"grammaticalGender": gender}));
            }
            "PRONOUNS" => {
                let mut value = params(property, "pronouns");
                value.insert("pronouns".into(), property.text().trim().into());
                let ids = self.ids.entry("pronouns".into()).or_default();
                let given = property.param("PROP-ID").next().filter(|id| is_id(id));
                let id = match given {
                    Some(id) => ids.unique(id),
                    None => ids.take(&property.value),
                };
                let path = Path::of("speakToAs", None);
                self.put(path, at, json!({"pronouns": {id: value}}));
            }
            _ => self.anniversary(&name, at, property),
        }
    }

    fn single(&mut self, key: &str, at: usize, property: &Property) {
        let text = property.text();
        let text = text.trim();
        let said = match key {
            "created" | "updated" => date::utc_of(text),
            "kind" => Some(text.to_ascii_lowercase()),
            _ => Some(text.to_owned()),
        };
        let path = Path::of(key, None);
        if let Some(said) = said.filter(|said| !said.is_empty())
            && !self.places.contains_key(&path)
        {
            self.put(path, at, said.into());
        }
    }

    fn set(&mut self, key: &str, at: usize, elements: impl IntoIterator<Item = String>) {
        for element in elements {
            let element = element.trim();
            if !element.is_empty() {
                self.put(Path::of(key, Some(element)), at, true.into());
            }
        }
    }

    fn row(&mut self, row: &'static Row, at: usize, property: &Property) {
        let mut value = params(property, row.key);
        value.insert(row.member.into(), property.text().trim().into());
        if let Some(kind) = row.kind {
            value.insert("kind".into(), kind.into());
        }
        match row.key {
            "phones" => {
                let features = FEATURES.iter().filter(|(kind, _)| property.has_type(kind));
                let features: Map<String, Value> = features
                    .map(|(_, word)| ((*word).into(), true.into()))
                    .collect();
                if !features.is_empty() {
                    value.insert("features".into(), features.into());
                }
            }
            "personalInfo" => {
                if let Some(level) = property.param("LEVEL").next() {
                    let level = level.to_ascii_lowercase();
                    let word = EXPERTISE_LEVELS.iter().find(|(said, _)| *said == level);
                    value.insert(
                        "level".into(),
                        word.map_or(level.as_str(), |word| word.1).into(),
                    );
                }
            }
            "notes" => {
                let author = |param: &'static str| property.param(param).next().map(Value::from);
                let name = author("AUTHOR-NAME").map(|name| ("name".to_owned(), name));
                let uri = author("AUTHOR").map(|uri| ("uri".to_owned(), uri));
                let author: Map<String, Value> = name.into_iter().chain(uri).collect();
                if !author.is_empty() {
                    value.insert("author".into(), author.into());
                }
                if let Some(utc) = property.param("CREATED").next().and_then(date::utc_of) {
                    value.insert("created".into(), utc.into());
                }
            }
            "onlineServices" => {
                let service = ["SERVICE-TYPE", "X-SERVICE-TYPE"]
                    .into_iter()
                    .find_map(|param| property.param(param).next());
                if let Some(service) = service {
                    value.insert("service".into(), service.into());
                }
                if let Some(user) = property.param("USERNAME").next() {
                    value.insert("user".into(), user.into());
                }
                // RFC 9555 2.15 `vCardName`: which of the two properties it was.
                value.insert("vCardName".into(), "impp".into());
            }
            _ => {}
        }
        self.labelled(row.key, at, property, value);
    }

    fn labelled(
        &mut self,
        key: &str,
        at: usize,
        property: &Property,
        mut value: Map<String, Value>,
    ) {
        if LABELLED.contains(&key)
            && let Some((label_at, label)) = self.label(property)
            && !label.is_empty()
        {
            value.insert("label".into(), label.into());
            self.taken.insert(label_at);
        }
        self.add(key, at, value);
    }

    fn profile(&mut self, at: usize, property: &Property) {
        let mut value = params(property, "onlineServices");
        let said = property.text().trim().to_owned();
        let is_text = property
            .param("VALUE")
            .any(|kind| kind.eq_ignore_ascii_case("text"));
        value.insert(if is_text { "user" } else { "uri" }.into(), said.into());
        if let Some(user) = property
            .param("USERNAME")
            .chain(property.param("X-USER"))
            .next()
        {
            value.insert("user".into(), user.into());
        }
        let old = property.is("X-SOCIALPROFILE");
        let known = |kind: &&str| {
            !CONTEXTS
                .iter()
                .any(|(word, _)| word.eq_ignore_ascii_case(kind))
        };
        let kind = property.types().find(known).filter(|_| old);
        if let Some(service) = property.param("SERVICE-TYPE").next().or(kind) {
            value.insert("service".into(), service.into());
        }
        if old {
            value.insert("vCardName".into(), "x-socialprofile".into());
        }
        self.labelled("onlineServices", at, property, value);
    }

    fn organization(&mut self, at: usize, property: &Property) {
        let mut value = params(property, "organizations");
        let mut parts = property.components().into_iter();
        let name = parts.next().unwrap_or_default();
        let sorts: Vec<_> = property
            .param("SORT-AS")
            .flat_map(|text| text.split(','))
            .collect();
        let mut sorts = sorts.into_iter();
        if let Some(sort) = sorts.next() {
            value.insert("sortAs".into(), sort.trim().into());
        }
        if !name.trim().is_empty() {
            value.insert("name".into(), name.trim().into());
        }
        let mut units = Vec::new();
        for unit in parts.filter(|unit| !unit.trim().is_empty()) {
            let mut member = json!({"name": unit.trim()});
            if let (Some(sort), Some(member)) = (sorts.next(), member.as_object_mut()) {
                member.insert("sortAs".into(), sort.trim().into());
            }
            units.push(member);
        }
        if !units.is_empty() {
            value.insert("units".into(), units.into());
        }
        self.add("organizations", at, value);
    }

    fn address(&mut self, at: usize, property: &Property) {
        let mut value = params(property, "addresses");
        value.extend(component::read(property, Form::Address));
        let said = |param: &'static str| property.param(param).next();
        if let Some(full) = said("LABEL") {
            // RFC 6350 6.3.1 itself shows `\n` in one, from before RFC 6868.
            value.insert("full".into(), full.replace("\\n", "\n").into());
        }
        if let Some(place) = said("GEO") {
            value.insert("coordinates".into(), place.into());
        }
        if let Some(zone) = said("TZ").and_then(zone) {
            value.insert("timeZone".into(), zone.into());
        }
        if let Some(country) = said("CC") {
            value.insert("countryCode".into(), country.into());
        }
        if !value.is_empty() {
            self.add("addresses", at, value);
        }
    }

    fn anniversary(&mut self, name: &str, at: usize, property: &Property) {
        let known = ANNIVERSARIES.iter().find(|(date, _, _)| *date == name);
        let is_text = property
            .param("VALUE")
            .any(|kind| kind.eq_ignore_ascii_case("text"));
        if let Some((_, _, kind)) = known.filter(|_| !is_text)
            && let Some(mut date) = date::anniversary(&property.value)
        {
            if let (Some(scale), Some(date)) =
                (property.param("CALSCALE").next(), date.as_object_mut())
            {
                date.insert("calendarScale".into(), scale.to_ascii_lowercase().into());
            }
            let value = Map::from_iter([("kind".into(), (*kind).into()), ("date".into(), date)]);
            self.add("anniversaries", at, value);
        }
    }

    /// RFC 9555 2.5 `BIRTHPLACE`, `DEATHPLACE`: they belong to the day.
    fn places_of_anniversaries(&mut self) {
        for (at, property) in self.properties.iter().enumerate() {
            let known = ANNIVERSARIES
                .iter()
                .find(|(_, place, _)| place.is_some_and(|place| property.is(place)));
            let Some((_, _, kind)) = known else { continue };
            let day = self.entries.iter().find(|entry| {
                entry.path.key == "anniversaries"
                    && entry.value.get("kind") == Some(&Value::from(*kind))
            });
            let Some(path) = day.map(|entry| entry.path.clone()) else {
                continue;
            };
            let said = property.text().trim().to_owned();
            let member = if said.starts_with("geo:") {
                "coordinates"
            } else {
                "full"
            };
            self.put(path, at, json!({"place": {member: said}}));
        }
    }

    /// RFC 9555 2.9.6: a title in the group of an organisation is one there.
    fn titles_of(&mut self, organizations: &HashMap<String, Option<String>>) {
        for entry in self
            .entries
            .iter_mut()
            .filter(|entry| entry.path.key == "titles")
        {
            let property = entry.made_from.and_then(|at| self.properties.get(at));
            let group = property
                .and_then(Property::group)
                .map(str::to_ascii_lowercase);
            let organization = group.and_then(|group| organizations.get(&group).cloned().flatten());
            if let (Some(id), Some(value)) = (organization, entry.value.as_object_mut()) {
                value.insert("organizationId".into(), id.into());
            }
        }
    }

    fn name(&mut self) {
        let path = Path::of("name", None);
        let best = best(self.properties, "FN");
        if let Some((at, property)) = best {
            // RFC 9554 4.4: a name that only repeats the components says nothing.
            let derived = property
                .param("DERIVED")
                .any(|said| said.eq_ignore_ascii_case("true"));
            // Nor does one that conversion made.
            let made = property.span.is_empty() && !self.lines.is_empty();
            let full = property.text().trim().to_owned();
            let value = if derived || made || full.is_empty() {
                json!({})
            } else {
                json!({"full": full})
            };
            self.put(path.clone(), at, value);
        }
        let first = self.properties.iter().position(|property| property.is("N"));
        if let Some((at, property)) = first.and_then(|at| Some((at, self.properties.get(at)?))) {
            let mut value = component::read(property, Form::Name);
            let sorts = property.param("SORT-AS").flat_map(|text| text.split(','));
            let sorts = ["surname", "given"].into_iter().zip(sorts);
            let sorts: Map<String, Value> = sorts
                .map(|(kind, text)| (kind.into(), text.trim().into()))
                .collect();
            if !sorts.is_empty() {
                value.insert("sortAs".into(), sorts.into());
            }
            self.put(path.clone(), at, Value::Object(value));
            if let Some(place) = self.places.get(&path)
                && let Some(entry) = self.entries.get_mut(*place)
            {
                entry.made_from = Some(at);
            }
        }
    }

    /// RFC 9555 3.2.1 `JSPROP`: what JSContact says and a vCard has no property for.
    fn json(&mut self, at: usize, property: &Property) {
        let Some(pointer) = property.param("JSPTR").next() else {
            return;
        };
        let Ok(value) = serde_json::from_str::<Value>(&property.text()) else {
            return;
        };
        let steps = steps(pointer);
        let mut steps = steps.iter();
        let Some(key) = steps.next().filter(|key| !is_ours(key)) else {
            return;
        };
        let id = MAPS.contains(&key.as_str()).then(|| steps.next()).flatten();
        let path = Path::of(key, id.map(String::as_str));
        let rest: Vec<_> = steps.collect();
        let known = self
            .places
            .get(&path)
            .and_then(|place| self.entries.get_mut(*place));
        match (known, rest.as_slice()) {
            (Some(entry), [member]) => {
                let line = self
                    .lines
                    .get(&property.span.start)
                    .filter(|_| !property.span.is_empty());
                entry.lines.extend(line);
                if let Some(map) = entry.value.as_object_mut() {
                    map.insert((*member).clone(), value);
                }
                self.taken.insert(at);
            }
            // What belonged to an entry that another program took out is not put back.
            (None, []) if MAPS.contains(&key.as_str()) == path.id.is_some() => {
                self.put(path, at, value);
            }
            _ => {}
        }
    }

    /// RFC 9555 2.15: what JSContact has no word for.
    fn rest(&mut self) {
        let mut ids = Ids::default();
        for (at, property) in self.properties.iter().enumerate() {
            let made = property.span.is_empty() && !self.lines.is_empty();
            if self.taken.contains(&at) || made || property.is("VERSION") {
                continue;
            }
            let value = jcard(property);
            let id = ids.take(&value.to_string());
            self.put(Path::of(PROPS, Some(&id)), at, value);
        }
    }

    /// Lines of 3.0 that became part of another property.
    fn take_old_lines(&mut self, card: &ContactCard) {
        for (line, property) in card.properties().iter().enumerate() {
            let keys: &[&str] = match property.name.to_ascii_uppercase().as_str() {
                "LABEL" => &["addresses"],
                "SORT-STRING" => &["name", "organizations"],
                "FN" => &["name"],
                _ => continue,
            };
            let entries = self.entries.iter_mut();
            for entry in entries.filter(|entry| keys.contains(&entry.path.key.as_str())) {
                entry.lines.insert(line);
            }
        }
    }
}

/// The members that parameters say (RFC 9555 2.2).
fn params(property: &Property, key: &str) -> Map<String, Value> {
    let mut members = Map::new();
    let contexts = CONTEXTS.iter().filter(|(kind, _)| {
        property.has_type(kind) && (key == "addresses" || matches!(*kind, "home" | "work"))
    });
    let contexts: Map<String, Value> = contexts
        .map(|(_, word)| ((*word).into(), true.into()))
        .collect();
    if !contexts.is_empty() {
        members.insert("contexts".into(), contexts.into());
    }
    let pref = property
        .param("PREF")
        .next()
        .and_then(|pref| pref.trim().parse::<u8>().ok());
    if let Some(pref) = pref.filter(|pref| (1..=100).contains(pref)) {
        members.insert("pref".into(), pref.into());
    }
    if let Some(kind) = property.param("MEDIATYPE").next() {
        members.insert("mediaType".into(), kind.into());
    }
    let place = property
        .param("INDEX")
        .next()
        .and_then(|place| place.trim().parse::<u32>().ok());
    if let Some(place) =
        place.filter(|place| *place > 0 && matches!(key, "directories" | "personalInfo"))
    {
        members.insert("listAs".into(), place.into());
    }
    members
}

/// A property as jCard has it (RFC 7095 3.3): name, parameters, type, values.
fn jcard(property: &Property) -> Value {
    let mut params = Map::new();
    let mut kind = "unknown".to_owned();
    for param in property.params() {
        let name = param.name().to_ascii_lowercase();
        if name == "value" {
            kind = param.values().join(",").to_ascii_lowercase();
            continue;
        }
        params.insert(
            name,
            match param.values() {
                [one] => one.as_str().into(),
                many => many.iter().map(String::as_str).collect::<Vec<_>>().into(),
            },
        );
    }
    if let Some(group) = property.group() {
        params.insert("group".into(), group.into());
    }
    let value = match kind.as_str() {
        "text" => text::unescape(&property.value).into_owned(),
        _ => property.value.clone(),
    };
    json!([property.name.to_ascii_lowercase(), params, kind, value])
}

/// A time zone by name; whole hours from UTC have one, too (RFC 9555 2.6.2).
fn zone(value: &str) -> Option<String> {
    let value = value.trim();
    let Some(digits) = value.strip_prefix(['+', '-']) else {
        return (value.contains('/') || value == "UTC").then(|| value.to_owned());
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let hours: u8 = digits.get(..2)?.parse().ok().filter(|hours| *hours <= 14)?;
    let whole = digits.len() == 2 || digits.get(2..) == Some("00");
    // POSIX, and so the names of the time zone database, counts westwards.
    let sign = if value.starts_with('+') { '-' } else { '+' };
    whole.then(|| match hours {
        0 => "Etc/UTC".to_owned(),
        _ => format!("Etc/GMT{sign}{hours}"),
    })
}

/// The property of a name that is preferred, otherwise the first that says something, otherwise the first.
fn best<'a>(properties: &'a [Property], name: &str) -> Option<(usize, &'a Property)> {
    let named = properties
        .iter()
        .enumerate()
        .filter(|(_, property)| property.is(name));
    named.min_by_key(|(_, property)| {
        (
            property.is_blank(),
            property.preference().unwrap_or(u8::MAX),
        )
    })
}

fn is_labelled(property: &Property) -> bool {
    let name = property.name.to_ascii_uppercase();
    row_of(&name).is_some_and(|row| LABELLED.contains(&row.key))
        || matches!(
            name.as_str(),
            "SOCIALPROFILE" | "X-SOCIALPROFILE" | "RELATED" | "ANNIVERSARY"
        )
}

/// Whether a property of JSContact is never said by `JSPROP`.
fn is_ours(key: &str) -> bool {
    matches!(key, "@type" | "version" | "id" | "addressBookIds" | PROPS)
}

fn value_text(value: &Map<String, Value>) -> String {
    let kept = value
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "pref" | "contexts" | "label"));
    kept.map(|(key, value)| format!("{key}={value};")).collect()
}

/// Adds the members of one object to another.
fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        return;
    };
    for (key, value) in from {
        match into.get_mut(&key) {
            Some(known) if known.is_object() => merge(known, value),
            Some(_) => {}
            None => {
                into.insert(key, value);
            }
        }
    }
}
