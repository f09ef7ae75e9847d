//! `RENAME` (RFC 9051 6.3.6).

use groupware::{MailboxUpdate, Place};
use model::{NumberSet, Role};

use super::create::make;
use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{Code, Mailbox};
use crate::names;

pub(super) async fn run(
    client: &mut Client,
    from: &Mailbox<'_>,
    to: &Mailbox<'_>,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = names::find(&user, from).await?;
    let mut target = names::target(&user, to).await?;
    if target.account != named.account {
        return Err(Answer::no(Code::Cannot, "It belongs to somebody else").into());
    }
    if named.info.mailbox.role == Some(Role::Inbox) {
        // RFC 9051 6.3.6: the messages of INBOX move to a new mailbox; it stays, with the mailboxes below it.
        let made = make(&user, &target, None).await?;
        let new = Place::from((target.account, made));
        let all = NumberSet::range(1, u32::MAX);
        user.groupware
            .move_emails(&user.caller, named.place(), all, new)
            .await?;
        return Ok(Answer::ok("RENAME completed"));
    }
    if to.as_str().starts_with(&format!("{}/", from.as_str())) {
        return Err(Answer::no(Code::Cannot, "It cannot be moved into itself").into());
    }
    let Some(name) = target.missing.pop() else {
        return Err(Answer::no(Code::AlreadyExists, "There is a mailbox of that name").into());
    };
    // RFC 9051 6.3.6: superiors of the new name are made.
    let parent = if target.missing.is_empty() {
        target.parent
    } else {
        Some(make(&user, &target, None).await?)
    };
    let mailbox = &named.info.mailbox;
    let update = MailboxUpdate {
        parent,
        name,
        role: mailbox.role,
    };
    user.groupware
        .update_mailbox(&user.caller, named.account, mailbox.id, update)
        .await?;
    Ok(Answer::ok("RENAME completed"))
}
