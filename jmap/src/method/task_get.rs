//! `Task/get` (JMAP Tasks draft -06 4).

use std::sync::Arc;

use groupware::{CollectionInfo, Object as Stored};
use model::CollectionKind;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::standard::get::{Get, Got};
use crate::words::calendar_event::{EventReader, zone_argument};
use crate::words::task::{Shape, is_task, shown, whole};
use crate::words::task_id::TaskId;
use crate::words::task_list::is_list;

/// Tasks that are read at once.
const TASKS_AT_ONCE: usize = 128;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<TaskId>::read(&mut call, &[]).await?;
    let shape = Shape {
        floating: zone_argument(call.arguments.text("timeZone")?.as_deref())?,
        properties: get.properties.clone(),
    };
    call.finish()?;
    let state = call.state(get.account, DataType::Task).await?;
    let reader = EventReader::new(&call.visit, get.account).await?;
    let lists = call
        .groupware()
        .readable_collections(call.caller(), get.account, CollectionKind::Calendar)
        .await?;
    let mut got = Got::new(&call, &get, state);
    let mut wanted: Vec<(TaskId, CollectionInfo, Arc<Stored>)> = Vec::new();
    let visible = || lists.iter().filter(|list| is_list(&list.info));
    match &get.ids {
        None => {
            for list in visible() {
                let tasks = list.view.iter().filter(|object| is_task(object, &reader));
                wanted.extend(tasks.map(|object| {
                    let id = TaskId::whole(object.row.object);
                    (id, list.info.clone(), Arc::clone(object))
                }));
            }
            // RFC 8620 5.1 leaves the order open; a client is glad of one that stays.
            wanted.sort_by_key(|(id, ..)| id.0.object);
        }
        Some(ids) => {
            for id in ids {
                let found = visible().find_map(|list| {
                    let object = list.view.by_id(id.0.object)?;
                    is_task(object, &reader).then(|| (*id, list.info.clone(), Arc::clone(object)))
                });
                match found {
                    Some(found) => wanted.push(found),
                    None => got.not_found(id.wire()),
                }
            }
        }
    }
    for some in wanted.chunks(TASKS_AT_ONCE) {
        let objects: Vec<Arc<Stored>> =
            some.iter().map(|(.., object)| Arc::clone(object)).collect();
        let read = call.groupware().calendar_objects(&objects).await?;
        for ((id, info, _), object) in some.iter().zip(read) {
            let json = object.and_then(|object| whole(&reader, info, &object, *id));
            match json {
                Some(json) => got.add(shown(&reader, json, &shape))?,
                None if get.ids.is_some() => got.not_found(id.wire()),
                None => {}
            }
        }
    }
    Ok(got.into())
}
