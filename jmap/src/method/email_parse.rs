//! `Email/parse` (RFC 8621 4.9).

use std::collections::BTreeSet;

use groupware::message::{forms, parse};
use model::{AccountId, EmailMeta};
use serde_json::Value;

use crate::blob;
use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::words::email::EmailWish;

/// Messages that are read for one call: each may be as large as an upload.
const MESSAGES_MAX: usize = 64;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let blobs = call.arguments.texts("blobIds")?;
    let properties = call.arguments.texts("properties")?;
    let properties: Option<BTreeSet<String>> = properties.map(|all| all.into_iter().collect());
    let wish = EmailWish::of_messages(properties.as_ref(), &mut call.arguments)?;
    call.finish()?;
    let blobs = blobs.ok_or_else(|| MethodError::invalid_arguments("`blobIds` has to be there"))?;
    if blobs.len() > MESSAGES_MAX {
        return Err(MethodError::request_too_large());
    }
    let mut parsed = Object::new();
    let (mut not_parsable, mut not_found) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for written in blobs {
        let id = call.shared.resolve(&written).unwrap_or_default();
        if !seen.insert(id.clone()) {
            continue;
        }
        match read(&call, account, &id).await? {
            Read::Message { octets, meta } => {
                let object = told(&wish, &octets, &meta, &id);
                call.shared.take_room(&object)?;
                parsed.insert(written, object.into());
            }
            Read::NotParsable => not_parsable.push(written),
            Read::NotFound => not_found.push(written),
        }
    }
    let or_null = |ids: Vec<String>| Some(ids).filter(|ids| !ids.is_empty());
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    let parsed = Some(parsed).filter(|parsed| !parsed.is_empty());
    answer.insert("parsed".into(), parsed.map_or(Value::Null, Value::Object));
    answer.insert("notParsable".into(), or_null(not_parsable).into());
    answer.insert("notFound".into(), or_null(not_found).into());
    Ok(Answer::from(answer))
}

/// What a blob is.
enum Read {
    Message { octets: Vec<u8>, meta: Vec<u8> },
    NotParsable,
    NotFound,
}

async fn read(call: &Call, account: AccountId, id: &str) -> Result<Read, MethodError> {
    let Some(blob) = blob::resolve(&call.visit, account, id).await? else {
        return Ok(Read::NotFound);
    };
    let limit = groupware::MESSAGE_OCTETS_MAX as u64;
    if blob.size > limit {
        return Ok(Read::NotParsable);
    }
    let octets = blob.octets().await?;
    // Any octets are a message to us; what does not begin with a header field is none to people.
    if forms::fields(&octets).next().is_none() {
        return Ok(Read::NotParsable);
    }
    let reading = tokio::task::spawn_blocking(move || {
        let meta = parse(&octets).meta;
        Read::Message { octets, meta }
    });
    reading.await.map_err(|_| MethodError::server_fail())
}

fn told(wish: &EmailWish, octets: &[u8], meta: &[u8], blob: &str) -> Object {
    let meta = EmailMeta::decode(meta).unwrap_or_default();
    let mut object = Object::new();
    wish.add_nothing_of_email(&mut object);
    wish.add_blob(&mut object, blob, octets.len());
    wish.add_headers(&mut object, &meta.headers);
    wish.add_body(&mut object, &meta, octets, blob);
    object
}
