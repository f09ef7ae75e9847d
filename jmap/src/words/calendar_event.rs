//! `CalendarEvent` (JMAP Calendars draft -26 5): a stored event and what JMAP says of it beside JSCalendar.

use std::collections::BTreeSet;

use groupware::CollectionInfo;
use icalendar::{CalendarObject, Class, Zone};
use model::{AccountId, ObjectId, PrincipalId};
use serde_json::{Value, json};

use crate::codec::id::{CalendarId, WireId};
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::jscalendar::{self, address_of, parse_local, utc_range, utc_time};
use crate::visit::Visit;
use crate::words::event_id::EventId;

/// Properties that each user has for themselves (JMAP Calendars draft -26 5.5).
pub(crate) const PER_USER: [&str; 5] = [
    "keywords",
    "color",
    "freeBusyStatus",
    "useDefaultAlerts",
    "alerts",
];

/// What others see of an event that its owner keeps private (RFC 8984 4.4.3, JMAP Calendars draft -26 5.8).
const PUBLIC: [&str; 24] = [
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
fn default_of(name: &str) -> Option<Value> {
    Some(match name {
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

/// How a client wants events.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// The zone of times without one, for `utcStart` and `utcEnd`.
    pub(crate) floating: Zone,
    /// Overrides of occurrences from here on are left out, in seconds since 1970.
    pub(crate) before: Option<i64>,
    /// Overrides of occurrences before are left out.
    pub(crate) after: Option<i64>,
    /// Whether only owners and the user are told of those who take part.
    pub(crate) reduce_participants: bool,
    /// The properties; none for all.
    pub(crate) properties: Option<BTreeSet<String>>,
}

/// Who reads events of an account.
#[derive(Clone, Debug)]
pub(crate) struct EventReader {
    /// Whether the account is their own.
    own: bool,
    /// Addresses of the account's owner, in small letters.
    of_account: Vec<String>,
    /// Addresses of the one who reads.
    of_caller: Vec<String>,
}

/// The addresses of a principal, in small letters, the main one first.
///
/// # Errors
/// The directory cannot be read.
pub(crate) async fn addresses(
    visit: &Visit,
    principal: PrincipalId,
) -> Result<Vec<String>, groupware::Error> {
    let known = visit.directory().principal(principal).await?;
    let aliases = visit.directory().aliases(principal).await?;
    let main = known.map(|known| known.address.to_lowercase());
    let aliases = aliases.into_iter().map(|alias| alias.to_lowercase());
    Ok(main.into_iter().chain(aliases).collect())
}

impl EventReader {
    /// Who the caller is to an account.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(crate) async fn new(visit: &Visit, account: AccountId) -> Result<Self, groupware::Error> {
        let own = account == visit.own_account();
        let of_account = addresses(visit, PrincipalId(account.0)).await?;
        let of_caller = match own {
            true => of_account.clone(),
            false => addresses(visit, visit.principal.id).await?,
        };
        Ok(Self {
            own,
            of_account,
            of_caller,
        })
    }

    /// Whether the caller is told of an event at all (JMAP Calendars draft -26 5.8: secret ones are their owner's alone).
    pub(crate) fn sees(&self, class: Class) -> bool {
        self.own || class != Class::Confidential
    }

    /// Whether the account decides about an event (JMAP Calendars draft -26 5.1 `isOrigin`).
    pub(crate) fn is_origin(&self, json: &Object) -> bool {
        let organizer = json.get("organizerCalendarAddress").and_then(Value::as_str);
        organizer.is_none_or(|address| self.of_account.contains(&address_of(address)))
    }

    /// Whether the account is the caller's own.
    pub(crate) fn is_own(&self) -> bool {
        self.own
    }

    /// The address that the account's owner takes part with.
    pub(crate) fn main_address(&self) -> Option<&str> {
        self.of_account.first().map(String::as_str)
    }

    /// All of an event or an occurrence; none if there is no such occurrence, or the caller must not know.
    pub(crate) fn whole(
        &self,
        info: &CollectionInfo,
        object: &CalendarObject,
        id: EventId,
    ) -> Option<Object> {
        if !self.sees(object.summary().class) {
            return None;
        }
        let mut json = match id.instance {
            None => jscalendar::read(object)?.json,
            Some(key) => {
                let mut json = jscalendar::occurrence(object, key)?;
                let base = EventId::whole(id.object);
                json.insert("baseEventId".into(), base.wire().into());
                json
            }
        };
        json.insert("id".into(), id.wire().into());
        let calendar = CalendarId(info.collection.id).wire();
        json.insert("calendarIds".into(), json!({calendar: true}));
        json.entry("isDraft").or_insert(Value::Bool(false));
        let is_origin = self.is_origin(&json);
        json.insert("isOrigin".into(), is_origin.into());
        Some(json)
    }

    /// The event as the client wants it, and as the caller may see it.
    pub(crate) fn shown(&self, mut json: Object, shape: &Shape) -> Object {
        let privacy = json.get("privacy").and_then(Value::as_str);
        if !self.own && privacy.is_some_and(|privacy| privacy != "public") {
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
        let hides = json.get("hideAttendees") == Some(&Value::Bool(true));
        if shape.reduce_participants || hides && !self.own {
            self.reduce(&mut json);
        }
        if shape.before.is_some() || shape.after.is_some() {
            cut_overrides(&mut json, shape);
        }
        if let Some(properties) = &shape.properties {
            if let Some((start, end)) = utc_range(&json, &shape.floating) {
                json.insert("utcStart".into(), utc_time(start).into());
                json.insert("utcEnd".into(), utc_time(end).into());
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

    /// Leaves those who own the event, and the caller.
    fn reduce(&self, json: &mut Object) {
        let Some(participants) = json.get_mut("participants").and_then(Value::as_object_mut) else {
            return;
        };
        let mut gone = BTreeSet::new();
        participants.retain(|id, participant| {
            let address = participant.get("calendarAddress").and_then(Value::as_str);
            let own = address.is_some_and(|address| self.of_caller.contains(&address_of(address)));
            let stays = own || participant.pointer("/roles/owner") == Some(&Value::Bool(true));
            if !stays {
                gone.insert(id.clone());
            }
            stays
        });
        let overrides = json
            .get_mut("recurrenceOverrides")
            .and_then(Value::as_object_mut);
        for patch in overrides.into_iter().flat_map(Object::values_mut) {
            if let Some(patch) = patch.as_object_mut() {
                patch.retain(|path, _| {
                    let mut steps = path.split('/');
                    steps.next() != Some("participants")
                        || steps.next().is_some_and(|id| !gone.contains(id))
                });
            }
        }
    }
}

/// JMAP Calendars draft -26 5.8: overrides outside a range of time are left out.
fn cut_overrides(json: &mut Object, shape: &Shape) {
    let zone = json.get("timeZone").and_then(Value::as_str);
    let zone = zone
        .and_then(Zone::named)
        .unwrap_or_else(|| shape.floating.clone());
    let overrides = json
        .get_mut("recurrenceOverrides")
        .and_then(Value::as_object_mut);
    if let Some(overrides) = overrides {
        overrides.retain(|key, _| {
            let at = parse_local(key).map(|local| zone.to_utc(local));
            at.is_some_and(|at| {
                shape.before.is_none_or(|before| at < before)
                    && shape.after.is_none_or(|after| at >= after)
            })
        });
    }
}

/// The argument `timeZone`.
///
/// # Errors
/// RFC 8620 3.6.2 `invalidArguments`: no time zone has this name.
pub(crate) fn zone_argument(name: Option<&str>) -> Result<Zone, MethodError> {
    match name {
        None | Some("Etc/UTC" | "UTC") => Ok(Zone::UTC),
        Some(name) => Zone::named(name)
            .ok_or_else(|| MethodError::invalid_arguments("`timeZone` is no name of a time zone")),
    }
}

/// Whether a number is an event's that the caller may see, by what is kept beside it.
pub(crate) fn is_event(object: &groupware::Object, reader: &EventReader) -> bool {
    object
        .summary
        .calendar()
        .is_none_or(|summary| summary.kind == icalendar::Kind::Event && reader.sees(summary.class))
}

/// The number of an event on the wire.
pub(crate) fn wire(number: u32) -> String {
    EventId::whole(ObjectId(number)).wire()
}
