//! `DELETE` (RFC 9051 6.3.5).

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{Code, Mailbox};
use crate::names;

pub(super) async fn run(client: &mut Client, mailbox: &Mailbox<'_>) -> Result<Answer, Failure> {
    if mailbox.is_inbox() {
        // RFC 9051 6.3.5: INBOX cannot be deleted.
        return Err(Answer::no(Code::Cannot, "INBOX stays").into());
    }
    let user = client.user()?;
    let named = names::find(&user, mailbox).await?;
    let place = named.place();
    user.groupware
        .destroy_mailbox(&user.caller, place.account, place.mailbox, true)
        .await?;
    if client
        .selected
        .as_ref()
        .is_some_and(|selected| selected.place == place)
    {
        client.selected = None;
    }
    Ok(Answer::ok("DELETE completed"))
}
