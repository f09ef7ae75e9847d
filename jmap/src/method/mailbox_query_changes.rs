//! `Mailbox/queryChanges` (RFC 8621 2.4).

use std::collections::BTreeSet;

use model::MailboxId;

use super::mailbox_query::{mailboxes, order};
use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::query_changes::{QueryChanged, QueryChanges};
use crate::state::entries_of;
use crate::words::mailbox_query::{MailboxQuery, condition};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut asked = QueryChanges::read(&mut call, condition).await?;
    let (filter, sort) = (asked.filter.take(), std::mem::take(&mut asked.sort));
    let wanted = MailboxQuery::read(&mut call, filter, sort)?;
    call.finish()?;
    let state = call.state(asked.account, DataType::Mailbox).await?;
    let since = entries_of(&asked.since).ok_or_else(MethodError::cannot_calculate_changes)?;
    let changes = call
        .groupware()
        .mailbox_changes(call.caller(), asked.account, since.mailboxes)
        .await?;
    // No count is looked for or sorted by.
    let mut changed: BTreeSet<MailboxId> = changes.created.into_iter().collect();
    changed.extend(changes.updated);
    let order = order(&call, asked.account).await?;
    changed.extend(order.changed_after(since.order));
    let is_same_tree = changed.is_empty() && changes.destroyed.is_empty();
    if wanted.depends_on_others() && !is_same_tree {
        return Err(MethodError::cannot_calculate_changes());
    }
    let ids = wanted.answer(&mailboxes(&call, asked.account).await?, &order);
    let places = ids.iter().enumerate();
    let added = places.filter(|(_, id)| changed.contains(id));
    let answer = QueryChanged {
        state,
        total: Some(ids.len()),
        added: added.map(|(at, id)| (id.wire(), at)).collect(),
        removed: changed
            .iter()
            .chain(&changes.destroyed)
            .map(|id| id.wire())
            .collect(),
    };
    answer.answer(&asked)
}
