//! `Deleted/get`: deleted things that can be brought back. An extension of ours.

use std::collections::BTreeSet;

use groupware::{DELETED_PAGE_MAX, HistoryFilter};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::words::history::{DELETED_PROPERTIES, deleted, read_deleted_id};
use crate::words::records::not_supported;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let ids = call.arguments.ids("ids")?;
    let properties = call.arguments.texts("properties")?;
    call.finish()?;
    let ids = ids.filter(|ids| ids.len() <= DELETED_PAGE_MAX);
    let ids = ids.ok_or_else(MethodError::request_too_large)?;
    let properties: Option<BTreeSet<String>> = properties.map(|all| all.into_iter().collect());
    let is_unknown = |name: &&String| !DELETED_PROPERTIES.contains(&name.as_str());
    if let Some(name) = properties.iter().flatten().find(is_unknown) {
        let why = format!("there is no property `{name}`");
        return Err(MethodError::invalid_arguments(why));
    }
    let (groupware, caller) = (call.groupware(), call.caller());
    let now = groupware.history(caller, account, HistoryFilter::default(), None, 1);
    let state = now.await.map_err(not_supported)?.last;
    let mut seen = BTreeSet::new();
    let unique: Vec<&String> = ids.iter().filter(|id| seen.insert(id.as_str())).collect();
    let known: Vec<_> = unique.iter().filter_map(|id| read_deleted_id(id)).collect();
    let things = groupware.deleted_things(caller, account, &known).await;
    let mut things = things.map_err(not_supported)?.into_iter();
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for id in unique {
        let thing = match read_deleted_id(id) {
            Some(_) => things.next().flatten(),
            None => None,
        };
        let Some(thing) = thing else {
            not_found.push(Value::from(id.as_str()));
            continue;
        };
        let mut object = deleted(&thing);
        if let Some(wanted) = &properties {
            object.retain(|name, _| name == "id" || wanted.contains(name));
        }
        call.shared.take_room(&object)?;
        list.push(Value::Object(object));
    }
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("state".into(), state.0.to_string().into());
    answer.insert("list".into(), list.into());
    answer.insert("notFound".into(), not_found.into());
    Ok(answer.into())
}
