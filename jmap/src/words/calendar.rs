//! `Calendar` (JMAP Calendars draft -26 4): what calendars have that task lists have not.

use groupware::{CollectionInfo, takes_invitations};
use model::{CollectionRights, Components};
use serde_json::{Value, json};

use super::container::{Container, Containers, Said, flag};
use super::share_with::{Grant, Grants};
use crate::codec::id::CalendarId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;

/// Octets of the alerts of one kind as they are kept: ours.
const ALERTS_OCTETS_MAX: usize = 8 * 1024;

/// Calendars.
#[derive(Debug)]
pub(crate) struct Calendar;

impl Container for Calendar {
    type Id = CalendarId;

    const TYPE: DataType = DataType::Calendar;
    const PROPERTIES: &'static [&'static str] = &[
        "id",
        "name",
        "description",
        "color",
        "sortOrder",
        "isSubscribed",
        "isVisible",
        "isDefault",
        "includeInAvailability",
        "defaultAlertsWithTime",
        "defaultAlertsWithoutTime",
        "timeZone",
        "shareWith",
        "myRights",
    ];
    const COMPONENTS: Components = Components::EVENTS;
    const GRANTS: &'static Grants = &[
        (
            "mayReadFreeBusy",
            Grant::Rights(CollectionRights::FREE_BUSY),
        ),
        ("mayReadItems", Grant::Rights(CollectionRights::READER)),
        ("mayWriteAll", Grant::Rights(CollectionRights::WRITER)),
        ("mayWriteOwn", Grant::PartOfWriting),
        ("mayUpdatePrivate", Grant::PartOfWriting),
        ("mayRSVP", Grant::PartOfWriting),
        ("mayShare", Grant::Rights(CollectionRights::ALL)),
        ("mayDelete", Grant::Rights(CollectionRights::ALL)),
    ];
    const OTHERWISE_CALLED: &'static str = "calendar-of-mine";
    const REMOVES: &'static str = "onDestroyRemoveEvents";
    const NOT_EMPTY: &'static str = "calendarHasEvent";

    fn may_go(info: &CollectionInfo) -> bool {
        !takes_invitations(&info.collection)
    }

    /// JMAP Calendars draft -26 4 `CalendarRights`.
    fn rights(rights: CollectionRights, may_go: bool) -> Value {
        let has = |right| rights.contains(right);
        json!({
            "mayReadFreeBusy": has(CollectionRights::FREE_BUSY),
            "mayReadItems": has(CollectionRights::READ),
            "mayWriteAll": has(CollectionRights::WRITE),
            "mayWriteOwn": has(CollectionRights::WRITE),
            "mayUpdatePrivate": has(CollectionRights::WRITE),
            "mayRSVP": has(CollectionRights::WRITE),
            "mayShare": has(CollectionRights::SHARE),
            // Whoever may share a calendar may also destroy it, unless the account cannot do without it.
            "mayDelete": has(CollectionRights::SHARE) && may_go,
        })
    }

    fn add(object: &mut Object, info: &CollectionInfo, all: &Containers<Self>) {
        let preference = all.preference(info.collection.id);
        let transparent = info.collection.properties.transparent;
        let availability = match (transparent, preference.only_attending) {
            (true, _) => "none",
            (false, true) => "attending",
            (false, false) => "all",
        };
        let alerts = |text: Option<String>| {
            let read = text.map(|text| serde_json::from_str::<Value>(&text));
            read.and_then(Result::ok).unwrap_or(Value::Null)
        };
        let is_default = takes_invitations(&info.collection);
        let visible = preference.visible.unwrap_or(true);
        object.insert("isVisible".into(), visible.into());
        object.insert("isDefault".into(), is_default.into());
        object.insert("includeInAvailability".into(), availability.into());
        let with_time = alerts(preference.alerts_with_time);
        object.insert("defaultAlertsWithTime".into(), with_time);
        let without_time = alerts(preference.alerts_without_time);
        object.insert("defaultAlertsWithoutTime".into(), without_time);
    }

    fn set(said: &mut Said, name: &str, value: &Value) -> Option<Result<(), SetError>> {
        let set = match name {
            "isVisible" => flag(name, value).map(|flag| said.preference.visible = flag),
            "includeInAvailability" => set_availability(said, name, value),
            "defaultAlertsWithTime" => {
                alerts(name, value).map(|alerts| said.preference.alerts_with_time = alerts)
            }
            "defaultAlertsWithoutTime" => {
                alerts(name, value).map(|alerts| said.preference.alerts_without_time = alerts)
            }
            _ => return None,
        };
        Some(set)
    }
}

fn set_availability(said: &mut Said, name: &str, value: &Value) -> Result<(), SetError> {
    let (transparent, only_attending) = match value.as_str() {
        Some("all") => (false, false),
        Some("attending") => (false, true),
        Some("none") => (true, false),
        _ => {
            let why = "is all, attending or none";
            return Err(SetError::invalid_property(name, why));
        }
    };
    if said.own {
        said.properties.transparent = transparent;
    }
    said.preference.only_attending = only_attending;
    Ok(())
}

fn alerts(name: &str, value: &Value) -> Result<Option<String>, SetError> {
    let fault = |why: &'static str| SetError::invalid_property(name, why);
    match value {
        Value::Null => Ok(None),
        Value::Object(alerts) => {
            let event = json!({"start": "2026-01-01T00:00:00", "alerts": alerts});
            let event = event
                .as_object()
                .ok_or_else(|| fault("has to be a map of alerts"))?;
            // They have to be alerts that an event could have.
            crate::jscalendar::create(event).map_err(|_| fault("has to be a map of alerts"))?;
            let text = value.to_string();
            match text.len() <= ALERTS_OCTETS_MAX {
                true => Ok(Some(text)),
                false => Err(fault("has too many alerts")),
            }
        }
        _ => Err(fault("has to be a map of alerts")),
    }
}
