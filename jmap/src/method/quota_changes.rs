//! `Quota/changes` (RFC 9425 4.2).

use serde_json::{Value, json};

use crate::call::{Call, Outcome};
use crate::error::MethodError;
use crate::standard::changes::{Changed, Since};
use crate::words::quota::{ID, limit_of, state};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let before = limit_of(&since.state).ok_or_else(MethodError::cannot_calculate_changes)?;
    let quota = call.groupware().quota(call.caller(), since.account).await?;
    let mut changed = Changed {
        state: state(&quota),
        ..Changed::default()
    };
    let ids = vec![ID.to_owned()];
    let mut only_used = false;
    match (before, quota.limit_octets) {
        (None, Some(_)) => changed.created = ids,
        (Some(_), None) => changed.destroyed = ids,
        (Some(before), Some(now)) if changed.state != since.state => {
            changed.updated = ids;
            only_used = before == now;
        }
        _ => {}
    }
    let mut answer = changed.answer(since)?;
    // RFC 9425 4.2: the properties that changed, where it is known that no others did.
    let properties = if only_used {
        json!(["used"])
    } else {
        Value::Null
    };
    answer
        .arguments
        .insert("updatedProperties".into(), properties);
    Ok(answer)
}
