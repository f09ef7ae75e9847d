//! `Blob/lookup` (RFC 9404 4.3): which objects a blob is of.

use serde_json::Value;

use crate::blob::{Bearer, Name, bearer, resolve};
use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::LOOKUP_TYPES;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let missing = |name| MethodError::invalid_arguments(format!("`{name}` has to be there"));
    let types = call.arguments.texts("typeNames")?;
    let types = types.ok_or_else(|| missing("typeNames"))?;
    let ids = call.arguments.ids("ids")?.ok_or_else(|| missing("ids"))?;
    call.finish()?;
    if ids.len() > GET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    if types
        .iter()
        .any(|name| !LOOKUP_TYPES.contains(&name.as_str()))
    {
        return Err(MethodError::new("unknownDataType"));
    }
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for id in ids {
        let known = call.shared.resolve(&id);
        let name = known.as_deref().and_then(Name::parse);
        let found = match &known {
            Some(known) => resolve(&call.visit, account, known).await?,
            None => None,
        };
        let (Some(name), Some(_)) = (name, found) else {
            not_found.push(Value::from(id));
            continue;
        };
        let of = bearer(&call.visit, account, name).await?;
        let mut matched = Object::new();
        for name in &types {
            matched.insert(name.clone(), ids_of(name, of).into());
        }
        let mut object = Object::new();
        object.insert("id".into(), id.into());
        object.insert("matchedIds".into(), matched.into());
        call.shared.take_room(&object)?;
        list.push(Value::Object(object));
    }
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("list".into(), list.into());
    answer.insert("notFound".into(), not_found.into());
    Ok(Answer::from(answer))
}

fn ids_of(name: &str, of: Option<Bearer>) -> Vec<String> {
    let Some(of) = of else {
        return Vec::new();
    };
    vec![match name {
        "Email" => of.email.wire(),
        "Thread" => of.thread.wire(),
        _ => of.mailbox.wire(),
    }]
}
