//! Objects that get another place: moved, copied.

use std::sync::Arc;

use model::{AccountId, CollectionId, CollectionRights, PathSegment};
use store::{CollectionChange, Condition, NewObject, Source, TagChange};

use super::{ObjectPut, object_put};
use crate::Groupware;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPlace {
    /// Whose collection.
    pub account: AccountId,
    /// Which.
    pub collection: CollectionId,
    /// The object's name there.
    pub name: PathSegment,
}

/// What stands at the place an object goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It is replaced.
    Yes,
    /// Nothing may stand there.
    No,
}

impl Groupware {
    /// Moves an object; it keeps its number within its account. Nobody is told: what they know of it stays.
    ///
    /// # Errors
    /// `WRITE` is needed at both places. [`Error::AlreadyExists`], [`Error::UidConflict`], or [`Error::StateMismatch`] if
    /// the condition does not hold.
    pub async fn move_object(
        &self,
        caller: &Caller,
        from: &ObjectPlace,
        to: &ObjectPlace,
        overwrite: Overwrite,
        condition: Condition,
    ) -> Result<ObjectPut, Error> {
        let access = self.collection_access(caller, from.account).await?;
        access.require(from.collection, CollectionRights::WRITE)?;
        if from.account == to.account {
            access.require(to.collection, CollectionRights::WRITE)?;
            let change = CollectionChange::Move {
                from: from.collection,
                name: from.name.clone(),
                to: to.collection,
                new_name: to.name.clone(),
                replace: overwrite == Overwrite::Yes,
                condition,
            };
            let done = self
                .change(caller, from.account, vec![wrap(change)])
                .await?;
            return object_put(done.outcomes.first(), false);
        }
        // Two accounts have two journals: it is there first, and gone here afterwards.
        let put = self.copy_object(caller, from, to, overwrite).await?;
        let change = CollectionChange::DestroyObject {
            collection: from.collection,
            name: from.name.clone(),
            scheduled: true,
            condition: Condition::Body(vec![put.blob]),
        };
        self.change(caller, from.account, vec![wrap(change)])
            .await?;
        Ok(put)
    }

    /// Copies an object.
    ///
    /// # Errors
    /// `READ` is needed there and `WRITE` here. [`Error::AlreadyExists`], [`Error::UidConflict`].
    pub async fn copy_object(
        &self,
        caller: &Caller,
        from: &ObjectPlace,
        to: &ObjectPlace,
        overwrite: Overwrite,
    ) -> Result<ObjectPut, Error> {
        let access = self.collection_access(caller, from.account).await?;
        let source = access.require(from.collection, CollectionRights::READ)?;
        let kind = source.kind;
        let there = self.collection_access(caller, to.account).await?;
        if there.require(to.collection, CollectionRights::WRITE)?.kind != kind {
            return Err(Error::Invalid {
                field: "destination",
                why: "it holds other objects",
            });
        }
        let view = self.object_view(&access.head, from.collection).await?;
        let object = view.get(&from.name).ok_or(Error::NotFound)?;
        let change = CollectionChange::Put(NewObject {
            collection: to.collection,
            name: to.name.clone(),
            uid: object.row.uid.clone(),
            size: object.row.size,
            source: Source::Stored {
                blob: object.row.blob,
                meta: Arc::clone(&object.row.meta),
            },
            tag: TagChange::None,
            media_type: object.row.media_type.clone(),
            condition: match overwrite {
                Overwrite::Yes => Condition::Any,
                Overwrite::No => Condition::Absent,
            },
        });
        let done = self.change(caller, to.account, vec![wrap(change)]).await;
        let put = match done {
            Err(Error::StateMismatch) => return Err(Error::AlreadyExists),
            other => object_put(other?.outcomes.first(), false)?,
        };
        // RFC 4918 9.8.2: dead properties go with a copy.
        if !object.row.dead.is_empty() {
            let dead = (*object.row.dead).clone();
            self.set_object_properties(caller, to.account, to.collection, &to.name, dead)
                .await?;
        }
        Ok(put)
    }
}
