//! `MOVE` (RFC 6851, RFC 9051 6.4.8).

use super::copy::{came_to, copy_uid};
use super::{highest, writable};
use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{By, Condition, Mailbox, SequenceSet};
use crate::names;
use crate::output::Output;
use crate::session::{Expunges, expunges_before};
use crate::updates;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    by: By,
    set: &SequenceSet,
    mailbox: &Mailbox<'_>,
) -> Result<Answer, Failure> {
    writable(client)?;
    updates::before(client, out, expunges_before(by)).await?;
    let user = client.user()?;
    let target = names::find_target(&user, mailbox).await?;
    let selected = client.selected()?;
    let uids = selected.uids(by, set);
    if uids.is_empty() {
        return Ok(Answer::ok("There was nothing to move"));
    }
    let moved = user
        .groupware
        .move_emails(&user.caller, selected.place, uids, target.place())
        .await?;
    came_to(&user, target.place(), &moved).await;
    // RFC 6851 4.3: COPYUID comes before the messages are told to be gone.
    let mut encoder = out.encoder();
    copy_uid(&moved).with(|code| {
        if code.is_some() {
            encoder.untagged(Condition::Ok, code, "Moved");
        }
    });
    updates::after(client, out, Expunges::Told).await?;
    Ok(Answer::ok_with(highest(client), "MOVE completed"))
}
