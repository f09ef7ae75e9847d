//! Entries: the pieces that a JSContact card is compared and written by.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::table::{MAPS, SETS};

/// Where a piece stands: a property, or an entry of one that is a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) key: String,
    pub(super) id: Option<String>,
}

/// A piece of a card, with the lines that say it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: Path,
    pub(super) value: Value,
    /// Numbers of the card's properties that say it.
    pub(super) lines: BTreeSet<usize>,
    /// The number, among those in the form of 4.0, of the property that it is made from.
    pub(super) made_from: Option<usize>,
}

impl Path {
    pub(super) fn of(key: &str, id: Option<&str>) -> Self {
        Self {
            key: key.to_owned(),
            id: id.map(str::to_owned),
        }
    }

    /// As a JSON pointer without its first slash, as `JSPTR` has it (RFC 9555 3.3.2, RFC 6901 3).
    pub(super) fn pointer(&self) -> String {
        match &self.id {
            None => escaped(&self.key),
            Some(id) => format!("{}/{}", escaped(&self.key), escaped(id)),
        }
    }
}

/// RFC 6901 3: `~` and `/` in a step of a pointer.
pub(super) fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// The steps of a pointer.
pub(super) fn steps(pointer: &str) -> Vec<String> {
    let pointer = pointer.strip_prefix('/').unwrap_or(pointer);
    let steps = pointer.split('/').take(POINTER_STEPS_MAX);
    steps
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// The card that entries make up.
pub(super) fn compose<'a>(
    entries: impl IntoIterator<Item = (&'a Path, &'a Value)>,
) -> Map<String, Value> {
    let mut card = Map::new();
    card.insert("@type".into(), "Card".into());
    card.insert("version".into(), VERSION.into());
    for (path, value) in entries {
        let value = value.clone();
        match &path.id {
            None => {
                card.insert(path.key.clone(), value);
            }
            Some(_) if path.key == PROPS => {
                let list = card
                    .entry(PROPS)
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list {
                    list.push(value);
                }
            }
            Some(id) => {
                let map = card
                    .entry(path.key.clone())
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(map) = map {
                    map.insert(id.clone(), value);
                }
            }
        }
    }
    card
}

/// The entries that a card is made of.
pub(super) fn decompose(card: &Map<String, Value>) -> BTreeMap<Path, Value> {
    let mut entries = BTreeMap::new();
    for (key, value) in card {
        match value {
            Value::Null => {}
            _ if matches!(key.as_str(), "@type" | "version") => {}
            Value::Object(map) if MAPS.contains(&key.as_str()) || SETS.contains(&key.as_str()) => {
                let known = map.iter().filter(|(_, value)| !value.is_null());
                entries.extend(known.map(|(id, value)| {
                    let mut value = value.clone();
                    without_types(&mut value);
                    (Path::of(key, Some(id)), value)
                }));
            }
            Value::Array(list) if key == PROPS => {
                let mut ids = Ids::default();
                for value in list {
                    let id = ids.take(&value.to_string());
                    entries.insert(Path::of(PROPS, Some(&id)), value.clone());
                }
            }
            _ => {
                let mut value = value.clone();
                if key != "localizations" && !key.contains(':') {
                    without_types(&mut value);
                }
                entries.insert(Path::of(key, None), value);
            }
        }
    }
    entries
}

/// RFC 9553 1.3.4: `@type` may be left out but where it tells one thing from another, as `Timestamp` does.
fn without_types(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("@type").is_some_and(|kind| kind != "Timestamp") {
                map.remove("@type");
            }
            map.values_mut().for_each(without_types);
        }
        Value::Array(list) => list.iter_mut().for_each(without_types),
        _ => {}
    }
}

/// Ids made from what is said, so that they stay when something else changes.
#[derive(Debug, Default)]
pub(super) struct Ids {
    used: BTreeMap<String, u32>,
}

impl Ids {
    pub(super) fn take(&mut self, said: &str) -> String {
        // FNV-1a: the same everywhere and at any time. Whoever makes two the same gets a number behind the second.
        let hash = said.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        self.unique(&format!("k{:010x}", hash >> 24))
    }

    /// The id, or one like it if it is used already.
    pub(super) fn unique(&mut self, id: &str) -> String {
        let mut wanted = id.to_owned();
        loop {
            let count = self.used.entry(wanted.clone()).or_insert(0);
            *count = count.saturating_add(1);
            if *count == 1 {
                return wanted;
            }
            wanted = format!("{id}-{count}");
        }
    }
}

/// Whether it is an id as RFC 9553 1.4.1 has it.
pub(super) fn is_id(text: &str) -> bool {
    (1..=ID_OCTETS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
}

/// Properties of the vCard that JSContact has no word for, as jCard (RFC 9555 2.15).
pub(super) const PROPS: &str = "vCardProps";
/// RFC 9553 2.1.2.
pub(super) const VERSION: &str = "1.0";
/// RFC 9553 1.4.1.
const ID_OCTETS_MAX: usize = 255;
/// Steps of a pointer: ours.
const POINTER_STEPS_MAX: usize = 8;
