//! `Calendar/set` (JMAP Calendars draft -26 4.3).

use groupware::{CalendarPreference, CollectionInfo, Error, NewCollection};
use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, Components, PathSegment, Properties,
};
use serde_json::Value;

use super::calendar_get::PROPERTIES;
use crate::call::{Call, Outcome};
use crate::codec::id::{CalendarId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::set::{Done, Set, Update};
use crate::words::calendar::{Calendars, read_share_with};

/// Octets of a name (JMAP Calendars draft -26 4).
const NAME_OCTETS_MAX: usize = 255;

/// Octets of a description and of a color: ours.
const DESCRIPTION_OCTETS_MAX: usize = 16 * 1024;
const COLOR_OCTETS_MAX: usize = 64;

/// Octets of the alerts of one kind as they are kept: ours.
const ALERTS_OCTETS_MAX: usize = 8 * 1024;

/// Names that are tried for the place of a new calendar.
const NAMES_TRIED_MAX: usize = 100;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let remove_events = call
        .arguments
        .flag("onDestroyRemoveEvents")?
        .unwrap_or(false);
    // JMAP Calendars draft -26 4.3: what the server does not permit is ignored. Invitations go to one calendar here.
    let _ = call.arguments.id("onSuccessSetIsDefault")?;
    call.finish()?;
    let old = call.state(set.account, DataType::Calendar).await?;
    set.check_state(&old)?;
    let account = set.account;
    let mut done = Done::new(&call, &set, old);
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, object).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<CalendarId>(&call, &mut done) {
        match change(&call, account, &update).await {
            Ok(()) => done.updated(update.text),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    for (text, id) in set.destroys::<CalendarId>(&call, &mut done) {
        match destroy(&call, account, id, remove_events).await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    Ok(done.answer(call.state(account, DataType::Calendar).await?))
}

async fn create(
    call: &Call,
    account: AccountId,
    wanted: Object,
) -> Result<(CalendarId, Object), SetError> {
    let mut properties = Properties {
        components: Components::EVENTS,
        ..Properties::default()
    };
    let mut preference = CalendarPreference::default();
    let mut shares = Vec::new();
    let own = account == call.visit.own_account();
    if !wanted.contains_key("name") {
        return Err(SetError::invalid_property("name", "has to be there"));
    }
    for (name, value) in &wanted {
        match name.as_str() {
            "shareWith" => shares = read_share_with(value)?,
            name => set(name, value, (&mut properties, &mut preference), own)?,
        }
    }
    let id = make(call, account, properties, "calendar-of-mine").await?;
    let id = CalendarId(id);
    let groupware = call.groupware();
    let finish = async {
        for (principal, rights) in shares {
            groupware
                .share_collection(call.caller(), account, id.0, Some(principal), rights)
                .await?;
        }
        groupware
            .set_calendar_preference(call.caller(), account, id.0, &preference)
            .await
    };
    if let Err(error) = finish.await {
        // RFC 8620 5.3: a creation is done as a whole or not at all.
        groupware
            .destroy_collection(call.caller(), account, id.0)
            .await?;
        return Err(error.into());
    }
    let calendars = Calendars::read(&call.visit, account).await;
    let mut object = calendars
        .ok()
        .and_then(|calendars| calendars.find(id).map(|info| calendars.object(info)))
        .ok_or_else(SetError::not_found)?;
    object.retain(|name, value| wanted.get(name) != Some(value));
    Ok((id, object))
}

/// Makes the calendar under a name for paths that is made from the one people read, or is `otherwise` without letters.
pub(super) async fn make(
    call: &Call,
    account: AccountId,
    properties: Properties,
    otherwise: &str,
) -> Result<CollectionId, SetError> {
    let base = slug(
        properties.display_name.as_deref().unwrap_or_default(),
        otherwise,
    );
    for number in 1..=NAMES_TRIED_MAX {
        let name = match number {
            1 => base.clone(),
            _ => format!("{base}-{number}"),
        };
        let new = NewCollection {
            parent: None,
            kind: CollectionKind::Calendar,
            name: PathSegment::try_from(name)
                .map_err(|_| SetError::invalid_property("name", "is too long"))?,
            properties: properties.clone(),
        };
        let made = call
            .groupware()
            .create_collection(call.caller(), account, new);
        match made.await {
            Ok(id) => return Ok(id),
            Err(Error::AlreadyExists) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(SetError::invalid_property("name", "is taken too often"))
}

/// A name for a path.
fn slug(name: &str, otherwise: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let joined: String = words.join("-").chars().take(40).collect();
    match joined.is_empty() {
        true => otherwise.to_owned(),
        false => joined,
    }
}

async fn change(
    call: &Call,
    account: AccountId,
    update: &Update<CalendarId>,
) -> Result<(), SetError> {
    let calendars = Calendars::read(&call.visit, account).await;
    let calendars = calendars.map_err(|_| SetError::not_found())?;
    let info = calendars.find(update.id).ok_or_else(SetError::not_found)?;
    let before = calendars.object(info);
    let mut after = before.clone();
    update.patch.apply(&mut after)?;
    let mut properties = (*info.collection.properties).clone();
    let mut preference = calendars.preference(update.id);
    let mut shares = None;
    for name in update.patch.properties() {
        let value = after.get(name).unwrap_or(&Value::Null);
        if before.get(name) == Some(value) {
            continue;
        }
        match name {
            "shareWith" => shares = Some(read_share_with(value)?),
            name => set(
                name,
                value,
                (&mut properties, &mut preference),
                calendars.own,
            )?,
        }
    }
    let groupware = call.groupware();
    if properties != *info.collection.properties {
        groupware
            .set_collection_properties(call.caller(), account, update.id.0, properties)
            .await?;
    }
    if let Some(shares) = shares {
        share(call, account, info, &shares).await?;
    }
    groupware
        .set_calendar_preference(call.caller(), account, update.id.0, &preference)
        .await?;
    Ok(())
}

/// RFC 9670 4: what is not named any more ends.
pub(super) async fn share(
    call: &Call,
    account: AccountId,
    info: &CollectionInfo,
    shares: &[(model::PrincipalId, CollectionRights)],
) -> Result<(), SetError> {
    let known = info.collection.shares.iter();
    let known: Vec<_> = known
        .filter_map(|(to, rights)| Some(((*to)?, *rights)))
        .collect();
    let ended = known
        .iter()
        .filter(|(to, _)| !shares.iter().any(|(kept, _)| kept == to))
        .map(|(to, _)| (*to, CollectionRights::NONE));
    let changed = shares
        .iter()
        .filter(|share| !known.contains(share))
        .copied();
    for (principal, rights) in ended.chain(changed) {
        // JMAP Calendars draft -26 4.3: nobody gives what they have not.
        let had = known.iter().find(|(to, _)| *to == principal);
        let had = had.map_or(CollectionRights::NONE, |(_, rights)| *rights);
        if !info.rights.with(had).contains(rights) {
            return Err(SetError::forbidden());
        }
        call.groupware()
            .share_collection(
                call.caller(),
                account,
                info.collection.id,
                Some(principal),
                rights,
            )
            .await?;
    }
    Ok(())
}

/// Sets one property. What is the owner's is the calendar's own; what others set is theirs.
fn set(
    name: &str,
    value: &Value,
    (properties, preference): (&mut Properties, &mut CalendarPreference),
    own: bool,
) -> Result<(), SetError> {
    let fault = |why: &'static str| SetError::invalid_property(name, why);
    let text = |octets_max: usize| match value {
        Value::Null => Ok(None),
        Value::String(text) if text.len() <= octets_max => Ok(Some(text.clone())),
        Value::String(_) => Err(fault("is too long")),
        _ => Err(fault("has to be a text")),
    };
    let flag = || match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        _ => Err(fault("has to be true or false")),
    };
    match name {
        "name" => {
            let text = text(NAME_OCTETS_MAX)?.filter(|text| !text.trim().is_empty());
            let text = text.ok_or_else(|| fault("has to be a text of 1 to 255 octets"))?;
            match own {
                true => properties.display_name = Some(text),
                false => preference.name = Some(text),
            }
        }
        "description" => properties.description = text(DESCRIPTION_OCTETS_MAX)?,
        "color" => {
            let color = text(COLOR_OCTETS_MAX)?;
            if color.as_deref().is_some_and(|color| !is_color(color)) {
                return Err(fault("has to be a name of a color or #rrggbb"));
            }
            match own {
                true => properties.color = color,
                false => preference.color = color,
            }
        }
        "sortOrder" => {
            let order = match value {
                Value::Null => None,
                value => {
                    let order = value.as_u64().and_then(|order| i32::try_from(order).ok());
                    let order = order.and_then(|order| u32::try_from(order).ok());
                    Some(order.ok_or_else(|| fault("has to be a number below 2^31"))?)
                }
            };
            match own {
                true => properties.sort_order = order,
                false => preference.sort_order = order,
            }
        }
        "isSubscribed" => preference.subscribed = flag()?,
        "isVisible" => preference.visible = flag()?,
        "includeInAvailability" => {
            let (transparent, only_attending) = match value.as_str() {
                Some("all") => (false, false),
                Some("attending") => (false, true),
                Some("none") => (true, false),
                _ => return Err(fault("is all, attending or none")),
            };
            if own {
                properties.transparent = transparent;
            }
            preference.only_attending = only_attending;
        }
        "defaultAlertsWithTime" => preference.alerts_with_time = alerts(name, value)?,
        "defaultAlertsWithoutTime" => preference.alerts_without_time = alerts(name, value)?,
        "timeZone" => {
            let zone = text(NAME_OCTETS_MAX)?;
            if zone
                .as_deref()
                .is_some_and(|zone| icalendar::Zone::named(zone).is_none())
            {
                return Err(fault("no time zone has this name"));
            }
            match own {
                true => properties.time_zone = zone,
                false => preference.time_zone = zone,
            }
        }
        known if PROPERTIES.contains(&known) => return Err(fault("is set by the server")),
        _ => return Err(fault("is not known")),
    }
    Ok(())
}

/// JMAP Calendars draft -26 4: a name of CSS Color Module Level 3, or hexadecimal digits.
pub(super) fn is_color(color: &str) -> bool {
    let is_name = color.len() >= 3 && color.bytes().all(|octet| octet.is_ascii_alphabetic());
    let digits = color.strip_prefix('#').unwrap_or_default();
    let is_number =
        matches!(digits.len(), 3 | 6 | 8) && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_name || is_number
}

fn alerts(name: &str, value: &Value) -> Result<Option<String>, SetError> {
    let fault = |why: &'static str| SetError::invalid_property(name, why);
    match value {
        Value::Null => Ok(None),
        Value::Object(alerts) => {
            let event = serde_json::json!({"start": "2026-01-01T00:00:00", "alerts": alerts});
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

async fn destroy(
    call: &Call,
    account: AccountId,
    id: CalendarId,
    remove_events: bool,
) -> Result<(), SetError> {
    let calendars = Calendars::read(&call.visit, account).await;
    let calendars = calendars.map_err(|_| SetError::not_found())?;
    let info = calendars.find(id).ok_or_else(SetError::not_found)?;
    if info.collection.objects > 0 && !remove_events {
        return Err(SetError::new("calendarHasEvent"));
    }
    call.groupware()
        .destroy_collection(call.caller(), account, id.0)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_paths_are_made_from_names_for_people() {
        assert_eq!(
            slug("Müller & Söhne: Termine!", "x"),
            "müller-söhne-termine"
        );
        assert_eq!(slug("///", "calendar-of-mine"), "calendar-of-mine");
        assert!(slug(&"ä".repeat(300), "x").len() <= 255);
    }

    #[test]
    fn colors_are_names_or_numbers() {
        assert!(is_color("teal") && is_color("#a0b1c2") && is_color("#abc"));
        assert!(!is_color("#abcd") && !is_color("red; x") && !is_color(""));
    }
}
