//! `EmailSubmission/changes` (RFC 8621 7.2).

use groupware::RecordKind;

use crate::call::{Call, Outcome};
use crate::codec::id::{SubmissionId, WireId};
use crate::standard::changes::Since;
use crate::words::records;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    let wire = |id| SubmissionId(id).wire();
    records::changes(&call, since, RecordKind::Submission, wire).await
}
