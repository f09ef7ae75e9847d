//! Collections: calendars, address books, scheduling inboxes and folders; listed, made, changed, shared.

mod access;

mod standard;

pub(crate) use access::CollectionAccess;
pub(crate) use standard::{ATTACHMENTS, DEFAULT_CALENDAR, attachments, default_calendar, inbox};

use std::sync::Arc;

use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, PrincipalId,
    Properties, Seq, Timestamp,
};
use store::{Change, Collection, CollectionChange, Outcome};

use self::standard::is_reserved;
use crate::Groupware;
use crate::account::SharedAccount;
use crate::caller::Caller;
use crate::error::Error;
use crate::mailbox::unexpected;

/// A collection as the caller sees it.
#[derive(Clone, Debug)]
pub struct CollectionInfo {
    /// Whose it is.
    pub account: AccountId,
    /// The collection with its counters.
    pub collection: Arc<Collection>,
    /// What the caller may do with it.
    pub rights: CollectionRights,
}

/// A collection to be made.
#[derive(Clone, Debug)]
pub struct NewCollection {
    /// Inside which folder.
    pub parent: Option<CollectionId>,
    /// What it holds.
    pub kind: CollectionKind,
    /// Its name in its place.
    pub name: PathSegment,
    /// What is said of it.
    pub properties: Properties,
}

/// Somebody who may act in the place of an account's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deputy {
    /// Who.
    pub principal: PrincipalId,
    /// How far.
    pub rights: CollectionRights,
}

impl Groupware {
    /// The collections the caller can see something of, by number. An account gets its standard ones when somebody looks
    /// first, be it a deputy.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account or nothing of it to be seen.
    pub async fn collections(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<CollectionInfo>, Error> {
        self.ensure_collections(account.into()).await?;
        let access = self.collection_access(caller, account).await?;
        let visible: Vec<CollectionInfo> = access.visible().collect();
        if visible.is_empty() && !access.is_owner() {
            return Err(Error::NotFound);
        }
        Ok(visible)
    }

    /// One collection by its name.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there or the caller has no right on it at all.
    pub async fn collection_named(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: CollectionKind,
        parent: Option<CollectionId>,
        name: &str,
    ) -> Result<CollectionInfo, Error> {
        self.ensure_collections(account.into()).await?;
        let access = self.collection_access(caller, account).await?;
        let collection = access
            .head
            .collections
            .named(kind, parent, name)
            .ok_or(Error::NotFound)?;
        access.info(collection).ok_or(Error::NotFound)
    }

    /// One collection by its number.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there or the caller has no right on it at all.
    pub async fn collection(
        &self,
        caller: &Caller,
        account: AccountId,
        id: CollectionId,
    ) -> Result<CollectionInfo, Error> {
        let access = self.collection_access(caller, account).await?;
        let collection = access.head.collections.get(id)?;
        access.info(collection).ok_or(Error::NotFound)
    }

    /// When these collections, or what is directly in them, changed last, in their order; none where that is not known any
    /// more.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn collections_changed_at(
        &self,
        collections: &[CollectionInfo],
    ) -> Result<Vec<Option<Timestamp>>, Error> {
        let last = collections.iter().map(|info| {
            let seq = info.collection.changed.max(info.collection.objects_changed);
            (info.account, seq)
        });
        let last: Vec<_> = last.collect();
        let read = self.store.read(move |engine| {
            let at = |(account, seq): (AccountId, Seq)| {
                let before = Seq(seq.0.saturating_sub(1));
                let entries = engine.journal(account, before, 1)?;
                Ok(entries.first().map(|entry| entry.at))
            };
            last.into_iter().map(at).collect()
        });
        Ok(read.await?)
    }

    /// Collections in other accounts that the caller can see more of than when they are busy, and accounts whose
    /// deputy it is.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn shared_collections(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(SharedAccount, Vec<CollectionInfo>)>, Error> {
        let principal = caller.principal()?;
        let groups = self.directory.groups_of(principal).await?;
        let mut with = vec![None, Some(principal)];
        with.extend(groups.iter().copied().map(Some));
        let accounts = self
            .store
            .read(move |engine| engine.shared_with(&with))
            .await?;
        let mut found = Vec::new();
        for account in accounts {
            if caller.owns(account) {
                continue;
            }
            let access = self.collection_access(caller, account).await?;
            let readable: Vec<CollectionInfo> = access
                .visible()
                .filter(|info| info.rights.contains(CollectionRights::READ))
                .collect();
            if readable.is_empty() && access.deputy_rights().is_empty() {
                continue;
            }
            if let Some(principal) = self.directory.principal(account.into()).await? {
                found.push((SharedAccount { account, principal }, readable));
            }
        }
        Ok(found)
    }

    /// A new collection.
    ///
    /// # Errors
    /// Only the account's owner, or a deputy who may share, makes collections; inside a folder whoever may write there.
    pub async fn create_collection(
        &self,
        caller: &Caller,
        account: AccountId,
        new: NewCollection,
    ) -> Result<CollectionId, Error> {
        self.ensure_collections(account.into()).await?;
        let access = self.collection_access(caller, account).await?;
        match new.parent {
            Some(parent) => {
                access.require(parent, CollectionRights::WRITE)?;
            }
            None => access.require_account(CollectionRights::SHARE)?,
        }
        if new.kind == CollectionKind::ScheduleInbox
            || is_reserved(new.kind, new.parent, new.name.as_str())
        {
            return Err(Error::Forbidden);
        }
        let change = CollectionChange::Create {
            parent: new.parent,
            kind: new.kind,
            name: new.name,
            properties: new.properties,
        };
        let done = self.change(caller, account, vec![wrap(change)]).await?;
        match done.outcomes.first() {
            Some(Outcome::Collection(id)) => Ok(*id),
            other => Err(unexpected(other)),
        }
    }

    /// Says something else of a collection.
    ///
    /// # Errors
    /// `SHARE` is needed; in a folder `WRITE`.
    pub async fn set_collection_properties(
        &self,
        caller: &Caller,
        account: AccountId,
        id: CollectionId,
        properties: Properties,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        let collection = access.require(id, access.right_to_change(id)?)?;
        let change = CollectionChange::Update {
            collection: id,
            parent: collection.parent,
            name: collection.name.clone(),
            properties,
        };
        self.change(caller, account, vec![wrap(change)]).await?;
        Ok(())
    }

    /// Gives a collection another place or name.
    ///
    /// # Errors
    /// `SHARE` is needed; in a folder `WRITE`, and at the new place as well.
    pub async fn move_collection(
        &self,
        caller: &Caller,
        account: AccountId,
        id: CollectionId,
        parent: Option<CollectionId>,
        name: PathSegment,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        let collection = access.require(id, access.right_to_change(id)?)?;
        if access.is_standard(collection) || is_reserved(collection.kind, parent, name.as_str()) {
            return Err(Error::Forbidden);
        }
        if let Some(parent) = parent {
            access.require(parent, CollectionRights::WRITE)?;
        }
        let change = CollectionChange::Update {
            collection: id,
            parent,
            name,
            properties: (*collection.properties).clone(),
        };
        self.change(caller, account, vec![wrap(change)]).await?;
        Ok(())
    }

    /// Destroys a collection with all that is in it; bodies stay restorable for the retention time.
    ///
    /// # Errors
    /// `SHARE` is needed; in a folder `WRITE`. The scheduling inbox and the calendar that invitations go to stay
    /// (RFC 6638 9.2).
    pub async fn destroy_collection(
        &self,
        caller: &Caller,
        account: AccountId,
        id: CollectionId,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        let collection = access.require(id, access.right_to_change(id)?)?;
        if access.is_standard(collection) {
            return Err(Error::Forbidden);
        }
        let mut changes = Vec::new();
        for id in access.below(id) {
            changes.push(wrap(CollectionChange::Destroy {
                collection: id,
                with_objects: true,
            }));
        }
        self.change(caller, account, changes).await?;
        self.dispose_attachments(caller, account, None).await;
        Ok(())
    }

    /// Says what a principal may do with a collection; none stands for everybody who can sign in.
    ///
    /// # Errors
    /// `SHARE` is needed. [`Error::NotFound`] if there is no such principal.
    pub async fn share_collection(
        &self,
        caller: &Caller,
        account: AccountId,
        id: CollectionId,
        principal: Option<PrincipalId>,
        rights: CollectionRights,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        let collection = Arc::clone(access.require(id, CollectionRights::SHARE)?);
        if let Some(principal) = principal
            && !rights.is_empty()
        {
            let known = self.directory.principal(principal).await?;
            known.ok_or(Error::NotFound)?;
        }
        let change = CollectionChange::Share {
            collection: id,
            principal,
            rights,
        };
        self.change(caller, account, vec![wrap(change)]).await?;
        if let Some(to) = principal {
            self.tell_of_collection(caller, account, &collection, to, rights)
                .await;
        }
        Ok(())
    }

    /// Gives up what the caller itself was let into: a share with it alone ends, and nothing of the collection changes.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where there is no such share: on one's own, and where it is shared with a group or everybody.
    pub async fn leave_collection(
        &self,
        caller: &Caller,
        account: AccountId,
        id: CollectionId,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        let principal = Some(caller.principal()?);
        let collection = access.require(id, CollectionRights::NONE)?;
        if !collection.shares.iter().any(|(to, _)| *to == principal) {
            return Err(Error::Forbidden);
        }
        let change = CollectionChange::Share {
            collection: id,
            principal,
            rights: CollectionRights::NONE,
        };
        self.change(caller, account, vec![wrap(change)]).await?;
        Ok(())
    }

    /// Who may act in the place of the account's owner.
    ///
    /// # Errors
    /// Only its owner and its deputies know.
    pub async fn deputies(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<Deputy>, Error> {
        let access = self.collection_access(caller, account).await?;
        access.require_account(CollectionRights::READ)?;
        let deputies = access.head.collections.deputies.iter();
        Ok(deputies
            .map(|(principal, rights)| Deputy {
                principal: *principal,
                rights: *rights,
            })
            .collect())
    }

    /// Makes somebody a deputy, or ends it with no rights.
    ///
    /// # Errors
    /// Only the account's owner chooses deputies. [`Error::NotFound`] if there is no such principal.
    pub async fn set_deputy(
        &self,
        caller: &Caller,
        account: AccountId,
        deputy: Deputy,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        if !access.is_owner() {
            return Err(Error::Forbidden);
        }
        if !deputy.rights.is_empty() {
            let known = self.directory.principal(deputy.principal).await?;
            known.ok_or(Error::NotFound)?;
        }
        let change = CollectionChange::SetDeputy {
            principal: deputy.principal,
            rights: deputy.rights,
        };
        self.change(caller, account, vec![wrap(change)]).await?;
        Ok(())
    }
}

/// A change of collections as the store takes it.
pub(crate) fn wrap(change: CollectionChange) -> Change {
    Change::Collections(Box::new(change))
}
