//! `Identity/changes` (RFC 8621 6.2).

use groupware::RecordKind;

use crate::call::{Call, Outcome};
use crate::codec::id::{IdentityId, WireId};
use crate::standard::changes::Since;
use crate::words::{identity, records};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    // What an address brings is there before it is asked for.
    identity::all(&call, since.account).await?;
    let wire = |id| IdentityId(id).wire();
    records::changes(&call, since, RecordKind::Identity, wire).await
}
