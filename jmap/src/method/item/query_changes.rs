//! `/queryChanges` of items.
//!
//! What a query would answer now depends on times and texts of all of them; nothing is kept of earlier answers. So it is
//! told only whether anything changed at all.

use std::sync::Arc;

use super::query::{check_sort, find};
use crate::call::{Call, Outcome};
use crate::standard::query_changes::QueryChanges;
use crate::words::item::{Item, zone_argument};
use crate::words::item_condition::Condition;

/// JMAP Calendars draft -26 5.13.
pub(in crate::method) async fn query_changes<T: Item>(mut call: Call) -> Outcome {
    let shared = Arc::clone(&call.shared);
    let query = QueryChanges::read(&mut call, |from| Condition::read::<T>(&shared, from)).await?;
    let zone = zone_argument(&mut call)?;
    let expand = call.arguments.flag("expandRecurrences")?.unwrap_or(false);
    call.finish()?;
    check_sort::<T>(&query.sort)?;
    let state = call.state(query.account, T::TYPE).await?;
    let total = match query.calculate_total && query.since == state && !expand {
        true => {
            let found = find::<T>(&call, query.account, query.filter.as_ref(), &zone, None);
            Some(found.await?.len())
        }
        false => None,
    };
    query.only_if_unchanged(&state, || total)
}
