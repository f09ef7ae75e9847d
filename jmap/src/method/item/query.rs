//! `/query` of items.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use groupware::Object as Stored;
use icalendar::{CalendarObject, Zone};
use model::{AccountId, CollectionKind};

use crate::call::{Call, Outcome};
use crate::codec::filter::{Comparator, Filter};
use crate::error::MethodError;
use crate::jscalendar::{Keys, parse_stamp};
use crate::standard::query::Query;
use crate::words::container;
use crate::words::item::{Item, Order, is_one, progress, zone_argument};
use crate::words::item_condition::{Candidate, Condition, holds, is_out};
use crate::words::item_id::ItemId;
use crate::words::item_reader::ItemReader;

/// Occurrences that one query finds.
const OCCURRENCES_MAX: usize = 50_000;

/// Items that are read at once.
const ITEMS_AT_ONCE: usize = 256;

/// An item or occurrence that was found, and what it is sorted by.
#[derive(Clone, Debug)]
pub(super) struct Row<I> {
    id: I,
    order: Order,
    uid: Arc<str>,
    created: i64,
    updated: i64,
}

/// JMAP Calendars draft -26 5.12.
pub(in crate::method) async fn query<T: Item>(mut call: Call) -> Outcome {
    let shared = Arc::clone(&call.shared);
    let query = Query::read(&mut call, |from| Condition::read::<T>(&shared, from)).await?;
    let expand = call.arguments.flag("expandRecurrences")?.unwrap_or(false);
    let zone = zone_argument(&mut call)?;
    call.finish()?;
    check_sort::<T>(&query.sort)?;
    let range = match expand {
        true => Some(expanded_range::<T>(query.filter.as_ref(), &zone)?),
        false => None,
    };
    let state = call.state(query.account, T::TYPE).await?;
    let mut rows = find::<T>(&call, query.account, query.filter.as_ref(), &zone, range).await?;
    sort::<T>(&mut rows, &query.sort);
    let all: Vec<T::Id> = rows.into_iter().map(|row| row.id).collect();
    query.answer(&call, (state, false), &all)
}

/// JMAP Calendars draft -26 5.12: what is expanded has two ends, and they are not too far apart.
fn expanded_range<T: Item>(
    filter: Option<&Filter<Condition>>,
    zone: &Zone,
) -> Result<Range<i64>, MethodError> {
    let range = match filter {
        Some(Filter::Condition(condition)) => condition.bounded(zone),
        _ => None,
    };
    let why = "`expandRecurrences` needs a filter that is one condition with `after` and `before`";
    let range = range.ok_or_else(|| MethodError::invalid_arguments(why))?;
    if range.end.saturating_sub(range.start) > T::WORDS.expanded_seconds_max {
        let error = MethodError::new("expandDurationTooLarge");
        return Err(error.with("maxDuration", T::WORDS.expanded_max));
    }
    Ok(range)
}

/// # Errors
/// RFC 8620 5.5 `unsupportedSort`.
pub(super) fn check_sort<T: Item>(sort: &[Comparator]) -> Result<(), MethodError> {
    let known = T::WORDS.sort_options;
    let mut sort = sort.iter();
    match sort.find(|one| !known.contains(&one.property.as_str())) {
        None => Ok(()),
        Some(one) => Err(MethodError::unsupported_sort(format!(
            "{} cannot be sorted by `{}`",
            T::WORDS.many,
            one.property
        ))),
    }
}

/// All that a filter takes in.
pub(super) async fn find<T: Item>(
    call: &Call,
    account: AccountId,
    filter: Option<&Filter<Condition>>,
    zone: &Zone,
    expanded: Option<Range<i64>>,
) -> Result<Vec<Row<T::Id>>, MethodError> {
    let reader = ItemReader::new(&call.visit, account).await?;
    let containers = call
        .groupware()
        .readable_collections(call.caller(), account, CollectionKind::Calendar)
        .await?;
    let mut candidates: Vec<Arc<Stored>> = Vec::new();
    for one in &containers {
        if !container::is_one::<T::Container>(&one.info) {
            continue;
        }
        let objects = one.view.iter().filter(|object| {
            is_one::<T>(object, &reader)
                && !filter.is_some_and(|filter| is_out(filter, &Candidate::of(object), zone))
        });
        candidates.extend(objects.cloned());
    }
    let mut rows = Vec::with_capacity(candidates.len());
    for some in candidates.chunks(ITEMS_AT_ONCE) {
        let read = call.groupware().calendar_objects(some).await?;
        for (object, item) in some.iter().zip(read) {
            let Some(item) = item else { continue };
            let candidate = Candidate::of(object);
            if filter.is_some_and(|filter| !holds(filter, &candidate, &item, zone)) {
                continue;
            }
            let row = row::<T>(object, &item, zone);
            match (&expanded, filter) {
                (Some(range), Some(Filter::Condition(condition))) => {
                    expand(&mut rows, &row, &item, (range.clone(), zone), condition)?;
                }
                _ => rows.push(row),
            }
            if rows.len() > OCCURRENCES_MAX {
                return Err(MethodError::new("cannotCalculateOccurrences"));
            }
        }
    }
    Ok(rows)
}

/// JMAP Calendars draft -26 5.12: one id for each occurrence, where all conditions hold in the same one.
fn expand<I: ItemId>(
    rows: &mut Vec<Row<I>>,
    whole: &Row<I>,
    item: &CalendarObject,
    (range, zone): (Range<i64>, &Zone),
    condition: &Condition,
) -> Result<(), MethodError> {
    let room = OCCURRENCES_MAX.saturating_sub(rows.len());
    let occurrences = item
        .occurrences(range, zone, room)
        .map_err(|_| MethodError::new("cannotCalculateOccurrences"))?;
    let keys = Keys::of(item);
    let recurs = item.is_recurring();
    for occurrence in occurrences {
        let Some(component) = item.tree().component(occurrence.component) else {
            continue;
        };
        if !condition.holds_in(component) {
            continue;
        }
        let key = keys.key(&occurrence.recurrence_id).filter(|_| recurs);
        rows.push(Row {
            id: I::new(whole.id.object(), key),
            order: Order {
                start: occurrence.start,
                due: occurrence.end,
                progress: progress(component),
                ..whole.order.clone()
            },
            ..whole.clone()
        });
    }
    Ok(())
}

fn row<T: Item>(object: &Stored, item: &CalendarObject, zone: &Zone) -> Row<T::Id> {
    let main = item.main();
    let instant = |name: &str| {
        let value = main.value(name)?;
        parse_stamp(value).map(|(instant, ..)| instant)
    };
    let first = object.summary.calendar().and_then(|summary| summary.first);
    let mut order = Order {
        start: first.unwrap_or(i64::MIN),
        due: i64::MAX,
        title: String::new(),
        priority: u64::MAX,
        progress: String::new(),
    };
    T::note_order(&mut order, item, zone);
    Row {
        id: T::Id::whole(object.row.object),
        order,
        uid: object.row.uid.as_str().into(),
        created: instant("CREATED").unwrap_or(object.row.created_at.seconds()),
        updated: instant("LAST-MODIFIED")
            .or_else(|| instant("DTSTAMP"))
            .unwrap_or(object.row.modified_at.seconds()),
    }
}

/// RFC 8620 5.5: by the comparators, the rest by what the kind is sorted by otherwise, then by number.
fn sort<T: Item>(rows: &mut [Row<T::Id>], sort: &[Comparator]) {
    rows.sort_by(|one, other| {
        let by = |comparator: &Comparator| {
            let order = compare(&comparator.property, one, other);
            match comparator.ascending {
                true => order,
                false => order.reverse(),
            }
        };
        sort.iter()
            .map(by)
            .find(|order| *order != Ordering::Equal)
            .unwrap_or_else(|| compare(T::WORDS.sorted_otherwise, one, other))
            .then_with(|| one.id.cmp(&other.id))
    });
}

fn compare<I: ItemId>(property: &str, one: &Row<I>, other: &Row<I>) -> Ordering {
    let (a, b) = (&one.order, &other.order);
    match property {
        "start" => a.start.cmp(&b.start),
        "due" => a.due.cmp(&b.due),
        "title" => a.title.cmp(&b.title),
        "priority" => a.priority.cmp(&b.priority),
        "progress" => a.progress.cmp(&b.progress),
        "uid" => one.uid.cmp(&other.uid),
        "recurrenceId" => one.id.instance().cmp(&other.id.instance()),
        "created" => one.created.cmp(&other.created),
        "updated" => one.updated.cmp(&other.updated),
        _ => one.id.cmp(&other.id),
    }
}
