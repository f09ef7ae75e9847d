//! `TaskList/changes` (JMAP Tasks draft -06 3.3).

use model::{CollectionId, CollectionKind, NumberSet};

use crate::call::{Call, Outcome};
use crate::codec::id::{TaskListId, WireId};
use crate::standard::changes::{Changed, Since};
use crate::words::calendar_state::CalendarState;
use crate::words::task_list::TaskLists;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = CalendarState::read(&since.state)?;
    let now = CalendarState::of(&call.visit, since.account).await?;
    let changes = call
        .groupware()
        .collection_changes(
            call.caller(),
            since.account,
            CollectionKind::Calendar,
            before.calendars,
        )
        .await?;
    let lists = TaskLists::read(&call.visit, since.account).await?;
    let known = |id: &TaskListId| lists.find(*id).is_some();
    let mut created: Vec<TaskListId> = ids(&changes.created).filter(known).collect();
    let mut updated: Vec<TaskListId> = ids(&changes.updated).filter(known).collect();
    if before.preferred != now.preferred {
        // What is preferred may be another thing now; that tells not of which list.
        let all = lists.all.iter();
        let all = all.map(|info| TaskListId(info.collection.id));
        updated = all.filter(|id| !created.contains(id)).collect();
    }
    created.sort_unstable();
    let wire = |ids: Vec<TaskListId>| ids.into_iter().map(WireId::wire).collect();
    let changed = Changed {
        state: now.text(),
        more: false,
        created: wire(created),
        updated: wire(updated),
        destroyed: wire(ids(&changes.destroyed).collect()),
    };
    changed.answer(since)
}

fn ids(numbers: &NumberSet) -> impl Iterator<Item = TaskListId> + '_ {
    numbers
        .iter()
        .map(|number| TaskListId(CollectionId(number)))
}
