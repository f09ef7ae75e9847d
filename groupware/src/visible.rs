//! Which accounts somebody can see anything of: mailboxes, calendars, address books or folders.

use model::{AccountId, PrincipalId};

use crate::Groupware;
use crate::account::SharedAccount;
use crate::caller::Caller;
use crate::error::Error;

impl Groupware {
    /// Whether the caller can see anything of the account. Answered from memory, but for the groups somebody is in.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn sees_account(&self, caller: &Caller, account: AccountId) -> Result<bool, Error> {
        let access = match self.collection_access(caller, account).await {
            Ok(access) => access,
            Err(Error::NotFound) => return Ok(false),
            Err(error) => return Err(error),
        };
        if access.is_owner() || access.visible().next().is_some() {
            return Ok(true);
        }
        let access = self.access(caller, account).await?;
        Ok(access.require_any().is_ok())
    }

    /// The accounts the caller can see anything of: its own first, then by number.
    ///
    /// # Errors
    /// As [`Groupware::sees_account`].
    pub async fn visible_accounts(&self, caller: &Caller) -> Result<Vec<SharedAccount>, Error> {
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
        let others = shared.into_iter().filter(|account| *account != own);
        for account in std::iter::once(own).chain(others) {
            if !self.sees_account(caller, account).await? {
                continue;
            }
            if let Some(principal) = self.directory.principal(account.into()).await? {
                accounts.push(SharedAccount { account, principal });
            }
        }
        Ok(accounts)
    }
}
