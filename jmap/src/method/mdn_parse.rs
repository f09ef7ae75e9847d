//! `MDN/parse` (RFC 9007 2.2).

use groupware::MESSAGE_OCTETS_MAX;
use groupware::message::disposition::Notification;
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;
use crate::words::{bytes, mdn};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let blobs = call.arguments.ids("blobIds")?;
    let blobs = blobs.ok_or_else(|| MethodError::invalid_arguments("`blobIds` has to be there"))?;
    call.finish()?;
    if blobs.len() > GET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let mut parsed = Object::new();
    let (mut not_parsable, mut not_found) = (Vec::new(), Vec::new());
    for blob in blobs {
        let octets = bytes::octets(&call, account, &blob, MESSAGE_OCTETS_MAX).await;
        match octets {
            Ok(Some(message)) => match Notification::read(&message) {
                Some(notification) => {
                    let object = mdn::object(&notification, None);
                    call.shared.take_room(&object)?;
                    parsed.insert(blob, Value::Object(object));
                }
                None => not_parsable.push(blob),
            },
            Ok(None) => not_found.push(blob),
            Err(_) => not_parsable.push(blob),
        }
    }
    let list = |ids: Vec<String>| match ids.is_empty() {
        true => Value::Null,
        false => ids.into(),
    };
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    let parsed = Some(parsed).filter(|parsed| !parsed.is_empty());
    answer.insert("parsed".into(), parsed.map_or(Value::Null, Value::Object));
    answer.insert("notParsable".into(), list(not_parsable));
    answer.insert("notFound".into(), list(not_found));
    Ok(answer.into())
}
