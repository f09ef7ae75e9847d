//! `TaskList` (JMAP Tasks draft -06 3): a calendar that takes tasks, and its words.

use std::collections::BTreeMap;

use groupware::{CalendarPreference, CollectionInfo, takes_invitations};
use model::{AccountId, CollectionId, CollectionKind, CollectionRights, Components, PrincipalId};
use serde_json::{Value, json};

use crate::codec::id::{TaskListId, WireId};
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::visit::Visit;

/// The name of the collection for tasks that every account begins with.
const STANDARD_NAME: &str = "tasks";

/// What a task may say of where it is in its work (JMAP Tasks draft -06 3); the default.
const WORKFLOW_STATUSES: [&str; 6] = [
    "completed",
    "failed",
    "in-process",
    "needs-action",
    "cancelled",
    "pending",
];

/// The task lists of an account, as the caller sees them.
#[derive(Debug)]
pub(crate) struct TaskLists {
    pub(crate) account: AccountId,
    pub(crate) all: Vec<CollectionInfo>,
    preferences: BTreeMap<(AccountId, CollectionId), CalendarPreference>,
    /// Whether it is the caller's own account.
    pub(crate) own: bool,
}

/// Whether a collection is a task list: a calendar that takes tasks and may be read.
pub(crate) fn is_list(info: &CollectionInfo) -> bool {
    info.collection.kind == CollectionKind::Calendar
        && info
            .collection
            .properties
            .components
            .contains(Components::TASKS)
        && info.rights.contains(CollectionRights::READ)
}

/// Whether it takes tasks and nothing else. What is a calendar, too, is managed as one.
pub(crate) fn is_list_alone(info: &CollectionInfo) -> bool {
    !info
        .collection
        .properties
        .components
        .contains(Components::EVENTS)
}

impl TaskLists {
    /// Reads them.
    ///
    /// # Errors
    /// `accountNotFound` where the caller sees nothing of the account.
    pub(crate) async fn read(visit: &Visit, account: AccountId) -> Result<Self, MethodError> {
        let groupware = visit.groupware();
        let all = groupware.collections(&visit.caller, account).await?;
        Ok(Self {
            account,
            all: all.into_iter().filter(is_list).collect(),
            preferences: groupware.calendar_preferences(&visit.caller).await?,
            own: account == visit.own_account(),
        })
    }

    pub(crate) fn find(&self, id: TaskListId) -> Option<&CollectionInfo> {
        self.all.iter().find(|info| info.collection.id == id.0)
    }

    /// What the caller prefers of a list.
    pub(crate) fn preference(&self, id: TaskListId) -> CalendarPreference {
        let known = self.preferences.get(&(self.account, id.0));
        known.cloned().unwrap_or_default()
    }

    /// The list that new tasks go to where nobody says another.
    fn inbox(&self) -> Option<CollectionId> {
        let alone = || self.all.iter().filter(|info| is_list_alone(info));
        let standard = alone().find(|info| info.collection.name.as_str() == STANDARD_NAME);
        let any = standard.or_else(|| alone().next());
        let any = any.or_else(|| {
            let mut all = self.all.iter();
            all.find(|info| takes_invitations(&info.collection))
        });
        any.map(|info| info.collection.id)
    }

    /// A task list on the wire.
    pub(crate) fn object(&self, info: &CollectionInfo) -> Object {
        let id = TaskListId(info.collection.id);
        let preference = self.preference(id);
        let properties = &info.collection.properties;
        let name = properties.display_name.as_deref();
        let name = name.unwrap_or(info.collection.name.as_str());
        let zone = properties.time_zone.as_ref();
        let zone = zone.and_then(|_| groupware::calendar_zone(properties).name());
        let is_inbox = self.own && self.inbox() == Some(id.0);
        let value = json!({
            "id": id.wire(),
            "role": is_inbox.then_some("inbox"),
            "name": preference.name.as_deref().unwrap_or(name),
            "description": properties.description,
            "color": preference.color.as_ref().or(properties.color.as_ref()),
            "keywordColors": null,
            "categoryColors": null,
            "sortOrder": preference.sort_order.or(properties.sort_order).unwrap_or(0),
            // A calendar that takes tasks, too, is shown as a list by those who want it.
            "isSubscribed": preference.subscribed.unwrap_or(self.own) && is_list_alone(info),
            "timeZone": preference.time_zone.or(zone),
            "workflowStatuses": WORKFLOW_STATUSES,
            "shareWith": share_with(info),
            "myRights": rights(info.rights, is_list_alone(info)),
        });
        match value {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }
}

/// JMAP Tasks draft -06 3 `TaskRights`.
pub(crate) fn rights(rights: CollectionRights, may_go: bool) -> Value {
    let has = |right| rights.contains(right);
    json!({
        "mayReadItems": has(CollectionRights::READ),
        "mayWriteAll": has(CollectionRights::WRITE),
        "mayWriteOwn": has(CollectionRights::WRITE),
        "mayUpdatePrivate": has(CollectionRights::WRITE),
        "mayRSVP": has(CollectionRights::WRITE),
        "mayAdmin": has(CollectionRights::SHARE),
        "mayDelete": has(CollectionRights::SHARE) && may_go,
    })
}

/// RFC 9670 4 `shareWith`: told to those who may share. Shares with everybody have no principal, and stay as they are.
fn share_with(info: &CollectionInfo) -> Value {
    if !info.rights.contains(CollectionRights::SHARE) {
        return Value::Null;
    }
    let shares = info.collection.shares.iter();
    let shares = shares.filter_map(|(to, granted)| Some(((*to)?.wire(), rights(*granted, true))));
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
fn read_rights(value: &Value) -> Result<CollectionRights, SetError> {
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
            "mayReadItems" => given = given.with(CollectionRights::READER),
            "mayWriteAll" => given = given.with(CollectionRights::WRITER),
            "mayWriteOwn" | "mayUpdatePrivate" | "mayRSVP" => needs_writing = true,
            "mayAdmin" | "mayDelete" => given = given.with(CollectionRights::ALL),
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

/// With whom a list is to be shared.
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
