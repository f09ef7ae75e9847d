//! From a path to what is there.

use std::sync::Arc;

use groupware::{CollectionInfo, Error, NewCollection};
use model::{CollectionId, CollectionKind, CollectionRights, PathSegment, Principal, Properties};

use super::{Found, Proxy, Resource, Vacant, What, Within};
use crate::codec::Status;
use crate::codec::href::{Address, Target};
use crate::directory_book;
use crate::error::Failure;
use crate::visit::Visit;
use crate::words;

/// The folder that somebody's files lie in; it is what `/dav/files/<address>/` shows.
const FILES: &str = "files";

/// What a path leads to.
///
/// # Errors
/// 404 for a home of nobody, or the store cannot be read.
pub(crate) async fn resolve(visit: &Visit, place: &Target) -> Result<Found, Failure> {
    let here = |what| Ok(Found::Here(Resource::new(place.clone(), what)));
    match place {
        Target::Root
        | Target::Principals
        | Target::CalendarHomes
        | Target::AddressBookHomes
        | Target::FolderHomes => here(What::Plain),
        Target::WellKnownCaldav | Target::WellKnownCarddav | Target::Attachment(..) => {
            Err(Failure::not_found())
        }
        Target::Principal(address) => here(What::Principal(somebody(visit, address).await?)),
        Target::ProxyRead(address) => {
            here(What::Proxy(somebody(visit, address).await?, Proxy::Read))
        }
        Target::ProxyWrite(address) => {
            here(What::Proxy(somebody(visit, address).await?, Proxy::Write))
        }
        Target::CalendarHome(address) | Target::AddressBookHome(address) => {
            here(What::Home(somebody(visit, address).await?))
        }
        Target::Outbox(address) => here(What::Outbox(in_whose_name(visit, address).await?)),
        Target::Notifications(address) => here(What::Notifications(oneself(visit, address)?)),
        Target::Notification(..) => Err(Failure::not_found()),
        Target::Directory(address) => {
            oneself(visit, address)?;
            here(What::Directory)
        }
        Target::DirectoryCard(address, name) => {
            oneself(visit, address)?;
            let entry = directory_book::entry(visit, name).await?;
            here(What::DirectoryCard(entry.ok_or_else(Failure::not_found)?))
        }
        Target::Inbox(address) => {
            let kind = CollectionKind::ScheduleInbox;
            at_home(visit, place, address, kind, "inbox").await
        }
        Target::InboxObject(address, object) => {
            let kind = CollectionKind::ScheduleInbox;
            let inbox = at_home(visit, place, address, kind, "inbox").await?;
            member(visit, place, inbox, object).await
        }
        Target::Calendar(address, name) => {
            at_home(
                visit,
                place,
                address,
                CollectionKind::Calendar,
                name.as_str(),
            )
            .await
        }
        Target::CalendarObject(address, name, object) => {
            let kind = CollectionKind::Calendar;
            let calendar = at_home(visit, place, address, kind, name.as_str()).await?;
            member(visit, place, calendar, object).await
        }
        Target::AddressBook(address, name) => {
            let kind = CollectionKind::AddressBook;
            at_home(visit, place, address, kind, name.as_str()).await
        }
        Target::ContactCard(address, name, object) => {
            let kind = CollectionKind::AddressBook;
            let book = at_home(visit, place, address, kind, name.as_str()).await?;
            member(visit, place, book, object).await
        }
        Target::Folder(address, segments) => folder(visit, place, address, segments).await,
    }
}

/// The collection that an object is put into, without a look at whether the object is there: the store decides that
/// with the change itself. None where more has to be known.
///
/// # Errors
/// 404 for a home of nobody, or the store cannot be read.
pub(crate) async fn resolve_parent(
    visit: &Visit,
    place: &Target,
) -> Result<Option<Vacant>, Failure> {
    let (address, kind, name) = match place {
        Target::CalendarObject(address, name, _) => (address, CollectionKind::Calendar, name),
        Target::ContactCard(address, name, _) => (address, CollectionKind::AddressBook, name),
        _ => return Ok(None),
    };
    let found = at_home(visit, place, address, kind, name.as_str()).await?;
    Ok(match found {
        Found::Here(Resource {
            what: What::Collection(info),
            ..
        }) => Some(Vacant {
            place: place.clone(),
            within: Within::Collection(info),
        }),
        _ => None,
    })
}

/// What a link in a body leads to; none where nothing is.
///
/// # Errors
/// The link is malformed or leads elsewhere.
pub(crate) async fn resolve_href(
    visit: &Visit,
    href: &str,
    host: &str,
) -> Result<Option<Resource>, Failure> {
    let place = Target::parse_href(href, host)?;
    match resolve(visit, &place).await {
        Ok(Found::Here(resource)) => Ok(Some(resource)),
        Ok(Found::Vacant(_)) => Ok(None),
        Err(failure) if failure.status == Status::NOT_FOUND => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whoever has the address.
async fn somebody(visit: &Visit, address: &Address) -> Result<Arc<Principal>, Failure> {
    if *address == visit.address {
        return Ok(Arc::clone(&visit.principal));
    }
    let found = visit.directory().principal_at(address.as_str()).await;
    let found = found.map_err(Error::from)?;
    found.ok_or_else(Failure::not_found)
}

/// Whoever asks, if the place is theirs: what nobody else can see is not there for others.
fn oneself(visit: &Visit, address: &Address) -> Result<Arc<Principal>, Failure> {
    if *address == visit.address {
        Ok(Arc::clone(&visit.principal))
    } else {
        Err(Failure::not_found())
    }
}

/// Whoever asks, or somebody as whose deputy they write (RFC 6638 6.2: `schedule-send` goes with the outbox).
async fn in_whose_name(visit: &Visit, address: &Address) -> Result<Arc<Principal>, Failure> {
    let owner = somebody(visit, address).await?;
    if owner.id == visit.principal.id {
        return Ok(owner);
    }
    let (kind, account) = (CollectionKind::ScheduleInbox, owner.id.into());
    let groupware = visit.groupware();
    let inbox = groupware.collection_named(&visit.caller, account, kind, None, "inbox");
    match inbox.await {
        Ok(info) if info.rights.contains(CollectionRights::WRITE) => Ok(owner),
        Ok(_) | Err(Error::NotFound) => Err(Failure::not_found()),
        Err(error) => Err(error.into()),
    }
}

/// A collection in somebody's home: their own, or one that is shared with them under its name there.
async fn at_home(
    visit: &Visit,
    place: &Target,
    address: &Address,
    kind: CollectionKind,
    name: &str,
) -> Result<Found, Failure> {
    let owner = somebody(visit, address).await?;
    let account = owner.id.into();
    let groupware = visit.groupware();
    let own = groupware.collection_named(&visit.caller, account, kind, None, name);
    match own.await {
        Ok(info) => Ok(here(place, info)),
        Err(Error::NotFound) => match shared(visit, &owner, kind, name).await? {
            Some(info) => Ok(here(place, info)),
            None => Ok(Found::Vacant(Vacant {
                place: place.clone(),
                within: Within::Home(owner),
            })),
        },
        Err(error) => Err(error.into()),
    }
}

fn here(place: &Target, info: CollectionInfo) -> Found {
    Found::Here(Resource::new(place.clone(), What::Collection(info)))
}

/// A collection that is shared with whoever asks, by its segment in their own home.
async fn shared(
    visit: &Visit,
    home: &Principal,
    kind: CollectionKind,
    segment: &str,
) -> Result<Option<CollectionInfo>, Failure> {
    let Some((name, owner)) = words::shared_name(segment) else {
        return Ok(None);
    };
    if home.id != visit.principal.id {
        return Ok(None);
    }
    let found = visit.directory().principal_at(owner).await;
    let Some(owner) = found.map_err(Error::from)? else {
        return Ok(None);
    };
    let account = owner.id.into();
    let infos = match visit.groupware().collections(&visit.caller, account).await {
        Ok(infos) => infos,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(infos
        .into_iter()
        .find(|info| info.collection.kind == kind && info.collection.name.as_str() == name))
}

/// An object of a collection, by its name.
async fn member(
    visit: &Visit,
    place: &Target,
    parent: Found,
    name: &PathSegment,
) -> Result<Found, Failure> {
    let Found::Here(Resource {
        what: What::Collection(info),
        ..
    }) = parent
    else {
        return Ok(Found::Vacant(Vacant {
            place: place.clone(),
            within: Within::Nothing,
        }));
    };
    let view = visit
        .groupware()
        .objects(&visit.caller, info.account, info.collection.id)
        .await?;
    Ok(match view.get(name) {
        Some(object) => {
            let what = What::Object(info, Arc::clone(object));
            Found::Here(Resource::new(place.clone(), what))
        }
        None => Found::Vacant(Vacant {
            place: place.clone(),
            within: Within::Collection(info),
        }),
    })
}

/// A folder or file, step by step from the top.
async fn folder(
    visit: &Visit,
    place: &Target,
    address: &Address,
    segments: &[PathSegment],
) -> Result<Found, Failure> {
    let owner = somebody(visit, address).await?;
    let nothing = || {
        Found::Vacant(Vacant {
            place: place.clone(),
            within: Within::Nothing,
        })
    };
    let Some((mut current, rest)) = top(visit, &owner, segments).await? else {
        return Ok(nothing());
    };
    let Some((last, between)) = rest.split_last() else {
        return Ok(here(place, current));
    };
    for segment in between {
        match inner(visit, &current, segment).await? {
            Some(info) => current = info,
            None => return Ok(nothing()),
        }
    }
    if let Some(info) = inner(visit, &current, last).await? {
        return Ok(here(place, info));
    }
    let parent = Found::Here(Resource::new(place.clone(), What::Collection(current)));
    member(visit, place, parent, last).await
}

/// The folder directly inside another one.
async fn inner(
    visit: &Visit,
    parent: &CollectionInfo,
    name: &PathSegment,
) -> Result<Option<CollectionInfo>, Failure> {
    let found = visit.groupware().collection_named(
        &visit.caller,
        parent.account,
        CollectionKind::Folder,
        Some(parent.collection.id),
        name.as_str(),
    );
    match found.await {
        Ok(info) => Ok(Some(info)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

type Top<'s> = Option<(CollectionInfo, &'s [PathSegment])>;

/// Where the walk begins, and what is left of the path: the owner's files, or a folder that is shared.
async fn top<'s>(
    visit: &Visit,
    owner: &Arc<Principal>,
    segments: &'s [PathSegment],
) -> Result<Top<'s>, Failure> {
    if owner.id == visit.principal.id {
        let files = own_files(visit).await?;
        if let Some((first, rest)) = segments.split_first()
            && let Some((name, _)) = words::shared_name(first.as_str())
            && inner(visit, &files, first).await?.is_none()
            && let Some(info) = shared(visit, owner, CollectionKind::Folder, first.as_str()).await?
        {
            debug_assert_eq!(info.collection.name.as_str(), name);
            return Ok(Some((info, rest)));
        }
        return Ok(Some((files, segments)));
    }
    // Somebody else's: what is above a shared folder is not seen, so the walk begins at the folder itself.
    let account = owner.id.into();
    let infos = match visit.groupware().collections(&visit.caller, account).await {
        Ok(infos) => infos,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let folders: Vec<CollectionInfo> = infos
        .into_iter()
        .filter(|info| info.collection.kind == CollectionKind::Folder)
        .collect();
    let root = folders
        .iter()
        .find(|info| info.collection.parent.is_none() && info.collection.name.as_str() == FILES);
    if let Some(root) = root {
        return Ok(Some((root.clone(), segments)));
    }
    let Some((first, rest)) = segments.split_first() else {
        return Ok(None);
    };
    let seen = |id: Option<CollectionId>| folders.iter().any(|info| Some(info.collection.id) == id);
    let found = folders
        .iter()
        .find(|info| info.collection.name == *first && !seen(info.collection.parent));
    Ok(found.map(|info| (info.clone(), rest)))
}

/// The folder of one's own files, made when it is first looked for.
async fn own_files(visit: &Visit) -> Result<CollectionInfo, Failure> {
    let account = visit.account();
    let kind = CollectionKind::Folder;
    let groupware = visit.groupware();
    match groupware
        .collection_named(&visit.caller, account, kind, None, FILES)
        .await
    {
        Err(Error::NotFound) => {}
        found => return Ok(found?),
    }
    let name = PathSegment::try_from(FILES).map_err(|_| Failure::not_found())?;
    let new = NewCollection {
        parent: None,
        kind,
        name,
        properties: Properties::default(),
    };
    match groupware
        .create_collection(&visit.caller, account, new)
        .await
    {
        // Another request of the same client was faster.
        Ok(_) | Err(Error::AlreadyExists) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(groupware
        .collection_named(&visit.caller, account, kind, None, FILES)
        .await?)
}
