//! Objects put and destroyed, and scheduling (RFC 6638): what others are told who take part in them.
//!
//! A change, its messages to accounts of this house and what these messages change there are one durable write: either the
//! organizer's object and every participant's copy are there, or none. Messages for others wait in the queue as mail (RFC
//! 6047), with the same write. Rooms find their messages in their scheduling inbox and answer them by themselves.

mod arrival;

mod deliver;

mod fault;

mod mail;

mod others;

mod outbox;

mod party;

mod quiet;

mod round;

mod room;

use std::sync::Arc;

use model::{AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment};
use store::{Change, CollectionChange, Condition, Engine, TagChange};

use crate::Groupware;
use crate::attachment::has_attachments;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;
use crate::object::{
    NewBody, OBJECT_OCTETS_MAX, ObjectPlace, ObjectPut, PreparedObject, object_put, prepare,
};

pub(crate) use arrival::Invitation;
pub use outbox::{FreeBusyAnswer, FreeBusyQuestion};

pub(crate) use round::Turns;

/// Bodies up to this size are made ready on the thread that asks: that takes less than handing them to another.
const PREPARED_AT_ONCE_OCTETS_MAX: usize = 32 * 1024;

/// A new body for an object that others take part in.
#[derive(Clone, Debug)]
struct ScheduledChange {
    collection: CollectionId,
    name: PathSegment,
    body: Vec<u8>,
    condition: Condition,
    tell_organizer: bool,
    /// What else changes in the account with the same write.
    also: Vec<Change>,
}

impl Groupware {
    /// Adds an object to a collection, or gives the one of that name another body. Where it has participants, they are
    /// told with the same write (RFC 6638 3.2).
    ///
    /// # Errors
    /// `WRITE` is needed. [`Error::Refused`] says which rule of its format the body breaks, [`Error::UidConflict`] where
    /// an object with its `UID` is, [`Error::StateMismatch`] that the condition does not hold. [`Error::TooLarge`] above
    /// [`OBJECT_OCTETS_MAX`], [`Error::OverQuota`].
    pub async fn put_object(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        new: NewBody,
    ) -> Result<ObjectPut, Error> {
        let access = self.collection_access(caller, account).await?;
        let into = Arc::clone(access.require(collection, CollectionRights::WRITE)?);
        if into.kind == CollectionKind::ScheduleInbox {
            return Err(Error::Forbidden);
        }
        if new.body.len() > OBJECT_OCTETS_MAX {
            return Err(Error::TooLarge);
        }
        let NewBody {
            name,
            body,
            media_type,
            condition,
            tell_organizer,
        } = new;
        let is_small = body.len() <= PREPARED_AT_ONCE_OCTETS_MAX;
        let (body, prepared) = {
            let into = Arc::clone(&into);
            let work = move |engine: &dyn Engine| {
                let prepared = prepare(engine, &into, &body)?;
                Ok((body, prepared))
            };
            if is_small {
                work(&**self.store.engine())?
            } else {
                self.blocking(work).await?
            }
        };
        let media_type = media_type.filter(|_| into.kind == CollectionKind::Folder);
        let has_files = into.kind == CollectionKind::Calendar && has_attachments(&access.head);
        let also = if has_files {
            self.adopted(&access, &prepared.uid, &body).await?
        } else {
            Vec::new()
        };
        let uid = prepared.uid.clone();
        let put = self
            .put_prepared(
                caller,
                account,
                (prepared, media_type),
                ScheduledChange {
                    collection,
                    name,
                    body,
                    condition,
                    tell_organizer,
                    also,
                },
            )
            .await?;
        if has_files && !put.created {
            self.dispose_attachments(caller, account, Some(&uid)).await;
        }
        Ok(put)
    }

    /// Stores what was made ready: at once where nobody takes part, else with messages to those who do.
    async fn put_prepared(
        &self,
        caller: &Caller,
        account: AccountId,
        (prepared, media_type): (PreparedObject, Option<String>),
        change: ScheduledChange,
    ) -> Result<ObjectPut, Error> {
        if !prepared.scheduled {
            let put = prepared.put(
                change.collection,
                change.name.clone(),
                TagChange::None,
                media_type,
                change.condition.clone(),
            );
            let changes = std::iter::once(put).chain(change.also.iter().cloned());
            match self.try_change(caller, account, changes.collect()).await {
                Ok(done) => return object_put(done.outcomes.first(), false),
                // Others took part until now: they are told that it is over.
                Err(store::Error::Scheduled) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.put_scheduled(caller, account, change).await
    }

    /// Destroys an object; its body stays restorable for the retention time. Where it has participants, they are told
    /// with the same write, unless `tell_organizer` is false and it is a participant who goes (RFC 6638 8.1).
    ///
    /// # Errors
    /// `WRITE` is needed. [`Error::NotFound`]; [`Error::StateMismatch`] if the condition does not hold.
    pub async fn destroy_object(
        &self,
        caller: &Caller,
        place: &ObjectPlace,
        condition: Condition,
        tell_organizer: bool,
    ) -> Result<(), Error> {
        let access = self.collection_access(caller, place.account).await?;
        let from = access.require(place.collection, CollectionRights::WRITE)?;
        let is_calendar = from.kind == CollectionKind::Calendar;
        let with_files = if is_calendar && has_attachments(&access.head) {
            let view = self.object_view(&access.head, place.collection).await?;
            view.get(&place.name).map(|object| object.row.uid.clone())
        } else {
            None
        };
        let change = CollectionChange::DestroyObject {
            collection: place.collection,
            name: place.name.clone(),
            scheduled: !is_calendar,
            condition: condition.clone(),
        };
        match self
            .try_change(caller, place.account, vec![wrap(change)])
            .await
        {
            Ok(_) => {}
            Err(store::Error::Scheduled) => {
                self.destroy_scheduled(caller, place, condition, tell_organizer)
                    .await?;
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(uid) = with_files {
            self.dispose_attachments(caller, place.account, Some(&uid))
                .await;
        }
        Ok(())
    }

    /// Gives an object a body that was made from the one it has, together with other changes of its account. Who takes part
    /// is told with the same write.
    pub(crate) async fn put_edited(
        &self,
        caller: &Caller,
        place: &ObjectPlace,
        edited: (Vec<u8>, PreparedObject),
        condition: Condition,
        also: Vec<Change>,
    ) -> Result<ObjectPut, Error> {
        let (body, prepared) = edited;
        let change = ScheduledChange {
            collection: place.collection,
            name: place.name.clone(),
            body,
            condition,
            tell_organizer: true,
            also,
        };
        self.put_prepared(caller, place.account, (prepared, None), change)
            .await
    }

    /// Stores the object and tells those who take part.
    async fn put_scheduled(
        &self,
        caller: &Caller,
        account: AccountId,
        change: ScheduledChange,
    ) -> Result<ObjectPut, Error> {
        let place = ObjectPlace {
            account,
            collection: change.collection,
            name: change.name,
        };
        let wanted = round::Wanted {
            body: Some(change.body),
            condition: change.condition,
            tell_organizer: change.tell_organizer,
            also: change.also,
        };
        let put = self.reschedule(caller, &place, wanted).await?;
        put.ok_or(Error::NotFound)
    }

    /// Destroys the object and tells those who take part.
    async fn destroy_scheduled(
        &self,
        caller: &Caller,
        place: &ObjectPlace,
        condition: Condition,
        tell_organizer: bool,
    ) -> Result<(), Error> {
        let wanted = round::Wanted {
            body: None,
            condition,
            tell_organizer,
            also: Vec::new(),
        };
        self.reschedule(caller, place, wanted).await?;
        Ok(())
    }
}
