//! Changes of what is kept as records (RFC 8620 5.2).

use groupware::RecordKind;
use model::ObjectId;

use crate::call::{Call, Outcome};
use crate::error::MethodError;
use crate::standard::changes::{Changed, Since};

/// The answer to a `/changes`.
pub(crate) async fn changes(
    call: &Call,
    since: Since,
    kind: RecordKind,
    wire: impl Fn(ObjectId) -> String,
) -> Outcome {
    let changes = call
        .groupware()
        .record_changes(call.caller(), since.account, kind, since.seq()?)
        .await;
    let changes = changes.map_err(not_supported)?;
    let ids = |ids: Vec<ObjectId>| ids.into_iter().map(&wire).collect();
    let changed = Changed {
        state: changes.until.0.to_string(),
        more: false,
        created: ids(changes.created),
        updated: ids(changes.updated),
        destroyed: ids(changes.destroyed),
    };
    changed.answer(since)
}

/// RFC 8620 3.6.2: the account is there, but what it keeps of this kind is not for the caller.
pub(crate) fn not_supported(error: groupware::Error) -> MethodError {
    match error {
        groupware::Error::NotFound | groupware::Error::Forbidden => {
            MethodError::account_not_supported()
        }
        other => other.into(),
    }
}
