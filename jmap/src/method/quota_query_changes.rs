//! `Quota/queryChanges` (RFC 9425 4.4).

use super::quota_query::{Condition, check_order, is_found, list_state};
use crate::call::{Call, Outcome};
use crate::error::MethodError;
use crate::standard::query_changes::{QueryChanged, QueryChanges};
use crate::words::quota::ID;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = QueryChanges::read(&mut call, Condition::read).await?;
    call.finish()?;
    check_order(&query.sort)?;
    let known = [list_state(false), list_state(true)];
    if !known.contains(&query.since) {
        return Err(MethodError::cannot_calculate_changes());
    }
    let quota = call.groupware().quota(call.caller(), query.account).await?;
    let found = is_found(query.filter.as_ref(), &quota);
    let was_found = query.since == list_state(true);
    let changed = QueryChanged {
        state: list_state(found),
        total: Some(usize::from(found)),
        removed: (was_found && !found)
            .then(|| ID.to_owned())
            .into_iter()
            .collect(),
        added: (found && !was_found)
            .then(|| (ID.to_owned(), 0))
            .into_iter()
            .collect(),
    };
    changed.answer(&query)
}
