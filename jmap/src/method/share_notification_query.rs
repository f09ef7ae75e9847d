//! `ShareNotification/query` (RFC 9670 3.4).

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::standard::query::{Found, Query};
use crate::words::share_notification::{Condition, notices, select};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = Query::read(&mut call, Condition::read).await?;
    call.finish()?;
    let state = call
        .state(query.account, DataType::ShareNotification)
        .await?;
    let notices = notices(&call, query.account).await?;
    let ids = select(notices, query.filter.as_ref(), &query.sort)?;
    let (position, part) = query.window.part(&call, &ids)?;
    let found = Found {
        state,
        can_calculate_changes: true,
        position,
        ids: part.iter().map(|id| id.wire()).collect(),
        total: Some(ids.len()),
    };
    Ok(found.answer(&query))
}
