//! `ParticipantIdentity` (JMAP Calendars draft -26 2): an address to take part with, on the wire.

use groupware::ParticipantIdentity;
use model::AccountId;
use serde_json::{Value, json};

use super::records::not_supported;
use crate::call::Call;
use crate::codec::id::{ParticipantIdentityId, WireId};
use crate::codec::json::Object;
use crate::error::MethodError;

/// JMAP Calendars draft -26 2.
pub(crate) const PROPERTIES: [&str; 4] = ["id", "name", "calendarAddress", "isDefault"];

/// The identities of an account, and their state.
///
/// # Errors
/// `accountNotSupportedByMethod` where the caller has none.
pub(crate) async fn all(
    call: &Call,
    account: AccountId,
) -> Result<(Vec<ParticipantIdentity>, String), MethodError> {
    let identities = call
        .groupware()
        .participant_identities(call.caller(), account);
    let (all, state) = identities.await.map_err(not_supported)?;
    Ok((all, state.0.to_string()))
}

/// An identity on the wire.
pub(crate) fn object(identity: &ParticipantIdentity) -> Object {
    let object = json!({
        "id": ParticipantIdentityId(identity.id).wire(),
        "name": identity.name,
        "calendarAddress": format!("mailto:{}", identity.address),
        "isDefault": identity.is_default,
    });
    match object {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
