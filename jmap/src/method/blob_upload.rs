//! `Blob/upload` (RFC 9404 4.1): blobs put together from texts and from parts of other blobs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::AccountId;
use serde_json::Value;

use crate::blob::{resolve, upload_id};
use crate::call::{Answer, Call, Outcome};
use crate::codec::argument::{Arguments, Fault};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::limits::{BLOB_SET_OCTETS_MAX, BLOB_SOURCES_MAX, SET_OBJECTS_MAX};
use crate::standard::set::{in_order, objects};

/// One piece of a blob (RFC 9404 4.1 `DataSourceObject`).
enum Piece {
    Octets(Vec<u8>),
    Blob {
        id: String,
        offset: u64,
        length: Option<u64>,
    },
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let create = objects("create", call.arguments.object("create")?)?;
    call.finish()?;
    if create.len() > SET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let (mut created, mut not_created) = (Object::new(), Object::new());
    for (creation, object) in in_order(create) {
        match one(&call, account, object).await {
            Ok(object) => {
                if let Some(id) = object.get("id").and_then(Value::as_str) {
                    call.shared.note_created(&creation, id);
                }
                created.insert(creation, Value::Object(object));
            }
            Err(error) => drop(not_created.insert(creation, error.value())),
        }
    }
    let or_null = |object: Object| match object.is_empty() {
        true => Value::Null,
        false => Value::Object(object),
    };
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("created".into(), or_null(created));
    answer.insert("notCreated".into(), or_null(not_created));
    Ok(Answer::from(answer))
}

async fn one(call: &Call, account: AccountId, object: Object) -> Result<Object, SetError> {
    let mut object = Arguments(object);
    let media_type = object.text("type")?;
    let sources = object.list("data")?;
    let sources = sources.ok_or_else(|| Fault::new("data", "has to be there"))?;
    object.finish()?;
    // RFC 9404 3.1 `maxDataSources`.
    if sources.len() > BLOB_SOURCES_MAX {
        return Err(SetError::new("tooLarge").because("There are too many data sources."));
    }
    let mut octets = Vec::new();
    for source in sources {
        add(call, account, piece(source)?, &mut octets).await?;
    }
    let size = octets.len();
    let id = call
        .groupware()
        .upload(call.caller(), account, octets)
        .await?;
    let mut created = Object::new();
    created.insert("id".into(), upload_id(id).into());
    let media_type = media_type.unwrap_or_else(|| "application/octet-stream".into());
    created.insert("type".into(), media_type.into());
    created.insert("size".into(), size.into());
    Ok(created)
}

fn piece(source: Value) -> Result<Piece, SetError> {
    let fault = |why| SetError::from(Fault::new("data", why));
    let Value::Object(source) = source else {
        return Err(fault("has to be a list of data sources"));
    };
    let mut source = Arguments(source);
    let text = source.text("data:asText")?;
    let encoded = source.text("data:asBase64")?;
    let blob = source.id("blobId")?;
    let piece = match (text, encoded, blob) {
        (Some(text), None, None) => Piece::Octets(text.into_bytes()),
        (None, Some(encoded), None) => {
            let octets = STANDARD.decode(encoded);
            Piece::Octets(octets.map_err(|_| fault("has to be Base64"))?)
        }
        (None, None, Some(id)) => Piece::Blob {
            id,
            offset: source.unsigned("offset")?.unwrap_or(0),
            length: source.unsigned("length")?,
        },
        _ => {
            return Err(fault(
                "has to have one of data:asText, data:asBase64 and blobId",
            ));
        }
    };
    source.finish()?;
    Ok(piece)
}

/// Puts a piece behind what is there already.
async fn add(
    call: &Call,
    account: AccountId,
    piece: Piece,
    octets: &mut Vec<u8>,
) -> Result<(), SetError> {
    let too_large = || SetError::new("tooLarge").with("maxSize", BLOB_SET_OCTETS_MAX);
    let room = BLOB_SET_OCTETS_MAX - octets.len();
    match piece {
        Piece::Octets(new) if new.len() > room => Err(too_large()),
        Piece::Octets(new) => {
            octets.extend_from_slice(&new);
            Ok(())
        }
        Piece::Blob { id, offset, length } => {
            let not_found = || SetError::new("blobNotFound").with("notFound", vec![id.clone()]);
            let known = call.shared.resolve(&id).ok_or_else(not_found)?;
            let found = resolve(&call.visit, account, &known).await;
            let found = found.map_err(|error| SetError::new(error.kind))?;
            let source = found.ok_or_else(not_found)?.octets().await;
            let source = source.map_err(|error| SetError::new(error.kind))?;
            let part = range(&source, offset, length);
            // RFC 9404 4.1: a range that is not all there makes no blob.
            let part = part.ok_or_else(|| {
                SetError::invalid_property("data", "A range is not inside its blob.")
            })?;
            if part.len() > room {
                return Err(too_large());
            }
            octets.extend_from_slice(part);
            Ok(())
        }
    }
}

/// The octets from an offset on, all or so many; none if they are not all there.
fn range(octets: &[u8], offset: u64, length: Option<u64>) -> Option<&[u8]> {
    let offset = usize::try_from(offset).ok()?;
    let rest = octets.get(offset..)?;
    match length {
        None => Some(rest),
        Some(length) => rest.get(..usize::try_from(length).ok()?),
    }
}
