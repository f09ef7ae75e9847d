//! Paths of mailboxes: from the top to the mailbox, one name per level.

use std::collections::BTreeMap;
use std::sync::Arc;

use groupware::{Caller, Mailbox};
use model::{AccountId, MailboxId, MailboxName, Role};

use crate::{Failure, Services};

/// Levels of a path.
const LEVELS_MAX: usize = 32;

/// The mailboxes of an account by number.
pub(super) type Mailboxes = BTreeMap<MailboxId, Arc<Mailbox>>;

/// All mailboxes of the caller's own account; the standard ones are made on first use.
pub(super) async fn all(
    caller: &Caller,
    account: AccountId,
    services: &Services,
) -> Result<Mailboxes, Failure> {
    services.groupware.open_own(caller).await?;
    let infos = services.groupware.mailboxes(caller, account).await?;
    Ok(infos
        .into_iter()
        .map(|info| (info.mailbox.id, info.mailbox))
        .collect())
}

/// The names from the top to this mailbox.
pub(super) fn path(id: MailboxId, mailboxes: &Mailboxes) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = Some(id);
    while let Some(mailbox) = at.and_then(|id| mailboxes.get(&id)) {
        names.push(mailbox.name.to_string());
        at = mailbox.parent;
        if names.len() == LEVELS_MAX {
            break;
        }
    }
    names.reverse();
    names
}

/// The mailbox with this path, which is made with all above it if it is not there.
pub(super) async fn find_or_create(
    path: &[String],
    caller: &Caller,
    account: AccountId,
    services: &Services,
) -> Result<MailboxId, Failure> {
    if path.is_empty() || path.len() > LEVELS_MAX {
        return Err(Failure::refused(format!(
            "a mailbox has a path of 1 to {LEVELS_MAX} levels"
        )));
    }
    let mailboxes = all(caller, account, services).await?;
    let mut parent = None;
    for (level, name) in path.iter().enumerate() {
        let known = mailboxes
            .values()
            .find(|mailbox| mailbox.parent == parent && is_named(mailbox, name, level));
        parent = Some(match known {
            Some(mailbox) => mailbox.id,
            None => create(name, parent, caller, account, services).await?,
        });
    }
    parent.ok_or_else(|| Failure::refused("the path is empty"))
}

/// RFC 9051 5.1: INBOX at the top has no case.
fn is_named(mailbox: &Mailbox, name: &str, level: usize) -> bool {
    if level == 0 && name.eq_ignore_ascii_case("INBOX") {
        mailbox.role == Some(Role::Inbox)
    } else {
        mailbox.name.as_str() == name
    }
}

async fn create(
    name: &str,
    parent: Option<MailboxId>,
    caller: &Caller,
    account: AccountId,
    services: &Services,
) -> Result<MailboxId, Failure> {
    let checked = MailboxName::try_from(name)
        .map_err(|error| Failure::refused(format!("mailbox `{name}`: {error}")))?;
    let groupware = &services.groupware;
    let id = groupware
        .create_mailbox(caller, account, parent, checked, None)
        .await?;
    // Most mail programs show only what is subscribed to.
    groupware.set_subscribed(caller, account, id, true).await?;
    Ok(id)
}
