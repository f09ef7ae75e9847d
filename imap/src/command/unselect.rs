//! `CLOSE` (RFC 9051 6.4.1) and `UNSELECT` (RFC 3691, RFC 9051 6.4.2).

use model::{NumberSet, Rights};

use crate::answer::{Answer, Failure};
use crate::client::Client;

pub(super) fn run(client: &mut Client) -> Answer {
    client.selected = None;
    Answer::ok("UNSELECT completed")
}

/// RFC 9051 6.4.1: destroys what is marked, without a word, unless the mailbox is read-only.
pub(super) async fn close(client: &mut Client) -> Result<Answer, Failure> {
    let user = client.user()?;
    if let Some(selected) = client.selected.take()
        && !selected.read_only
        && selected.rights.contains(Rights::EXPUNGE)
    {
        let place = selected.place;
        let all = NumberSet::range(1, u32::MAX);
        user.groupware
            .expunge(&user.caller, place.account, place.mailbox, all, true)
            .await?;
    }
    Ok(Answer::ok("CLOSE completed"))
}
