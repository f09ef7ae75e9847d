//! `/changes` of items.

use model::{CollectionKind, NumberSet, ObjectId};

use crate::call::{Call, Outcome};
use crate::standard::changes::{Changed, Since};
use crate::words::collection_state::{items_state, read_items_state};
use crate::words::item::{Item, is_one, wire};
use crate::words::item_reader::ItemReader;

/// JMAP Calendars draft -26 5.9.
pub(in crate::method) async fn changes<T: Item>(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = read_items_state(&since.state)?;
    let (groupware, kind) = (call.groupware(), CollectionKind::Calendar);
    let changes = groupware
        .kind_changes(call.caller(), since.account, kind, before, Some(since.max))
        .await?;
    let reader = ItemReader::new(&call.visit, since.account).await?;
    let containers = groupware
        .readable_collections(call.caller(), since.account, kind)
        .await?;
    let items = |numbers: &NumberSet| -> Vec<String> {
        let is_one = |number: &u32| {
            let mut all = containers.iter();
            let object = all.find_map(|one| one.view.by_id(ObjectId(*number)));
            // What went since is told as gone the next time.
            object.is_some_and(|object| is_one::<T>(object, &reader))
        };
        numbers.iter().filter(is_one).map(wire::<T>).collect()
    };
    let changed = Changed {
        state: changes.until.map_or(since.state.clone(), items_state),
        more: changes.more,
        created: items(&changes.created),
        updated: items(&changes.updated),
        destroyed: changes.destroyed.iter().map(wire::<T>).collect(),
    };
    changed.answer(since)
}
