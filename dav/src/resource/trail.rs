//! Where a resource lies, in numbers of collections: what locks are known by.

use groupware::{CollectionInfo, Groupware};
use model::{CollectionId, PathSegment};

use super::{Found, Resource, Vacant, What, Within};
use crate::codec::href::Target;
use crate::lock::Spot;
use crate::visit::Visit;

/// Steps from a folder to the top.
const STEPS_MAX: usize = crate::codec::href::FOLDER_DEPTH_MAX + 1;

/// The spot of a resource or of a place where nothing is; none for what cannot be locked.
pub(crate) async fn spot_of(visit: &Visit, found: &Found) -> Option<Spot> {
    let (info, member) = match found {
        Found::Here(Resource { what, .. }) => match what {
            What::Collection(info) => (info, None),
            What::Object(info, object) => (info, Some(object.row.name.clone())),
            _ => return None,
        },
        Found::Vacant(Vacant { place, within }) => match within {
            Within::Collection(info) => (info, Some(last_segment(place)?)),
            Within::Home(..) | Within::Nothing => return None,
        },
    };
    Some(Spot {
        account: info.account,
        trail: trail(visit.groupware(), visit, info).await,
        member,
    })
}

/// The collections that a collection lies in, as far as whoever asks may know them, and its own number.
async fn trail(groupware: &Groupware, visit: &Visit, info: &CollectionInfo) -> Vec<CollectionId> {
    let mut trail = vec![info.collection.id];
    let mut parent = info.collection.parent;
    while let Some(id) = parent
        && trail.len() < STEPS_MAX
    {
        trail.push(id);
        let above = groupware.collection(&visit.caller, info.account, id).await;
        parent = above.ok().and_then(|above| above.collection.parent);
    }
    trail.reverse();
    trail
}

/// The last segment of a place.
pub(crate) fn last_segment(place: &Target) -> Option<PathSegment> {
    match place {
        Target::Calendar(_, name)
        | Target::AddressBook(_, name)
        | Target::CalendarObject(_, _, name)
        | Target::ContactCard(_, _, name)
        | Target::InboxObject(_, name) => Some(name.clone()),
        Target::Folder(_, segments) => segments.last().cloned(),
        _ => None,
    }
}
