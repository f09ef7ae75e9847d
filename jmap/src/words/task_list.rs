//! `TaskList` (JMAP Tasks draft -06 3): what task lists have that calendars have not.

use groupware::{CollectionInfo, takes_invitations};
use model::{CollectionId, CollectionRights, Components};
use serde_json::{Value, json};

use super::container::{Container, Containers};
use super::share_with::{Grant, Grants};
use crate::codec::id::TaskListId;
use crate::codec::json::Object;
use crate::data_type::DataType;

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

/// Task lists.
#[derive(Debug)]
pub(crate) struct TaskList;

impl Container for TaskList {
    type Id = TaskListId;

    const TYPE: DataType = DataType::TaskList;
    const PROPERTIES: &'static [&'static str] = &[
        "id",
        "role",
        "name",
        "description",
        "color",
        "keywordColors",
        "categoryColors",
        "sortOrder",
        "isSubscribed",
        "timeZone",
        "workflowStatuses",
        "shareWith",
        "myRights",
    ];
    const COMPONENTS: Components = Components::TASKS;
    const GRANTS: &'static Grants = &[
        ("mayReadItems", Grant::Rights(CollectionRights::READER)),
        ("mayWriteAll", Grant::Rights(CollectionRights::WRITER)),
        ("mayWriteOwn", Grant::PartOfWriting),
        ("mayUpdatePrivate", Grant::PartOfWriting),
        ("mayRSVP", Grant::PartOfWriting),
        ("mayAdmin", Grant::Rights(CollectionRights::ALL)),
        ("mayDelete", Grant::Rights(CollectionRights::ALL)),
    ];
    const OTHERWISE_CALLED: &'static str = "tasks-of-mine";
    const REMOVES: &'static str = "onDestroyRemoveTasks";
    const NOT_EMPTY: &'static str = "taskListHasTask";

    /// What is a calendar, too, is managed as one: its events would go with it.
    fn is_more(info: &CollectionInfo) -> bool {
        !is_list_alone(info)
    }

    fn may_go(info: &CollectionInfo) -> bool {
        is_list_alone(info)
    }

    /// JMAP Tasks draft -06 3 `TaskRights`.
    fn rights(rights: CollectionRights, may_go: bool) -> Value {
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

    fn add(object: &mut Object, info: &CollectionInfo, all: &Containers<Self>) {
        let is_inbox = all.own && inbox(all) == Some(info.collection.id);
        object.insert("role".into(), is_inbox.then_some("inbox").into());
        object.insert("keywordColors".into(), Value::Null);
        object.insert("categoryColors".into(), Value::Null);
        object.insert("workflowStatuses".into(), json!(WORKFLOW_STATUSES));
        if !is_list_alone(info) {
            // A calendar that takes tasks, too, is shown as a list by those who want it.
            object.insert("isSubscribed".into(), false.into());
        }
    }
}

/// Whether it takes tasks and nothing else.
fn is_list_alone(info: &CollectionInfo) -> bool {
    let components = info.collection.properties.components;
    !components.contains(Components::EVENTS)
}

/// The list that new tasks go to where nobody says another.
fn inbox(lists: &Containers<TaskList>) -> Option<CollectionId> {
    let alone = || lists.all.iter().filter(|info| is_list_alone(info));
    let standard = alone().find(|info| info.collection.name.as_str() == STANDARD_NAME);
    let any = standard.or_else(|| alone().next()).or_else(|| {
        let mut all = lists.all.iter();
        all.find(|info| takes_invitations(&info.collection))
    });
    any.map(|info| info.collection.id)
}
