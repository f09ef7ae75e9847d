//! `HistoryEntry/undo`: takes back what entries did, as far as nothing later came to it. An extension of ours.

use groupware::Error;
use serde_json::{Value, json};

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::words::history::read_entry_id;
use crate::words::records::not_supported;

/// Entries that are taken back with one call.
const ENTRIES_MAX: usize = 50;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let ids = call.arguments.ids("ids")?.unwrap_or_default();
    call.finish()?;
    if ids.len() > ENTRIES_MAX {
        return Err(MethodError::request_too_large());
    }
    // Who may not look may not change; and is told so once, not for each.
    let look = call
        .groupware()
        .history_entries(call.caller(), account, &[]);
    look.await.map_err(not_supported)?;
    let (mut undone, mut not_undone) = (Object::new(), Object::new());
    for id in ids {
        let result = match read_entry_id(&id) {
            Some(seq) => {
                let groupware = call.groupware();
                groupware.undo_history(call.caller(), account, seq).await
            }
            None => Err(Error::NotFound),
        };
        match result {
            Ok(result) => {
                let said = json!({"done": result.done, "left": result.left});
                undone.insert(id, said);
            }
            Err(error) => {
                not_undone.insert(id, SetError::from(error).value());
            }
        }
    }
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("undone".into(), Value::Object(undone));
    answer.insert("notUndone".into(), Value::Object(not_undone));
    Ok(answer.into())
}
