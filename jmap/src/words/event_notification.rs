//! `CalendarEventNotification` (JMAP Calendars draft -26 6): what others did with one's events, on the wire.

use groupware::{EventDeed, EventNotice};
use icalendar::CalendarObject;
use model::{AccountId, ObjectId, PrincipalId, Timestamp};
use serde_json::{Value, json};

use super::records::not_supported;
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::codec::id::{NotificationId, WireId};
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::jscalendar;
use crate::words::event_id::EventId;

/// JMAP Calendars draft -26 6.
pub(crate) const PROPERTIES: [&str; 9] = [
    "id",
    "created",
    "changedBy",
    "comment",
    "type",
    "calendarEventId",
    "isDraft",
    "event",
    "eventPatch",
];

/// The notices of an account.
///
/// # Errors
/// `accountNotSupportedByMethod`: only its owner reads them.
pub(crate) async fn notices(
    call: &Call,
    account: AccountId,
) -> Result<Vec<EventNotice>, MethodError> {
    let notices = call.groupware().event_notices(call.caller(), account).await;
    Ok(notices.map_err(not_supported)?.0)
}

/// A notice on the wire.
pub(crate) fn object(notice: &EventNotice) -> Object {
    let note = &notice.note;
    let event = note.text.as_deref().and_then(json_of);
    let after = note.after.as_deref().and_then(json_of);
    let patch = event
        .as_ref()
        .zip(after.as_ref())
        .map(|(event, after)| jscalendar::difference(event, after, &[]));
    let object = json!({
        "id": NotificationId(notice.id).wire(),
        "created": date::write(note.at()),
        "changedBy": {
            "name": note.name,
            "email": note.address,
            "calendarAddress": format!("mailto:{}", note.address),
            "principalId": note.by.map(|by| PrincipalId(by).wire()),
        },
        "comment": null,
        "type": word(note.deed),
        "calendarEventId": EventId::whole(ObjectId(note.event)).wire(),
        "isDraft": note.is_draft,
        "event": event,
        "eventPatch": patch,
    });
    match object {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

fn json_of(text: &str) -> Option<Object> {
    let object = CalendarObject::read(text.as_bytes()).ok()?;
    Some(jscalendar::read(&object)?.json)
}

fn word(deed: EventDeed) -> &'static str {
    match deed {
        EventDeed::Created => "created",
        EventDeed::Updated => "updated",
        EventDeed::Destroyed => "destroyed",
    }
}

/// What notices are asked for (JMAP Calendars draft -26 6.4).
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    deed: Option<String>,
    events: Option<Vec<String>>,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// A member has a value that it cannot have.
    pub(crate) fn read(condition: &mut Arguments) -> Result<Self, FilterFault> {
        Ok(Self {
            after: condition.date("after")?,
            before: condition.date("before")?,
            deed: condition.text("type")?,
            events: condition.ids("calendarEventIds")?,
        })
    }

    fn holds(&self, notice: &EventNotice) -> bool {
        let note = &notice.note;
        let event = || EventId::whole(ObjectId(note.event)).wire();
        self.after.is_none_or(|after| note.at() >= after)
            && self.before.is_none_or(|before| note.at() < before)
            && self
                .deed
                .as_deref()
                .is_none_or(|deed| deed == word(note.deed))
            && self
                .events
                .as_ref()
                .is_none_or(|events| events.contains(&event()))
    }
}

/// Those that a filter takes in, in their order.
///
/// # Errors
/// RFC 8620 5.5 `unsupportedSort`: notices are sorted by `created` alone.
pub(crate) fn select(
    notices: Vec<EventNotice>,
    filter: Option<&Filter<Condition>>,
    sort: &[Comparator],
) -> Result<Vec<NotificationId>, MethodError> {
    if let Some(one) = sort.iter().find(|one| one.property != "created") {
        let why = format!("notices cannot be sorted by `{}`", one.property);
        return Err(MethodError::unsupported_sort(why));
    }
    let mut found: Vec<EventNotice> = notices
        .into_iter()
        .filter(|notice| {
            filter.is_none_or(|filter| filter.holds(&mut |one: &Condition| one.holds(notice)))
        })
        .collect();
    found.sort_by_key(|notice| (notice.note.at_ms, notice.id));
    if sort.first().is_some_and(|one| !one.ascending) {
        found.reverse();
    }
    Ok(found
        .iter()
        .map(|notice| NotificationId(notice.id))
        .collect())
}
