//! `EmailSubmission/queryChanges` (RFC 8621 7.4): only what did not change is known of lists that time changes by itself.

use super::email_submission_query::{Condition, found};
use crate::call::{Call, Outcome};
use crate::standard::query_changes::QueryChanges;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = QueryChanges::<Condition>::read(&mut call, Condition::read).await?;
    call.finish()?;
    let filter = query.filter.as_ref();
    let (ids, state) = found(&call, query.account, filter, &query.sort).await?;
    query.only_if_unchanged(&state, || Some(ids.len()))
}
