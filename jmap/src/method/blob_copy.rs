//! `Blob/copy` (RFC 8620 6.3).

use serde_json::Value;

use crate::blob;
use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::SET_OBJECTS_MAX;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let from = call.account_named("fromAccountId").await;
    let from = from.map_err(|error| match error.kind {
        "accountNotFound" => MethodError::new("fromAccountNotFound"),
        _ => error,
    })?;
    let to = call.account().await?;
    let ids = call.arguments.ids("blobIds")?;
    let ids = ids.ok_or_else(|| MethodError::invalid_arguments("`blobIds` has to be there"))?;
    call.finish()?;
    if ids.len() > SET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let (mut copied, mut not_copied) = (Object::new(), Object::new());
    for id in ids {
        let known = call.shared.resolve(&id).unwrap_or_else(|| id.clone());
        match blob::transfer(&call.visit, from, to, &known).await {
            Ok(new) => drop(copied.insert(id, new.into())),
            Err(error) => drop(not_copied.insert(id, error.value())),
        }
    }
    let or_null = |object: Object| match object.is_empty() {
        true => Value::Null,
        false => Value::Object(object),
    };
    let mut answer = Object::new();
    answer.insert("fromAccountId".into(), from.wire().into());
    answer.insert("accountId".into(), to.wire().into());
    answer.insert("copied".into(), or_null(copied));
    answer.insert("notCopied".into(), or_null(not_copied));
    Ok(Answer::from(answer))
}
