//! `SieveScript/validate` (RFC 9661 2.6).

use groupware::{SCRIPT_OCTETS_MAX, check_script};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::words::{bytes, sieve};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let blob = call.arguments.id("blobId")?;
    let blob = blob.ok_or_else(|| MethodError::invalid_arguments("`blobId` has to be there"))?;
    call.finish()?;
    let error = match bytes::octets(&call, account, &blob, SCRIPT_OCTETS_MAX).await {
        Ok(Some(text)) => {
            let checked = check_script(&text);
            checked.err().map(|error| sieve::set_error(error, &[], ""))
        }
        Ok(None) => Some(SetError::new("blobNotFound")),
        Err(error) => Some(error),
    };
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("error".into(), error.map_or(Value::Null, SetError::value));
    Ok(answer.into())
}
