//! `/get` of items.

use std::sync::Arc;

use groupware::{CollectionInfo, Object as Stored};
use model::CollectionKind;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::standard::get::{Get, Got};
use crate::words::container;
use crate::words::item::{Item, Shape, is_one, shown, whole, zone_argument};
use crate::words::item_id::ItemId;
use crate::words::item_reader::ItemReader;

/// Items that are read at once.
const ITEMS_AT_ONCE: usize = 128;

/// JMAP Calendars draft -26 5.8.
pub(in crate::method) async fn get<T: Item>(mut call: Call) -> Outcome {
    let get = Get::<T::Id>::read(&mut call, &[]).await?;
    let mut shape = Shape {
        floating: zone_argument(&mut call)?,
        before: None,
        after: None,
        reduce_participants: false,
        properties: get.properties.clone(),
    };
    T::read_shape(&mut call, &mut shape)?;
    call.finish()?;
    let state = call.state(get.account, T::TYPE).await?;
    let reader = ItemReader::new(&call.visit, get.account).await?;
    let containers = call
        .groupware()
        .readable_collections(call.caller(), get.account, CollectionKind::Calendar)
        .await?;
    let mut got = Got::new(&call, &get, state);
    let mut wanted: Vec<(T::Id, CollectionInfo, Arc<Stored>)> = Vec::new();
    let visible = || {
        let all = containers.iter();
        all.filter(|one| container::is_one::<T::Container>(&one.info))
    };
    match &get.ids {
        None => {
            for container in visible() {
                let items = container.view.iter();
                let items = items.filter(|object| is_one::<T>(object, &reader));
                wanted.extend(items.map(|object| {
                    let id = T::Id::whole(object.row.object);
                    (id, container.info.clone(), Arc::clone(object))
                }));
            }
            // RFC 8620 5.1 leaves the order open; a client is glad of one that stays.
            wanted.sort_by_key(|(id, ..)| *id);
        }
        Some(ids) => {
            for id in ids {
                let found = visible().find_map(|container| {
                    let object = container.view.by_id(id.object())?;
                    is_one::<T>(object, &reader)
                        .then(|| (*id, container.info.clone(), Arc::clone(object)))
                });
                match found {
                    Some(found) => wanted.push(found),
                    None => got.not_found(id.wire()),
                }
            }
        }
    }
    for some in wanted.chunks(ITEMS_AT_ONCE) {
        let objects: Vec<Arc<Stored>> =
            some.iter().map(|(.., object)| Arc::clone(object)).collect();
        let read = call.groupware().calendar_objects(&objects).await?;
        for ((id, info, _), object) in some.iter().zip(read) {
            let json = object.and_then(|object| whole::<T>(&reader, info, &object, *id));
            match json {
                Some(json) => got.add(shown::<T>(&reader, json, &shape))?,
                None if get.ids.is_some() => got.not_found(id.wire()),
                None => {}
            }
        }
    }
    Ok(got.into())
}
