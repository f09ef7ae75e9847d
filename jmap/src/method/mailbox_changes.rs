//! `Mailbox/changes` (RFC 8621 2.2).

use std::collections::BTreeSet;

use model::MailboxId;
use serde_json::Value;

use super::mailbox_get::COUNTS;
use super::mailbox_query::{mailboxes, order};
use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::changes::{Changed, Since};
use crate::state::entries_of;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let state = call.state(since.account, DataType::Mailbox).await?;
    let mut changed = Changed {
        state,
        ..Changed::default()
    };
    let mut updated_properties = Value::Null;
    if since.state != changed.state {
        let from = entries_of(&since.state).ok_or_else(MethodError::cannot_calculate_changes)?;
        let (groupware, caller) = (call.groupware(), call.caller());
        let mut changes = groupware
            .mailbox_changes(caller, since.account, from.mailboxes)
            .await?;
        let mailboxes = mailboxes(&call, since.account).await?;
        let order = order(&call, since.account).await?;
        let placed = order.changed_after(from.order);
        let placed: BTreeSet<MailboxId> = placed
            .filter(|id| mailboxes.contains_key(id))
            .filter(|id| !changes.created.contains(id) && !changes.updated.contains(id))
            .collect();
        changes.counted.retain(|id| !placed.contains(id));
        changes.updated.extend(placed);
        let wire = |ids: Vec<MailboxId>| ids.into_iter().map(WireId::wire).collect();
        if changes.updated.is_empty() {
            updated_properties = COUNTS.into_iter().collect();
        }
        changed.created = wire(changes.created);
        changed.updated = wire(changes.updated.into_iter().chain(changes.counted).collect());
        changed.destroyed = wire(changes.destroyed);
    }
    let mut answer = changed.answer(since)?;
    let name = "updatedProperties".to_owned();
    answer.arguments.insert(name, updated_properties);
    Ok(answer)
}
