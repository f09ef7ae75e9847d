//! `TaskList/set` (JMAP Tasks draft -06 3.4).

use groupware::CalendarPreference;
use model::{AccountId, Components, Properties};
use serde_json::Value;

use super::calendar_set::{is_color, make, share};
use super::task_list_get::PROPERTIES;
use crate::call::{Call, Outcome};
use crate::codec::id::{TaskListId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::set::{Done, Set, Update};
use crate::words::task_list::{TaskLists, is_list_alone, read_share_with};

/// Octets of a name (JMAP Tasks draft -06 3).
const NAME_OCTETS_MAX: usize = 255;

/// Octets of a description and of a color: ours.
const DESCRIPTION_OCTETS_MAX: usize = 16 * 1024;
const COLOR_OCTETS_MAX: usize = 64;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let remove_tasks = call
        .arguments
        .flag("onDestroyRemoveTasks")?
        .unwrap_or(false);
    call.finish()?;
    let old = call.state(set.account, DataType::TaskList).await?;
    set.check_state(&old)?;
    let account = set.account;
    let mut done = Done::new(&call, &set, old);
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, object).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<TaskListId>(&call, &mut done) {
        match change(&call, account, &update).await {
            Ok(()) => done.updated(update.text),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    for (text, id) in set.destroys::<TaskListId>(&call, &mut done) {
        match destroy(&call, account, id, remove_tasks).await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    Ok(done.answer(call.state(account, DataType::TaskList).await?))
}

async fn create(
    call: &Call,
    account: AccountId,
    wanted: Object,
) -> Result<(TaskListId, Object), SetError> {
    let mut properties = Properties {
        components: Components::TASKS,
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
    let id = TaskListId(make(call, account, properties, "tasks-of-mine").await?);
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
    let lists = TaskLists::read(&call.visit, account).await;
    let mut object = lists
        .ok()
        .and_then(|lists| lists.find(id).map(|info| lists.object(info)))
        .ok_or_else(SetError::not_found)?;
    object.retain(|name, value| wanted.get(name) != Some(value));
    Ok((id, object))
}

async fn change(
    call: &Call,
    account: AccountId,
    update: &Update<TaskListId>,
) -> Result<(), SetError> {
    let lists = TaskLists::read(&call.visit, account).await;
    let lists = lists.map_err(|_| SetError::not_found())?;
    let info = lists.find(update.id).ok_or_else(SetError::not_found)?;
    let before = lists.object(info);
    let mut after = before.clone();
    update.patch.apply(&mut after)?;
    let mut properties = (*info.collection.properties).clone();
    let mut preference = lists.preference(update.id);
    let mut shares = None;
    for name in update.patch.properties() {
        let value = after.get(name).unwrap_or(&Value::Null);
        if before.get(name) == Some(value) {
            continue;
        }
        match name {
            "shareWith" => shares = Some(read_share_with(value)?),
            name => set(name, value, (&mut properties, &mut preference), lists.own)?,
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

/// Sets one property. What is the owner's is the list's own; what others set is theirs.
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
        "isSubscribed" => {
            let subscribed = value.as_bool();
            preference.subscribed =
                Some(subscribed.ok_or_else(|| fault("has to be true or false"))?);
        }
        "timeZone" => {
            let zone = text(NAME_OCTETS_MAX)?;
            let is_known = |zone: &str| icalendar::Zone::named(zone).is_some();
            if zone.as_deref().is_some_and(|zone| !is_known(zone)) {
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

async fn destroy(
    call: &Call,
    account: AccountId,
    id: TaskListId,
    remove_tasks: bool,
) -> Result<(), SetError> {
    let lists = TaskLists::read(&call.visit, account).await;
    let lists = lists.map_err(|_| SetError::not_found())?;
    let info = lists.find(id).ok_or_else(SetError::not_found)?;
    if !is_list_alone(info) {
        // Its events would go with it.
        return Err(SetError::forbidden());
    }
    if info.collection.objects > 0 && !remove_tasks {
        return Err(SetError::new("taskListHasTask"));
    }
    call.groupware()
        .destroy_collection(call.caller(), account, id.0)
        .await?;
    Ok(())
}
