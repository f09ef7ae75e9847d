//! Objects put and destroyed without a word to those who take part (JMAP Calendars: `sendSchedulingMessages` is false).

use std::sync::Arc;

use model::{AccountId, CollectionId, CollectionKind, CollectionRights};
use store::{CollectionChange, Condition, TagChange};

use crate::Groupware;
use crate::attachment::has_attachments;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;
use crate::object::{NewBody, OBJECT_OCTETS_MAX, ObjectPlace, ObjectPut, object_put, prepare};

impl Groupware {
    /// As [`Groupware::put_object`], but nobody is told: the change is the account's own affair.
    ///
    /// # Errors
    /// As for [`Groupware::put_object`].
    pub async fn put_object_quietly(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        new: NewBody,
    ) -> Result<ObjectPut, Error> {
        let access = self.collection_access(caller, account).await?;
        let into = Arc::clone(access.require(collection, CollectionRights::WRITE)?);
        if into.kind != CollectionKind::Calendar {
            return Err(Error::Forbidden);
        }
        if new.body.len() > OBJECT_OCTETS_MAX {
            return Err(Error::TooLarge);
        }
        let view = self.object_view(&access.head, collection).await?;
        let stands = view.get(&new.name);
        let was_told = stands.is_some_and(|object| object.row.schedule_tag.is_some());
        let body = new.body;
        let (body, prepared) = self
            .blocking(move |engine| {
                let prepared = prepare(engine, &into, &body)?;
                Ok((body, prepared))
            })
            .await?;
        let uid = prepared.uid.clone();
        let has_files = has_attachments(&access.head);
        let also = match has_files {
            true => self.adopted(&access, &uid, &body).await?,
            false => Vec::new(),
        };
        // RFC 6638 3.2.10: the tag says that others know of it, and stays with what they know.
        let tag = match (prepared.scheduled, was_told) {
            (true, false) => TagChange::New,
            (_, true) => TagChange::Keep,
            (false, false) => TagChange::None,
        };
        let put = prepared.put(collection, new.name, tag, None, new.condition);
        let changes = std::iter::once(put).chain(also).collect();
        let done = self.change(caller, account, changes).await?;
        let put = object_put(done.outcomes.first(), false)?;
        if has_files && !put.created {
            self.dispose_attachments(caller, account, Some(&uid)).await;
        }
        Ok(put)
    }

    /// As [`Groupware::destroy_object`], but nobody is told.
    ///
    /// # Errors
    /// As for [`Groupware::destroy_object`].
    pub async fn destroy_object_quietly(
        &self,
        caller: &Caller,
        place: &ObjectPlace,
        condition: Condition,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, place.account).await?;
        let from = access.require(place.collection, CollectionRights::WRITE)?;
        let is_calendar = from.kind == CollectionKind::Calendar;
        let view = self.object_view(&access.head, place.collection).await?;
        let uid = view.get(&place.name).map(|object| object.row.uid.clone());
        let change = CollectionChange::DestroyObject {
            collection: place.collection,
            name: place.name.clone(),
            scheduled: true,
            condition,
        };
        self.change(caller, place.account, vec![wrap(change)])
            .await?;
        if is_calendar && let Some(uid) = uid {
            self.dispose_attachments(caller, place.account, Some(&uid))
                .await;
        }
        Ok(())
    }
}
