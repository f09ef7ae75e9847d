//! Mail in an account: brought in, taken out, brought back.

use groupware::{Caller, NewMessage};
use model::{AccountId, EmailId, Keyword, MailboxId, Principal};

use super::mailbox_path::{self, find_or_create};
use super::principal::{account, owner};
use crate::reply::{DestroyedLine, ExportedMessage, ExportedMessages, MailboxLine};
use crate::{
    Failure, IMPORT_MESSAGES_MAX, ImportedMessage, MailRequest, Octets, Reply, Services, moment,
};

/// Messages looked at for one answer to an export; it ends earlier when a chunk of the store is full.
const EXPORT_MESSAGES_MAX: usize = 500;

pub(super) async fn run(request: MailRequest, services: &Services) -> Result<Reply, Failure> {
    match request {
        MailRequest::Mailboxes { address } => {
            mailboxes(&*account(&address, services).await?, services).await
        }
        MailRequest::Import {
            address,
            path,
            messages,
        } => {
            let principal = account(&address, services).await?;
            import(&principal, &path, messages, services).await
        }
        MailRequest::Export {
            address,
            mailbox,
            after_uid,
        } => {
            let principal = account(&address, services).await?;
            export(&principal, MailboxId(mailbox), after_uid, services).await
        }
        MailRequest::Destroyed { address } => {
            destroyed(&*account(&address, services).await?, services).await
        }
        MailRequest::Restore {
            address,
            emails,
            into,
        } => {
            let principal = account(&address, services).await?;
            restore(&principal, &emails, into, services).await
        }
    }
}

async fn mailboxes(principal: &Principal, services: &Services) -> Result<Reply, Failure> {
    let (caller, account) = (owner(principal, services), AccountId::from(principal.id));
    let mailboxes = mailbox_path::all(&caller, account, services).await?;
    let mut lines: Vec<_> = mailboxes
        .values()
        .map(|mailbox| MailboxLine {
            id: mailbox.id.0,
            path: mailbox_path::path(mailbox.id, &mailboxes),
            role: mailbox.role.map(|role| role.as_str().to_owned()),
            emails: mailbox.totals.emails,
            unseen: mailbox.totals.unseen,
            octets: mailbox.totals.octets,
        })
        .collect();
    lines.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Reply::Mailboxes(lines))
}

async fn import(
    principal: &Principal,
    path: &[String],
    messages: Vec<ImportedMessage>,
    services: &Services,
) -> Result<Reply, Failure> {
    if messages.len() > IMPORT_MESSAGES_MAX {
        return Err(Failure::refused(format!(
            "at most {IMPORT_MESSAGES_MAX} messages are imported at once"
        )));
    }
    let (caller, account) = (owner(principal, services), AccountId::from(principal.id));
    let mailbox = find_or_create(path, &caller, account, services).await?;
    let mut new = Vec::with_capacity(messages.len());
    for imported in messages {
        new.push(NewMessage {
            message: services.groupware.prepare(imported.message.0).await?,
            keywords: keywords(&imported.keywords)?,
            received_at: imported.received_at,
        });
    }
    if new.is_empty() {
        return Ok(Reply::Count(0));
    }
    let added = services
        .groupware
        .append(&caller, account, mailbox, new)
        .await?;
    Ok(Reply::Count(added.len() as u64))
}

fn keywords(names: &[String]) -> Result<Vec<Keyword>, Failure> {
    names
        .iter()
        .map(|name| {
            Keyword::try_from(name.as_str())
                .map_err(|error| Failure::refused(format!("keyword `{name}`: {error}")))
        })
        .collect()
}

async fn export(
    principal: &Principal,
    mailbox: MailboxId,
    after_uid: u32,
    services: &Services,
) -> Result<Reply, Failure> {
    let (caller, account) = (owner(principal, services), AccountId::from(principal.id));
    let groupware = &services.groupware;
    let view = groupware.view(&caller, account, mailbox).await?;
    let rows: Vec<_> = view
        .iter()
        .skip_while(|row| row.uid.0 <= after_uid)
        .take(EXPORT_MESSAGES_MAX)
        .copied()
        .collect();
    let emails = rows.iter().map(|row| row.email).collect();
    let mut chunks = groupware
        .messages(&caller, account, mailbox, emails)
        .await?;
    let Some(chunk) = chunks.next().await? else {
        // All of them went meanwhile, or there were none.
        let next = rows.last().map(|row| row.uid.0);
        let messages = Vec::new();
        return Ok(Reply::Exported(ExportedMessages { messages, next }));
    };
    let head = groupware.open_own(&caller).await?;
    let mut messages = Vec::with_capacity(chunk.len());
    for (email, message) in chunk.iter() {
        let Some(row) = rows.iter().find(|row| row.email == email) else {
            continue;
        };
        let names = row.keywords.bits().filter_map(|bit| head.keyword_name(bit));
        messages.push(ExportedMessage {
            uid: row.uid.0,
            keywords: names.map(str::to_owned).collect(),
            received_at: row.received_at,
            message: Octets(message.to_vec()),
        });
    }
    let next = messages.last().map(|message| message.uid);
    Ok(Reply::Exported(ExportedMessages { messages, next }))
}

async fn destroyed(principal: &Principal, services: &Services) -> Result<Reply, Failure> {
    let (caller, account) = (owner(principal, services), AccountId::from(principal.id));
    let mailboxes = mailbox_path::all(&caller, account, services).await?;
    let destroyed = services.groupware.destroyed(&caller, account).await?;
    let lines = destroyed.into_iter().map(|email| {
        let path = mailbox_path::path(email.mailbox, &mailboxes);
        DestroyedLine {
            email: email.email.0,
            mailbox: if path.is_empty() {
                format!("a mailbox that is gone (#{})", email.mailbox)
            } else {
                path.join("/")
            },
            destroyed_at: moment::to_text(email.destroyed_at),
            received_at: moment::to_text(email.received_at),
            octets: email.size,
        }
    });
    Ok(Reply::Destroyed(lines.collect()))
}

async fn restore(
    principal: &Principal,
    emails: &[u32],
    into: Option<Vec<String>>,
    services: &Services,
) -> Result<Reply, Failure> {
    let (caller, account): (Caller, _) =
        (owner(principal, services), AccountId::from(principal.id));
    let into = match into {
        Some(path) => Some(find_or_create(&path, &caller, account, services).await?),
        None => None,
    };
    let emails = emails.iter().copied().map(EmailId).collect();
    let restored = services
        .groupware
        .restore(&caller, account, emails, into)
        .await?;
    Ok(Reply::Count(restored.len() as u64))
}
