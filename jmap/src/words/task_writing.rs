//! Writing of tasks (JMAP Tasks draft -06 4): what a client sets, and what the server sets beside it.

use model::Timestamp;
use serde_json::Value;

use super::calendar_event::EventReader;
use super::event_writing;
use crate::call::Call;
use crate::codec::date;
use crate::codec::id::TaskListId;
use crate::codec::json::Object;
use crate::error::SetError;
use crate::jscalendar::{parse_utc, set_utc_times};

/// What only the server sets.
const SERVER_SET: [&str; 2] = ["id", "baseTaskId"];

/// The list that a task is to be in.
///
/// # Errors
/// `invalidProperties`: there is none.
pub(crate) fn list_of(call: &Call, json: &Object) -> Result<TaskListId, SetError> {
    let fault = || SetError::invalid_property("taskListId", "has to be the id of a task list");
    let id = json.get("taskListId").and_then(Value::as_str);
    id.and_then(|id| call.id(id)).ok_or_else(fault)
}

/// Takes what JMAP says beside JSCalendar out of a task, and settles times in UTC.
///
/// # Errors
/// `invalidProperties`: something cannot be set, or is set twice.
pub(crate) fn plain(
    mut json: Object,
    before: Option<&Object>,
    set: &[&str],
) -> Result<Object, SetError> {
    let sets = |name: &str| set.contains(&name);
    for name in SERVER_SET {
        let given = json.remove(name);
        let known = before.and_then(|before| before.get(name));
        if sets(name) && given.as_ref() != known {
            return Err(SetError::invalid_property(name, "is set by the server"));
        }
    }
    if json.contains_key("method") {
        let why = "belongs to messages alone";
        return Err(SetError::invalid_property("method", why));
    }
    let mut utc = |name: &'static str, other: &'static str| match json.remove(name) {
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
    };
    let (start, due) = (utc("utcStart", "start")?, utc("utcDue", "due")?);
    set_utc_times(&mut json, start, due)?;
    json.remove("taskListId");
    if json.get("isDraft") == Some(&Value::Bool(false)) {
        json.remove("isDraft");
    }
    json.retain(|_, value| !value.is_null());
    Ok(json)
}

/// What a new task gets where the client says nothing.
///
/// # Errors
/// `invalidProperties`: its UID is none.
pub(crate) fn complete(
    json: &mut Object,
    reader: &EventReader,
    now: Timestamp,
) -> Result<(), SetError> {
    json.entry("@type").or_insert_with(|| "Task".into());
    event_writing::complete(json, reader, now)?;
    note_progress(&Object::new(), json, &[], now);
    Ok(())
}

/// RFC 8984 5.2.6: when the progress changed last is noted, unless the client says it itself. What is taken up again is
/// not done to its full extent any more.
pub(crate) fn note_progress(before: &Object, after: &mut Object, set: &[&str], now: Timestamp) {
    const OPEN: &str = "needs-action";
    let progress = |json: &Object| {
        let progress = json.get("progress").and_then(Value::as_str);
        progress.unwrap_or(OPEN).to_owned()
    };
    let (was, is) = (progress(before), progress(after));
    if was == is {
        return;
    }
    let told = after.contains_key("progressUpdated")
        && (before.is_empty() || set.contains(&"progressUpdated"));
    if !told {
        after.insert("progressUpdated".into(), date::write(now).into());
    }
    let whole = after.get("percentComplete").and_then(Value::as_u64) == Some(100);
    if was == "completed" && whole && !set.contains(&"percentComplete") {
        after.remove("percentComplete");
    }
}
