//! `Calendar` (JMAP Calendars draft -26 4): a calendar and its words.

use std::collections::BTreeMap;

use groupware::{CalendarPreference, CollectionInfo, takes_invitations};
use model::{AccountId, CollectionId, CollectionKind, CollectionRights, Components, PrincipalId};
use serde_json::{Value, json};

use crate::codec::id::{CalendarId, WireId};
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::visit::Visit;

/// The calendars of an account, as the caller sees them.
#[derive(Debug)]
pub(crate) struct Calendars {
    pub(crate) account: AccountId,
    pub(crate) all: Vec<CollectionInfo>,
    preferences: BTreeMap<(AccountId, CollectionId), CalendarPreference>,
    /// Whether it is the caller's own account.
    pub(crate) own: bool,
}

/// Whether a collection is a calendar to JMAP: one that takes events and may be read.
pub(crate) fn is_calendar(info: &CollectionInfo) -> bool {
    info.collection.kind == CollectionKind::Calendar
        && info.collection.properties.components.contains(Components::EVENTS)
        // JMAP Calendars draft -26 4.1: who may only see when somebody is busy sees no calendar.
        && info.rights.contains(CollectionRights::READ)
}

impl Calendars {
    /// Reads them.
    ///
    /// # Errors
    /// `accountNotFound` where the caller sees nothing of the account.
    pub(crate) async fn read(visit: &Visit, account: AccountId) -> Result<Self, MethodError> {
        let groupware = visit.groupware();
        let all = groupware.collections(&visit.caller, account).await?;
        Ok(Self {
            account,
            all: all.into_iter().filter(is_calendar).collect(),
            preferences: groupware.calendar_preferences(&visit.caller).await?,
            own: account == visit.own_account(),
        })
    }

    pub(crate) fn find(&self, id: CalendarId) -> Option<&CollectionInfo> {
        self.all.iter().find(|info| info.collection.id == id.0)
    }

    /// What the caller prefers of a calendar.
    pub(crate) fn preference(&self, id: CalendarId) -> CalendarPreference {
        let known = self.preferences.get(&(self.account, id.0));
        known.cloned().unwrap_or_default()
    }

    /// A calendar on the wire.
    pub(crate) fn object(&self, info: &CollectionInfo) -> Object {
        let id = CalendarId(info.collection.id);
        let preference = self.preference(id);
        let properties = &info.collection.properties;
        let name = properties.display_name.as_deref();
        let name = name.unwrap_or(info.collection.name.as_str());
        let availability = match (properties.transparent, preference.only_attending) {
            (true, _) => "none",
            (false, true) => "attending",
            (false, false) => "all",
        };
        let alerts = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or("null");
            serde_json::from_str::<Value>(text).unwrap_or(Value::Null)
        };
        let zone = properties.time_zone.as_ref();
        let zone = zone.and_then(|_| groupware::calendar_zone(properties).name());
        let value = json!({
            "id": id.wire(),
            "name": preference.name.as_deref().unwrap_or(name),
            "description": properties.description,
            "color": preference.color.as_ref().or(properties.color.as_ref()),
            "sortOrder": preference.sort_order.or(properties.sort_order).unwrap_or(0),
            "isSubscribed": preference.subscribed.unwrap_or(self.own),
            "isVisible": preference.visible.unwrap_or(true),
            "isDefault": takes_invitations(&info.collection),
            "includeInAvailability": availability,
            "defaultAlertsWithTime": alerts(&preference.alerts_with_time),
            "defaultAlertsWithoutTime": alerts(&preference.alerts_without_time),
            "timeZone": preference.time_zone.or(zone),
            "shareWith": share_with(info),
            "myRights": rights(info.rights, takes_invitations(&info.collection)),
        });
        match value {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }
}

/// JMAP Calendars draft -26 4 `CalendarRights`.
pub(crate) fn rights(rights: CollectionRights, stays: bool) -> Value {
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
        "mayDelete": has(CollectionRights::SHARE) && !stays,
    })
}

/// RFC 9670 4 `shareWith`: told to those who may share. Shares with everybody have no principal, and stay as they are.
fn share_with(info: &CollectionInfo) -> Value {
    if !info.rights.contains(CollectionRights::SHARE) {
        return Value::Null;
    }
    let shares = info.collection.shares.iter();
    let shares = shares.filter_map(|(to, granted)| Some(((*to)?.wire(), rights(*granted, false))));
    let shares: Object = shares.collect();
    match shares.is_empty() {
        true => Value::Null,
        false => Value::Object(shares),
    }
}

/// The rights that words stand for. What is only given together is taken together: whoever writes may write all.
///
/// # Errors
/// `invalidProperties`: there is no such right, or it cannot be given without another.
pub(crate) fn read_rights(value: &Value) -> Result<CollectionRights, SetError> {
    let fault = |why| SetError::invalid_property("shareWith", why);
    let words = match value {
        Value::Null => return Ok(CollectionRights::NONE),
        Value::Object(words) => words,
        _ => return Err(fault("has to map principals to rights")),
    };
    let mut given = CollectionRights::NONE;
    let mut needs_writing = false;
    for (word, value) in words {
        let Some(value) = value.as_bool() else {
            return Err(fault("a right is true or false"));
        };
        if !value {
            continue;
        }
        match word.as_str() {
            "mayReadFreeBusy" => given = given.with(CollectionRights::FREE_BUSY),
            "mayReadItems" => given = given.with(CollectionRights::READER),
            "mayWriteAll" => given = given.with(CollectionRights::WRITER),
            "mayWriteOwn" | "mayUpdatePrivate" | "mayRSVP" => needs_writing = true,
            "mayShare" | "mayDelete" => given = given.with(CollectionRights::ALL),
            _ => return Err(fault("there is no such right")),
        }
    }
    if needs_writing && !given.contains(CollectionRights::WRITE) {
        return Err(fault(
            "only what one may write altogether may be written in part: give `mayWriteAll`, too",
        ));
    }
    Ok(given)
}

/// With whom a calendar is to be shared.
///
/// # Errors
/// `invalidProperties`: it is not a map of principals to rights.
pub(crate) fn read_share_with(
    value: &Value,
) -> Result<Vec<(PrincipalId, CollectionRights)>, SetError> {
    let fault = || SetError::invalid_property("shareWith", "has to map principals to rights");
    let shares = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(shares) => shares,
        _ => return Err(fault()),
    };
    let read = |(id, value): (&String, &Value)| {
        let principal = PrincipalId::parse(id).ok_or_else(fault)?;
        Ok((principal, read_rights(value)?))
    };
    shares.iter().map(read).collect()
}
