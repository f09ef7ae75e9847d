//! JSCalendar: events as JSON, read from and written into iCalendar text.
//!
//! The text is the truth. An event that changes is written by comparing what JSON said of it before with what it shall say:
//! only lines that stand for a difference are touched, so whatever JSON has no word for stays as it was. What iCalendar
//! has no word for is kept in `JSPROP` lines. Pure: knows neither store nor rights.

mod alert;

mod block;

mod fault;

mod link;

mod participant;

mod patch;

mod place;

mod property;

mod recurrence;

mod series;

mod simple;

mod time;

mod value;

mod zones;

#[cfg(test)]
mod tests;

pub(crate) use fault::Invalid;
pub(crate) use participant::address_of;
#[cfg(test)]
use patch::apply;
pub(crate) use patch::difference;
pub(crate) use series::{
    InstanceKey, Keys, create, is_of_series, occurrence, override_of, read, update,
};
pub(crate) use time::{set_utc, utc_range};
pub(crate) use value::{
    local_time, parse_local, parse_span, parse_stamp, parse_utc, stamp, utc_time,
};

/// An object of JSON.
pub(crate) type Object = serde_json::Map<String, serde_json::Value>;

/// Reads an event in every way there is and writes it back; for fuzzing.
pub(crate) fn fuzz(input: &[u8]) {
    let Ok(object) = icalendar::CalendarObject::read(input) else {
        return;
    };
    let Some(event) = read(&object) else { return };
    let same = update(input, &event.json).expect("an event that was read can be written again");
    assert!(
        icalendar::CalendarObject::read(&same).is_ok(),
        "what was written can be read"
    );
}
