//! `DELETE` (RFC 4918 9.6): a resource goes, with all that is in it.

use groupware::{CollectionInfo, Error, ObjectPlace};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::header::Depth;
use crate::codec::href::Target;
use crate::codec::{Precondition, Status};
use crate::conditions::{self, Reach};
use crate::error::{self, Failure};
use crate::property::DEFAULT_CALENDAR;
use crate::resource::{Found, Kinds, Resource, What, resolve, spot_of};
use crate::visit::Visit;

pub(super) async fn run(asked: Asked) -> Result<Answer, Failure> {
    let found = resolve(&asked.visit, &asked.head.place).await?;
    let Found::Here(resource) = &found else {
        return Err(Failure::not_found());
    };
    // RFC 4918 9.6.1: a collection goes as a whole or not at all.
    if resource.is_collection()
        && asked
            .head
            .depth()?
            .is_some_and(|depth| depth != Depth::Infinity)
    {
        let words = "A collection goes as a whole: `Depth` must be `infinity`.";
        return Err(Failure::new(Status::BAD_REQUEST, words));
    }
    conditions::hold(&asked, &found).await?;
    conditions::permit_write(&asked, &found, Reach::Membership).await?;
    match &resource.what {
        What::Object(info, object) => {
            let place = ObjectPlace {
                account: info.account,
                collection: info.collection.id,
                name: object.row.name.clone(),
            };
            let visit = &asked.visit;
            let condition = conditions::on_body(&asked, &found)?;
            let tell = asked.head.schedule_reply()?;
            let gone = visit
                .groupware()
                .destroy_object(&visit.caller, &place, condition, tell)
                .await;
            gone.map_err(|error| error::of(&error, Some(info.collection.kind)))?;
        }
        _ => destroy_collection(&asked.visit, resource).await?,
    }
    if let Some(spot) = spot_of(&asked.visit, &found).await {
        asked.visit.house.locks.forget(&spot);
    }
    Ok(answer::empty(Status::NO_CONTENT))
}

/// Destroys a collection with all that is in it; for whoever it is shared with, only the share ends.
pub(super) async fn destroy_collection(visit: &Visit, resource: &Resource) -> Result<(), Failure> {
    let What::Collection(info) = &resource.what else {
        return Err(Failure::forbidden());
    };
    if is_guest_in_own_home(visit, resource, info) {
        return leave(visit, info).await;
    }
    let default =
        resource.kind() == Kinds::CALENDAR && info.collection.name.as_str() == DEFAULT_CALENDAR;
    if default && info.account == visit.account() {
        // RFC 6638 4.3: invitations need a calendar to go to.
        return Err(Failure::refused(Precondition::DefaultCalendarNeeded));
    }
    visit
        .groupware()
        .destroy_collection(&visit.caller, info.account, info.collection.id)
        .await?;
    Ok(())
}

/// Whether it is somebody else's, at the place it has among the collections of whoever asks.
fn is_guest_in_own_home(visit: &Visit, resource: &Resource, info: &CollectionInfo) -> bool {
    // Folders are moved and deleted by whoever may write, wherever they lie.
    let (Target::Calendar(owner, _) | Target::AddressBook(owner, _)) = &resource.place else {
        return false;
    };
    info.account != visit.account() && *owner == visit.address
}

/// caldav-sharing 4.2: for whoever it is shared with only the share ends; the owner and all others keep what they have.
pub(super) async fn leave(visit: &Visit, info: &CollectionInfo) -> Result<(), Failure> {
    let left = visit
        .groupware()
        .leave_collection(&visit.caller, info.account, info.collection.id)
        .await;
    left.map_err(|error| match error {
        Error::Forbidden => Failure::new(
            Status::FORBIDDEN,
            "It is shared with a group or with everybody: only its owner can end that.",
        ),
        other => other.into(),
    })
}
