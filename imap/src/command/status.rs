//! `STATUS` (RFC 9051 6.3.11) with SIZE (RFC 8438), HIGHESTMODSEQ, MAILBOXID, APPENDLIMIT and DELETED-STORAGE.

use model::{Keywords, Rights};

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{Code, Mailbox, StatusItem, StatusValue};
use crate::names::{self, Named};
use crate::output::Output;
use crate::user::User;
use crate::words;

pub(super) async fn run(
    client: &Client,
    out: &mut Output,
    mailbox: &Mailbox<'_>,
    items: &[StatusItem],
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = names::find(&user, mailbox).await?;
    // RFC 4314 4: READ is needed.
    if !named.info.rights.contains(Rights::READ) {
        return Err(Answer::no(Code::NoPerm, "Not permitted").into());
    }
    tell(client, out, &user, &named, items).await?;
    Ok(Answer::ok("STATUS completed"))
}

/// One line of STATUS.
pub(super) async fn tell(
    client: &Client,
    out: &mut Output,
    user: &User,
    named: &Named,
    items: &[StatusItem],
) -> Result<(), Failure> {
    let mailbox = &named.info.mailbox;
    let totals = mailbox.totals;
    let id = user.ids(named.account).mailbox(mailbox.id);
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let value = match item {
            StatusItem::Messages => StatusValue::Number(totals.emails.into()),
            StatusItem::Recent => StatusValue::Number(0),
            StatusItem::UidNext => StatusValue::Number(mailbox.uid_next.0.into()),
            StatusItem::UidValidity => StatusValue::Number(mailbox.uid_validity.0.into()),
            StatusItem::Unseen => StatusValue::Number(totals.unseen.into()),
            StatusItem::Deleted => StatusValue::Number(totals.deleted.into()),
            StatusItem::Size => StatusValue::Number(totals.octets),
            StatusItem::HighestModSeq => {
                StatusValue::Number(words::mod_seq(mailbox.emails_changed))
            }
            StatusItem::AppendLimit => {
                let limit = client.settings.append_limit_octets;
                StatusValue::Number(u64::try_from(limit).unwrap_or(u64::MAX))
            }
            StatusItem::MailboxId => StatusValue::ObjectId(&id),
            StatusItem::DeletedStorage if totals.deleted == 0 => StatusValue::Number(0),
            StatusItem::DeletedStorage => StatusValue::Number(deleted_octets(user, named).await?),
        };
        values.push((*item, value));
    }
    out.encoder().status(&named.name, &values);
    Ok(())
}

/// RFC 9208 4.1.4: the octets that expunging would free.
async fn deleted_octets(user: &User, named: &Named) -> Result<u64, Failure> {
    let place = named.place();
    let view = user
        .groupware
        .view(&user.caller, place.account, place.mailbox)
        .await?;
    let deleted = view
        .iter()
        .filter(|row| row.keywords.contains(Keywords::DELETED));
    Ok(deleted.map(|row| u64::from(row.size)).sum())
}
