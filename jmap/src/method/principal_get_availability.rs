//! `Principal/getAvailability` (JMAP Calendars draft -26 3.1).

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use groupware::{CollectionInfo, Object as Stored};
use icalendar::{Busy, BusyKind, Class, Kind};
use model::{AccountId, CollectionKind, CollectionRights, PrincipalId};
use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome};
use crate::codec::date;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::jscalendar::Keys;
use crate::words::calendar_event::Event;
use crate::words::item::{Shape, shown, whole};
use crate::words::item_id::{EventId, ItemId};
use crate::words::item_reader::ItemReader;

/// `maxAvailabilityDuration`: a year, in seconds.
const RANGE_SECONDS_MAX: i64 = 366 * 86_400;

/// Busy times that one answer tells.
const PERIODS_MAX: usize = 10_000;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let id = call.arguments.required_text("id")?;
    let time = |call: &mut Call, name: &str| {
        let at = call.arguments.date(name)?;
        at.map(|at| at.seconds())
            .ok_or_else(|| MethodError::invalid_arguments(format!("`{name}` has to be there")))
    };
    let range = time(&mut call, "utcStart")?..time(&mut call, "utcEnd")?;
    let details = call.arguments.flag("showDetails")?.unwrap_or(false);
    let properties = call.arguments.texts("eventProperties")?;
    call.finish()?;
    if range.is_empty() {
        return Err(MethodError::invalid_arguments(
            "`utcEnd` has to be after `utcStart`",
        ));
    }
    if range.end.saturating_sub(range.start) > RANGE_SECONDS_MAX {
        return Err(MethodError::request_too_large().with("maxDuration", "P1Y"));
    }
    let principal = call.id::<PrincipalId>(&id);
    let known = match principal {
        Some(principal) => call.directory().principal(principal).await,
        None => Ok(None),
    };
    let known = known.map_err(|error| MethodError::from(groupware::Error::from(error)))?;
    let Some(known) = known else {
        return Err(MethodError::new("notFound"));
    };
    let whose = AccountId::from(known.id);
    let busy = call
        .groupware()
        .free_busy_of(call.caller(), whose, range.clone(), None)
        .await;
    let busy = busy.map_err(|error| match error {
        groupware::Error::NotFound => MethodError::forbidden(),
        groupware::Error::Refused(_) => MethodError::request_too_large(),
        error => error.into(),
    })?;
    let list = match details {
        false => busy.iter().map(|busy| period(busy, None)).collect(),
        true => {
            let properties = properties.map(|all| all.into_iter().collect());
            detailed(&call, whose, &range, &busy, properties).await?
        }
    };
    if list.len() > PERIODS_MAX {
        return Err(MethodError::request_too_large());
    }
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("list".into(), list.into());
    call.shared.take_room(&answer)?;
    Ok(Answer::from(answer))
}

fn period(busy: &Busy, event: Option<&Object>) -> Value {
    let status = match busy.kind {
        BusyKind::Busy => "confirmed",
        BusyKind::Tentative => "tentative",
        BusyKind::Unavailable => "unavailable",
    };
    let at = |seconds: i64| date::write(model::Timestamp(seconds.saturating_mul(1_000)));
    json!({
        "utcStart": at(busy.start),
        "utcEnd": at(busy.end),
        "busyStatus": status,
        "event": event,
    })
}

/// JMAP Calendars draft -26 3.1: with the events that the caller may read, besides the times that are all it may know.
async fn detailed(
    call: &Call,
    account: AccountId,
    range: &Range<i64>,
    merged: &[Busy],
    properties: Option<BTreeSet<String>>,
) -> Result<Vec<Value>, MethodError> {
    let reader = ItemReader::new(&call.visit, account).await?;
    let shape = Shape {
        floating: icalendar::Zone::UTC,
        before: None,
        after: None,
        reduce_participants: false,
        properties,
    };
    let groupware = call.groupware();
    let all = groupware.collections(call.caller(), account).await?;
    let counts = |info: &&CollectionInfo| {
        info.collection.kind == CollectionKind::Calendar && !info.collection.properties.transparent
    };
    let hidden = all
        .iter()
        .filter(counts)
        .any(|info| !info.rights.contains(CollectionRights::READ));
    let mut list: Vec<(i64, Value)> = Vec::new();
    // What may not be read, or is not by events at all, is told merged.
    let untold = merged
        .iter()
        .filter(|busy| hidden || busy.kind == BusyKind::Unavailable);
    list.extend(untold.map(|busy| (busy.start, period(busy, None))));
    let readable = groupware
        .readable_collections(call.caller(), account, CollectionKind::Calendar)
        .await?;
    let owner = reader.main_address().map(str::to_owned);
    for calendar in readable {
        if calendar.info.collection.properties.transparent {
            continue;
        }
        let zone = groupware::calendar_zone(&calendar.info.collection.properties);
        let takes_time = |object: &&Arc<Stored>| {
            object
                .summary
                .calendar()
                .is_none_or(|summary| summary.kind == Kind::Event && summary.may_overlap(range))
        };
        let objects: Vec<Arc<Stored>> = calendar.view.iter().filter(takes_time).cloned().collect();
        let read = groupware.calendar_objects(&objects).await?;
        for (object, event) in objects.iter().zip(read) {
            let Some(event) = event else { continue };
            let busy = event
                .busy(range.clone(), &zone, owner.as_deref())
                .map_err(|_| MethodError::request_too_large())?;
            let told = event.summary().class == Class::Public || reader.sees(event.summary().class);
            let keys = Keys::of(&event);
            for busy in busy {
                let all = EventId::whole(object.row.object);
                let id = match event.is_recurring() {
                    false => all,
                    true => event
                        .occurrences(busy.start..busy.start.saturating_add(1), &zone, 8)
                        .ok()
                        .and_then(|found| {
                            let found =
                                found.into_iter().find(|found| found.start == busy.start)?;
                            keys.key(&found.recurrence_id)
                        })
                        .map_or(all, |key| EventId::new(object.row.object, Some(key))),
                };
                let json = whole::<Event>(&reader, &calendar.info, &event, id).filter(|_| told);
                let json = json.map(|json| {
                    let mut json = shown::<Event>(&reader, json, &shape);
                    // JMAP Calendars draft -26 3.1: it is an event of JSCalendar, which one id alone does not make.
                    for name in ["id", "baseEventId", "calendarIds", "isDraft", "isOrigin"] {
                        json.remove(name);
                    }
                    json
                });
                list.push((busy.start, period(&busy, json.as_ref())));
            }
            if list.len() > PERIODS_MAX {
                return Err(MethodError::request_too_large());
            }
        }
    }
    list.sort_by_key(|(start, _)| *start);
    Ok(list.into_iter().map(|(_, period)| period).collect())
}
