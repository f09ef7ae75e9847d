//! `Email/queryChanges` (RFC 8621 4.5).

use model::EmailId;

use super::email_query::refused;
use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::query_changes::{QueryChanged, QueryChanges};
use crate::state::entry_of;
use crate::words::email_query::{condition, query};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut asked = QueryChanges::read(&mut call, condition).await?;
    let collapse = call.arguments.flag("collapseThreads")?.unwrap_or(false);
    call.finish()?;
    let wanted = query(
        asked.filter.take(),
        std::mem::take(&mut asked.sort),
        collapse,
    )?;
    let up_to = asked.up_to.as_ref().and_then(|id| call.id::<EmailId>(id));
    let state = call.state(asked.account, DataType::Email).await?;
    let since = entry_of(&asked.since).ok_or_else(MethodError::cannot_calculate_changes)?;
    let total = asked.calculate_total;
    let changes = call
        .groupware()
        .query_emails_changes(call.caller(), asked.account, &wanted, since, up_to, total)
        .await
        .map_err(refused)?;
    let added = changes.added.iter();
    let changed = QueryChanged {
        state,
        total: changes.total,
        removed: changes.removed.into_iter().map(WireId::wire).collect(),
        added: added
            .map(|place| (place.email.wire(), place.index))
            .collect(),
    };
    changed.answer(&asked)
}
