//! Properties of principals (RFC 3744 4) and where their things are (RFC 4791 6.2.1, RFC 6352 7.1.1, RFC 6638 2).

use model::{CollectionRights, Principal, PrincipalKind};

use super::{Live, Scene, live};
use crate::codec::Property;
use crate::codec::href::{Address, Target};
use crate::codec::response::Response;
use crate::resource::{Kinds, Proxy, What};
use crate::visit::{place_of, principal_place};

pub(super) const TABLE: &[Live] = &[
    live(Property::PrincipalUrl, WHO, principal_url),
    live(Property::AlternateUriSet, WHO, alternates),
    live(Property::GroupMemberSet, WHO, members),
    live(Property::GroupMembership, WHO, memberships),
    live(Property::CalendarHomeSet, Kinds::PRINCIPAL, calendar_home),
    live(
        Property::AddressbookHomeSet,
        Kinds::PRINCIPAL,
        address_book_home,
    ),
    live(Property::ScheduleInboxUrl, Kinds::PRINCIPAL, inbox),
    live(Property::ScheduleOutboxUrl, Kinds::PRINCIPAL, outbox),
    live(
        Property::CalendarUserAddressSet,
        Kinds::PRINCIPAL,
        addresses,
    ),
    live(Property::CalendarUserType, Kinds::PRINCIPAL, user_type),
    live(Property::EmailAddressSet, Kinds::PRINCIPAL, email_addresses),
    live(Property::CalendarProxyReadFor, Kinds::PRINCIPAL, read_for),
    live(Property::CalendarProxyWriteFor, Kinds::PRINCIPAL, write_for),
    live(Property::RecordType, Kinds::PRINCIPAL, record_type),
    live(Property::DirectoryGateway, Kinds::PRINCIPAL, directory),
];

const WHO: Kinds = Kinds::PRINCIPAL.or(Kinds::PROXY);

fn whose<'s>(scene: &Scene<'s>) -> Option<&'s Principal> {
    match &scene.resource.what {
        What::Principal(principal) => Some(principal),
        _ => None,
    }
}

fn is_self(scene: &Scene<'_>) -> bool {
    whose(scene).is_some_and(|principal| principal.id == scene.visit.principal.id)
}

fn principal_url(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.href(name, &scene.resource.href());
    true
}

fn alternates(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    match whose(scene) {
        Some(principal) => response.href(name, &format!("mailto:{}", principal.address)),
        None => response.empty(name),
    }
    true
}

fn members(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let place = |id| {
        scene
            .facts
            .principal(id)
            .map(|one| principal_place(one).href())
    };
    match &scene.resource.what {
        What::Principal(principal) => match &principal.kind {
            PrincipalKind::Group { members } => {
                response.hrefs(name, members.iter().filter_map(|id| place(*id)));
            }
            _ => response.empty(name),
        },
        What::Proxy(principal, proxy) => {
            let deputies = scene.facts.deputies(principal.id).iter();
            let fits = deputies.filter(|(_, rights)| proxy_of(*rights) == Some(*proxy));
            response.hrefs(name, fits.filter_map(|(id, _)| place(*id)));
        }
        _ => return false,
    }
    true
}

/// How far a deputy acts, in the words of calendar-proxy.
pub(crate) fn proxy_of(rights: CollectionRights) -> Option<Proxy> {
    if rights.contains(CollectionRights::WRITE) {
        Some(Proxy::Write)
    } else if rights.contains(CollectionRights::READ) {
        Some(Proxy::Read)
    } else {
        None
    }
}

fn memberships(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(principal) = whose(scene) else {
        response.empty(name);
        return true;
    };
    let groups = scene.facts.groups(principal.id).iter();
    let groups = groups
        .filter_map(|id| scene.facts.principal(*id))
        .map(|group| principal_place(group).href());
    let mut hrefs: Vec<String> = groups.collect();
    if is_self(scene) {
        for proxy in [Proxy::Read, Proxy::Write] {
            hrefs.extend(acts_for(scene, proxy, |address| match proxy {
                Proxy::Read => Target::ProxyRead(address),
                Proxy::Write => Target::ProxyWrite(address),
            }));
        }
    }
    response.hrefs(name, hrefs);
    true
}

fn acts_for(scene: &Scene<'_>, proxy: Proxy, place: impl Fn(Address) -> Target) -> Vec<String> {
    let all = scene.facts.acts_for.iter();
    let fits = all.filter(|(_, rights)| proxy_of(*rights) == Some(proxy));
    fits.filter_map(|(id, _)| scene.facts.principal(*id))
        .map(|principal| place_of(principal, &place).href())
        .collect()
}

fn read_for(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.hrefs(name, acts_for_self(scene, Proxy::Read));
    true
}

fn write_for(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.hrefs(name, acts_for_self(scene, Proxy::Write));
    true
}

/// Others are not told for whom somebody acts.
fn acts_for_self(scene: &Scene<'_>, proxy: Proxy) -> Vec<String> {
    if is_self(scene) {
        acts_for(scene, proxy, Target::Principal)
    } else {
        Vec::new()
    }
}

fn calendar_home(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    place(scene, name, response, Target::CalendarHome)
}

fn address_book_home(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    place(scene, name, response, Target::AddressBookHome)
}

fn inbox(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    place(scene, name, response, Target::Inbox)
}

fn outbox(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    // A deputy finds that of whom they act for; to everybody else nothing is there.
    place(scene, name, response, Target::Outbox)
}

fn directory(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    is_self(scene) && place(scene, name, response, Target::Directory)
}

fn place(
    scene: &Scene<'_>,
    name: Property,
    response: &mut Response<'_>,
    place: impl Fn(Address) -> Target,
) -> bool {
    let Some(principal) = whose(scene) else {
        return false;
    };
    response.href(name, &place_of(principal, place).href());
    true
}

/// RFC 6638 2.4.1: the addresses that participants are invited with, the preferred one first.
fn addresses(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(principal) = whose(scene) else {
        return false;
    };
    let aliases = scene.facts.aliases(principal.id).iter();
    let mailto = |address: &String| format!("mailto:{address}");
    let mut all = vec![mailto(&principal.address)];
    all.extend(aliases.map(mailto));
    all.push(principal_place(principal).href());
    response.hrefs(name, all);
    true
}

fn email_addresses(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(principal) = whose(scene) else {
        return false;
    };
    let tag = crate::codec::Tag::calendar_server("email-address");
    response.value(name, |xml| {
        xml.leaf(&tag, &principal.address);
        for alias in scene.facts.aliases(principal.id) {
            xml.leaf(&tag, alias);
        }
    });
    true
}

/// RFC 6638 2.4.2, RFC 5545 3.2.3.
fn user_type(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(principal) = whose(scene) else {
        return false;
    };
    response.text(
        name,
        match principal.kind {
            PrincipalKind::Person => "INDIVIDUAL",
            PrincipalKind::Group { .. } | PrincipalKind::Shared => "GROUP",
            PrincipalKind::Room { .. } => "ROOM",
            PrincipalKind::Equipment => "RESOURCE",
        },
    );
    true
}

fn record_type(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let Some(principal) = whose(scene) else {
        return false;
    };
    response.text(
        name,
        match principal.kind {
            PrincipalKind::Person => "users",
            PrincipalKind::Group { .. } | PrincipalKind::Shared => "groups",
            PrincipalKind::Room { .. } => "locations",
            PrincipalKind::Equipment => "resources",
        },
    );
    true
}
