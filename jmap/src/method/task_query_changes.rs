//! `Task/queryChanges` (JMAP Tasks draft -06 4).
//!
//! What a query would answer now depends on times and texts of all tasks; nothing is kept of earlier answers. So it is
//! told only whether anything changed at all.

use super::task_query::{check_sort, find};
use crate::call::{Call, Outcome};
use crate::data_type::DataType;
use crate::standard::query_changes::QueryChanges;
use crate::words::calendar_event::zone_argument;
use crate::words::task_filter::{TaskCondition, finder};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let find_list = finder(&call);
    let query = QueryChanges::read(&mut call, |condition| {
        TaskCondition::read(&find_list, condition)
    })
    .await?;
    let zone = zone_argument(call.arguments.text("timeZone")?.as_deref())?;
    let expand = call.arguments.flag("expandRecurrences")?.unwrap_or(false);
    call.finish()?;
    check_sort(&query.sort)?;
    let state = call.state(query.account, DataType::Task).await?;
    let total = match query.calculate_total && query.since == state && !expand {
        true => {
            let found = find(&call, query.account, query.filter.as_ref(), &zone, None);
            Some(found.await?.len())
        }
        false => None,
    };
    query.only_if_unchanged(&state, || total)
}
