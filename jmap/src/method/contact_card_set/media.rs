//! Media of a card that a client uploaded: their bytes become part of the card (RFC 9610 3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::AccountId;
use serde_json::Value;

use crate::call::Call;
use crate::codec::json::Object;
use crate::error::SetError;

/// Octets of one picture or sound: ours; what a card may have leaves room for one such, in base64.
const MEDIUM_OCTETS_MAX: u64 = 7 * 1024 * 1024;

/// Replaces the `blobId` of each medium by a `data:` URI with the bytes.
pub(super) async fn take_in(
    call: &Call,
    account: AccountId,
    object: &mut Object,
) -> Result<(), SetError> {
    let Some(Value::Object(media)) = object.get_mut("media") else {
        return Ok(());
    };
    for (id, medium) in media {
        let Some(medium) = medium.as_object_mut() else {
            continue;
        };
        let Some(blob) = medium.remove("blobId") else {
            continue;
        };
        let path = format!("media/{id}/blobId");
        let not_found = || SetError::invalid_property(&path, "is no blob");
        let blob = blob.as_str().ok_or_else(not_found)?;
        let blob = crate::blob::resolve(&call.visit, account, blob).await;
        let blob = blob.ok().flatten().ok_or_else(not_found)?;
        if blob.size > MEDIUM_OCTETS_MAX {
            return Err(SetError::new("tooLarge"));
        }
        let octets = blob.octets().await.map_err(|_| not_found())?;
        let kind = medium.get("mediaType").and_then(Value::as_str);
        let plain = kind.filter(|kind| is_media_type(kind));
        let kind = plain.unwrap_or("application/octet-stream");
        let uri = format!("data:{kind};base64,{}", STANDARD.encode(&octets));
        medium.insert("uri".into(), uri.into());
    }
    Ok(())
}

/// Whether it can stand in a `data:` URI (RFC 2397 3).
fn is_media_type(kind: &str) -> bool {
    kind.bytes()
        .all(|octet| octet.is_ascii_alphanumeric() || b"/+.-".contains(&octet))
}
