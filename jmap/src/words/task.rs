//! `Task` (JMAP Tasks draft -06 4): a stored task and what JMAP says of it beside JSCalendar.

use std::collections::BTreeSet;

use groupware::CollectionInfo;
use icalendar::{CalendarObject, Kind, Zone};
use model::ObjectId;
use serde_json::Value;

use super::calendar_event::EventReader;
use super::task_id::TaskId;
use crate::codec::id::{TaskListId, WireId};
use crate::codec::json::Object;
use crate::jscalendar::{self, utc_time, utc_times};

/// What others see of a task that its owner keeps private (RFC 8984 4.4.3).
const PUBLIC: [&str; 23] = [
    "@type",
    "id",
    "baseTaskId",
    "taskListId",
    "isDraft",
    "utcStart",
    "utcDue",
    "created",
    "due",
    "estimatedDuration",
    "percentComplete",
    "privacy",
    "progress",
    "progressUpdated",
    "recurrenceId",
    "recurrenceIdTimeZone",
    "recurrenceOverrides",
    "recurrenceRule",
    "sequence",
    "showWithoutTime",
    "start",
    "timeZone",
    "uid",
];

/// Values that properties have where nothing is said of them (RFC 8984 4, 5.2).
fn default_of(name: &str) -> Option<Value> {
    Some(match name {
        "title" | "description" => "".into(),
        "descriptionContentType" => "text/plain".into(),
        "showWithoutTime" | "isDraft" | "useDefaultAlerts" => false.into(),
        "sequence" | "priority" | "percentComplete" | "sortOrder" => 0.into(),
        "progress" => "needs-action".into(),
        "privacy" => "public".into(),
        "baseTaskId"
        | "start"
        | "due"
        | "timeZone"
        | "estimatedDuration"
        | "progressUpdated"
        | "workflowStatus"
        | "estimatedWork"
        | "impact"
        | "recurrenceId"
        | "recurrenceIdTimeZone"
        | "recurrenceRule"
        | "recurrenceOverrides"
        | "participants"
        | "locations"
        | "virtualLocations"
        | "links"
        | "alerts"
        | "keywords"
        | "categories"
        | "relatedTo"
        | "color"
        | "locale"
        | "prodId" => Value::Null,
        _ => return None,
    })
}

/// How a client wants tasks.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// The zone of times without one, for `utcStart` and `utcDue`.
    pub(crate) floating: Zone,
    /// The properties; none for all.
    pub(crate) properties: Option<BTreeSet<String>>,
}

/// All of a task or an occurrence; none if there is no such occurrence, or the caller must not know.
pub(crate) fn whole(
    reader: &EventReader,
    info: &CollectionInfo,
    object: &CalendarObject,
    id: TaskId,
) -> Option<Object> {
    if !reader.sees(object.summary().class) {
        return None;
    }
    let mut json = match id.0.instance {
        None => jscalendar::read_task(object)?.json,
        Some(key) => {
            jscalendar::read_task(object)?;
            let mut json = jscalendar::occurrence(object, key)?;
            let base = TaskId::whole(id.0.object);
            json.insert("baseTaskId".into(), base.wire().into());
            json
        }
    };
    json.insert("id".into(), id.wire().into());
    let list = TaskListId(info.collection.id).wire();
    json.insert("taskListId".into(), list.into());
    json.entry("isDraft").or_insert(Value::Bool(false));
    Some(json)
}

/// The task as the client wants it, and as the caller may see it.
pub(crate) fn shown(reader: &EventReader, mut json: Object, shape: &Shape) -> Object {
    let privacy = json.get("privacy").and_then(Value::as_str);
    if !reader.is_own() && privacy.is_some_and(|privacy| privacy != "public") {
        json.retain(|name, _| PUBLIC.contains(&name.as_str()));
        let overrides = json
            .get_mut("recurrenceOverrides")
            .and_then(Value::as_object_mut);
        for patch in overrides.into_iter().flat_map(Object::values_mut) {
            if let Some(patch) = patch.as_object_mut() {
                patch.retain(|path, _| path == "excluded" || PUBLIC.contains(&path.as_str()));
            }
        }
    }
    if let Some(properties) = &shape.properties {
        let (start, due) = utc_times(&json, &shape.floating);
        for (name, instant) in [("utcStart", start), ("utcDue", due)] {
            json.insert(name.into(), instant.map(utc_time).into());
        }
        json.retain(|name, _| name == "id" || properties.contains(name));
        for name in properties.iter().filter(|name| *name != "id") {
            if !json.contains_key(name)
                && let Some(value) = default_of(name)
            {
                json.insert(name.clone(), value);
            }
        }
    }
    json
}

/// Whether an object is a task that the caller may see, by what is kept beside it.
pub(crate) fn is_task(object: &groupware::Object, reader: &EventReader) -> bool {
    object
        .summary
        .calendar()
        .is_some_and(|summary| summary.kind == Kind::Task && reader.sees(summary.class))
}

/// The number of a task on the wire.
pub(crate) fn wire(number: u32) -> String {
    TaskId::whole(ObjectId(number)).wire()
}
