//! Which accounts somebody can see anything of: mailboxes, calendars, address books or folders.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{
    AccountId, CollectionKind, CollectionRights, Mutation, Principal, PrincipalId, Rights,
};
use store::Notice;

use crate::Groupware;
use crate::caller::Caller;
use crate::collection::CollectionInfo;
use crate::error::Error;

/// An account, and what of it the caller can see.
#[derive(Clone, Debug)]
pub struct VisibleAccount {
    /// Its number.
    pub account: AccountId,
    /// Whose it is.
    pub principal: Arc<Principal>,
    /// Whether it is the caller's own.
    pub own: bool,
    /// Whether there are mailboxes to be seen.
    pub mail: bool,
    /// Whether there are calendars to be seen.
    pub calendars: bool,
    /// Whether there are address books to be seen.
    pub contacts: bool,
    /// Whether there is anything that the caller may change.
    pub writes: bool,
}

/// Rights that let somebody change more than what they have seen.
const WRITING: Rights = Rights(
    Rights::WRITE.0
        | Rights::INSERT.0
        | Rights::CREATE.0
        | Rights::DELETE_MAILBOX.0
        | Rights::DELETE_EMAIL.0
        | Rights::EXPUNGE.0
        | Rights::ADMINISTER.0,
);

/// Counts the commits that may change who can see what.
#[derive(Debug, Default)]
pub(crate) struct SightCount(AtomicU64);

impl SightCount {
    /// Notes what a commit did.
    pub(crate) fn note(&self, notice: &Notice) {
        if notice.mutations.iter().any(changes_sight) {
            self.0.fetch_add(1, Ordering::Release);
        }
    }
}

impl Groupware {
    /// A number that changes, at the latest, when somebody can see another account, or less or more of one; it begins
    /// anew when the server does.
    #[must_use]
    pub fn sight_count(&self) -> u64 {
        self.sight.0.load(Ordering::Acquire)
    }

    /// Whether the caller can see anything of the account. Answered from memory, but for the groups somebody is in.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn sees_account(&self, caller: &Caller, account: AccountId) -> Result<bool, Error> {
        let seen = self.seen(caller, account).await?;
        Ok(seen.is_some_and(|seen| seen.any))
    }

    /// Whether there is anything in the account that the caller may change.
    pub(crate) async fn may_write(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<bool, Error> {
        let seen = self.seen(caller, account).await?;
        Ok(seen.is_some_and(|seen| seen.writes))
    }

    /// The accounts the caller can see anything of: its own first, then by number.
    ///
    /// # Errors
    /// As [`Groupware::sees_account`].
    pub async fn visible_accounts(&self, caller: &Caller) -> Result<Vec<VisibleAccount>, Error> {
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
            let Some(seen) = self.seen(caller, account).await?.filter(|seen| seen.any) else {
                continue;
            };
            if let Some(principal) = self.directory.principal(account.into()).await? {
                accounts.push(VisibleAccount {
                    account,
                    principal,
                    own: account == own,
                    mail: seen.mail,
                    calendars: seen.calendars,
                    contacts: seen.contacts,
                    writes: seen.writes,
                });
            }
        }
        Ok(accounts)
    }

    /// What of an account there is to be seen; none if there is no such account.
    async fn seen(&self, caller: &Caller, account: AccountId) -> Result<Option<Seen>, Error> {
        let access = match self.access(caller, account).await {
            Ok(access) => access,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        if access.is_owner() {
            return Ok(Some(Seen::ALL));
        }
        let mut seen = Seen::default();
        for mailbox in access.head.mailboxes.values() {
            let rights = access.rights(mailbox);
            seen.mail |= rights.contains(Rights::LOOKUP);
            seen.writes |= rights.0 & WRITING.0 != 0;
        }
        let access = self.collection_access(caller, account).await?;
        seen.any = seen.mail;
        // Everybody knows when a colleague is busy. That opens nobody's account: who asks for it asks of the principal.
        let readable = |info: &CollectionInfo| info.rights.contains(CollectionRights::READ);
        for info in access.visible().filter(readable) {
            seen.any = true;
            seen.calendars |= info.collection.kind == CollectionKind::Calendar;
            seen.contacts |= info.collection.kind == CollectionKind::AddressBook;
            seen.writes |= info.rights.contains(CollectionRights::WRITE);
        }
        Ok(Some(seen))
    }
}

/// What of an account there is to be seen.
#[derive(Clone, Copy, Default)]
struct Seen {
    any: bool,
    mail: bool,
    calendars: bool,
    contacts: bool,
    writes: bool,
}

impl Seen {
    const ALL: Self = Self {
        any: true,
        mail: true,
        calendars: true,
        contacts: true,
        writes: true,
    };
}

fn changes_sight(mutation: &Mutation) -> bool {
    match mutation {
        Mutation::SetShare { .. }
        | Mutation::DestroyMailbox { .. }
        | Mutation::ShareCollection { .. }
        | Mutation::DestroyCollection { .. }
        | Mutation::SetDeputy { .. }
        | Mutation::SetPrincipal(_)
        | Mutation::RemovePrincipal { .. }
        | Mutation::SetAlias(_)
        | Mutation::RemoveAlias { .. }
        | Mutation::SetDomain(_)
        | Mutation::RemoveDomain { .. }
        | Mutation::SetMailSettings { .. } => true,
        // A folder may be in another one from now on, and shared as that one is.
        Mutation::UpdateCollection { parent, .. } => parent.is_some(),
        _ => false,
    }
}
