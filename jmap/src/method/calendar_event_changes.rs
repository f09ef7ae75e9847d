//! `CalendarEvent/changes` (JMAP Calendars draft -26 5.9).

use std::collections::BTreeSet;

use model::{CollectionKind, NumberSet, ObjectId};

use crate::call::{Call, Outcome};
use crate::standard::changes::{Changed, Since};
use crate::words::calendar_event::{EventReader, is_event, wire};
use crate::words::calendar_state::{event_state, read_event_state};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = read_event_state(&since.state)?;
    let (groupware, kind) = (call.groupware(), CollectionKind::Calendar);
    let changes = groupware
        .kind_changes(call.caller(), since.account, kind, before, Some(since.max))
        .await?;
    let reader = EventReader::new(&call.visit, since.account).await?;
    let calendars = groupware
        .readable_collections(call.caller(), since.account, kind)
        .await?;
    let events = |numbers: &NumberSet| -> Vec<String> {
        let numbers: BTreeSet<u32> = numbers.iter().collect();
        let is_one = |number: &u32| {
            let object = calendars
                .iter()
                .find_map(|calendar| calendar.view.by_id(ObjectId(*number)));
            // What went since is told as gone the next time.
            object.is_some_and(|object| is_event(object, &reader))
        };
        numbers.into_iter().filter(is_one).map(wire).collect()
    };
    let changed = Changed {
        state: changes.until.map_or(since.state.clone(), event_state),
        more: changes.more,
        created: events(&changes.created),
        updated: events(&changes.updated),
        destroyed: changes.destroyed.iter().map(wire).collect(),
    };
    changed.answer(since)
}
