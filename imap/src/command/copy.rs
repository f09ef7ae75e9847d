//! `COPY` (RFC 9051 6.4.7).

use groupware::Copied;

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{By, Mailbox, SequenceSet};
use crate::names;
use crate::output::Output;
use crate::session::expunges_before;
use crate::updates;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    by: By,
    set: &SequenceSet,
    mailbox: &Mailbox<'_>,
) -> Result<Answer, Failure> {
    updates::before(client, out, expunges_before(by)).await?;
    let user = client.user()?;
    let target = names::find_target(&user, mailbox).await?;
    let selected = client.selected()?;
    let uids = selected.uids(by, set);
    if uids.is_empty() {
        return Ok(Answer::ok("There was nothing to copy"));
    }
    let copied = user
        .groupware
        .copy(&user.caller, selected.place, uids, target.place())
        .await?;
    Ok(Answer::ok_with(copy_uid(&copied), "COPY completed"))
}

/// RFC 4315 3: COPYUID, both sets in the same order.
pub(super) fn copy_uid(copied: &Copied) -> AnswerCode {
    let Some(more) = u32::try_from(copied.uids.len())
        .ok()
        .and_then(|count| count.checked_sub(1))
    else {
        return AnswerCode::None;
    };
    let first = copied.first_uid.0;
    AnswerCode::CopyUid(
        copied.uid_validity.0,
        copied.uids.ranges().to_vec(),
        vec![(first, first.saturating_add(more))],
    )
}
