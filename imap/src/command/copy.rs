//! `COPY` (RFC 9051 6.4.7).

use groupware::{Copied, EventCause, MailEvent, Place};
use model::NumberSet;

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{By, Mailbox, SequenceSet};
use crate::names;
use crate::output::Output;
use crate::session::expunges_before;
use crate::updates;
use crate::user::User;

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
    came_to(&user, target.place(), &copied).await;
    Ok(Answer::ok_with(copy_uid(&copied), "COPY completed"))
}

/// What the mailbox wants done with what was copied or moved there (RFC 6785).
pub(super) async fn came_to(user: &User, place: Place, copied: &Copied) {
    let first = copied.first_uid.0;
    let Some(more) = u32::try_from(copied.uids.len())
        .ok()
        .and_then(|count| count.checked_sub(1))
    else {
        return;
    };
    let event = MailEvent {
        place,
        uids: NumberSet::range(first, first.saturating_add(more)),
        cause: EventCause::Copy,
        changed: Vec::new(),
    };
    user.groupware.mail_changed(&user.caller, &event).await;
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
