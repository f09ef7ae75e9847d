//! Sieve scripts (RFC 9661): JMAP <-> the model's.

use groupware::{
    Error, NumberedScript, SCRIPT_NAME_CHARACTERS_MAX, SCRIPT_OCTETS_MAX, SCRIPTS_MAX, ScriptError,
};
use model::AccountId;
use serde_json::{Value, json};

use crate::call::Call;
use crate::codec::id::{SieveScriptId, WireId};
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::words::records::not_supported;

/// RFC 9661 2.
pub(crate) const PROPERTIES: [&str; 4] = ["id", "name", "blobId", "isActive"];

/// What the session says of scripts (RFC 9661 1.2.1).
pub(crate) fn capability() -> Value {
    json!({
        "implementation": "Wachpost",
        "maxSizeScriptName": SCRIPT_NAME_CHARACTERS_MAX,
        "maxSizeScript": SCRIPT_OCTETS_MAX,
        "maxNumberScripts": SCRIPTS_MAX,
        "maxNumberRedirects": null,
        "sieveExtensions": groupware::script_extensions(),
        "notificationMethods": null,
        "externalLists": null,
    })
}

/// The scripts of an account by number, and their state.
///
/// # Errors
/// `accountNotSupportedByMethod` for others than the owner.
pub(crate) async fn all(
    call: &Call,
    account: AccountId,
) -> Result<(Vec<NumberedScript>, String), MethodError> {
    let scripts = call
        .groupware()
        .numbered_scripts(call.caller(), account)
        .await;
    let (all, state) = scripts.map_err(not_supported)?;
    Ok((all, state.0.to_string()))
}

/// A script on the wire.
pub(crate) fn object(script: &NumberedScript) -> Object {
    let (object, entry) = script.text;
    let object = json!({
        "id": SieveScriptId(script.id).wire(),
        "name": script.name,
        "blobId": format!("o{object}-{entry}"),
        "isActive": script.is_active,
    });
    match object {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Why something was not done with a script (RFC 9661 2.4).
pub(crate) fn set_error(error: ScriptError, all: &[NumberedScript], name: &str) -> SetError {
    match error {
        ScriptError::Fault(fault) => SetError::new("invalidSieve").because(fault),
        ScriptError::Name => SetError::invalid_property("name", error.to_string()),
        ScriptError::Active => SetError::new("sieveIsActive"),
        ScriptError::TooMany => SetError::new("overQuota").because(error.to_string()),
        ScriptError::TooLarge => SetError::new("tooLarge").because(error.to_string()),
        ScriptError::Failed(Error::AlreadyExists) => {
            let there = all.iter().find(|script| script.name == name);
            let error = SetError::new("alreadyExists");
            match there {
                Some(there) => error.with("existingId", SieveScriptId(there.id).wire()),
                None => error,
            }
        }
        ScriptError::Failed(error) => error.into(),
    }
}
