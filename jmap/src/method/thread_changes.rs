//! `Thread/changes` (RFC 8621 3.2).

use model::ThreadId;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::changes::{Changed, Since};
use crate::state::entry_of;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let state = call.state(since.account, DataType::Thread).await?;
    if since.state == state {
        let changed = Changed {
            state,
            ..Changed::default()
        };
        return changed.answer(since);
    }
    let from = entry_of(&since.state).ok_or_else(MethodError::cannot_calculate_changes)?;
    let changes = call
        .groupware()
        .thread_changes(call.caller(), since.account, from)
        .await?;
    let wire = |threads: Vec<ThreadId>| threads.into_iter().map(WireId::wire).collect();
    let changed = Changed {
        state,
        more: false,
        created: wire(changes.created),
        updated: wire(changes.updated),
        destroyed: wire(changes.destroyed),
    };
    changed.answer(since)
}
