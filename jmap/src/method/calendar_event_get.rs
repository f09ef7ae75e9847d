//! `CalendarEvent/get` (JMAP Calendars draft -26 5.8).

use std::sync::Arc;

use groupware::{CollectionInfo, Object as Stored};
use model::CollectionKind;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::get::{Get, Got};
use crate::words::calendar::is_calendar;
use crate::words::calendar_event::{EventReader, Shape, is_event, zone_argument};
use crate::words::event_id::EventId;

/// Events that are read at once.
const EVENTS_AT_ONCE: usize = 128;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<EventId>::read(&mut call, &[]).await?;
    let shape = Shape {
        before: seconds(&mut call, "recurrenceOverridesBefore")?,
        after: seconds(&mut call, "recurrenceOverridesAfter")?,
        reduce_participants: call.arguments.flag("reduceParticipants")?.unwrap_or(false),
        floating: zone_argument(call.arguments.text("timeZone")?.as_deref())?,
        properties: get.properties.clone(),
    };
    call.finish()?;
    let wants_utc = get.properties.as_ref().is_some_and(|properties| {
        let has = |name| properties.contains(name);
        (has("utcStart") || has("utcEnd")) && has("recurrenceOverrides")
    });
    if wants_utc {
        // JMAP Calendars draft -26 5.8: overrides cannot be understood with times in UTC alone.
        let why = "`recurrenceOverrides` cannot be asked for together with `utcStart` or `utcEnd`";
        return Err(MethodError::invalid_arguments(why));
    }
    let state = call.state(get.account, DataType::CalendarEvent).await?;
    let reader = EventReader::new(&call.visit, get.account).await?;
    let calendars = call
        .groupware()
        .readable_collections(call.caller(), get.account, CollectionKind::Calendar)
        .await?;
    let mut got = Got::new(&call, &get, state);
    let mut wanted: Vec<(EventId, CollectionInfo, Arc<Stored>)> = Vec::new();
    let visible = || {
        calendars
            .iter()
            .filter(|calendar| is_calendar(&calendar.info))
    };
    match &get.ids {
        None => {
            for calendar in visible() {
                let events = calendar
                    .view
                    .iter()
                    .filter(|object| is_event(object, &reader));
                wanted.extend(events.map(|object| {
                    let id = EventId::whole(object.row.object);
                    (id, calendar.info.clone(), Arc::clone(object))
                }));
            }
        }
        Some(ids) => {
            for id in ids {
                let found = visible().find_map(|calendar| {
                    let object = calendar.view.by_id(id.object)?;
                    is_event(object, &reader)
                        .then(|| (*id, calendar.info.clone(), Arc::clone(object)))
                });
                match found {
                    Some(found) => wanted.push(found),
                    None => got.not_found(id.wire()),
                }
            }
        }
    }
    for some in wanted.chunks(EVENTS_AT_ONCE) {
        let objects: Vec<Arc<Stored>> =
            some.iter().map(|(.., object)| Arc::clone(object)).collect();
        let read = call.groupware().calendar_objects(&objects).await?;
        for ((id, info, _), object) in some.iter().zip(read) {
            let json = object.and_then(|object| reader.whole(info, &object, *id));
            match json {
                Some(json) => got.add(reader.shown(json, &shape))?,
                None if get.ids.is_some() => got.not_found(id.wire()),
                None => {}
            }
        }
    }
    Ok(got.into())
}

fn seconds(call: &mut Call, name: &str) -> Result<Option<i64>, MethodError> {
    Ok(call.arguments.date(name)?.map(|at| at.seconds()))
}
