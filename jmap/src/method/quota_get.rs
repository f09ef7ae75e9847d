//! `Quota/get` (RFC 9425 4.1).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;
use crate::words::quota::{ID, PROPERTIES, object, state};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let ids = call.arguments.ids("ids")?;
    if ids.as_ref().is_some_and(|ids| ids.len() > GET_OBJECTS_MAX) {
        return Err(MethodError::request_too_large());
    }
    let properties = call.arguments.texts("properties")?;
    call.finish()?;
    let unknown = |name: &&String| !PROPERTIES.contains(&name.as_str());
    if let Some(name) = properties.iter().flatten().find(unknown) {
        let why = format!("there is no property `{name}`");
        return Err(MethodError::invalid_arguments(why));
    }
    let quota = call.groupware().quota(call.caller(), account).await?;
    let wanted = ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == ID));
    let mut list: Vec<Value> = Vec::new();
    if let Some(limit) = quota.limit_octets.filter(|_| wanted) {
        let mut object = object(&quota, limit);
        if let Some(properties) = properties {
            object.retain(|name, _| name == "id" || properties.contains(name));
        }
        list.push(Value::Object(object));
    }
    let found = !list.is_empty();
    let ids: BTreeSet<String> = ids.unwrap_or_default().into_iter().collect();
    let not_found = ids.into_iter().filter(|id| !(found && id == ID));
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("state".into(), state(&quota).into());
    answer.insert("list".into(), list.into());
    answer.insert("notFound".into(), not_found.collect::<Vec<_>>().into());
    Ok(Answer::from(answer))
}
