//! `Email/changes` (RFC 8621 4.3).

use groupware::Scope;
use model::{EmailId, NumberSet, Seq};

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::changes::{Changed, Since};
use crate::state::{at_entry, entry_of};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let state = call.state(since.account, DataType::Email).await?;
    if since.state == state {
        let changed = Changed {
            state,
            ..Changed::default()
        };
        return changed.answer(since);
    }
    let from = entry_of(&since.state).ok_or_else(MethodError::cannot_calculate_changes)?;
    let caller = call.caller();
    let changes = call
        .groupware()
        .changes(caller, since.account, Scope::Account, from)
        .await?;
    let changed = Changed {
        state: next(state, changes.until, changes.more),
        more: changes.more,
        created: wire(&changes.created),
        updated: wire(&changes.updated),
        destroyed: wire(&changes.destroyed),
    };
    changed.answer(since)
}

/// RFC 8620 5.2: where to ask from next time: the state now, or one in between.
pub(crate) fn next(now: String, until: Seq, more: bool) -> String {
    if more { at_entry(until) } else { now }
}

fn wire(emails: &NumberSet) -> Vec<String> {
    emails.iter().map(|email| EmailId(email).wire()).collect()
}
