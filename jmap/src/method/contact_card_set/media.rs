//! Media of a card that a client uploaded: their bytes become part of the card (RFC 9610 3).

use model::AccountId;
use serde_json::Value;

use crate::call::Call;
use crate::codec::json::Object;
use crate::error::SetError;

/// Refuses media that are named by a blob.
pub(super) async fn take_in(
    _call: &Call,
    _account: AccountId,
    object: &mut Object,
) -> Result<(), SetError> {
    let Some(Value::Object(media)) = object.get("media") else {
        return Ok(());
    };
    match media
        .iter()
        .find(|(_, medium)| medium.get("blobId").is_some())
    {
        Some((id, _)) => {
            let path = format!("media/{id}/blobId");
            Err(SetError::invalid_property(&path, "is no blob"))
        }
        None => Ok(()),
    }
}
