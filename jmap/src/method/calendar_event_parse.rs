//! `CalendarEvent/parse` (JMAP Calendars draft -26 5.14).

use std::collections::BTreeSet;

use icalendar::CalendarObject;
use serde_json::Value;

use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::jscalendar;
use crate::limits::GET_OBJECTS_MAX;

/// Octets of a file that is read.
const FILE_OCTETS_MAX: u64 = 10 * 1024 * 1024;

/// Events of one file.
const EVENTS_MAX: usize = 1_000;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let ids = call.arguments.ids("blobIds")?;
    let ids = ids.ok_or_else(|| MethodError::invalid_arguments("`blobIds` has to be there"))?;
    let properties = call.arguments.texts("properties")?;
    let properties = properties.map(|all| all.into_iter().collect::<BTreeSet<String>>());
    call.finish()?;
    if ids.len() > GET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let (mut parsed, mut not_parsable, mut not_found) = (Object::new(), Vec::new(), Vec::new());
    for id in ids {
        let name = call.shared.resolve(&id).unwrap_or_default();
        let Some(blob) = crate::blob::resolve(&call.visit, account, &name).await? else {
            not_found.push(Value::from(id));
            continue;
        };
        let events = match blob.size <= FILE_OCTETS_MAX {
            true => events(&blob.octets().await?),
            false => None,
        };
        match events {
            Some(mut events) => {
                if let Some(properties) = &properties {
                    for event in &mut events {
                        event.retain(|name, _| properties.contains(name));
                    }
                }
                let events: Value = events.into_iter().map(Value::Object).collect();
                call.shared.take_room_for(&events)?;
                parsed.insert(id, events);
            }
            None => not_parsable.push(Value::from(id)),
        }
    }
    let or_null = |list: Vec<Value>| match list.is_empty() {
        true => Value::Null,
        false => list.into(),
    };
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    let parsed = match parsed.is_empty() {
        true => Value::Null,
        false => parsed.into(),
    };
    answer.insert("parsed".into(), parsed);
    answer.insert("notParsable".into(), or_null(not_parsable));
    answer.insert("notFound".into(), or_null(not_found));
    Ok(Answer::from(answer))
}

/// The events of a file; none if it is no calendar, or has too many.
fn events(octets: &[u8]) -> Option<Vec<Object>> {
    if let Ok(object) = CalendarObject::read_message(octets) {
        return event(&object).map(|event| vec![event]).or(Some(Vec::new()));
    }
    let pieces = icalendar::split(octets).ok()?;
    let mut events = Vec::new();
    for piece in pieces {
        let object = CalendarObject::read_message(&piece).ok()?;
        events.extend(event(&object));
        if events.len() > EVENTS_MAX {
            return None;
        }
    }
    Some(events)
}

fn event(object: &CalendarObject) -> Option<Object> {
    let mut json = jscalendar::read(object)?.json;
    if let Some(method) = object.method() {
        // JMAP Calendars draft -26 5.14: a message may have it.
        json.insert("method".into(), method.to_lowercase().into());
    }
    Some(json)
}
