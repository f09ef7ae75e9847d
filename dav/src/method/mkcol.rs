//! `MKCOL` (RFC 4918 9.3), also with properties (RFC 5689): a new folder, calendar or address book.

use groupware::{Error, NewCollection};
use model::{CollectionId, CollectionKind, PathSegment};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::href::Target;
use crate::codec::request::Mkcol;
use crate::codec::response::{ResourceType, mkcol_body};
use crate::codec::{BodyLimits, Precondition, PropertyValue, Status, Tag};
use crate::conditions::{self, Reach};
use crate::error::Failure;
use crate::property::change::at_creation;
use crate::resource::{Found, Kinds, Vacant, Within, last_segment, resolve};

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    // RFC 4918 9.3.1: 415 for a body that is not understood.
    super::require_xml(&asked)?;
    let typed = asked.head.field("Content-Type")?;
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let xml = typed.is_some_and(|value| value.contains("xml"));
    if !body.octets.is_empty() && !xml && !body.octets.trim_ascii_start().starts_with(b"<") {
        return Err(Failure::new(
            Status::UNSUPPORTED_MEDIA_TYPE,
            "The body must be XML.",
        ));
    }
    let request = Mkcol::parse(&body.octets)?;
    let kind = kind_of(&request.resource_types, &asked.head.place)?;
    let root = request.extended.then_some(Tag::dav("mkcol-response"));
    create(&asked, kind, request.properties, root).await
}

/// RFC 5689 3.3: what is made must be something that can be made, where it can be.
fn kind_of(types: &[ResourceType], place: &Target) -> Result<CollectionKind, Failure> {
    let is = |kind| types.contains(&kind);
    let kind = match (is(ResourceType::Calendar), is(ResourceType::AddressBook)) {
        (true, true) => return Err(Failure::refused(Precondition::ValidResourceType)),
        (true, false) => CollectionKind::Calendar,
        (false, true) => CollectionKind::AddressBook,
        (false, false) => CollectionKind::Folder,
    };
    let known = [
        ResourceType::Collection,
        ResourceType::Calendar,
        ResourceType::AddressBook,
    ];
    if !is(ResourceType::Collection) || types.iter().any(|one| !known.contains(one)) {
        return Err(Failure::refused(Precondition::ValidResourceType));
    }
    match (place, kind) {
        (Target::Calendar(..), CollectionKind::Calendar)
        | (Target::AddressBook(..), CollectionKind::AddressBook)
        | (Target::Folder(..), CollectionKind::Folder) => Ok(kind),
        // RFC 4918 9.3: a bare MKCOL makes what the place is for, as clients that know only WebDAV expect.
        (Target::AddressBook(..), CollectionKind::Folder) => Ok(CollectionKind::AddressBook),
        (Target::Calendar(..), CollectionKind::Folder) => Ok(CollectionKind::Calendar),
        (_, CollectionKind::Calendar) => {
            Err(Failure::refused(Precondition::CalendarCollectionLocationOk))
        }
        (_, CollectionKind::AddressBook) => Err(Failure::refused(
            Precondition::AddressBookCollectionLocationOk,
        )),
        (
            _,
            CollectionKind::Folder
            | CollectionKind::ScheduleInbox
            | CollectionKind::Scripts
            | CollectionKind::Records,
        ) => Err(Failure::forbidden()),
    }
}

/// Makes a collection; `root` is the element of the answer that says which properties could not be set.
pub(super) async fn create(
    asked: &Asked,
    kind: CollectionKind,
    values: Vec<PropertyValue>,
    root: Option<Tag>,
) -> Result<Answer, Failure> {
    let found = resolve(&asked.visit, &asked.head.place).await?;
    let Place {
        account,
        parent,
        name,
    } = place(&found, kind)?;
    conditions::hold(asked, &found).await?;
    conditions::permit_write(asked, &found, Reach::Membership).await?;
    let properties = match at_creation(values, kinds(kind)) {
        Ok(properties) => properties,
        Err(failed) => {
            let root = root.unwrap_or(Tag::dav("mkcol-response"));
            // RFC 5689 3: 424 in the answer for the collection is the answer's own status.
            return Ok(answer::xml(Status::FORBIDDEN, mkcol_body(&root, failed)));
        }
    };
    let new = NewCollection {
        parent,
        kind,
        name,
        properties,
    };
    let visit = &asked.visit;
    let made = visit
        .groupware()
        .create_collection(&visit.caller, account, new)
        .await;
    match made {
        Ok(_) => Ok(answer::empty(Status::CREATED)),
        Err(Error::AlreadyExists) => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

struct Place {
    account: model::AccountId,
    parent: Option<CollectionId>,
    name: PathSegment,
}

/// Where a collection of that kind is to be made.
fn place(found: &Found, kind: CollectionKind) -> Result<Place, Failure> {
    let Found::Vacant(Vacant { place, within }) = found else {
        return Err(taken());
    };
    let name = last_segment(place).ok_or_else(Failure::forbidden)?;
    match within {
        Within::Home(owner) => Ok(Place {
            account: owner.id.into(),
            parent: None,
            name,
        }),
        Within::Collection(info) if kind == CollectionKind::Folder => Ok(Place {
            account: info.account,
            parent: Some(info.collection.id),
            name,
        }),
        // RFC 4791 4.2: no collections inside of calendars.
        Within::Collection(_) => Err(Failure::forbidden()),
        // RFC 4918 9.3.1: what is above must be there first.
        Within::Nothing => Err(Failure::new(
            Status::CONFLICT,
            "The collection above is not there.",
        )),
    }
}

/// RFC 4918 9.3.1: 405 where something is already.
fn taken() -> Failure {
    Failure::new(Status::METHOD_NOT_ALLOWED, "Something is here already.")
}

fn kinds(kind: CollectionKind) -> Kinds {
    match kind {
        CollectionKind::Calendar => Kinds::CALENDAR,
        CollectionKind::AddressBook => Kinds::ADDRESS_BOOK,
        CollectionKind::ScheduleInbox => Kinds::INBOX,
        CollectionKind::Folder => Kinds::FOLDER,
        CollectionKind::Scripts | CollectionKind::Records => Kinds::PLAIN,
    }
}
