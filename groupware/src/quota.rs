//! How much an account holds, and how much it may.

use model::AccountId;

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// What an account holds and may hold (RFC 9208, RFC 9425), in octets of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Octets in all its mailboxes.
    pub used_octets: u64,
    /// Octets it may hold; none for no limit.
    pub limit_octets: Option<u64>,
}

impl Groupware {
    /// The quota of an account.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can see nothing of the account.
    pub async fn quota(&self, caller: &Caller, account: AccountId) -> Result<Quota, Error> {
        let access = self.access(caller, account).await?;
        access.require_any()?;
        Ok(Quota {
            used_octets: access.head.used_octets(),
            limit_octets: access.head.quota_octets,
        })
    }
}
