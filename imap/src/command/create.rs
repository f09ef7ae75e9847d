//! `CREATE` (RFC 9051 6.3.4) with special use (RFC 6154 3).

use model::{MailboxId, Role};

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{Code, Mailbox, SpecialUse};
use crate::names::{self, Target};
use crate::user::User;
use crate::words;

pub(super) async fn run(
    client: &mut Client,
    mailbox: &Mailbox<'_>,
    uses: &[SpecialUse],
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let role = match uses {
        [] => None,
        [one] => Some(words::role(*one)),
        // RFC 6154 3: USEATTR; a mailbox has one role here.
        _ => return Err(no_use()),
    };
    let target = names::target(&user, mailbox).await?;
    if let Some(role) = role {
        let named = names::all(&user).await?;
        let taken = named
            .iter()
            .any(|named| named.account == target.account && named.info.mailbox.role == Some(role));
        if taken {
            return Err(no_use());
        }
    }
    let made = make(&user, &target, role).await?;
    let id = user.ids(target.account).mailbox(made);
    // RFC 8474 4.1: the new mailbox's id.
    Ok(Answer::ok_with(
        AnswerCode::MailboxId(id),
        "CREATE completed",
    ))
}

/// Makes the mailboxes that are missing on the way, and the last with its role (RFC 9051 6.3.4: superiors are made, too).
pub(super) async fn make(
    user: &User,
    target: &Target,
    role: Option<Role>,
) -> Result<MailboxId, Failure> {
    let mut made = None;
    let last = target.missing.len().saturating_sub(1);
    for (at, name) in target.missing.iter().enumerate() {
        let role = role.filter(|_| at == last);
        let parent = made.or(target.parent);
        let created = user
            .groupware
            .create_mailbox(&user.caller, target.account, parent, name.clone(), role)
            .await?;
        made = Some(created);
    }
    made.ok_or_else(|| Answer::no(Code::AlreadyExists, "There is a mailbox of that name").into())
}

fn no_use() -> Failure {
    Answer::no(Code::UseAttr, "This use cannot be given").into()
}
