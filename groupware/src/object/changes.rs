//! What changed in a collection since a moment.

use std::sync::Arc;

use model::{AccountId, CollectionId, CollectionRights, PathSegment, Seq};
use store::{Engine, GoneObject};

use super::view::Object;
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// What is different in a collection.
#[derive(Clone, Debug)]
pub struct ObjectChanges {
    /// Objects that are new or have another body, name or properties, by the commit that changed them last.
    pub changed: Vec<Arc<Object>>,
    /// Names that no object has any more, with the commit that took it away.
    pub gone: Vec<(PathSegment, Seq)>,
    /// The moment up to which this holds.
    pub until: Seq,
}

impl Groupware {
    /// What changed in a collection after `since`; all that is in it after [`Seq::START`].
    ///
    /// # Errors
    /// `READ` is needed. [`Error::CannotCalculate`] for a moment that never was.
    pub async fn object_changes(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        since: Seq,
    ) -> Result<ObjectChanges, Error> {
        let access = self.collection_access(caller, account).await?;
        access.require(collection, CollectionRights::READ)?;
        if since.is_after(access.head.seq) {
            return Err(Error::CannotCalculate);
        }
        let view = self.object_view(&access.head, collection).await?;
        let until = view.until();
        if since.is_at_least(until) {
            return Ok(ObjectChanges {
                changed: Vec::new(),
                gone: Vec::new(),
                until: since,
            });
        }
        let changed = view.changed_after(since).cloned().collect();
        let gone = if since == Seq::START {
            Vec::new()
        } else {
            let left: Vec<GoneObject> = match view.gone_after(since) {
                Some(left) => left.cloned().collect(),
                None => {
                    let read = move |engine: &dyn Engine| engine.gone(account, collection, since);
                    self.store.read(read).await?
                }
            };
            let mut gone: Vec<(PathSegment, Seq)> = left
                .into_iter()
                // What left after the view was made is told next time.
                .filter(|gone| !gone.gone.is_after(until) && view.get(&gone.name).is_none())
                .map(|gone| (gone.name, gone.gone))
                .collect();
            gone.sort();
            gone.dedup_by(|later, first| {
                let same = later.0 == first.0;
                if same {
                    first.1 = later.1;
                }
                same
            });
            gone
        };
        Ok(ObjectChanges {
            changed,
            gone,
            until,
        })
    }
}
