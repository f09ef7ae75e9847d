//! `CalendarEvent/query` (JMAP Calendars draft -26 5.12).

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use groupware::Object as Stored;
use icalendar::{CalendarObject, Zone};
use model::CollectionKind;

use crate::call::{Call, Outcome};
use crate::codec::filter::{Comparator, Filter};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::jscalendar::{InstanceKey, Keys};
use crate::standard::query::{Found, Query};
use crate::words::calendar::is_calendar;
use crate::words::calendar_event::{EventReader, is_event, zone_argument};
use crate::words::event_filter::{CallIds, Candidate, EventCondition, holds, is_out};
use crate::words::event_id::EventId;

/// `maxExpandedQueryDuration`: a year, in seconds.
const EXPANDED_SECONDS_MAX: i64 = 366 * 86_400;

/// Occurrences that one query finds.
const OCCURRENCES_MAX: usize = 50_000;

/// Events that are read at once.
const EVENTS_AT_ONCE: usize = 256;

/// An event or occurrence that was found, and what it is sorted by.
#[derive(Clone, Debug)]
pub(super) struct Row {
    id: EventId,
    start: i64,
    uid: Arc<str>,
    created: i64,
    updated: i64,
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let ids = CallIds::of(&call);
    let query = Query::read(&mut call, |condition| EventCondition::read(&ids, condition)).await?;
    let expand = call.arguments.flag("expandRecurrences")?.unwrap_or(false);
    let zone = zone_argument(call.arguments.text("timeZone")?.as_deref())?;
    call.finish()?;
    check_sort(&query.sort)?;
    let range = match expand {
        true => Some(expanded_range(query.filter.as_ref(), &zone)?),
        false => None,
    };
    let state = call.state(query.account, DataType::CalendarEvent).await?;
    let mut rows = find(&call, query.account, query.filter.as_ref(), &zone, range).await?;
    sort(&mut rows, &query.sort);
    let all: Vec<EventId> = rows.into_iter().map(|row| row.id).collect();
    let (position, part) = query.window.part(&call, &all)?;
    let found = Found {
        state,
        can_calculate_changes: false,
        position,
        ids: part.iter().map(|id| id.wire()).collect(),
        total: Some(all.len()),
    };
    Ok(found.answer(&query))
}

/// JMAP Calendars draft -26 5.12: what is expanded has two ends, and they are not too far apart.
fn expanded_range(
    filter: Option<&Filter<EventCondition>>,
    zone: &Zone,
) -> Result<Range<i64>, MethodError> {
    let range = match filter {
        Some(Filter::Condition(condition)) => condition.bounded(zone),
        _ => None,
    };
    let why = "`expandRecurrences` needs a filter that is one condition with `after` and `before`";
    let range = range.ok_or_else(|| MethodError::invalid_arguments(why))?;
    if range.end.saturating_sub(range.start) > EXPANDED_SECONDS_MAX {
        return Err(MethodError::new("expandDurationTooLarge").with("maxDuration", "P1Y"));
    }
    Ok(range)
}

/// # Errors
/// RFC 8620 5.5 `unsupportedSort`.
pub(super) fn check_sort(sort: &[Comparator]) -> Result<(), MethodError> {
    let known = ["start", "uid", "recurrenceId", "created", "updated"];
    match sort
        .iter()
        .find(|one| !known.contains(&one.property.as_str()))
    {
        None => Ok(()),
        Some(one) => Err(MethodError::unsupported_sort(format!(
            "events cannot be sorted by `{}`",
            one.property
        ))),
    }
}

/// All that a filter takes in.
pub(super) async fn find(
    call: &Call,
    account: model::AccountId,
    filter: Option<&Filter<EventCondition>>,
    zone: &Zone,
    expanded: Option<Range<i64>>,
) -> Result<Vec<Row>, MethodError> {
    let reader = EventReader::new(&call.visit, account).await?;
    let calendars = call
        .groupware()
        .readable_collections(call.caller(), account, CollectionKind::Calendar)
        .await?;
    let mut candidates: Vec<Arc<Stored>> = Vec::new();
    for calendar in calendars
        .iter()
        .filter(|calendar| is_calendar(&calendar.info))
    {
        let objects = calendar.view.iter().filter(|object| {
            is_event(object, &reader)
                && !filter.is_some_and(|filter| is_out(filter, &candidate(object), zone))
        });
        candidates.extend(objects.cloned());
    }
    let mut rows = Vec::with_capacity(candidates.len());
    for some in candidates.chunks(EVENTS_AT_ONCE) {
        let read = call.groupware().calendar_objects(some).await?;
        for (object, event) in some.iter().zip(read) {
            let Some(event) = event else { continue };
            if filter.is_some_and(|filter| !holds(filter, &candidate(object), &event, zone)) {
                continue;
            }
            match (&expanded, filter) {
                (Some(range), Some(Filter::Condition(condition))) => {
                    expand(&mut rows, object, &event, (range.clone(), zone), condition)?;
                }
                _ => rows.push(row(object, &event, None)),
            }
            if rows.len() > OCCURRENCES_MAX {
                return Err(MethodError::new("cannotCalculateOccurrences"));
            }
        }
    }
    Ok(rows)
}

fn candidate(object: &Stored) -> Candidate<'_> {
    Candidate {
        calendar: object.row.collection,
        uid: &object.row.uid,
        summary: object.summary.calendar(),
    }
}

/// JMAP Calendars draft -26 5.12: one id for each occurrence, where all conditions hold in the same one.
fn expand(
    rows: &mut Vec<Row>,
    object: &Stored,
    event: &CalendarObject,
    (range, zone): (Range<i64>, &Zone),
    condition: &EventCondition,
) -> Result<(), MethodError> {
    let room = OCCURRENCES_MAX.saturating_sub(rows.len());
    let occurrences = event
        .occurrences(range, zone, room)
        .map_err(|_| MethodError::new("cannotCalculateOccurrences"))?;
    let keys = Keys::of(event);
    let recurs = event.is_recurring();
    for occurrence in occurrences {
        let component = event.tree().component(occurrence.component);
        if !component.is_some_and(|component| condition.holds_in(component)) {
            continue;
        }
        let key = keys.key(&occurrence.recurrence_id).filter(|_| recurs);
        rows.push(Row {
            start: occurrence.start,
            ..row(object, event, key)
        });
    }
    Ok(())
}

fn row(object: &Stored, event: &CalendarObject, key: Option<InstanceKey>) -> Row {
    let main = event.main();
    let instant = |name: &str| {
        let value = main.value(name)?;
        crate::jscalendar::parse_stamp(value).map(|(instant, ..)| instant)
    };
    let first = object.summary.calendar().and_then(|summary| summary.first);
    Row {
        id: match key {
            None => EventId::whole(object.row.object),
            Some(key) => EventId::occurrence(object.row.object, key),
        },
        start: first.unwrap_or(i64::MIN),
        uid: object.row.uid.as_str().into(),
        created: instant("CREATED").unwrap_or(object.row.created_at.seconds()),
        updated: instant("LAST-MODIFIED")
            .or_else(|| instant("DTSTAMP"))
            .unwrap_or(object.row.modified_at.seconds()),
    }
}

/// RFC 8620 5.5: by the comparators, the rest by when they begin.
pub(super) fn sort(rows: &mut [Row], sort: &[Comparator]) {
    rows.sort_by(|one, other| {
        let by = |comparator: &Comparator| {
            let order = match comparator.property.as_str() {
                "uid" => one.uid.cmp(&other.uid),
                "recurrenceId" => one.id.instance.cmp(&other.id.instance),
                "created" => one.created.cmp(&other.created),
                "updated" => one.updated.cmp(&other.updated),
                _ => one.start.cmp(&other.start),
            };
            match comparator.ascending {
                true => order,
                false => order.reverse(),
            }
        };
        sort.iter()
            .map(by)
            .find(|order| *order != Ordering::Equal)
            .unwrap_or_else(|| (one.start, one.id).cmp(&(other.start, other.id)))
    });
}
