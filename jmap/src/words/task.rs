//! `Task` (JMAP Tasks draft -06 4): what tasks have that other items have not.

use groupware::{CollectionInfo, ItemKind};
use icalendar::{CalendarObject, Kind, Zone};
use model::Timestamp;
use serde_json::Value;

use super::item::{Item, Order, Words, json_of, progress};
use super::item_condition::{Condition, lower};
use super::item_id::TaskId;
use super::task_list::TaskList;
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::filter::FilterFault;
use crate::codec::id::{TaskListId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::jscalendar::{self, Invalid, set_utc_times, utc_time, utc_times};

/// Tasks.
#[derive(Debug)]
pub(crate) struct Task;

impl Item for Task {
    type Id = TaskId;
    type Container = TaskList;

    const TYPE: DataType = DataType::Task;
    const KIND: Kind = Kind::Task;
    const NOTED: ItemKind = ItemKind::Task;
    const WORDS: Words = Words {
        of_jscalendar: "Task",
        set: "Task/set",
        one: "a task",
        many: "tasks",
        container: "list",
        container_property: "taskListId",
        base: "baseTaskId",
        server_set: &["id", "baseTaskId"],
        told_of_new: &["uid", "created", "updated", "isDraft", "progressUpdated"],
        told_of_changed: &["updated", "sequence", "progressUpdated", "percentComplete"],
        of_series_alone: &["progressUpdated", "percentComplete"],
        in_one: "inTaskList",
        in_many: "inTaskLists",
        sort_options: &[
            "due",
            "start",
            "title",
            "priority",
            "progress",
            "uid",
            "recurrenceId",
            "created",
            "updated",
        ],
        sorted_otherwise: "id",
        // Two years: what is done once a year is found.
        expanded_seconds_max: 2 * 366 * 86_400,
        expanded_max: "P2Y",
    };
    const PUBLIC: &'static [&'static str] = &[
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
    fn default_of(property: &str) -> Option<Value> {
        Some(match property {
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

    fn utc_times(json: &Object, floating: &Zone) -> Vec<(&'static str, Value)> {
        let (start, due) = utc_times(json, floating);
        let named = [("utcStart", start), ("utcDue", due)].into_iter();
        named
            .map(|(name, at)| (name, at.map(utc_time).into()))
            .collect()
    }

    fn read_condition(condition: &mut Condition, from: &mut Arguments) -> Result<(), FilterFault> {
        condition.progress = lower(from, "progress")?;
        condition.recurs = from.flag("isRecurring")?;
        Ok(())
    }

    fn create(json: &Object) -> Result<Vec<u8>, Invalid> {
        jscalendar::create_task(json)
    }

    fn note_order(order: &mut Order, object: &CalendarObject, zone: &Zone) {
        let json = json_of::<Self>(object).unwrap_or_default();
        let (start, due) = utc_times(&json, zone);
        let title = json.get("title").and_then(Value::as_str);
        let priority = json.get("priority").and_then(Value::as_u64);
        *order = Order {
            start: start.unwrap_or(i64::MAX),
            due: due.unwrap_or(i64::MAX),
            title: title.unwrap_or_default().to_lowercase(),
            priority: priority.filter(|one| *one > 0).unwrap_or(u64::MAX),
            progress: progress(object.main()),
        };
    }

    fn place(json: &mut Object, container: &CollectionInfo) {
        let list = TaskListId(container.collection.id).wire();
        json.insert("taskListId".into(), list.into());
    }

    fn place_of(call: &Call, json: &Object) -> Result<TaskListId, SetError> {
        let fault = || SetError::invalid_property("taskListId", "has to be the id of a task list");
        let id = json.get("taskListId").and_then(Value::as_str);
        id.and_then(|id| call.id(id)).ok_or_else(fault)
    }

    fn settle_times(
        json: &mut Object,
        mut utc: impl FnMut(&mut Object, &'static str, &'static str) -> Result<Option<i64>, SetError>,
    ) -> Result<(), SetError> {
        let start = utc(json, "utcStart", "start")?;
        let due = utc(json, "utcDue", "due")?;
        Ok(set_utc_times(json, start, due)?)
    }

    /// RFC 8984 5.2.6: when the progress changed last is noted, unless the client says it itself. What is taken up again is
    /// not done to its full extent any more.
    fn note_change(before: &Object, after: &mut Object, set: &[&str], now: Timestamp) {
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
}
