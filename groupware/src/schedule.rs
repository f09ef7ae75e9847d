//! Scheduling (RFC 6638): a change of an object that others take part in, and what they are told of it.
//!
//! A change, its messages to accounts of this house and what these messages change there are one durable write: either the
//! organizer's object and every participant's copy are there, or none. Messages for others wait in the queue as mail (RFC
//! 6047), with the same write. Rooms find their messages in their scheduling inbox and answer them by themselves.

mod arrival;

mod deliver;

mod fault;

mod mail;

mod outbox;

mod party;

mod round;

mod room;

use model::{AccountId, CollectionId, PathSegment};
use store::Condition;

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::object::{ObjectPlace, ObjectPut};

pub(crate) use arrival::Invitation;
pub use outbox::{FreeBusyAnswer, FreeBusyQuestion};

pub(crate) use round::Turns;

/// A new body for an object that others take part in.
#[derive(Clone, Debug)]
pub(crate) struct ScheduledChange {
    pub(crate) collection: CollectionId,
    pub(crate) name: PathSegment,
    pub(crate) body: Vec<u8>,
    pub(crate) condition: Condition,
    pub(crate) tell_organizer: bool,
}

impl Groupware {
    /// Stores the object and tells those who take part.
    pub(crate) async fn put_scheduled(
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
        };
        let put = self.reschedule(caller, &place, wanted).await?;
        put.ok_or(Error::NotFound)
    }

    /// Destroys the object and tells those who take part.
    pub(crate) async fn destroy_scheduled(
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
        };
        self.reschedule(caller, place, wanted).await?;
        Ok(())
    }
}
