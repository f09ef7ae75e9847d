//! The one policy: who may do what with which collection.
//!
//! An account's own principal has all rights on it. A deputy has its rights on every collection of the account.
//! Everybody else has, on each collection, what is shared with them, with a group they are in, or with everybody who can
//! sign in. A right on a folder is a right on what is inside it. What the account keeps for itself is there for nobody.

use std::sync::Arc;

use model::{AccountId, CollectionId, CollectionKind, CollectionRights};
use store::{Collection, Head};

use super::CollectionInfo;
use super::standard::{is_reserved, is_standard};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::rights::{Access, Who};

/// Steps from a folder to the top; the store keeps it below that.
const FOLDER_STEPS_MAX: usize = 32;

/// An account's collections as one caller may see them.
#[derive(Clone, Debug)]
pub(crate) struct CollectionAccess {
    pub(crate) head: Arc<Head>,
    who: Who,
}

impl Groupware {
    /// The account's collections, with what decides about the caller's rights.
    pub(crate) async fn collection_access(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<CollectionAccess, Error> {
        let Access { head, who } = self.access(caller, account).await?;
        Ok(CollectionAccess { head, who })
    }
}

impl CollectionAccess {
    /// Whether it is the caller's own account.
    pub(crate) fn is_owner(&self) -> bool {
        matches!(self.who, Who::Owner)
    }

    /// What the caller may do on all collections in the owner's place.
    pub(crate) fn deputy_rights(&self) -> CollectionRights {
        match &self.who {
            Who::Owner => CollectionRights::NONE,
            Who::Guest { principal, groups } => self
                .head
                .collections
                .deputies
                .iter()
                .filter(|(deputy, _)| deputy == principal || groups.contains(deputy))
                .fold(CollectionRights::NONE, |all, (_, rights)| all.with(*rights)),
        }
    }

    /// What the caller may do with the collection.
    pub(crate) fn rights(&self, collection: &Collection) -> CollectionRights {
        if is_reserved(collection.kind, collection.parent, collection.name.as_str()) {
            return CollectionRights::NONE;
        }
        let Who::Guest { principal, groups } = &self.who else {
            return CollectionRights::ALL;
        };
        let mut rights = self.deputy_rights();
        let mut current = Some(collection);
        for _ in 0..FOLDER_STEPS_MAX {
            let Some(collection) = current else { break };
            rights = collection
                .shares
                .iter()
                .filter(|(to, _)| to.is_none_or(|to| to == *principal || groups.contains(&to)))
                .fold(rights, |all, (_, rights)| all.with(*rights));
            let parent = collection.parent;
            current = parent.and_then(|id| self.head.collections.all.get(&id).map(Arc::as_ref));
        }
        rights
    }

    /// The collection, if the caller has any right on it.
    pub(crate) fn info(&self, collection: &Arc<Collection>) -> Option<CollectionInfo> {
        let rights = self.rights(collection);
        (!rights.is_empty()).then(|| CollectionInfo {
            account: self.head.account,
            collection: Arc::clone(collection),
            rights,
        })
    }

    /// All collections the caller has any right on.
    pub(crate) fn visible(&self) -> impl Iterator<Item = CollectionInfo> + '_ {
        self.head
            .collections
            .all
            .values()
            .filter_map(|collection| self.info(collection))
    }

    /// The collection, if the caller has all these rights on it.
    ///
    /// # Errors
    /// [`Error::NotFound`] to those who must not know of it, else [`Error::Forbidden`].
    pub(crate) fn require(
        &self,
        id: CollectionId,
        rights: CollectionRights,
    ) -> Result<&Arc<Collection>, Error> {
        let collection = self.head.collections.get(id)?;
        let has = self.rights(collection);
        if has.contains(rights) && !has.is_empty() {
            Ok(collection)
        } else if has.is_empty() {
            Err(Error::NotFound)
        } else {
            Err(Error::Forbidden)
        }
    }

    /// Succeeds for the owner, and for a deputy with these rights.
    ///
    /// # Errors
    /// [`Error::NotFound`] to those who see nothing of the account, else [`Error::Forbidden`].
    pub(crate) fn require_account(&self, rights: CollectionRights) -> Result<(), Error> {
        if self.is_owner() || self.deputy_rights().contains(rights) {
            Ok(())
        } else if self.visible().next().is_some() {
            Err(Error::Forbidden)
        } else {
            Err(Error::NotFound)
        }
    }

    /// The right that changing or destroying a collection needs.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn right_to_change(&self, id: CollectionId) -> Result<CollectionRights, Error> {
        let collection = self.head.collections.get(id)?;
        let in_folder = collection.kind == CollectionKind::Folder && collection.parent.is_some();
        Ok(if in_folder {
            CollectionRights::WRITE
        } else {
            CollectionRights::SHARE
        })
    }

    /// Whether the account cannot do without it.
    pub(crate) fn is_standard(&self, collection: &Collection) -> bool {
        is_standard(collection)
    }

    /// The collection and all inside it, the innermost first.
    pub(crate) fn below(&self, id: CollectionId) -> Vec<CollectionId> {
        let all = &self.head.collections.all;
        let mut order = vec![id];
        let mut next = 0;
        while let Some(above) = order.get(next).copied() {
            order.extend(
                all.values()
                    .filter(|collection| collection.parent == Some(above))
                    .map(|collection| collection.id),
            );
            next += 1;
        }
        order.reverse();
        order
    }
}
