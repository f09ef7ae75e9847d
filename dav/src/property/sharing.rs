//! Properties of shared collections, as Apple's, Nextcloud's and ownCloud's clients ask for them.

use groupware::CollectionInfo;
use model::{CollectionRights, Principal, PrincipalId};

use super::{Live, Scene, live};
use crate::codec::Property;
use crate::codec::response::{InviteState, ResourceType, Response, Sharee};
use crate::resource::{Kinds, What};
use crate::visit::{Visit, principal_place};
use crate::words;

pub(super) const TABLE: &[Live] = &[
    live(Property::CalendarServerInvite, SHARED, invite),
    live(Property::Invite, SHARED, invite),
    live(Property::AllowedSharingModes, SHARED, sharing_modes),
    live(Property::ShareAccess, SHARED, share_access),
    live(Property::OcOwnerPrincipal, SHARED, owner),
    live(Property::NcOwnerDisplayName, SHARED, owner_name),
    live(Property::OcReadOnly, SHARED, read_only),
];

const SHARED: Kinds = Kinds::CALENDAR.or(Kinds::ADDRESS_BOOK);

/// Properties that name owners and those with whom something is shared.
pub(super) const NEED_PRINCIPALS: [Property; 4] = [
    Property::CalendarServerInvite,
    Property::Invite,
    Property::OcOwnerPrincipal,
    Property::NcOwnerDisplayName,
];

/// caldav-sharing 5.2.1: whether a collection is shared, from the side of whoever looks.
pub(super) fn mark(visit: &Visit, info: &CollectionInfo) -> Option<ResourceType> {
    if info.account != visit.account() {
        return Some(ResourceType::Shared);
    }
    let readable = |rights: &CollectionRights| rights.contains(CollectionRights::READ);
    let shared = info
        .collection
        .shares
        .iter()
        .any(|(_, rights)| readable(rights));
    shared.then_some(ResourceType::SharedOwner)
}

fn info<'s>(scene: &Scene<'s>) -> Option<&'s CollectionInfo> {
    match &scene.resource.what {
        What::Collection(info) => Some(info),
        _ => None,
    }
}

fn owner_of<'s>(scene: &Scene<'s>) -> Option<&'s Principal> {
    let owner = PrincipalId::from(info(scene)?.account);
    scene.facts.principal(owner).map(AsRef::as_ref)
}

fn invite(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let (Some(info), Some(owner)) = (info(scene), owner_of(scene)) else {
        return false;
    };
    let may_know = info.rights.contains(CollectionRights::SHARE);
    let shares = info.collection.shares.iter();
    let found = shares
        .filter(|(_, rights)| rights.contains(CollectionRights::READ))
        .filter_map(|(to, rights)| Some((scene.facts.principal((*to)?)?, *rights)))
        // Whoever may not share sees of the others nothing.
        .filter(|(principal, _)| may_know || principal.id == scene.visit.principal.id);
    let texts: Vec<_> = found
        .map(|(principal, rights)| {
            let (mailto, place) = (
                format!("mailto:{}", principal.address),
                principal_place(principal).href(),
            );
            (mailto, place, principal.name.as_str(), rights)
        })
        .collect();
    let sharees: Vec<Sharee<'_>> = texts
        .iter()
        .map(|(mailto, place, name, rights)| Sharee {
            href: mailto,
            principal: Some(place),
            name: Some(name),
            access: words::share_access(*rights),
            // Nobody is asked whether they want it: it is there, as with Exchange.
            state: InviteState::Accepted,
        })
        .collect();
    let organizer = principal_place(owner).href();
    response.value(name, |xml| {
        if name == Property::Invite {
            xml.dav_invite(&sharees);
        } else {
            xml.calendar_server_invite((&organizer, &owner.name), &sharees);
        }
    });
    true
}

fn sharing_modes(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let may = info(scene).is_some_and(|info| info.rights.contains(CollectionRights::SHARE));
    if may {
        response.value(name, |xml| xml.sharing_modes());
    }
    may
}

fn share_access(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(info) = info(scene) else {
        return false;
    };
    if info.account == scene.visit.account() {
        let shared = mark(scene.visit, info).is_some();
        let local = if shared { "shared-owner" } else { "not-shared" };
        response.value(name, |xml| xml.empty(&crate::codec::Tag::dav(local)));
    } else {
        response.value(name, |xml| {
            xml.share_access(words::share_access(info.rights))
        });
    }
    true
}

fn owner(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(owner) = owner_of(scene) else {
        return false;
    };
    response.text(name, &principal_place(owner).href());
    true
}

fn owner_name(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(owner) = owner_of(scene) else {
        return false;
    };
    response.text(name, &owner.name);
    true
}

fn read_only(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(info) = info(scene) else {
        return false;
    };
    // ownCloud's clients look whether it is there and what it says.
    let read_only = !info.rights.contains(CollectionRights::WRITE);
    if read_only {
        response.text(name, "1");
    }
    read_only
}
