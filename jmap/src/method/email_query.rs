//! `Email/query` (RFC 8621 4.4).

use groupware::{Window, WindowStart};
use model::EmailId;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::query::{Found, Query};
use crate::words::email_query::{condition, query};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut asked = Query::read(&mut call, condition).await?;
    let collapse = call.arguments.flag("collapseThreads")?.unwrap_or(false);
    call.finish()?;
    let wanted = query(
        asked.filter.take(),
        std::mem::take(&mut asked.sort),
        collapse,
    )?;
    let start = match &asked.window.anchor {
        None => WindowStart::Position(asked.window.position),
        Some(anchor) => {
            let anchor = call.id::<EmailId>(anchor);
            let anchor = anchor.ok_or_else(MethodError::anchor_not_found)?;
            WindowStart::Anchor(anchor, asked.window.anchor_offset)
        }
    };
    let window = Window {
        start,
        limit: asked.window.limit,
        total: asked.calculate_total,
    };
    let state = call.state(asked.account, DataType::Email).await?;
    let found = call
        .groupware()
        .query_emails(call.caller(), asked.account, &wanted, window)
        .await
        .map_err(refused)?
        .ok_or_else(MethodError::anchor_not_found)?;
    let ids = found.emails.into_iter().map(WireId::wire);
    let answer = Found {
        state,
        can_calculate_changes: true,
        position: found.position,
        ids: ids.collect(),
        total: found.total,
    }
    .answer(&asked);
    // RFC 8621 4.4.3.
    Ok(answer)
}

/// RFC 8620 5.5: a filter that needs too much is one that is not supported.
pub(crate) fn refused(error: groupware::Error) -> MethodError {
    match error {
        groupware::Error::Limit(why) => MethodError::unsupported_filter(why),
        error => error.into(),
    }
}
