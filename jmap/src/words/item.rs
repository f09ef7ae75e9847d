//! Items: what calendars hold, events and tasks, as far as JMAP has them alike.
//!
//! JMAP Tasks draft -06 1: what it does not say of tasks is as JMAP Calendars says it of events. So each rule stands here
//! or in `method/item.rs` once, and [`Item`] names what is different.

use std::collections::BTreeSet;

use groupware::{CollectionInfo, ItemKind};
use icalendar::{CalendarObject, Component, Kind, Zone};
use model::{ObjectId, Timestamp};
use serde_json::Value;

use super::container::Container;
use super::item_condition::Condition;
use super::item_id::ItemId;
use super::item_reader::ItemReader;
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::filter::FilterFault;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::jscalendar::{self, Invalid, parse_local};

/// A kind of items.
pub(crate) trait Item: Sized + Send + Sync + 'static {
    /// What names one of them.
    type Id: ItemId;
    /// What they are in.
    type Container: Container;

    const TYPE: DataType;
    /// In the words of RFC 5545.
    const KIND: Kind;
    /// In the words of notices.
    const NOTED: ItemKind;
    const WORDS: Words;
    /// Properties that others see of an item which its owner keeps private (RFC 8984 4.4.3).
    const PUBLIC: &'static [&'static str];

    /// The value of a property that nothing is said of; none if there is no such value.
    fn default_of(property: &str) -> Option<Value>;

    /// When it begins and ends, in UTC: names and values.
    fn utc_times(json: &Object, floating: &Zone) -> Vec<(&'static str, Value)>;

    /// Reads the arguments of `/get` that there are for this kind alone.
    ///
    /// # Errors
    /// RFC 8620 3.6.2 `invalidArguments`.
    fn read_shape(_call: &mut Call, _shape: &mut Shape) -> Result<(), MethodError> {
        Ok(())
    }

    /// Reads what a condition says of this kind alone.
    ///
    /// # Errors
    /// A member has a value that it cannot have.
    fn read_condition(condition: &mut Condition, from: &mut Arguments) -> Result<(), FilterFault>;

    /// A text for an item.
    ///
    /// # Errors
    /// A property has a value that it cannot have.
    fn create(json: &Object) -> Result<Vec<u8>, Invalid>;

    /// What an item is sorted by, as far as it is this kind's alone.
    fn note_order(order: &mut Order, object: &CalendarObject, zone: &Zone);

    /// Says where an item is.
    fn place(json: &mut Object, container: &CollectionInfo);

    /// Adds what JMAP says beside JSCalendar.
    fn add(_json: &mut Object, _reader: &ItemReader) {}

    /// Where a client wants an item to be.
    ///
    /// # Errors
    /// `invalidProperties`: not in exactly one container.
    fn place_of(call: &Call, json: &Object)
    -> Result<<Self::Container as Container>::Id, SetError>;

    /// Takes times in UTC out of an item, and settles what they say. `utc` reads one, beside the property that says the same.
    ///
    /// # Errors
    /// `invalidProperties`: a time is none, or is said twice.
    fn settle_times(
        json: &mut Object,
        utc: impl FnMut(&mut Object, &'static str, &'static str) -> Result<Option<i64>, SetError>,
    ) -> Result<(), SetError>;

    /// Notes what follows from a change, of which `set` says what the client set itself.
    fn note_change(_before: &Object, _after: &mut Object, _set: &[&str], _now: Timestamp) {}
}

/// Words that are different for each kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// JSCalendar's `@type`.
    pub(crate) of_jscalendar: &'static str,
    /// Its methods.
    pub(crate) set: &'static str,
    /// One of them, and more, for people.
    pub(crate) one: &'static str,
    pub(crate) many: &'static str,
    /// What one is in, for people.
    pub(crate) container: &'static str,
    /// The property that says what it is in.
    pub(crate) container_property: &'static str,
    /// The property that names the series of an occurrence.
    pub(crate) base: &'static str,
    /// What only the server sets.
    pub(crate) server_set: &'static [&'static str],
    /// What the server tells of one that was made.
    pub(crate) told_of_new: &'static [&'static str],
    /// What the server tells of one that was changed.
    pub(crate) told_of_changed: &'static [&'static str],
    /// What of that is not told of one occurrence, because it is the series'.
    pub(crate) of_series_alone: &'static [&'static str],
    /// Conditions: in one container, in any of several.
    pub(crate) in_one: &'static str,
    pub(crate) in_many: &'static str,
    /// What they can be sorted by.
    pub(crate) sort_options: &'static [&'static str],
    /// What they are sorted by where nothing else tells them apart.
    pub(crate) sorted_otherwise: &'static str,
    /// For how long occurrences are looked for at most.
    pub(crate) expanded_seconds_max: i64,
    pub(crate) expanded_max: &'static str,
}

/// What an item is sorted by. What has no time comes after all that has one.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) start: i64,
    pub(crate) due: i64,
    pub(crate) title: String,
    /// RFC 8984 4.4.1: 0 is none, and comes after 9.
    pub(crate) priority: u64,
    pub(crate) progress: String,
}

/// How a client wants items.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// The zone of times without one, for times in UTC.
    pub(crate) floating: Zone,
    /// Overrides of occurrences from here on are left out, in seconds since 1970.
    pub(crate) before: Option<i64>,
    /// Overrides of occurrences before are left out.
    pub(crate) after: Option<i64>,
    /// Whether only owners and the user are told of those who take part.
    pub(crate) reduce_participants: bool,
    /// The properties; none for all.
    pub(crate) properties: Option<BTreeSet<String>>,
}

/// The number of an item on the wire.
pub(crate) fn wire<T: Item>(number: u32) -> String {
    T::Id::whole(ObjectId(number)).wire()
}

/// Whether an object is such an item that the caller may see, by what is kept beside it.
pub(crate) fn is_one<T: Item>(object: &groupware::Object, reader: &ItemReader) -> bool {
    match object.summary.calendar() {
        Some(summary) => summary.kind == T::KIND && reader.sees(summary.class),
        // Only its text tells.
        None => T::KIND == Kind::Event,
    }
}

/// What an object says, in JSCalendar; none if it is of another kind.
pub(crate) fn json_of<T: Item>(object: &CalendarObject) -> Option<Object> {
    let read = match T::KIND {
        Kind::Task => jscalendar::read_task(object),
        _ => jscalendar::read(object),
    };
    Some(read?.json)
}

/// All of an item or an occurrence; none if there is no such occurrence, or the caller must not know.
pub(crate) fn whole<T: Item>(
    reader: &ItemReader,
    container: &CollectionInfo,
    object: &CalendarObject,
    id: T::Id,
) -> Option<Object> {
    if object.kind() != T::KIND || !reader.sees(object.summary().class) {
        return None;
    }
    let mut json = match id.instance() {
        None => json_of::<T>(object)?,
        Some(key) => {
            let mut json = jscalendar::occurrence(object, key)?;
            let base = T::Id::whole(id.object());
            json.insert(T::WORDS.base.into(), base.wire().into());
            json
        }
    };
    json.insert("id".into(), id.wire().into());
    T::place(&mut json, container);
    json.entry("isDraft").or_insert(Value::Bool(false));
    T::add(&mut json, reader);
    Some(json)
}

/// The item as the client wants it, and as the caller may see it.
pub(crate) fn shown<T: Item>(reader: &ItemReader, mut json: Object, shape: &Shape) -> Object {
    let privacy = json.get("privacy").and_then(Value::as_str);
    if !reader.is_own() && privacy.is_some_and(|privacy| privacy != "public") {
        let public = |name: &str| T::PUBLIC.contains(&name);
        json.retain(|name, _| public(name));
        for patch in overrides(&mut json) {
            patch.retain(|path, _| path == "excluded" || public(path));
        }
    }
    let hides = json.get("hideAttendees") == Some(&Value::Bool(true));
    if shape.reduce_participants || hides && !reader.is_own() {
        reader.reduce(&mut json);
    }
    if shape.before.is_some() || shape.after.is_some() {
        cut_overrides(&mut json, shape);
    }
    if let Some(properties) = &shape.properties {
        for (name, value) in T::utc_times(&json, &shape.floating) {
            json.insert(name.into(), value);
        }
        json.retain(|name, _| name == "id" || properties.contains(name));
        for name in properties.iter().filter(|name| *name != "id") {
            if !json.contains_key(name)
                && let Some(value) = T::default_of(name)
            {
                json.insert(name.clone(), value);
            }
        }
    }
    json
}

/// The patches of occurrences.
pub(crate) fn overrides(json: &mut Object) -> impl Iterator<Item = &mut Object> {
    json.get_mut("recurrenceOverrides")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Object::values_mut)
        .filter_map(Value::as_object_mut)
}

/// JMAP Calendars draft -26 5.8: overrides outside a range of time are left out.
fn cut_overrides(json: &mut Object, shape: &Shape) {
    let zone = json.get("timeZone").and_then(Value::as_str);
    let zone = zone
        .and_then(Zone::named)
        .unwrap_or_else(|| shape.floating.clone());
    let overrides = json
        .get_mut("recurrenceOverrides")
        .and_then(Value::as_object_mut);
    if let Some(overrides) = overrides {
        overrides.retain(|key, _| {
            let at = parse_local(key).map(|local| zone.to_utc(local));
            at.is_some_and(|at| {
                shape.before.is_none_or(|before| at < before)
                    && shape.after.is_none_or(|after| at >= after)
            })
        });
    }
}

/// How far a component is done, in the words of RFC 8984 5.2.5, which differ from RFC 5545's in their letters alone.
pub(crate) fn progress(component: Component<'_>) -> String {
    match component.value("STATUS") {
        Some(status) => status.trim().to_ascii_lowercase(),
        None if component.property("COMPLETED").is_some() => "completed".to_owned(),
        None => "needs-action".to_owned(),
    }
}

/// The argument `timeZone`.
///
/// # Errors
/// RFC 8620 3.6.2 `invalidArguments`: no time zone has this name.
pub(crate) fn zone_argument(call: &mut Call) -> Result<Zone, MethodError> {
    match call.arguments.text("timeZone")?.as_deref() {
        None | Some("Etc/UTC" | "UTC") => Ok(Zone::UTC),
        Some(name) => Zone::named(name)
            .ok_or_else(|| MethodError::invalid_arguments("`timeZone` is no name of a time zone")),
    }
}
