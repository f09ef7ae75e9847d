//! `TaskList/get` (JMAP Tasks draft -06 3.2).

use crate::call::{Call, Outcome};
use crate::codec::id::{TaskListId, WireId};
use crate::data_type::DataType;
use crate::standard::get::{Get, Got};
use crate::words::task_list::TaskLists;

pub(super) const PROPERTIES: [&str; 13] = [
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

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<TaskListId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    let state = call.state(get.account, DataType::TaskList).await?;
    let lists = TaskLists::read(&call.visit, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let ids = match &get.ids {
        Some(ids) => ids.clone(),
        None => {
            let all = lists.all.iter();
            all.map(|info| TaskListId(info.collection.id)).collect()
        }
    };
    for id in ids {
        match lists.find(id) {
            Some(info) => {
                let mut object = lists.object(info);
                get.cut(&mut object);
                got.add(object)?;
            }
            None => got.not_found(id.wire()),
        }
    }
    Ok(got.into())
}
