//! Destroying emails, and bringing them back.

use model::{AccountId, EmailId, MailboxId, NumberSet, Rights, Role};
use store::{Change, Destroyed, Outcome};

use super::Added;
use super::append::added;
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::mailbox::unexpected;
use crate::rights::Access;

impl Groupware {
    /// Destroys these emails, or those of them that are marked deleted; answers the UIDs of those that are gone.
    ///
    /// # Errors
    /// RFC 4314 4: `EXPUNGE` is needed, and `DELETE_EMAIL` to destroy what is not marked.
    pub async fn expunge(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        uids: NumberSet,
        only_deleted: bool,
    ) -> Result<NumberSet, Error> {
        let needed = if only_deleted {
            Rights::EXPUNGE
        } else {
            Rights::EXPUNGE.with(Rights::DELETE_EMAIL)
        };
        self.access(caller, account)
            .await?
            .require(mailbox, needed)?;
        let change = Change::DestroyEmails {
            mailbox,
            uids,
            only_deleted,
        };
        let done = self.change(caller, account, vec![change]).await?;
        match done.outcomes.into_iter().next() {
            Some(Outcome::Destroyed { uids }) => Ok(uids),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// The destroyed emails that can still be restored, by number: all of one's own account, else those of mailboxes
    /// that are there and that the caller may read.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can see nothing of the account.
    pub async fn destroyed(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<Destroyed>, Error> {
        let access = self.access(caller, account).await?;
        access.require_any()?;
        let mut destroyed = self
            .store
            .read(move |engine| engine.destroyed(account))
            .await?;
        destroyed.retain(|email| was_readable(&access, email.mailbox));
        Ok(destroyed)
    }

    /// Brings destroyed emails back, all or none: into the given mailbox, else into the one they were in, or the inbox
    /// if that is gone.
    ///
    /// # Errors
    /// [`Error::NotFound`] if one of them cannot be restored, or was where the caller may not read; `INSERT` is needed
    /// where they are to be. [`Error::OverQuota`].
    pub async fn restore(
        &self,
        caller: &Caller,
        account: AccountId,
        emails: Vec<EmailId>,
        into: Option<MailboxId>,
    ) -> Result<Vec<Added>, Error> {
        let destroyed = self.destroyed(caller, account).await?;
        let access = self.access(caller, account).await?;
        let mut changes = Vec::with_capacity(emails.len());
        for email in emails {
            let at = destroyed
                .binary_search_by_key(&email, |destroyed| destroyed.email)
                .map_err(|_| Error::NotFound)?;
            let was_in = destroyed[at].mailbox;
            let mailbox = match into {
                Some(into) => into,
                None if access.head.mailboxes.contains_key(&was_in) => was_in,
                None => access
                    .head
                    .with_role(Role::Inbox)
                    .map(|inbox| inbox.id)
                    .ok_or(Error::NotFound)?,
            };
            access.require(mailbox, Rights::INSERT)?;
            changes.push(Change::RestoreEmail { email, mailbox });
        }
        let done = self.change(caller, account, changes).await?;
        done.outcomes.iter().map(added).collect()
    }
}

fn was_readable(access: &Access, mailbox: MailboxId) -> bool {
    access.is_owner() || access.require(mailbox, Rights::READ).is_ok()
}
