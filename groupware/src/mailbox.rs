//! Mailboxes: listed, made, renamed, deleted, subscribed to and shared.

use std::sync::Arc;

use model::{AccountId, MailboxId, MailboxName, PrincipalId, Rights, Role, Seq};
use store::{Change, Committed, Mailbox, Outcome, Request};

use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::error::Error;
use crate::rights::Access;

/// A mailbox as the caller sees it.
///
/// Its counters are for those who may `READ` it, its shares for those who may `ADMINISTER` it; a face tells them to no
/// others ([`Groupware::shares`] asks for the right by itself).
#[derive(Clone, Debug)]
pub struct MailboxInfo {
    /// The mailbox with its counters.
    pub mailbox: Arc<Mailbox>,
    /// What the caller may do with it (RFC 8621 2 `myRights`).
    pub rights: Rights,
    /// Whether the caller subscribes to it.
    pub subscribed: bool,
}

/// Where a mailbox shall be, how it shall be called, and what it shall be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxUpdate {
    /// Inside which one.
    pub parent: Option<MailboxId>,
    /// Its name there.
    pub name: MailboxName,
    /// What it is for.
    pub role: Option<Role>,
}

/// What somebody may do with a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Who; none is everybody who can sign in.
    pub principal: Option<PrincipalId>,
    /// What.
    pub rights: Rights,
}

impl Groupware {
    /// The mailboxes the caller can see, by number.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it can see nothing of the account.
    pub async fn mailboxes(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<MailboxInfo>, Error> {
        let access = self.access(caller, account).await?;
        access.require_any()?;
        let visible = access
            .head
            .mailboxes
            .values()
            .map(|mailbox| info(&access, caller, mailbox))
            .filter(|info| info.rights.contains(Rights::LOOKUP));
        Ok(visible.collect())
    }

    /// One mailbox.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there or the caller has no right on it at all.
    pub async fn mailbox(
        &self,
        caller: &Caller,
        account: AccountId,
        id: MailboxId,
    ) -> Result<MailboxInfo, Error> {
        let access = self.access(caller, account).await?;
        let info = info(&access, caller, access.require(id, Rights::NONE)?);
        if info.rights.is_empty() {
            Err(Error::NotFound)
        } else {
            Ok(info)
        }
    }

    /// A new mailbox; one inside another is shared as that one is.
    ///
    /// # Errors
    /// RFC 4314 4: `CREATE` on the parent is needed; at the top the account must be the caller's own.
    pub async fn create_mailbox(
        &self,
        caller: &Caller,
        account: AccountId,
        parent: Option<MailboxId>,
        name: MailboxName,
        role: Option<Role>,
    ) -> Result<MailboxId, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let access = self.access(caller, account).await?;
            let shares = match parent {
                Some(parent) => access.require(parent, Rights::CREATE)?.shares.clone(),
                None => access.require_owner().map(|()| Vec::new())?,
            };
            if role.is_some() {
                access.require_owner()?;
            }
            let mailbox = access.head.next_mailbox;
            let mut changes = vec![Change::CreateMailbox {
                parent,
                name: name.clone(),
                role,
            }];
            // RFC 4314 3: a new mailbox takes over the rights of the one it is in.
            changes.extend(shares.iter().map(|(principal, rights)| Change::SetShare {
                mailbox,
                principal: *principal,
                rights: *rights,
            }));
            // The number of the new mailbox is known beforehand only in this state.
            let if_seq = (!shares.is_empty()).then_some(access.head.seq);
            match self.change_at(caller, account, if_seq, changes).await {
                Err(Error::StateMismatch) => {}
                done => return created(&done?),
            }
        }
        Err(Error::StateMismatch)
    }

    /// Another place, name or role.
    ///
    /// # Errors
    /// RFC 4314 4: `DELETE_MAILBOX` is needed on it, and for another place `CREATE` on the new parent (at the top:
    /// one's own account); another role only in one's own account.
    pub async fn update_mailbox(
        &self,
        caller: &Caller,
        account: AccountId,
        id: MailboxId,
        update: MailboxUpdate,
    ) -> Result<(), Error> {
        let access = self.access(caller, account).await?;
        let mailbox = access.require(id, Rights::DELETE_MAILBOX)?;
        if mailbox.parent != update.parent {
            match update.parent {
                Some(parent) => access.require(parent, Rights::CREATE).map(drop)?,
                None => access.require_owner()?,
            }
        }
        if mailbox.role != update.role {
            access.require_owner()?;
        }
        let change = Change::UpdateMailbox {
            mailbox: id,
            parent: update.parent,
            name: update.name,
            role: update.role,
        };
        self.change(caller, account, vec![change]).await.map(drop)
    }

    /// A mailbox goes, with its emails (which can be restored) or only if it has none.
    ///
    /// # Errors
    /// RFC 4314 4: `DELETE_MAILBOX` is needed. [`Error::HasChildren`], [`Error::NotEmpty`].
    pub async fn destroy_mailbox(
        &self,
        caller: &Caller,
        account: AccountId,
        id: MailboxId,
        with_emails: bool,
    ) -> Result<(), Error> {
        let access = self.access(caller, account).await?;
        access.require(id, Rights::DELETE_MAILBOX)?;
        let change = Change::DestroyMailbox {
            mailbox: id,
            with_emails,
        };
        self.change(caller, account, vec![change]).await.map(drop)
    }

    /// The caller subscribes, or gives it up.
    ///
    /// # Errors
    /// RFC 4314 4: `LOOKUP` is needed to subscribe.
    pub async fn set_subscribed(
        &self,
        caller: &Caller,
        account: AccountId,
        id: MailboxId,
        subscribed: bool,
    ) -> Result<(), Error> {
        let principal = caller.principal()?;
        let access = self.access(caller, account).await?;
        access.require(id, Rights::LOOKUP)?;
        let change = Change::SetSubscribed {
            mailbox: id,
            principal,
            subscribed,
        };
        self.change(caller, account, vec![change]).await.map(drop)
    }

    /// What a principal (none: everybody who can sign in) may do with a mailbox from now on; no rights take the share away.
    ///
    /// # Errors
    /// RFC 4314 4: `ADMINISTER` is needed. The owner's rights cannot be changed; the principal must exist.
    pub async fn set_share(
        &self,
        caller: &Caller,
        account: AccountId,
        id: MailboxId,
        principal: Option<PrincipalId>,
        rights: Rights,
    ) -> Result<(), Error> {
        let access = self.access(caller, account).await?;
        let mailbox = Arc::clone(access.require(id, Rights::ADMINISTER)?);
        if let Some(to) = principal {
            if AccountId::from(to) == account {
                return Err(Error::Invalid {
                    field: "principal",
                    why: "The owner has all rights.",
                });
            }
            // What is shared with somebody who is gone can still be taken away.
            if !rights.is_empty() && self.directory.principal(to).await?.is_none() {
                return Err(Error::Invalid {
                    field: "principal",
                    why: "There is no such principal.",
                });
            }
        }
        let change = Change::SetShare {
            mailbox: id,
            principal,
            rights: Rights(rights.0 & Rights::ALL.0),
        };
        self.change(caller, account, vec![change]).await?;
        if let Some(to) = principal {
            self.tell_of_mailbox(caller, account, &mailbox, to, rights)
                .await;
        }
        Ok(())
    }

    /// Who else may do what with a mailbox.
    ///
    /// # Errors
    /// RFC 4314 4: `ADMINISTER` is needed.
    pub async fn shares(
        &self,
        caller: &Caller,
        account: AccountId,
        id: MailboxId,
    ) -> Result<Vec<Share>, Error> {
        let access = self.access(caller, account).await?;
        let mailbox = access.require(id, Rights::ADMINISTER)?;
        let share = |(principal, rights): &(Option<PrincipalId>, Rights)| Share {
            principal: *principal,
            rights: *rights,
        };
        Ok(mailbox.shares.iter().map(share).collect())
    }

    /// Commits changes that were checked.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        account: AccountId,
        changes: Vec<Change>,
    ) -> Result<Committed, Error> {
        self.change_at(caller, account, None, changes).await
    }

    /// Commits changes that were checked, in a certain state of the account or in any.
    pub(crate) async fn change_at(
        &self,
        caller: &Caller,
        account: AccountId,
        if_seq: Option<Seq>,
        changes: Vec<Change>,
    ) -> Result<Committed, Error> {
        let request = Request {
            account,
            actor: caller.actor.clone(),
            at: self.clock.now(),
            if_seq,
            changes,
        };
        Ok(self.store.commit(request).await?)
    }

    /// Commits changes that were checked, for those who answer the store's refusals in a way of their own.
    pub(crate) async fn try_change(
        &self,
        caller: &Caller,
        account: AccountId,
        changes: Vec<Change>,
    ) -> Result<Committed, store::Error> {
        let request = Request {
            account,
            actor: caller.actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes,
        };
        self.store.commit(request).await
    }
}

fn info(access: &Access, caller: &Caller, mailbox: &Arc<Mailbox>) -> MailboxInfo {
    let subscribed = caller
        .actor
        .principal
        .is_some_and(|principal| mailbox.subscribers.contains(&principal));
    MailboxInfo {
        mailbox: Arc::clone(mailbox),
        rights: access.rights(mailbox),
        subscribed,
    }
}

fn created(committed: &Committed) -> Result<MailboxId, Error> {
    match committed.outcomes.first() {
        Some(Outcome::Mailbox(mailbox)) => Ok(*mailbox),
        other => Err(unexpected(other)),
    }
}

/// The store answered with something else than it promises.
pub(crate) fn unexpected(outcome: Option<&Outcome>) -> Error {
    Error::internal(&format_args!("the store answered {outcome:?}"))
}
