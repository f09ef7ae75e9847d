//! Properties of rights (RFC 3744 5) and of who asks (RFC 5397).

use model::CollectionRights;

use super::{Live, Scene, live};
use crate::codec::href::Target;
use crate::codec::response::{Ace, AcePrincipal, Privilege, PrivilegeNode, Response};
use crate::codec::{Property, PropertyName};
use crate::resource::{Kinds, What};
use crate::visit::principal_place;
use crate::words;

pub(super) const TABLE: &[Live] = &[
    live(Property::CurrentUserPrincipal, Kinds::ALL, current_user),
    live(Property::CurrentUserPrivilegeSet, Kinds::ALL, privileges),
    live(
        Property::SupportedPrivilegeSet,
        Kinds::ALL,
        supported_privileges,
    ),
    live(
        Property::PrincipalCollectionSet,
        Kinds::ALL,
        principal_collections,
    ),
    live(Property::Owner, OWNED, owner),
    live(Property::Acl, Kinds::STORED, acl),
    live(Property::AclRestrictions, Kinds::STORED, restrictions),
    live(Property::InheritedAclSet, Kinds::STORED, inherited),
];

const OWNED: Kinds =
    Kinds(Kinds::ALL.0 & !Kinds::PLAIN.0 & !Kinds::DIRECTORY.0 & !Kinds::DIRECTORY_CARD.0);

fn current_user(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.href(name, &Target::Principal(scene.visit.address.clone()).href());
    true
}

fn privileges(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let mut privileges = words::privileges(scene.resource.rights());
    match &scene.resource.what {
        // RFC 6638 6.1.1: everybody may send invitations and replies to everybody; the owner empties the inbox.
        What::Collection(_) | What::Object(..)
            if scene.resource.kind().meets(Kinds::INBOX.or(Kinds::MESSAGE)) =>
        {
            privileges.retain(|one| {
                !matches!(
                    one,
                    Privilege::WriteContent | Privilege::Bind | Privilege::Write
                )
            });
            privileges.push(Privilege::ScheduleDeliver);
        }
        // RFC 6638 6.2.1.
        What::Outbox(_) => privileges.extend([
            Privilege::ScheduleSend,
            Privilege::ScheduleSendInvite,
            Privilege::ScheduleSendReply,
            Privilege::ScheduleSendFreeBusy,
        ]),
        // RFC 4918 9.3: making collections is adding members to the home.
        What::Home(owner) if owner.id == scene.visit.principal.id => {
            privileges.extend([
                Privilege::Bind,
                Privilege::Unbind,
                Privilege::WriteProperties,
            ]);
        }
        _ => {}
    }
    response.value(name, |xml| xml.privileges(&privileges));
    true
}

fn supported_privileges(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let tree = [tree(scene.resource.kind())];
    response.value(name, |xml| xml.supported_privileges(&tree));
    true
}

fn node(privilege: Privilege, contains: Vec<PrivilegeNode>) -> PrivilegeNode {
    PrivilegeNode {
        privilege,
        is_abstract: false,
        contains,
    }
}

fn leaves(privileges: &[Privilege]) -> Vec<PrivilegeNode> {
    privileges
        .iter()
        .map(|privilege| node(*privilege, Vec::new()))
        .collect()
}

/// RFC 3744 5.3: which privileges there are, and which contain which.
fn tree(kind: Kinds) -> PrivilegeNode {
    // RFC 4791 6.1.1: whoever may read sees when its owner is busy.
    let mut read = leaves(&[Privilege::ReadCurrentUserPrivilegeSet]);
    if kind.meets(Kinds::CALENDAR.or(Kinds::EVENT)) {
        read.push(node(Privilege::ReadFreeBusy, Vec::new()));
    }
    let write = leaves(&[
        Privilege::WriteProperties,
        Privilege::WriteContent,
        Privilege::Bind,
        Privilege::Unbind,
    ]);
    let mut all = vec![node(Privilege::Read, read), node(Privilege::Write, write)];
    all.extend(leaves(&[
        Privilege::Unlock,
        Privilege::ReadAcl,
        Privilege::WriteAcl,
        Privilege::Share,
    ]));
    if kind.meets(Kinds::INBOX) {
        let deliver = leaves(&[
            Privilege::ScheduleDeliverInvite,
            Privilege::ScheduleDeliverReply,
            Privilege::ScheduleQueryFreeBusy,
        ]);
        all.push(node(Privilege::ScheduleDeliver, deliver));
    }
    if kind.meets(Kinds::OUTBOX) {
        let send = leaves(&[
            Privilege::ScheduleSendInvite,
            Privilege::ScheduleSendReply,
            Privilege::ScheduleSendFreeBusy,
        ]);
        all.push(node(Privilege::ScheduleSend, send));
    }
    node(Privilege::All, all)
}

fn principal_collections(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.href(name, &Target::Principals.href());
    true
}

fn owner(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let owner = match &scene.resource.what {
        What::Principal(principal)
        | What::Proxy(principal, _)
        | What::Home(principal)
        | What::Outbox(principal)
        | What::Notifications(principal) => Some(principal),
        What::Collection(info) | What::Object(info, _) => {
            scene.facts.principal(info.account.into())
        }
        What::Plain | What::Directory | What::DirectoryCard(_) => None,
    };
    let Some(owner) = owner else { return false };
    response.href(name, &principal_place(owner).href());
    true
}

fn acl(scene: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    let What::Collection(info) = &scene.resource.what else {
        return false;
    };
    // RFC 3744 5.5: `read-acl` is needed.
    if !info.rights.contains(CollectionRights::SHARE) {
        response.failed(name, crate::codec::Status::FORBIDDEN, None);
        return true;
    }
    let owner = Ace {
        principal: AcePrincipal::Property(PropertyName::Known(Property::Owner)),
        privileges: vec![Privilege::All],
        protected: true,
        inherited: None,
    };
    let shares = info.collection.shares.iter().filter_map(|(to, rights)| {
        let principal = match to {
            None => AcePrincipal::Authenticated,
            Some(id) => AcePrincipal::Href(principal_place(scene.facts.principal(*id)?).href()),
        };
        Some(Ace {
            principal,
            privileges: words::privileges(*rights),
            protected: false,
            inherited: None,
        })
    });
    let entries: Vec<Ace> = std::iter::once(owner).chain(shares).collect();
    response.value(name, |xml| xml.acl(&entries));
    true
}

fn restrictions(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.value(name, |xml| xml.acl_restrictions());
    true
}

fn inherited(_: &Scene<'_>, name: Property, response: &mut Response<'_>) -> bool {
    response.empty(name);
    true
}
