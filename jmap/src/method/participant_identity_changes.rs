//! `ParticipantIdentity/changes` (JMAP Calendars draft -26 2.2).

use groupware::RecordKind;

use crate::call::{Call, Outcome};
use crate::codec::id::{ParticipantIdentityId, WireId};
use crate::standard::changes::Since;
use crate::words::records::changes;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let wire = |id| ParticipantIdentityId(id).wire();
    changes(&call, since, RecordKind::ParticipantIdentity, wire).await
}
