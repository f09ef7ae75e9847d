//! `Task/query` (JMAP Tasks draft -06 4).

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
use crate::jscalendar::{InstanceKey, Keys, parse_stamp, read_task, utc_times};
use crate::standard::query::{Found, Query};
use crate::words::calendar_event::{EventReader, zone_argument};
use crate::words::event_id::EventId;
use crate::words::task::is_task;
use crate::words::task_filter::{Candidate, TaskCondition, finder, holds, is_out, progress};
use crate::words::task_id::TaskId;
use crate::words::task_list::is_list;

/// Tasks are expanded over so long a time at most: two years, in seconds. What is done once a year is found.
const EXPANDED_SECONDS_MAX: i64 = 2 * 366 * 86_400;

/// Occurrences that one query finds.
const OCCURRENCES_MAX: usize = 50_000;

/// Tasks that are read at once.
const TASKS_AT_ONCE: usize = 256;

/// What tasks can be sorted by.
const SORT_OPTIONS: [&str; 9] = [
    "due",
    "start",
    "title",
    "priority",
    "progress",
    "uid",
    "recurrenceId",
    "created",
    "updated",
];

/// A task or occurrence that was found, and what it is sorted by.
#[derive(Clone, Debug)]
pub(super) struct Row {
    id: TaskId,
    start: i64,
    due: i64,
    title: String,
    /// RFC 8984 4.4.1: 0 is none, and comes after 9.
    priority: u64,
    progress: String,
    uid: Arc<str>,
    created: i64,
    updated: i64,
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let find_list = finder(&call);
    let query = Query::read(&mut call, |condition| {
        TaskCondition::read(&find_list, condition)
    })
    .await?;
    let expand = call.arguments.flag("expandRecurrences")?.unwrap_or(false);
    let zone = zone_argument(call.arguments.text("timeZone")?.as_deref())?;
    call.finish()?;
    check_sort(&query.sort)?;
    let range = match expand {
        true => Some(expanded_range(query.filter.as_ref(), &zone)?),
        false => None,
    };
    let state = call.state(query.account, DataType::Task).await?;
    let mut rows = find(&call, query.account, query.filter.as_ref(), &zone, range).await?;
    sort(&mut rows, &query.sort);
    let all: Vec<TaskId> = rows.into_iter().map(|row| row.id).collect();
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
    filter: Option<&Filter<TaskCondition>>,
    zone: &Zone,
) -> Result<Range<i64>, MethodError> {
    let range = match filter {
        Some(Filter::Condition(condition)) => condition.bounded(zone),
        _ => None,
    };
    let why = "`expandRecurrences` needs a filter that is one condition with `after` and `before`";
    let range = range.ok_or_else(|| MethodError::invalid_arguments(why))?;
    if range.end.saturating_sub(range.start) > EXPANDED_SECONDS_MAX {
        return Err(MethodError::new("expandDurationTooLarge").with("maxDuration", "P2Y"));
    }
    Ok(range)
}

/// # Errors
/// RFC 8620 5.5 `unsupportedSort`.
pub(super) fn check_sort(sort: &[Comparator]) -> Result<(), MethodError> {
    let unknown = |one: &&Comparator| !SORT_OPTIONS.contains(&one.property.as_str());
    match sort.iter().find(unknown) {
        None => Ok(()),
        Some(one) => Err(MethodError::unsupported_sort(format!(
            "tasks cannot be sorted by `{}`",
            one.property
        ))),
    }
}

/// All that a filter takes in.
pub(super) async fn find(
    call: &Call,
    account: model::AccountId,
    filter: Option<&Filter<TaskCondition>>,
    zone: &Zone,
    expanded: Option<Range<i64>>,
) -> Result<Vec<Row>, MethodError> {
    let reader = EventReader::new(&call.visit, account).await?;
    let lists = call
        .groupware()
        .readable_collections(call.caller(), account, CollectionKind::Calendar)
        .await?;
    let mut candidates: Vec<Arc<Stored>> = Vec::new();
    for list in lists.iter().filter(|list| is_list(&list.info)) {
        let objects = list.view.iter().filter(|object| {
            is_task(object, &reader)
                && !filter.is_some_and(|filter| is_out(filter, &candidate(object), zone))
        });
        candidates.extend(objects.cloned());
    }
    let mut rows = Vec::with_capacity(candidates.len());
    for some in candidates.chunks(TASKS_AT_ONCE) {
        let read = call.groupware().calendar_objects(some).await?;
        for (object, task) in some.iter().zip(read) {
            let Some(task) = task else { continue };
            if filter.is_some_and(|filter| !holds(filter, &candidate(object), &task, zone)) {
                continue;
            }
            match (&expanded, filter) {
                (Some(range), Some(Filter::Condition(condition))) => {
                    expand(&mut rows, object, &task, (range.clone(), zone), condition)?;
                }
                _ => rows.push(row(object, &task, zone)),
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
        list: object.row.collection,
        uid: &object.row.uid,
        summary: object.summary.calendar(),
    }
}

/// JMAP Calendars draft -26 5.12: one id for each occurrence, where all conditions hold in the same one.
fn expand(
    rows: &mut Vec<Row>,
    object: &Stored,
    task: &CalendarObject,
    (range, zone): (Range<i64>, &Zone),
    condition: &TaskCondition,
) -> Result<(), MethodError> {
    let room = OCCURRENCES_MAX.saturating_sub(rows.len());
    let occurrences = task
        .occurrences(range, zone, room)
        .map_err(|_| MethodError::new("cannotCalculateOccurrences"))?;
    let keys = Keys::of(task);
    let recurs = task.is_recurring();
    let main = row(object, task, zone);
    for occurrence in occurrences {
        let Some(component) = task.tree().component(occurrence.component) else {
            continue;
        };
        if !condition.holds_in(component) {
            continue;
        }
        let key: Option<InstanceKey> = keys.key(&occurrence.recurrence_id).filter(|_| recurs);
        rows.push(Row {
            id: match key {
                None => main.id,
                Some(key) => TaskId(EventId::occurrence(object.row.object, key)),
            },
            start: occurrence.start,
            due: occurrence.end,
            progress: progress(component),
            ..main.clone()
        });
    }
    Ok(())
}

fn row(object: &Stored, task: &CalendarObject, zone: &Zone) -> Row {
    let main = task.main();
    let instant = |name: &str| {
        let value = main.value(name)?;
        parse_stamp(value).map(|(instant, ..)| instant)
    };
    let json = read_task(task).map(|task| task.json).unwrap_or_default();
    let (start, due) = utc_times(&json, zone);
    let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
    let priority = json.get("priority").and_then(serde_json::Value::as_u64);
    Row {
        id: TaskId::whole(object.row.object),
        // What has no time comes after all that has one.
        start: start.unwrap_or(i64::MAX),
        due: due.unwrap_or(i64::MAX),
        title: text("title").unwrap_or_default().to_lowercase(),
        priority: priority.filter(|one| *one > 0).unwrap_or(u64::MAX),
        progress: progress(main),
        uid: object.row.uid.as_str().into(),
        created: instant("CREATED").unwrap_or(object.row.created_at.seconds()),
        updated: instant("LAST-MODIFIED")
            .or_else(|| instant("DTSTAMP"))
            .unwrap_or(object.row.modified_at.seconds()),
    }
}

/// RFC 8620 5.5: by the comparators, the rest by number.
fn sort(rows: &mut [Row], sort: &[Comparator]) {
    rows.sort_by(|one, other| {
        let by = |comparator: &Comparator| {
            let order = match comparator.property.as_str() {
                "due" => one.due.cmp(&other.due),
                "start" => one.start.cmp(&other.start),
                "title" => one.title.cmp(&other.title),
                "priority" => one.priority.cmp(&other.priority),
                "progress" => one.progress.cmp(&other.progress),
                "uid" => one.uid.cmp(&other.uid),
                "recurrenceId" => one.id.0.instance.cmp(&other.id.0.instance),
                "created" => one.created.cmp(&other.created),
                _ => one.updated.cmp(&other.updated),
            };
            match comparator.ascending {
                true => order,
                false => order.reverse(),
            }
        };
        sort.iter()
            .map(by)
            .find(|order| *order != Ordering::Equal)
            .unwrap_or_else(|| one.id.cmp(&other.id))
    });
}
