//! `CalendarEvent` (JMAP Calendars draft -26 5): what events have that other items have not.

use groupware::{CollectionInfo, ItemKind};
use icalendar::{CalendarObject, Kind, Zone};
use serde_json::{Value, json};

use super::calendar::Calendar;
use super::item::{Item, Order, Shape, Words};
use super::item_condition::{Condition, lower};
use super::item_id::EventId;
use super::item_reader::ItemReader;
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::filter::FilterFault;
use crate::codec::id::{CalendarId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::jscalendar::{self, Invalid, set_utc, utc_range, utc_time};

/// Events.
#[derive(Debug)]
pub(crate) struct Event;

/// Properties that each user has for themselves (JMAP Calendars draft -26 5.5).
pub(crate) const PER_USER: [&str; 5] = [
    "keywords",
    "color",
    "freeBusyStatus",
    "useDefaultAlerts",
    "alerts",
];

impl Item for Event {
    type Id = EventId;
    type Container = Calendar;

    const TYPE: DataType = DataType::CalendarEvent;
    const KIND: Kind = Kind::Event;
    const NOTED: ItemKind = ItemKind::Event;
    const WORDS: Words = Words {
        of_jscalendar: "Event",
        set: "CalendarEvent/set",
        one: "an event",
        many: "events",
        container: "calendar",
        container_property: "calendarIds",
        base: "baseEventId",
        server_set: &["id", "baseEventId", "isOrigin"],
        told_of_new: &[
            "uid",
            "created",
            "updated",
            "organizerCalendarAddress",
            "isOrigin",
            "isDraft",
            "start",
            "duration",
        ],
        told_of_changed: &["updated", "sequence", "organizerCalendarAddress"],
        of_series_alone: &[],
        in_one: "inCalendar",
        in_many: "inCalendars",
        sort_options: &["start", "uid", "recurrenceId", "created", "updated"],
        sorted_otherwise: "start",
        // `maxExpandedQueryDuration`: a year.
        expanded_seconds_max: 366 * 86_400,
        expanded_max: "P1Y",
    };
    /// JMAP Calendars draft -26 5.8.
    const PUBLIC: &'static [&'static str] = &[
        "@type",
        "id",
        "baseEventId",
        "calendarIds",
        "isDraft",
        "isOrigin",
        "utcStart",
        "utcEnd",
        "created",
        "duration",
        "endTimeZone",
        "estimatedDuration",
        "freeBusyStatus",
        "privacy",
        "recurrenceId",
        "recurrenceIdTimeZone",
        "recurrenceOverrides",
        "recurrenceRule",
        "sequence",
        "showWithoutTime",
        "start",
        "timeZone",
        "uid",
        "updated",
    ];

    /// Values that properties have where nothing is said of them (draft-ietf-calext-jscalendarbis 5.1).
    fn default_of(property: &str) -> Option<Value> {
        Some(match property {
            "title" | "description" => "".into(),
            "descriptionContentType" => "text/plain".into(),
            "duration" => "PT0S".into(),
            "showWithoutTime" | "isDraft" | "useDefaultAlerts" | "mayInviteSelf"
            | "mayInviteOthers" | "hideAttendees" => false.into(),
            "sequence" | "priority" => 0.into(),
            "status" => "confirmed".into(),
            "freeBusyStatus" => "busy".into(),
            "privacy" => "public".into(),
            "baseEventId"
            | "timeZone"
            | "endTimeZone"
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
            | "organizerCalendarAddress"
            | "prodId" => Value::Null,
            _ => return None,
        })
    }

    fn utc_times(json: &Object, floating: &Zone) -> Vec<(&'static str, Value)> {
        let range = utc_range(json, floating).into_iter();
        let named = range.flat_map(|(start, end)| [("utcStart", start), ("utcEnd", end)]);
        named
            .map(|(name, at)| (name, utc_time(at).into()))
            .collect()
    }

    fn read_shape(call: &mut Call, shape: &mut Shape) -> Result<(), MethodError> {
        let seconds = |call: &mut Call, name: &str| {
            Ok::<_, MethodError>(call.arguments.date(name)?.map(|at| at.seconds()))
        };
        shape.before = seconds(call, "recurrenceOverridesBefore")?;
        shape.after = seconds(call, "recurrenceOverridesAfter")?;
        let reduce = call.arguments.flag("reduceParticipants")?;
        shape.reduce_participants = reduce.unwrap_or(false);
        let asked = |name: &str| {
            let asked = shape.properties.as_ref();
            asked.is_some_and(|properties| properties.contains(name))
        };
        if (asked("utcStart") || asked("utcEnd")) && asked("recurrenceOverrides") {
            // JMAP Calendars draft -26 5.8: overrides cannot be understood with times in UTC alone.
            let why =
                "`recurrenceOverrides` cannot be asked for together with `utcStart` or `utcEnd`";
            return Err(MethodError::invalid_arguments(why));
        }
        Ok(())
    }

    fn read_condition(condition: &mut Condition, from: &mut Arguments) -> Result<(), FilterFault> {
        condition.location = lower(from, "location")?;
        condition.owner = lower(from, "owner")?;
        condition.attendee = lower(from, "attendee")?;
        condition.status = lower(from, "participationStatus")?;
        Ok(())
    }

    fn create(json: &Object) -> Result<Vec<u8>, Invalid> {
        jscalendar::create(json)
    }

    fn note_order(_order: &mut Order, _object: &CalendarObject, _zone: &Zone) {}

    fn place(json: &mut Object, container: &CollectionInfo) {
        let calendar = CalendarId(container.collection.id).wire();
        json.insert("calendarIds".into(), json!({calendar: true}));
    }

    fn add(json: &mut Object, reader: &ItemReader) {
        let is_origin = reader.is_origin(json);
        json.insert("isOrigin".into(), is_origin.into());
    }

    fn place_of(call: &Call, json: &Object) -> Result<CalendarId, SetError> {
        let fault = |why| SetError::invalid_property("calendarIds", why);
        let ids = json.get("calendarIds").and_then(Value::as_object);
        let ids = ids.ok_or_else(|| fault("has to map the id of a calendar to true"))?;
        if ids.values().any(|value| value != &Value::Bool(true)) {
            return Err(fault("has to map the id of a calendar to true"));
        }
        let mut keys = ids.keys();
        match (keys.next(), keys.next()) {
            (Some(id), None) => call
                .id(id)
                .ok_or_else(|| fault("there is no such calendar")),
            // JMAP Calendars draft -26 1.5.1: `maxCalendarsPerEvent` is 1.
            _ => Err(fault("an event is in exactly one calendar")),
        }
    }

    fn settle_times(
        json: &mut Object,
        mut utc: impl FnMut(&mut Object, &'static str, &'static str) -> Result<Option<i64>, SetError>,
    ) -> Result<(), SetError> {
        let start = utc(json, "utcStart", "start")?;
        let end = utc(json, "utcEnd", "duration")?;
        Ok(set_utc(json, start, end)?)
    }
}
