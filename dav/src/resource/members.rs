//! What is directly in a collection.

use std::sync::Arc;

use groupware::{CollectionInfo, Error, Object};
use model::{AccountId, CollectionKind, CollectionRights, PathSegment, PrincipalId};

use super::{Proxy, Resource, What};
use crate::codec::href::{Address, Target};
use crate::directory_book;
use crate::error::Failure;
use crate::visit::Visit;
use crate::words;

/// The members of a collection that whoever asks may see (RFC 4918 5.2), in a fixed order.
///
/// # Errors
/// `READ` is needed, or the store cannot be read.
pub(crate) async fn members(visit: &Visit, resource: &Resource) -> Result<Vec<Resource>, Failure> {
    match (&resource.what, &resource.place) {
        (What::Plain, place) => Ok(plain(visit, place)),
        (What::Principal(principal), Target::Principal(address)) => Ok(vec![
            Resource::new(
                Target::ProxyRead(address.clone()),
                What::Proxy(Arc::clone(principal), Proxy::Read),
            ),
            Resource::new(
                Target::ProxyWrite(address.clone()),
                What::Proxy(Arc::clone(principal), Proxy::Write),
            ),
        ]),
        (What::Home(owner), Target::CalendarHome(address)) => {
            let mut all = home(visit, owner.id, address, CollectionKind::Calendar).await?;
            if owner.id == visit.principal.id {
                let inbox = home(visit, owner.id, address, CollectionKind::ScheduleInbox).await?;
                all.extend(inbox);
                let outbox = What::Outbox(Arc::clone(owner));
                all.push(Resource::new(Target::Outbox(address.clone()), outbox));
            }
            Ok(all)
        }
        (What::Home(owner), Target::AddressBookHome(address)) => {
            let mut all = home(visit, owner.id, address, CollectionKind::AddressBook).await?;
            if owner.id == visit.principal.id {
                all.push(Resource::new(
                    Target::Directory(address.clone()),
                    What::Directory,
                ));
            }
            Ok(all)
        }
        (What::Directory, Target::Directory(address)) => {
            let entries = directory_book::entries(visit).await?;
            let card = |(name, entry)| {
                let place = Target::DirectoryCard(address.clone(), name);
                Resource::new(place, What::DirectoryCard(entry))
            };
            Ok(entries.into_iter().map(card).collect())
        }
        (What::Collection(info), _) => collection(visit, resource, info).await,
        _ => Ok(Vec::new()),
    }
}

/// The collections of the top: everybody finds themselves there, and nobody a list of all others.
fn plain(visit: &Visit, place: &Target) -> Vec<Resource> {
    let own = |place| match place {
        Target::Principal(_) => Resource::new(place, What::Principal(Arc::clone(&visit.principal))),
        _ => Resource::new(place, What::Home(Arc::clone(&visit.principal))),
    };
    let address = visit.address.clone();
    match place {
        Target::Root => [
            Target::Principals,
            Target::CalendarHomes,
            Target::AddressBookHomes,
            Target::FolderHomes,
        ]
        .into_iter()
        .map(|place| Resource::new(place, What::Plain))
        .collect(),
        Target::Principals => vec![own(Target::Principal(address))],
        Target::CalendarHomes => vec![own(Target::CalendarHome(address))],
        Target::AddressBookHomes => vec![own(Target::AddressBookHome(address))],
        _ => Vec::new(),
    }
}

/// The collections of one kind in somebody's home, and those that are shared with them.
async fn home(
    visit: &Visit,
    owner: PrincipalId,
    address: &Address,
    kind: CollectionKind,
) -> Result<Vec<Resource>, Failure> {
    let account = AccountId::from(owner);
    let own = match visit.groupware().collections(&visit.caller, account).await {
        Ok(own) => own,
        // Nothing of it can be seen.
        Err(Error::NotFound) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let readable = |info: &CollectionInfo| {
        info.collection.kind == kind && info.rights.contains(CollectionRights::READ)
    };
    let mut all: Vec<Resource> = own
        .into_iter()
        .filter(readable)
        .map(|info| {
            let place = in_home(address, kind, info.collection.name.clone());
            Resource::new(place, What::Collection(info))
        })
        .collect();
    if owner == visit.principal.id && kind != CollectionKind::ScheduleInbox {
        all.extend(shared(visit, address, kind).await?);
    }
    Ok(all)
}

fn in_home(address: &Address, kind: CollectionKind, name: PathSegment) -> Target {
    let address = address.clone();
    match kind {
        CollectionKind::Calendar => Target::Calendar(address, name),
        CollectionKind::AddressBook => Target::AddressBook(address, name),
        CollectionKind::ScheduleInbox => Target::Inbox(address),
        // Nobody has a right on filters here: they are never among the members.
        CollectionKind::Folder | CollectionKind::Scripts | CollectionKind::Records => {
            Target::Folder(address, vec![name])
        }
    }
}

/// What others share with whoever asks. What they may see only as a deputy is found through the one they act for.
async fn shared(
    visit: &Visit,
    address: &Address,
    kind: CollectionKind,
) -> Result<Vec<Resource>, Failure> {
    let groups = visit.directory().groups_of(visit.principal.id).await;
    let groups = groups.map_err(Error::from)?;
    let to_me = |to: &Option<PrincipalId>| {
        to.is_none_or(|to| to == visit.principal.id || groups.contains(&to))
    };
    let mut all = Vec::new();
    for (account, infos) in visit.groupware().shared_collections(&visit.caller).await? {
        for info in infos
            .into_iter()
            .filter(|info| info.collection.kind == kind)
        {
            let mut shares = info.collection.shares.iter();
            let shared =
                shares.any(|(to, rights)| to_me(to) && rights.contains(CollectionRights::READ));
            let segment =
                words::shared_segment(info.collection.name.as_str(), &account.principal.address);
            // A name that would be too long for a segment is reachable below its owner's home only.
            if let (true, Ok(segment)) = (shared, PathSegment::try_from(segment)) {
                let place = in_home(address, kind, segment);
                all.push(Resource::new(place, What::Collection(info)));
            }
        }
    }
    Ok(all)
}

/// Objects of a collection; of a folder the folders in it first.
async fn collection(
    visit: &Visit,
    resource: &Resource,
    info: &CollectionInfo,
) -> Result<Vec<Resource>, Failure> {
    let mut all = folders(visit, resource, info).await?;
    let id = info.collection.id;
    let view = visit
        .groupware()
        .objects(&visit.caller, info.account, id)
        .await?;
    all.extend(
        view.iter()
            .filter_map(|object| child(resource, info, object)),
    );
    Ok(all)
}

/// The folders in a folder, and in the folder of one's own files those that others share.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn folders(
    visit: &Visit,
    resource: &Resource,
    info: &CollectionInfo,
) -> Result<Vec<Resource>, Failure> {
    let mut all = Vec::new();
    if info.collection.kind != CollectionKind::Folder {
        return Ok(all);
    }
    let infos = visit
        .groupware()
        .collections(&visit.caller, info.account)
        .await?;
    let inside = infos.into_iter().filter(|inner| {
        inner.collection.parent == Some(info.collection.id)
            && inner.collection.kind == CollectionKind::Folder
    });
    for inner in inside {
        if let Some(place) = child_place(&resource.place, inner.collection.name.clone()) {
            all.push(Resource::new(place, What::Collection(inner)));
        }
    }
    if let Target::Folder(address, segments) = &resource.place
        && segments.is_empty()
        && info.account == visit.account()
    {
        all.extend(shared(visit, address, CollectionKind::Folder).await?);
    }
    Ok(all)
}

/// An object of a collection as a resource below the collection's path.
pub(crate) fn child(
    parent: &Resource,
    info: &CollectionInfo,
    object: &Arc<Object>,
) -> Option<Resource> {
    let place = child_place(&parent.place, object.row.name.clone())?;
    let what = What::Object(info.clone(), Arc::clone(object));
    Some(Resource::new(place, what))
}

/// The path of a member.
pub(crate) fn child_place(parent: &Target, name: PathSegment) -> Option<Target> {
    Some(match parent {
        Target::Calendar(address, calendar) => {
            Target::CalendarObject(address.clone(), calendar.clone(), name)
        }
        Target::AddressBook(address, book) => {
            Target::ContactCard(address.clone(), book.clone(), name)
        }
        Target::Inbox(address) => Target::InboxObject(address.clone(), name),
        Target::Folder(address, segments) => {
            let mut segments = segments.clone();
            segments.push(name);
            Target::Folder(address.clone(), segments)
        }
        _ => return None,
    })
}

/// The path of another member of the same collection.
pub(crate) fn sibling(place: &Target, name: PathSegment) -> Option<Target> {
    child_place(&parent_place(place)?, name)
}

/// The path of another collection of the same home.
pub(crate) fn sibling_collection(place: &Target, name: PathSegment) -> Option<Target> {
    Some(match place {
        Target::Calendar(address, _) | Target::CalendarObject(address, ..) => {
            Target::Calendar(address.clone(), name)
        }
        Target::AddressBook(address, _) | Target::ContactCard(address, ..) => {
            Target::AddressBook(address.clone(), name)
        }
        _ => return None,
    })
}

/// The path of the collection that a member is in.
pub(crate) fn parent_place(place: &Target) -> Option<Target> {
    Some(match place {
        Target::CalendarObject(address, calendar, _) => {
            Target::Calendar(address.clone(), calendar.clone())
        }
        Target::ContactCard(address, book, _) => Target::AddressBook(address.clone(), book.clone()),
        Target::InboxObject(address, _) => Target::Inbox(address.clone()),
        Target::Folder(address, segments) => {
            let (_, above) = segments.split_last()?;
            Target::Folder(address.clone(), above.to_vec())
        }
        _ => return None,
    })
}
