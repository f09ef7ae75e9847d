//! JSCalendar: events and tasks as JSON, read from and written into iCalendar text.
//!
//! The text is the truth. An event that changes is written by comparing what JSON said of it before with what it shall say:
//! only lines that stand for a difference are touched, so whatever JSON has no word for stays as it was. What iCalendar
//! has no word for is kept in `JSPROP` lines. Pure: knows neither store nor rights.

mod alert;

mod block;

mod due;

mod fault;

mod link;

mod participant;

mod patch;

mod place;

mod property;

mod recurrence;

mod series;

mod simple;

mod snooze;

mod task;

mod time;

mod value;

mod zones;

#[cfg(test)]
mod tests;

pub(crate) use due::{set_utc_times, utc_times};
pub(crate) use fault::Invalid;
pub(crate) use participant::address_of;
#[cfg(test)]
use patch::apply;
pub(crate) use patch::difference;
pub(crate) use series::{
    InstanceKey, Keys, create, create_task, is_of_series, occurrence, override_of, read, read_task,
    update,
};
pub(crate) use time::{set_utc, utc_range};
pub(crate) use value::{local_time, parse_local, parse_stamp, parse_utc, stamp, utc_time};

/// An object of JSON.
pub(crate) type Object = serde_json::Map<String, serde_json::Value>;

/// Reads any octets as a calendar object, its event or task in every way there is, and changes it; for fuzzing.
///
/// # Panics
/// If what was written cannot be read, which is what a fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    let Ok(object) = icalendar::CalendarObject::read(input) else {
        return;
    };
    let Some(event) = read(&object).or_else(|| read_task(&object)) else {
        return;
    };
    let is_task = object.kind() == icalendar::Kind::Task;
    let create = if is_task { create_task } else { create };
    let keys = Keys::of(&object);
    let year = 1_767_225_600..1_798_761_600;
    for one in object
        .occurrences(year, &icalendar::Zone::UTC, FUZZ_OCCURRENCES_MAX)
        .into_iter()
        .flatten()
    {
        let key = keys.key(&one.recurrence_id);
        let instance = key.and_then(|key| Some((key, occurrence(&object, key)?)));
        if let Some((key, instance)) = instance {
            let _ = override_of(&event.json, key, &instance);
        }
    }
    let mut json = event.json;
    assert!(
        update(input, &json).is_ok_and(|same| same == input),
        "what does not change is not touched"
    );
    json.insert("title".into(), "x".into());
    for written in [update(input, &json), create(&json)].into_iter().flatten() {
        assert!(
            written.len() > icalendar::limit::OBJECT_OCTETS_MAX
                || icalendar::Tree::read(&written).is_ok(),
            "what was written can be read"
        );
    }
}

/// Occurrences that are looked at while fuzzing.
const FUZZ_OCCURRENCES_MAX: usize = 20;
