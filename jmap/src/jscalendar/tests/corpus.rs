//! Real calendar files: what they say comes back, and what changes of them is what was changed.

use icalendar::{CalendarObject, Kind, Zone, split};
use testbed::corpus::corpus;

use super::super::{InstanceKey, Keys, Object, create, occurrence, read, update, utc_range};
use super::difference;

/// From 1970 to 2040.
const YEARS: std::ops::Range<i64> = 0..2_208_988_800;

/// Occurrences of one event that are compared.
const OCCURRENCES_MAX: usize = 2_000;

/// Times at which an event takes place.
fn times(object: &CalendarObject) -> Option<Vec<(i64, i64)>> {
    let found = object
        .occurrences(YEARS, &Zone::UTC, OCCURRENCES_MAX)
        .ok()?;
    Some(found.iter().map(|one| (one.start, one.end)).collect())
}

/// Every event of the corpus, with the name of its file.
fn events() -> Option<Vec<(String, Vec<u8>, CalendarObject)>> {
    let samples = corpus("calendars-contacts-mime", ".ics", usize::MAX)?;
    let mut events = Vec::new();
    for sample in samples {
        for piece in split(&sample.bytes).into_iter().flatten() {
            if let Ok(object) = CalendarObject::read(&piece)
                && object.kind() == Kind::Event
            {
                events.push((sample.name.clone(), piece, object));
            }
        }
    }
    Some(events)
}

/// Whether a text has what JSON has no words for, so that JSON alone does not make the same of it: rules beside the first,
/// rules that take away, overrides of all that follows, zones that only this text knows, and ends before the start.
fn is_beyond(text: &str, json: &Object) -> bool {
    let masters = text.matches("\nRRULE").count();
    let overrides = text.matches("RECURRENCE-ID").count();
    let events = text.matches("BEGIN:VEVENT").count();
    masters > 1
        || events > overrides + 1
        || json.contains_key("recurrenceId") && events > 1
        || text.contains("EXRULE")
        || text.contains("RANGE=THISANDFUTURE")
        || text.contains("VALUE=PERIOD")
        // Days that are named by times, and the other way round.
        || json.contains_key("showWithoutTime")
            && (text.contains("RECURRENCE-ID;TZID") || text.contains("VALUE=DATE-TIME"))
        || overrides > 0 && json.contains_key("recurrenceId")
}

#[test]
fn what_real_events_say_comes_back() {
    let Some(events) = events() else { return };
    assert!(events.len() > 100, "the corpus has many events");
    let mut faults = Vec::new();
    let mut compared = 0;
    for (name, text, object) in &events {
        let event = read(object).expect("it is an event");
        let json = &event.json;
        let as_text = String::from_utf8_lossy(text);
        assert_eq!(update(text, json).unwrap(), *text, "{name}");
        let made = match create(json) {
            Ok(made) => made,
            Err(fault) => {
                faults.push(format!("{name}: {fault}"));
                continue;
            }
        };
        let Ok(again) = CalendarObject::read(&made) else {
            faults.push(format!("{name}: what was made cannot be read"));
            continue;
        };
        let mut back = read(&again).expect("it is an event").json;
        let mut json = json.clone();
        for json in [&mut back, &mut json] {
            json.remove("prodId");
            json.remove("updated");
            // A date that is added although the rule makes it says nothing.
            let overrides = json.get_mut("recurrenceOverrides");
            let overrides = overrides.and_then(|overrides| overrides.as_object_mut());
            if let Some(overrides) = overrides {
                overrides
                    .retain(|_, patch| patch.as_object().is_none_or(|patch| !patch.is_empty()));
                if overrides.is_empty() {
                    json.remove("recurrenceOverrides");
                }
            }
        }
        if back != json {
            let differs = super::super::difference(&json, &back, &[]);
            faults.push(format!("{name}: comes back otherwise: {differs:?}"));
            continue;
        }
        if !is_beyond(&as_text, &json) && times(object) != times(&again) {
            let (was, is) = (times(object), times(&again));
            let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
            let at = was.iter().zip(&is).position(|(was, is)| was != is);
            faults.push(format!(
                "{name}: takes place at other times: {} {} {at:?} {:?}",
                was.len(),
                is.len(),
                json.get("uid")
            ));
            continue;
        }
        compared += 1;
    }
    eprintln!("{compared} of {} events compared", events.len());
    assert!(
        faults.is_empty(),
        "{}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn a_change_of_a_real_event_touches_nothing_else() {
    let Some(events) = events() else { return };
    for (name, text, object) in &events {
        let mut json = read(object).expect("it is an event").json;
        json.insert("title".into(), "Etwas anderes".into());
        json.insert("priority".into(), 3.into());
        let written = update(text, &json).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let again =
            CalendarObject::read(&written).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let (was, is) = (times(object), times(&again));
        assert_eq!(was, is, "{name}");
        let (old, new) = (
            String::from_utf8_lossy(text),
            String::from_utf8_lossy(&written),
        );
        let (gone, come) = difference(&old, &new);
        let expected = |line: &String| {
            let line = line.to_ascii_uppercase();
            line.starts_with("SUMMARY")
                || line.starts_with("PRIORITY")
                || line.starts_with("DTSTAMP")
        };
        assert!(
            gone.iter().all(expected) && come.iter().all(expected),
            "{name}: {gone:#?} {come:#?}"
        );
        assert_eq!(read(&again).unwrap().json, json, "{name}");
    }
}

#[test]
fn occurrences_of_real_events_are_found_by_their_keys() {
    let Some(events) = events() else { return };
    let mut asked = 0;
    for (name, _, object) in events.iter().filter(|(.., object)| object.is_recurring()) {
        let Ok(found) = object.occurrences(YEARS, &Zone::UTC, OCCURRENCES_MAX) else {
            continue;
        };
        let keys = Keys::of(object);
        for one in found.iter().take(5).chain(found.iter().rev().take(3)) {
            let Some(key) = keys.key(&one.recurrence_id) else {
                continue;
            };
            let InstanceKey(_) = key;
            let json = occurrence(object, key).unwrap_or_else(|| panic!("{name}: {one:?}"));
            let (start, end) = utc_range(&json, &Zone::UTC).unwrap();
            assert_eq!((start, end), (one.start, one.end), "{name}: {one:?}");
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
}
