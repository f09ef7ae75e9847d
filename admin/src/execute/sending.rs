//! Who may write in whose name, and where an account's mail goes on to.

use std::collections::BTreeMap;

use directory::Resolved;
use model::{Forward, MailSettings, SendRight};

use super::principal::{account, find};
use crate::{Failure, Reply, Services};

/// The word for a right to write in a name.
pub(super) fn word(right: SendRight) -> &'static str {
    match right {
        SendRight::As => "as",
        SendRight::OnBehalf => "on-behalf",
    }
}

/// Gives somebody a right to write in a name, or takes it away. From then on only what was said so counts.
pub(super) async fn allow(
    address: &str,
    sender: &str,
    right: Option<SendRight>,
    services: &Services,
) -> Result<Reply, Failure> {
    let (owner, sender) = (
        find(address, services).await?,
        find(sender, services).await?,
    );
    let edit = |settings: &mut MailSettings| {
        let senders = settings.senders.get_or_insert_with(BTreeMap::new);
        match right {
            Some(right) => senders.insert(sender.id, right),
            None => senders.remove(&sender.id),
        };
        Ok(())
    };
    let actor = services.actor(None);
    let done = services
        .directory()
        .edit_mail_settings(&actor, owner.id, edit);
    done.await
        .map_err(|error| Failure::from(error).about(address))?;
    Ok(Reply::Done)
}

/// Has an account's mail go on; to nowhere, if no address is given.
pub(super) async fn forward(
    address: &str,
    to: Vec<String>,
    keep: bool,
    services: &Services,
) -> Result<Reply, Failure> {
    let owner = account(address, services).await?;
    let mut targets = Vec::with_capacity(to.len());
    for to in to {
        let resolved = services.directory().resolve(&to).await;
        match resolved.map_err(directory::Error::from)? {
            Resolved::Unknown => return Err(Failure::not_found("the address", &to)),
            Resolved::Accounts(accounts) if accounts == [owner.id] => {
                return Err(Failure::refused(format!(
                    "`{to}` is the account itself: name another address"
                )));
            }
            Resolved::Elsewhere if !services.groupware.filter_policy().redirect_outside => {
                return Err(Failure::refused(format!(
                    "`{to}` is elsewhere, and the configuration forbids to send mail on to addresses outside: \
                     see `redirect_outside` in its section `[filter]`"
                )));
            }
            Resolved::Accounts(_) | Resolved::Elsewhere => {
                targets.push(directory::checked_address(&to)?);
            }
        }
    }
    let edit = |settings: &mut MailSettings| {
        settings.forward = (!targets.is_empty()).then(|| Forward {
            to: targets.clone(),
            keep,
        });
        Ok(())
    };
    let actor = services.actor(None);
    let done = services
        .directory()
        .edit_mail_settings(&actor, owner.id, edit);
    done.await
        .map_err(|error| Failure::from(error).about(address))?;
    Ok(Reply::Done)
}
