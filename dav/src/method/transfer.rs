//! What COPY and MOVE have in common: from where, to where, and what may stand in the way (RFC 4918 9.8, 9.9).

use groupware::{CollectionInfo, NewCollection, ObjectPlace, Overwrite};
use model::{AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment};

use crate::asked::Asked;
use crate::codec::Status;
use crate::codec::href::Target;
use crate::conditions::{self, Reach};
use crate::error::Failure;
use crate::limits::COPIED_RESOURCES_MAX;
use crate::resource::{
    Found, Resource, Vacant, What, Within, last_segment, members, resolve, spot_of,
};
use crate::visit::Visit;

/// A request to copy or move, that may be done.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) source: Resource,
    pub(super) from: Found,
    pub(super) to: To,
}

/// Where it goes.
#[derive(Debug)]
pub(super) struct To {
    pub(super) found: Found,
    pub(super) account: AccountId,
    /// The collection it will be in; none for a calendar or address book, which is in a home.
    pub(super) parent: Option<CollectionInfo>,
    pub(super) name: PathSegment,
}

impl To {
    pub(super) fn parent_id(&self) -> Option<CollectionId> {
        self.parent.as_ref().map(|info| info.collection.id)
    }

    /// The place of an object there.
    pub(super) fn object(&self) -> Result<ObjectPlace, Failure> {
        let parent = self.parent.as_ref().ok_or_else(Failure::forbidden)?;
        Ok(ObjectPlace {
            account: self.account,
            collection: parent.collection.id,
            name: self.name.clone(),
        })
    }

    /// RFC 4918 9.8.5: 201 for something new, 204 for something that took the place of another.
    pub(super) fn status(&self) -> Status {
        match self.found {
            Found::Here(_) => Status::NO_CONTENT,
            Found::Vacant(_) => Status::CREATED,
        }
    }
}

/// Reads and checks a request to copy or move.
pub(super) async fn read(asked: &Asked, source_reach: Reach) -> Result<Transfer, Failure> {
    let destination = asked.head.destination()?;
    let overwrite = asked.head.overwrite()?;
    let from = resolve(&asked.visit, &asked.head.place).await?;
    let Found::Here(source) = from.clone() else {
        return Err(Failure::not_found());
    };
    // RFC 4918 9.8.5, 9.9.4: 403 where both are the same, or one is in the other.
    if destination.target == asked.head.place || is_within(&destination.target, &asked.head.place) {
        let words = "Nothing goes onto itself or into itself.";
        return Err(Failure::new(Status::FORBIDDEN, words));
    }
    let found = resolve(&asked.visit, &destination.target).await?;
    let to = to(&asked.visit, found, &destination.target).await?;
    if is_within(&asked.head.place, &destination.target) && matches!(to.found, Found::Here(_)) {
        // What would be overwritten holds what is to be copied.
        let words = "Nothing takes the place of what it is in.";
        return Err(Failure::new(Status::FORBIDDEN, words));
    }
    conditions::hold(asked, &from).await?;
    may(&source, source_reach, &to)?;
    // RFC 4918 9.8.5.
    if matches!(to.found, Found::Here(_)) && !overwrite {
        let words = "Something is at the destination.";
        return Err(Failure::new(Status::PRECONDITION_FAILED, words));
    }
    if source_reach == Reach::Membership {
        conditions::permit_write(asked, &from, Reach::Membership).await?;
    }
    conditions::permit_write(asked, &to.found, Reach::Membership).await?;
    Ok(Transfer { source, from, to })
}

/// What stands at the destination goes first; that must not happen for a request that is refused afterwards.
fn may(source: &Resource, reach: Reach, to: &To) -> Result<(), Failure> {
    let write = CollectionRights::WRITE;
    let from = reach == Reach::Itself || source.rights().contains(write);
    let into = to
        .parent
        .as_ref()
        .is_none_or(|parent| parent.rights.contains(write));
    if from && into {
        Ok(())
    } else {
        Err(Failure::forbidden())
    }
}

fn is_within(inner: &Target, outer: &Target) -> bool {
    match (inner, outer) {
        (Target::Folder(one, inner), Target::Folder(other, outer)) => {
            one == other && inner.len() > outer.len() && inner.starts_with(outer)
        }
        _ => false,
    }
}

async fn to(visit: &Visit, found: Found, target: &Target) -> Result<To, Failure> {
    let name = last_segment(target).ok_or_else(Failure::forbidden)?;
    let (account, parent) = match &found {
        Found::Vacant(Vacant { within, .. }) => match within {
            Within::Collection(info) => (info.account, Some(info.clone())),
            Within::Home(owner) => (owner.id.into(), None),
            // RFC 4918 9.8.5: 409 where what is above is not there.
            Within::Nothing => {
                let words = "The collection above the destination is not there.";
                return Err(Failure::new(Status::CONFLICT, words));
            }
        },
        Found::Here(resource) => match &resource.what {
            What::Object(info, _) => (info.account, Some(info.clone())),
            What::Collection(info) => {
                let parent = match info.collection.parent {
                    Some(id) => {
                        let above = visit
                            .groupware()
                            .collection(&visit.caller, info.account, id);
                        Some(above.await?)
                    }
                    None => None,
                };
                (info.account, parent)
            }
            _ => return Err(Failure::forbidden()),
        },
    };
    Ok(To {
        found,
        account,
        parent,
        name,
    })
}

/// Takes away what stands at the destination, unless the store replaces it with the same change.
pub(super) async fn clear(visit: &Visit, source: &Resource, to: &To) -> Result<(), Failure> {
    let Found::Here(there) = &to.found else {
        return Ok(());
    };
    match (&there.what, source.is_collection()) {
        (What::Collection(info), _) => {
            let id = info.collection.id;
            visit
                .groupware()
                .destroy_collection(&visit.caller, info.account, id)
                .await?;
        }
        (What::Object(..), true) => {
            let place = to.object()?;
            let any = groupware::Condition::Any;
            visit
                .groupware()
                .destroy_object(&visit.caller, &place, any, true)
                .await?;
        }
        _ => {}
    }
    if let Some(spot) = spot_of(visit, &to.found).await {
        visit.house.locks.forget(&spot);
    }
    Ok(())
}

/// Copies a folder with its properties, and all that is in it if `deep`.
pub(super) async fn copy_folder(
    visit: &Visit,
    source: &Resource,
    to: &To,
    deep: bool,
) -> Result<(), Failure> {
    let top = to.parent_id().ok_or_else(Failure::forbidden)?;
    let mut open = vec![(source.clone(), top, to.name.clone())];
    let mut copied = 0_usize;
    while let Some((resource, parent, name)) = open.pop() {
        let What::Collection(info) = &resource.what else {
            continue;
        };
        let new = NewCollection {
            parent: Some(parent),
            kind: CollectionKind::Folder,
            name,
            properties: (*info.collection.properties).clone(),
        };
        let groupware = visit.groupware();
        let made = groupware
            .create_collection(&visit.caller, to.account, new)
            .await?;
        copied += 1;
        if !deep {
            continue;
        }
        for inside in members(visit, &resource).await? {
            copied += 1;
            if copied > COPIED_RESOURCES_MAX {
                let words = "There is more in the folder than is copied at once.";
                return Err(Failure::new(Status::INSUFFICIENT_STORAGE, words));
            }
            match &inside.what {
                What::Object(info, object) => {
                    let from = ObjectPlace {
                        account: info.account,
                        collection: info.collection.id,
                        name: object.row.name.clone(),
                    };
                    let into = ObjectPlace {
                        account: to.account,
                        collection: made,
                        name: object.row.name.clone(),
                    };
                    groupware
                        .copy_object(&visit.caller, &from, &into, Overwrite::No)
                        .await?;
                }
                What::Collection(info) => {
                    let name = info.collection.name.clone();
                    open.push((inside, made, name));
                }
                _ => {}
            }
        }
    }
    Ok(())
}
