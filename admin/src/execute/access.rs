//! Rights to a shared mailbox in one piece: who reads it, who works in it, who writes in its name.

use std::collections::BTreeMap;

use model::{AccountId, Principal, PrincipalId, PrincipalKind, Rights, SendRight};

use super::account::share_all;
use super::principal::{account, find, owner};
use super::sending;
use crate::reply::AccessLine;
use crate::request::account::Access;
use crate::{Failure, Reply, Services};

/// All who have any right.
pub(super) async fn show(address: &str, services: &Services) -> Result<Reply, Failure> {
    let shared = shared(address, services).await?;
    let (caller, account) = (owner(&shared, services), AccountId::from(shared.id));
    let mut known: BTreeMap<PrincipalId, (Rights, Option<SendRight>)> = BTreeMap::new();
    for info in services.groupware.mailboxes(&caller, account).await? {
        for (with, rights) in &info.mailbox.shares {
            let Some(with) = *with else { continue };
            let one = known.entry(with).or_insert((Rights::NONE, None));
            one.0 = one.0.with(*rights);
        }
    }
    let settings = services.directory().mail_settings(shared.id).await;
    let settings = settings.map_err(directory::Error::from)?;
    for (sender, right) in settings.senders.iter().flatten() {
        known.entry(*sender).or_insert((Rights::NONE, None)).1 = Some(*right);
    }
    let mut lines = Vec::with_capacity(known.len());
    for (id, (rights, send)) in known {
        let principal = services.directory().principal(id).await;
        // Whoever is gone has no right any more.
        let Some(principal) = principal.map_err(directory::Error::from)? else {
            continue;
        };
        lines.push(AccessLine {
            with: principal.address.clone(),
            name: principal.name.clone(),
            read: rights.contains(Rights::READ),
            write: rights.contains(Rights::WRITE),
            send: send.map(|right| sending::word(right).to_owned()),
        });
    }
    Ok(Reply::Access(lines))
}

/// Gives somebody just these rights, or takes all away.
pub(super) async fn set(
    address: &str,
    with: &str,
    access: Option<Access>,
    services: &Services,
) -> Result<Reply, Failure> {
    let shared = shared(address, services).await?;
    let with = find(with, services).await?;
    if with.id == shared.id {
        return Err(Failure::refused(format!(
            "`{address}` has all rights to itself: name a person or a group"
        )));
    }
    share_all(
        &shared,
        with.id,
        access.map(|access| access.write),
        services,
    )
    .await?;
    let send = access.and_then(|access| access.send);
    sending::allow(address, &with.address, send, services).await
}

/// The shared account with this address.
async fn shared(address: &str, services: &Services) -> Result<std::sync::Arc<Principal>, Failure> {
    let found = account(address, services).await?;
    if found.kind == PrincipalKind::Shared {
        return Ok(found);
    }
    Err(Failure::refused(format!(
        "`{address}` is no shared mailbox: whoever owns it shares it, with their mail program"
    )))
}
