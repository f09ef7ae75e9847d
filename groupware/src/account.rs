//! Accounts: one's own with its standard mailboxes, and those of others that share something.

use std::sync::Arc;

use model::{AccountId, Actor, MailboxId, MailboxName, Principal, PrincipalId, Role};
use store::{Change, Head, Request};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Attempts at a change that must fit the account's state, while others change it, too. In an account that ten programs change
/// at once, about every fourth attempt comes too late: eight of them in a row once among some ten thousand changes.
pub(crate) const ATTEMPTS_MAX: usize = 32;

/// What every account starts with (RFC 6154 2, RFC 8621 2).
const STANDARD: [(Role, &str); 6] = [
    (Role::Inbox, "Inbox"),
    (Role::Drafts, "Drafts"),
    (Role::Sent, "Sent"),
    (Role::Trash, "Trash"),
    (Role::Junk, "Junk"),
    (Role::Archive, "Archive"),
];

/// An account the caller can see something of.
#[derive(Clone, Debug)]
pub struct SharedAccount {
    /// Its number.
    pub account: AccountId,
    /// Whose it is.
    pub principal: Arc<Principal>,
}

impl Groupware {
    /// The caller's own account; on first use it gets its standard mailboxes, all subscribed.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot take it.
    pub async fn open_own(&self, caller: &Caller) -> Result<Arc<Head>, Error> {
        let principal = caller.principal()?;
        self.ensure_account(principal).await
    }

    /// The accounts the caller can see something of: its own first, then by number.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn accounts(&self, caller: &Caller) -> Result<Vec<SharedAccount>, Error> {
        let principal = caller.principal()?;
        let groups = self.directory.groups_of(principal).await?;
        let mut with: Vec<Option<PrincipalId>> = vec![None, Some(principal)];
        with.extend(groups.iter().copied().map(Some));
        let shared = self
            .store
            .read(move |engine| engine.shared_with(&with))
            .await?;
        let own = AccountId::from(principal);
        let mut accounts = Vec::with_capacity(shared.len() + 1);
        for account in
            std::iter::once(own).chain(shared.into_iter().filter(|account| *account != own))
        {
            let visible = account == own
                || self
                    .access(caller, account)
                    .await
                    .is_ok_and(|access| access.require_any().is_ok());
            if !visible {
                continue;
            }
            if let Some(principal) = self.directory.principal(account.into()).await? {
                accounts.push(SharedAccount { account, principal });
            }
        }
        Ok(accounts)
    }

    /// The principal's account with its standard mailboxes, made if there is no inbox yet.
    pub(crate) async fn ensure_account(&self, principal: PrincipalId) -> Result<Arc<Head>, Error> {
        let account = AccountId::from(principal);
        if account == AccountId::DIRECTORY {
            return Err(Error::NotFound);
        }
        for _ in 0..ATTEMPTS_MAX {
            let head = self.store.engine().head(account)?;
            if let Some(head) = &head
                && head.with_role(Role::Inbox).is_some()
            {
                return Ok(Arc::clone(head));
            }
            let known = self.directory.principal(principal).await?;
            let known = known.ok_or(Error::NotFound)?;
            let head = head.unwrap_or_else(|| Arc::new(Head::new(account)));
            let request = Request {
                account,
                // Whoever is the first to need them does not choose them.
                actor: Actor::system(),
                at: self.clock.now(),
                // The numbers of the new mailboxes are right only in this state.
                if_seq: Some(head.seq),
                changes: standard_mailboxes(&head, &known)?,
            };
            match self.store.commit(request).await {
                // Somebody else was faster: with this, or with something else.
                Ok(_) | Err(store::Error::StateMismatch | store::Error::AlreadyExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::StateMismatch)
    }
}

fn standard_mailboxes(head: &Head, principal: &Principal) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::with_capacity(STANDARD.len() * 2 + 1);
    if head.quota_octets != principal.quota_octets {
        changes.push(Change::SetQuota {
            octets: principal.quota_octets,
        });
    }
    let missing = STANDARD
        .into_iter()
        .filter(|(role, name)| head.with_role(*role).is_none() && head.child(None, name).is_none());
    for ((role, name), number) in missing.zip(head.next_mailbox.0..) {
        let name = MailboxName::try_from(name).map_err(|error| Error::internal(&error))?;
        changes.push(Change::CreateMailbox {
            parent: None,
            name,
            role: Some(role),
        });
        changes.push(Change::SetSubscribed {
            mailbox: MailboxId(number),
            principal: principal.id,
            subscribed: true,
        });
    }
    Ok(changes)
}
