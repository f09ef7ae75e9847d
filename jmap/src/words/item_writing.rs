//! Writing of events (JMAP Calendars draft -26 5.10) and tasks: what a client sets, and what the server sets beside it.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{PathSegment, Timestamp};
use serde_json::Value;

use super::calendar_event::PER_USER;
use super::item::Item;
use super::item_reader::ItemReader;
use crate::codec::date;
use crate::codec::json::Object;
use crate::error::SetError;
use crate::jscalendar::{Invalid, parse_utc};

/// Octets of a UID that an object's name is made from.
const NAME_UID_OCTETS_MAX: usize = 200;

/// Octets of a UID (RFC 7986 5.3 wants them short; Exchange's have 112).
const UID_OCTETS_MAX: usize = 1_024;

impl From<Invalid> for SetError {
    fn from(fault: Invalid) -> Self {
        let why = format!("`{}` {}", fault.property, fault.why);
        Self::invalid_properties([fault.property]).because(why)
    }
}

/// Takes what JMAP says beside JSCalendar out of an item, and settles times in UTC.
///
/// # Errors
/// `invalidProperties`: something cannot be set, or is set twice.
pub(crate) fn plain<T: Item>(
    mut json: Object,
    before: Option<&Object>,
    set: &[&str],
) -> Result<Object, SetError> {
    let sets = |name: &str| set.contains(&name);
    for name in T::WORDS.server_set {
        let given = json.remove(*name);
        let known = before.and_then(|before| before.get(*name));
        if sets(name) && given.as_ref() != known {
            return Err(SetError::invalid_property(name, "is set by the server"));
        }
    }
    if json.contains_key("method") {
        // JMAP Calendars draft -26 5.10.
        let why = "belongs to messages alone";
        return Err(SetError::invalid_property("method", why));
    }
    T::settle_times(&mut json, |json, name, other| match json.remove(name) {
        Some(value) if sets(name) && !value.is_null() => {
            if sets(other) {
                let why = "says the same as another property that is set";
                return Err(SetError::invalid_property(name, why));
            }
            let instant = value.as_str().and_then(parse_utc);
            instant
                .map(Some)
                .ok_or_else(|| SetError::invalid_property(name, "has to be a date in UTC"))
        }
        _ => Ok(None),
    })?;
    json.remove(T::WORDS.container_property);
    if json.get("isDraft") == Some(&Value::Bool(false)) {
        json.remove("isDraft");
    }
    json.retain(|_, value| !value.is_null());
    Ok(json)
}

/// Whether more changed than what each user has for themselves.
pub(crate) fn is_for_all(before: &Object, after: &Object) -> bool {
    let alone = |name: &str| {
        matches!(name, "isDraft" | "updated" | "sequence" | "calendarIds")
            || PER_USER.contains(&name)
    };
    let names = before.keys().chain(after.keys());
    names
        .filter(|name| !alone(name))
        .any(|name| before.get(name) != after.get(name))
}

/// JMAP Calendars draft -26 5.10: what the server sets when an item changes that it is the origin of.
pub(crate) fn revise(before: &Object, after: &mut Object, now: Timestamp) {
    let number = |json: &Object| json.get("sequence").and_then(Value::as_u64).unwrap_or(0);
    after.insert("updated".into(), date::write(now).into());
    if is_for_all(before, after) && number(after) <= number(before) {
        after.insert("sequence".into(), (number(before) + 1).into());
    }
}

/// JMAP Calendars draft -26 5.10: what a new item gets where the client says nothing.
///
/// # Errors
/// `invalidProperties`: its UID is none.
pub(crate) fn complete<T: Item>(
    json: &mut Object,
    reader: &ItemReader,
    now: Timestamp,
) -> Result<(), SetError> {
    json.entry("@type")
        .or_insert_with(|| T::WORDS.of_jscalendar.into());
    let uid = json.entry("uid").or_insert_with(|| new_uid(now).into());
    let fine = uid.as_str().is_some_and(|uid| {
        (1..=UID_OCTETS_MAX).contains(&uid.len()) && !uid.chars().any(char::is_control)
    });
    if !fine {
        return Err(SetError::invalid_property(
            "uid",
            "has to be a text of 1 to 1,024 octets",
        ));
    }
    name_organizer(json, reader, owner_address);
    let at = date::write(now);
    if reader.is_origin(json) {
        json.insert("updated".into(), at.clone().into());
        // Nothing was updated before it was made.
        let created = json
            .get("created")
            .and_then(Value::as_str)
            .and_then(parse_utc);
        if created.is_some_and(|created| created > now.seconds()) {
            json.insert("created".into(), at.clone().into());
        }
    }
    json.entry("created").or_insert_with(|| at.into());
    T::note_change(&Object::new(), json, &[], now);
    Ok(())
}

/// JMAP Calendars draft -26 5.10: what others take part in has somebody who answers for it: whom `owner` finds, otherwise
/// the owner of the account.
pub(crate) fn name_organizer(
    json: &mut Object,
    reader: &ItemReader,
    owner: impl FnOnce(&Object) -> Option<String>,
) {
    const NAME: &str = "organizerCalendarAddress";
    let participants = json.get("participants").and_then(Value::as_object);
    if participants.is_none_or(Object::is_empty) || json.contains_key(NAME) {
        return;
    }
    let own = || Some(format!("mailto:{}", reader.main_address()?));
    if let Some(address) = owner(json).or_else(own) {
        json.insert(NAME.into(), address.into());
    }
}

/// The address of the participant who owns the event.
fn owner_address(json: &Object) -> Option<String> {
    let participants = json.get("participants")?.as_object()?;
    let owner = participants
        .values()
        .find(|one| one.pointer("/roles/owner") == Some(&Value::Bool(true)))?;
    owner.get("calendarAddress")?.as_str().map(str::to_owned)
}

/// RFC 7986 5.3: a UID that nobody else makes and that says nothing of who made it.
fn new_uid(now: Timestamp) -> String {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let [one, two] = [0, 1].map(|at| KEYS.get(at).map_or(0, |key| key.hash_one((now.0, count))));
    // RFC 9562 5.8: a UUID whose numbers are made in our own way.
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        one >> 32,
        one >> 16 & 0xffff,
        one & 0xfff,
        (two >> 48 & 0x3fff) | 0x8000,
        two & 0xffff_ffff_ffff
    )
}

/// The name of an object among the others of its calendar.
pub(crate) fn name_of(uid: &str) -> PathSegment {
    let plain = uid.len() <= NAME_UID_OCTETS_MAX
        && uid
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-_.@".contains(&octet));
    let base = match plain {
        true => uid.to_owned(),
        false => blake3::hash(uid.as_bytes()).to_hex().as_str().to_owned(),
    };
    PathSegment::try_from(format!("{base}.ics")).expect("letters, digits and a suffix are a name")
}

/// What the server made of an item, of all that the client did not set so itself.
pub(crate) fn server_set(sent: &Object, stored: &Object, names: &[&str]) -> Object {
    let differs = |name: &&&str| sent.get(**name) != stored.get(**name);
    names
        .iter()
        .filter(differs)
        .map(|name| {
            let value = stored.get(*name).cloned().unwrap_or(Value::Null);
            ((*name).to_owned(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_all_others_and_look_like_uuids() {
        let one = new_uid(Timestamp(0));
        assert_ne!(one, new_uid(Timestamp(0)));
        assert_eq!(one.len(), 36);
        assert_eq!(name_of(&one).as_str(), format!("{one}.ics"));
        assert_eq!(name_of("a/b").as_str().len(), 68);
    }
}
