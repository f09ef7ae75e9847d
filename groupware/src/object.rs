//! Objects in collections: calendar objects, contact cards and files; read, put, moved and destroyed.

mod by_id;

mod collections;

mod import;

mod meta;

mod parsed;

mod prepare;

mod transfer;

mod version;

mod view;

mod changes;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use model::{
    AccountId, BlobId, BlobRef, CollectionId, CollectionRights, ObjectId, PathSegment, Seq,
};
use store::{CollectionChange, Outcome};

use crate::Groupware;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;
use crate::mailbox::unexpected;

pub use by_id::{FoundObject, KindChanges, KindState, ReadableCollection};
pub use changes::ObjectChanges;
pub use import::{Existing, Imported, NewImport};
pub use meta::Summary;
pub use prepare::{NewBody, OBJECT_OCTETS_MAX};
pub use store::Condition;
pub use transfer::{ObjectPlace, Overwrite};
pub use version::{ObjectVersion, VersionId};
pub use view::{Object, ObjectView};

pub(crate) use meta::{decode_meta, encode_meta};
pub(crate) use parsed::ParsedBudget;
pub(crate) use prepare::{PreparedObject, prepare};
pub(crate) use view::{OBJECT_VIEWS_OCTETS_MAX, ObjectViews};

/// An object that was put, moved or copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPut {
    /// Its number in the account.
    pub object: ObjectId,
    /// Whether there was none under that name.
    pub created: bool,
    /// Its body: what the ETag is made from.
    pub blob: BlobId,
    /// Its schedule tag.
    pub schedule_tag: Option<Seq>,
    /// Whether the body is not what the caller sent, because scheduling changed it (RFC 4791 5.3.4: no strong ETag).
    pub altered: bool,
}

impl Groupware {
    /// The collection's objects, as they are now.
    ///
    /// # Errors
    /// `READ` is needed.
    pub async fn objects(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
    ) -> Result<Arc<ObjectView>, Error> {
        let access = self.collection_access(caller, account).await?;
        access.require(collection, CollectionRights::READ)?;
        self.object_view(&access.head, collection).await
    }

    /// Bodies of objects from a view, in their order; none where it was purged meanwhile. At most as many octets at
    /// once as the caller asked objects for: faces ask in portions.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn bodies(&self, objects: &[Arc<Object>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        self.store_bodies(objects.iter().map(|object| object.row.blob).collect())
            .await
    }

    /// The same of bodies that are known by where they lie.
    pub(crate) async fn store_bodies(
        &self,
        blobs: Vec<BlobRef>,
    ) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let read = self.store.read(move |engine| {
            let mut bodies = vec![None; blobs.len()];
            engine.bodies(&blobs, &mut |place, body| {
                if let Some(slot) = bodies.get_mut(place) {
                    *slot = Some(body.to_vec());
                }
                ControlFlow::Continue(())
            })?;
            Ok(bodies)
        });
        Ok(read.await?)
    }

    /// The body of one object.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it was purged.
    pub async fn body(&self, object: &Arc<Object>) -> Result<Vec<u8>, Error> {
        let bodies = self.bodies(std::slice::from_ref(object)).await?;
        bodies.into_iter().next().flatten().ok_or(Error::NotFound)
    }

    /// Keeps for a client what it says of an object.
    ///
    /// # Errors
    /// `WRITE` is needed.
    pub async fn set_object_properties(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
        dead: BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, account).await?;
        access.require(collection, CollectionRights::WRITE)?;
        let change = CollectionChange::SetProperties {
            collection,
            name: name.clone(),
            dead,
        };
        self.change(caller, account, vec![wrap(change)]).await?;
        Ok(())
    }
}

/// What the store says of an object that was put.
pub(crate) fn object_put(outcome: Option<&Outcome>, altered: bool) -> Result<ObjectPut, Error> {
    match outcome {
        Some(Outcome::Object {
            object,
            created,
            blob,
            schedule_tag,
        }) => Ok(ObjectPut {
            object: *object,
            created: *created,
            blob: *blob,
            schedule_tag: *schedule_tag,
            altered,
        }),
        other => Err(unexpected(other)),
    }
}
