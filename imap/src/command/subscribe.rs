//! `SUBSCRIBE` and `UNSUBSCRIBE` (RFC 9051 6.3.7, 6.3.8).

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::Mailbox;
use crate::names;

pub(super) async fn run(
    client: &mut Client,
    mailbox: &Mailbox<'_>,
    subscribed: bool,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = names::find(&user, mailbox).await?;
    let place = named.place();
    user.groupware
        .set_subscribed(&user.caller, place.account, place.mailbox, subscribed)
        .await?;
    Ok(Answer::ok(if subscribed {
        "SUBSCRIBE completed"
    } else {
        "UNSUBSCRIBE completed"
    }))
}
