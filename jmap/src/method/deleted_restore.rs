//! `Deleted/restore`: brings deleted things back to where they were. An extension of ours.

use groupware::{DELETED_PAGE_MAX, Error};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::words::history::read_deleted_id;
use crate::words::records::not_supported;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let ids = call.arguments.ids("ids")?.unwrap_or_default();
    call.finish()?;
    if ids.len() > DELETED_PAGE_MAX {
        return Err(MethodError::request_too_large());
    }
    let known: Vec<_> = ids.iter().filter_map(|id| read_deleted_id(id)).collect();
    let done = call
        .groupware()
        .restore_deleted(call.caller(), account, &known)
        .await;
    let mut done = done.map_err(not_supported)?.into_iter();
    let (mut restored, mut not_restored) = (Vec::new(), Object::new());
    for id in ids {
        let result = match read_deleted_id(&id) {
            Some(_) => done.next().unwrap_or(Err(Error::NotFound)),
            None => Err(Error::NotFound),
        };
        match result {
            Ok(()) => restored.push(Value::from(id)),
            Err(error) => {
                not_restored.insert(id, SetError::from(error).value());
            }
        }
    }
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("restored".into(), restored.into());
    answer.insert("notRestored".into(), Value::Object(not_restored));
    Ok(answer.into())
}
