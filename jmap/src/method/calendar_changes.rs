//! `Calendar/changes` (JMAP Calendars draft -26 4.2).

use model::{CollectionId, CollectionKind, NumberSet};

use crate::call::{Call, Outcome};
use crate::codec::id::{CalendarId, WireId};
use crate::standard::changes::{Changed, Since};
use crate::words::calendar::Calendars;
use crate::words::calendar_state::CalendarState;

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
    let calendars = Calendars::read(&call.visit, since.account).await?;
    let known = |id: &CalendarId| calendars.find(*id).is_some();
    let mut created: Vec<CalendarId> = ids(&changes.created).filter(known).collect();
    let mut updated: Vec<CalendarId> = ids(&changes.updated).filter(known).collect();
    if before.preferred != now.preferred {
        // What is preferred may be another thing now; that tells not of which calendar.
        let all = calendars.all.iter();
        let all = all.map(|info| CalendarId(info.collection.id));
        let more = all.filter(|id| !created.contains(id));
        updated = more.collect();
    }
    created.sort_unstable();
    let wire = |ids: Vec<CalendarId>| ids.into_iter().map(WireId::wire).collect();
    let changed = Changed {
        state: now.text(),
        more: false,
        created: wire(created),
        updated: wire(updated),
        destroyed: wire(ids(&changes.destroyed).collect()),
    };
    changed.answer(since)
}

fn ids(numbers: &NumberSet) -> impl Iterator<Item = CalendarId> + '_ {
    numbers
        .iter()
        .map(|number| CalendarId(CollectionId(number)))
}
