//! `EXPUNGE` (RFC 9051 6.4.3) and `UID EXPUNGE` (RFC 4315 2.1).

use model::NumberSet;

use super::{highest, writable};
use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{By, SequenceSet};
use crate::output::Output;
use crate::session::Expunges;
use crate::updates;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    uids: Option<&SequenceSet>,
) -> Result<Answer, Failure> {
    writable(client)?;
    updates::before(client, out, Expunges::Told).await?;
    let user = client.user()?;
    let selected = client.selected()?;
    let uids = match uids {
        Some(set) => selected.uids(By::Uid, set),
        // Also those the client was not told of yet: it learns of both at once.
        None => NumberSet::range(1, u32::MAX),
    };
    let place = selected.place;
    user.groupware
        .expunge(&user.caller, place.account, place.mailbox, uids, true)
        .await?;
    updates::after(client, out, Expunges::Told).await?;
    Ok(Answer::ok_with(highest(client), "EXPUNGE completed"))
}
