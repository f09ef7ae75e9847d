//! `Task/changes` (JMAP Tasks draft -06 4).

use std::collections::BTreeSet;

use model::{CollectionKind, NumberSet, ObjectId};

use crate::call::{Call, Outcome};
use crate::standard::changes::{Changed, Since};
use crate::words::calendar_event::EventReader;
use crate::words::calendar_state::{event_state, read_event_state};
use crate::words::task::{is_task, wire};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = read_event_state(&since.state)?;
    let (groupware, kind) = (call.groupware(), CollectionKind::Calendar);
    let changes = groupware
        .kind_changes(call.caller(), since.account, kind, before, Some(since.max))
        .await?;
    let reader = EventReader::new(&call.visit, since.account).await?;
    let lists = groupware
        .readable_collections(call.caller(), since.account, kind)
        .await?;
    let tasks = |numbers: &NumberSet| -> Vec<String> {
        let numbers: BTreeSet<u32> = numbers.iter().collect();
        let is_one = |number: &u32| {
            let object = lists
                .iter()
                .find_map(|list| list.view.by_id(ObjectId(*number)));
            // What went since is told as gone the next time.
            object.is_some_and(|object| is_task(object, &reader))
        };
        numbers.into_iter().filter(is_one).map(wire).collect()
    };
    let changed = Changed {
        state: changes.until.map_or(since.state.clone(), event_state),
        more: changes.more,
        created: tasks(&changes.created),
        updated: tasks(&changes.updated),
        destroyed: changes.destroyed.iter().map(wire).collect(),
    };
    changed.answer(since)
}
