//! All properties of one component, read and written together; what iCalendar has no word for is kept in `JSPROP`.

use std::collections::BTreeSet;

use icalendar::Kind;
use serde_json::Value;

use super::block::{Block, Line};
use super::patch::step;
use super::time::{self, Moment};
use super::zones::Zones;
use super::{Invalid, Object, alert, due, link, participant, place, recurrence, simple, task};

/// draft-ietf-calext-jscalendar-icalendar: a property of JSCalendar that iCalendar has no word for.
const JSPROP: &str = "JSPROP";

/// Such lines of one component.
const JSPROPS_MAX: usize = 500;

/// Properties that are no part of a component: they are made from where it lies, or from other components.
pub(super) const ELSEWHERE: [&str; 17] = [
    "@type",
    "id",
    "baseEventId",
    "baseTaskId",
    "calendarIds",
    "taskListId",
    "isOrigin",
    "utcStart",
    "utcEnd",
    "utcDue",
    "blobId",
    "prodId",
    "method",
    "recurrenceId",
    "recurrenceIdTimeZone",
    "recurrenceOverrides",
    "timeZones",
];

/// The `@type` of a kind (RFC 8984 2).
pub(super) fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Task => "Task",
        _ => "Event",
    }
}

/// What JSON says of a component.
pub(super) fn read(block: &Block, zones: &Zones) -> Object {
    let mut json = Object::new();
    let kind = Kind::of(&block.name).unwrap_or(Kind::Event);
    json.insert("@type".into(), type_of(kind).into());
    simple::read(&mut json, block);
    match kind {
        Kind::Task => {
            task::read(&mut json, block);
            due::read(&mut json, block, zones);
        }
        _ => time::read(&mut json, block, zones),
    }
    recurrence::read(&mut json, block, time::start_of(block, zones).as_ref());
    participant::read(&mut json, block);
    place::read(&mut json, block);
    link::read(&mut json, block);
    alert::read(&mut json, block);
    for line in block.all(JSPROP).take(JSPROPS_MAX) {
        restore(&mut json, line);
    }
    json
}

/// Adds a property that a line keeps, if there is a place for it and nothing there.
fn restore(json: &mut Object, line: &Line) {
    let Some(path) = line.parameter("JSPTR") else {
        return;
    };
    let Ok(value) = serde_json::from_str::<Value>(&line.text()) else {
        return;
    };
    let steps: Vec<String> = path
        .split('/')
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    let Some((last, way)) = steps.split_last() else {
        return;
    };
    if steps
        .first()
        .is_some_and(|first| ELSEWHERE.contains(&first.as_str()))
    {
        return;
    }
    let mut current = json;
    for step in way {
        match current.get_mut(step).and_then(Value::as_object_mut) {
            Some(inner) => current = inner,
            None => return,
        }
    }
    current.entry(last.clone()).or_insert(value);
}

/// Makes a component say what JSON says, where that differs from what it said before.
///
/// # Errors
/// A property has a value that it cannot have.
pub(super) fn write(
    block: &mut Block,
    old: &Object,
    new: &Object,
    (zones, used): (&Zones, &mut BTreeSet<String>),
) -> Result<(), Invalid> {
    if old == new {
        return Ok(());
    }
    let was = time::start_of(block, zones);
    simple::write(block, old, new)?;
    let is_task = block.is("VTODO");
    if is_task {
        task::write(block, old, new)?;
        due::write(block, (old, new), zones, used)?;
    } else {
        time::write(block, (old, new), zones, used)?;
    }
    match time::start_of(block, zones) {
        Some(start) => {
            let reformed = was.as_ref().is_some_and(|was| !same_form(was, &start));
            recurrence::write(block, (old, new), &start, reformed)?;
        }
        // RFC 8984 5.2.2: a task need not begin at any time.
        None if is_task => recurrence::write_without_start(block, (old, new), was.is_some())?,
        None => return Err(Invalid::new("start", "it is missing")),
    }
    participant::write(block, old, new)?;
    place::write(block, old, new)?;
    link::write(block, old, new)?;
    alert::write(block, old, new)?;
    keep_rest(block, new, zones);
    Ok(())
}

/// Whether times of both are written alike.
pub(super) fn same_form(one: &Moment, other: &Moment) -> bool {
    one.is_date == other.is_date && one.place.name() == other.place.name()
}

/// Puts what the lines do not say into lines of its own.
fn keep_rest(block: &mut Block, new: &Object, zones: &Zones) {
    block.remove(JSPROP);
    let said = read(block, zones);
    let mut rest: Vec<(String, &Value)> = Vec::new();
    for (name, value) in new {
        if value.is_null() || ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        match (said.get(name), value) {
            (None, _) => rest.push((step(name), value)),
            (Some(Value::Object(said)), Value::Object(value)) => {
                missing(&mut rest, &step(name), said, value, 2);
            }
            _ => {}
        }
    }
    for (path, value) in rest.into_iter().take(JSPROPS_MAX) {
        let line = Line::of_text(JSPROP, &value.to_string()).with("JSPTR", &path);
        block.lines.push(line);
    }
}

/// What of an object is not said, down to a depth: entries of maps, and their properties.
fn missing<'a>(
    rest: &mut Vec<(String, &'a Value)>,
    path: &str,
    said: &Object,
    value: &'a Object,
    depth: usize,
) {
    for (name, value) in value {
        if value.is_null() || name == "@type" {
            continue;
        }
        let path = format!("{path}/{}", step(name));
        match (said.get(name), value) {
            (None, _) => rest.push((path, value)),
            (Some(Value::Object(said)), Value::Object(value)) if depth > 0 => {
                missing(rest, &path, said, value, depth - 1);
            }
            _ => {}
        }
    }
}
