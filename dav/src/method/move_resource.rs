//! `MOVE` (RFC 4918 9.9).

use groupware::{CollectionInfo, Error, ObjectPlace, Overwrite};
use model::CollectionKind;

use super::transfer::{self, To, Transfer};
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::Status;
use crate::codec::header::Depth;
use crate::codec::href::Target;
use crate::conditions::{self, Reach};
use crate::error::{self, Failure};
use crate::resource::{Found, Resource, Vacant, What, spot_of};
use crate::visit::Visit;

pub(super) async fn run(asked: Asked) -> Result<Answer, Failure> {
    let depth = asked.head.depth()?;
    let transfer = transfer::read(&asked, Reach::Membership).await?;
    let Transfer { source, from, to } = &transfer;
    // RFC 4918 9.9.2: a collection moves as a whole.
    if source.is_collection() && depth.is_some_and(|depth| depth != Depth::Infinity) {
        let words = "A collection moves as a whole: `Depth` must be `infinity`.";
        return Err(Failure::new(Status::BAD_REQUEST, words));
    }
    let visit = &asked.visit;
    let spot = spot_of(visit, from).await;
    match &source.what {
        What::Object(info, object) => {
            let place = ObjectPlace {
                account: info.account,
                collection: info.collection.id,
                name: object.row.name.clone(),
            };
            move_object(&asked, &transfer, &place).await?;
        }
        What::Collection(info) => move_collection(visit, source, info, to).await?,
        _ => return Err(Failure::forbidden()),
    }
    // RFC 4918 7.6: locks do not move.
    if let Some(spot) = spot {
        visit.house.locks.forget(&spot);
    }
    Ok(answer::empty(to.status()))
}

async fn move_object(
    asked: &Asked,
    transfer: &Transfer,
    place: &ObjectPlace,
) -> Result<(), Failure> {
    let (visit, to) = (&asked.visit, &transfer.to);
    let kind = transfer
        .source
        .collection()
        .map(|info| info.collection.kind);
    let there = to.object()?;
    if to.parent.as_ref().map(|parent| parent.collection.kind) != kind {
        return Err(Failure::forbidden());
    }
    let condition = conditions::on_body(asked, &transfer.from)?;
    transfer::clear(visit, &transfer.source, to).await?;
    let moved = visit
        .groupware()
        .move_object(&visit.caller, place, &there, Overwrite::Yes, condition)
        .await;
    match (moved, kind) {
        (Ok(_), _) => Ok(()),
        (Err(Error::UidConflict { collection, name }), Some(kind)) => {
            Err(super::put::uid_conflict(visit, &to.found, kind, collection, name).await)
        }
        (Err(error), kind) => Err(error::of(&error, kind)),
    }
}

async fn move_collection(
    visit: &Visit,
    source: &Resource,
    info: &CollectionInfo,
    to: &To,
) -> Result<(), Failure> {
    let kind = info.collection.kind;
    let fits = match to.parent.as_ref() {
        Some(parent) => {
            kind == CollectionKind::Folder && parent.collection.kind == CollectionKind::Folder
        }
        None => is_home_of(kind, &to.found),
    };
    if !fits {
        return Err(Failure::forbidden());
    }
    if info.account == to.account {
        transfer::clear(visit, source, to).await?;
        visit
            .groupware()
            .move_collection(
                &visit.caller,
                info.account,
                info.collection.id,
                to.parent_id(),
                to.name.clone(),
            )
            .await?;
        return Ok(());
    }
    if kind != CollectionKind::Folder {
        let words = "A collection stays with its owner.";
        return Err(Failure::new(Status::FORBIDDEN, words));
    }
    // Two accounts have two journals: it is there first, and gone here afterwards.
    transfer::clear(visit, source, to).await?;
    transfer::copy_folder(visit, source, to, true).await?;
    super::delete::destroy_collection(visit, source).await
}

/// Whether calendars, or address books, are at such a place.
fn is_home_of(kind: CollectionKind, found: &Found) -> bool {
    let place = match found {
        Found::Here(resource) => &resource.place,
        Found::Vacant(Vacant { place, .. }) => place,
    };
    match kind {
        CollectionKind::Calendar => matches!(place, Target::Calendar(..)),
        CollectionKind::AddressBook => matches!(place, Target::AddressBook(..)),
        CollectionKind::ScheduleInbox
        | CollectionKind::Folder
        | CollectionKind::Scripts
        | CollectionKind::Records => false,
    }
}
