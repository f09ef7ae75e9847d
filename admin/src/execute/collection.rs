//! Calendars and address books: listed, made, shared; deputies.

use std::sync::Arc;

use groupware::{Caller, Collection, CollectionInfo, Deputy, NewCollection};
use model::{AccountId, CollectionKind, CollectionRights, PathSegment, Principal, Properties};

use super::principal::{account, address_of, find, owner};
use crate::reply::{CollectionLine, DeputyLine, ShareLine};
use crate::words::collection::{kind_words, rights_names};
use crate::{CollectionName, CollectionRequest, Failure, Reply, Services};

pub(super) async fn run(request: CollectionRequest, services: &Services) -> Result<Reply, Failure> {
    match request {
        CollectionRequest::List { address, kind } => {
            let place = Place::of(&address, kind, services).await?;
            let mut lines = Vec::new();
            for info in place.all().await? {
                lines.push(line(&info.collection, services).await?);
            }
            lines.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(Reply::Collections(lines))
        }
        CollectionRequest::Create {
            collection,
            display_name,
            color,
        } => create(&collection, display_name, color, services).await,
        CollectionRequest::Deputies { address } => deputies(&address, services).await,
        CollectionRequest::SetDeputy {
            address,
            deputy,
            rights,
        } => set_deputy(&address, &deputy, rights, services).await,
        edit @ (CollectionRequest::Rename { .. }
        | CollectionRequest::Share { .. }
        | CollectionRequest::Remove { .. }) => edit_one(edit, services).await,
    }
}

/// Requests that change a calendar or address book which is there.
async fn edit_one(request: CollectionRequest, services: &Services) -> Result<Reply, Failure> {
    let groupware = &services.groupware;
    match request {
        CollectionRequest::Rename {
            collection,
            display_name,
        } => {
            let place = Place::named(&collection, services).await?;
            let found = place.find(&collection.name).await?;
            let properties = Properties {
                display_name: Some(display_name),
                ..(*found.properties).clone()
            };
            groupware
                .set_collection_properties(&place.caller, place.account, found.id, properties)
                .await?;
        }
        CollectionRequest::Share {
            collection,
            with,
            rights,
        } => {
            let place = Place::named(&collection, services).await?;
            let found = place.find(&collection.name).await?;
            let with = match with {
                Some(address) => Some(find(&address, services).await?.id),
                None => None,
            };
            groupware
                .share_collection(&place.caller, place.account, found.id, with, rights)
                .await?;
        }
        CollectionRequest::Remove { collection } => {
            let place = Place::named(&collection, services).await?;
            let found = place.find(&collection.name).await?;
            let destroyed = groupware
                .destroy_collection(&place.caller, place.account, found.id)
                .await;
            destroyed.map_err(|error| match error {
                groupware::Error::Forbidden => Failure::refused(format!(
                    "`{}` is where invitations go: it stays with the account",
                    found.name
                )),
                other => other.into(),
            })?;
        }
        CollectionRequest::List { .. }
        | CollectionRequest::Create { .. }
        | CollectionRequest::Deputies { .. }
        | CollectionRequest::SetDeputy { .. } => {}
    }
    Ok(Reply::Done)
}

/// The calendars or the address books of one account, in its owner's name.
pub(super) struct Place<'a> {
    pub(super) caller: Caller,
    pub(super) account: AccountId,
    kind: CollectionKind,
    services: &'a Services,
}

impl<'a> Place<'a> {
    pub(super) async fn of(
        address: &str,
        kind: CollectionKind,
        services: &'a Services,
    ) -> Result<Self, Failure> {
        let principal = account(address, services).await?;
        Self::at(&principal, kind, services)
    }

    pub(super) async fn named(
        name: &CollectionName,
        services: &'a Services,
    ) -> Result<Self, Failure> {
        Self::of(&name.address, name.kind, services).await
    }

    fn at(
        principal: &Principal,
        kind: CollectionKind,
        services: &'a Services,
    ) -> Result<Self, Failure> {
        if !matches!(kind, CollectionKind::Calendar | CollectionKind::AddressBook) {
            return Err(Failure::refused(
                "only calendars and address books are administered",
            ));
        }
        Ok(Self {
            caller: owner(principal, services),
            account: AccountId::from(principal.id),
            kind,
            services,
        })
    }

    /// All of them; the standard ones are made on first use.
    pub(super) async fn all(&self) -> Result<Vec<CollectionInfo>, Failure> {
        let groupware = &self.services.groupware;
        let mut all = groupware.collections(&self.caller, self.account).await?;
        all.retain(|info| info.collection.kind == self.kind);
        Ok(all)
    }

    /// The one of that name in addresses, or with that name for people if it is the only one.
    async fn look_for(&self, name: &str) -> Result<Option<Arc<Collection>>, Failure> {
        let all = self.all().await?;
        let by_name = all
            .iter()
            .find(|info| info.collection.name.as_str() == name);
        let found = by_name.or_else(|| {
            let is_called = |info: &&CollectionInfo| {
                info.collection.properties.display_name.as_deref() == Some(name)
            };
            let mut called = all.iter().filter(is_called);
            called.next().filter(|_| called.next().is_none())
        });
        Ok(found.map(|info| Arc::clone(&info.collection)))
    }

    pub(super) async fn find(&self, name: &str) -> Result<Arc<Collection>, Failure> {
        let found = self.look_for(name).await?;
        found.ok_or_else(|| {
            let what = format!("the {}", kind_words(self.kind));
            Failure::not_found(&what, name)
        })
    }

    /// The one of that name, which is made if it is not there.
    pub(super) async fn find_or_create(&self, name: &str) -> Result<Arc<Collection>, Failure> {
        match self.look_for(name).await? {
            Some(found) => Ok(found),
            None => self.create(name, Properties::default()).await,
        }
    }

    async fn create(&self, name: &str, properties: Properties) -> Result<Arc<Collection>, Failure> {
        let new = NewCollection {
            parent: None,
            kind: self.kind,
            name: segment(name)?,
            properties: Properties {
                display_name: Some(
                    properties
                        .display_name
                        .clone()
                        .unwrap_or_else(|| name.to_owned()),
                ),
                ..properties
            },
        };
        let groupware = &self.services.groupware;
        let id = groupware
            .create_collection(&self.caller, self.account, new)
            .await
            .map_err(|error| Failure::from(error).about(name))?;
        let made = groupware.collection(&self.caller, self.account, id).await?;
        Ok(made.collection)
    }
}

/// A name in addresses.
pub(super) fn segment(name: &str) -> Result<PathSegment, Failure> {
    PathSegment::try_from(name).map_err(|error| Failure::refused(format!("`{name}`: {error}")))
}

async fn create(
    collection: &CollectionName,
    display_name: Option<String>,
    color: Option<String>,
    services: &Services,
) -> Result<Reply, Failure> {
    if let Some(color) = &color {
        check_color(color)?;
    }
    let place = Place::named(collection, services).await?;
    let properties = Properties {
        display_name,
        color,
        ..Properties::default()
    };
    let made = place.create(&collection.name, properties).await?;
    Ok(Reply::Collections(vec![line(&made, services).await?]))
}

fn check_color(color: &str) -> Result<(), Failure> {
    let digits = color.strip_prefix('#').unwrap_or_default();
    if matches!(digits.len(), 6 | 8) && digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err(Failure::refused(format!(
            "`{color}` is no colour: write red, green and blue such as `#0b7a75`"
        )))
    }
}

async fn line(collection: &Collection, services: &Services) -> Result<CollectionLine, Failure> {
    let mut shares = Vec::new();
    for (with, rights) in &collection.shares {
        shares.push(ShareLine {
            with: match with {
                Some(id) => Some(address_of(*id, services).await?),
                None => None,
            },
            rights: rights_names(*rights),
        });
    }
    Ok(CollectionLine {
        id: collection.id.0,
        name: collection.name.to_string(),
        display_name: collection.properties.display_name.clone(),
        color: collection.properties.color.clone(),
        objects: collection.objects,
        octets: collection.octets,
        shares,
    })
}

async fn deputies(address: &str, services: &Services) -> Result<Reply, Failure> {
    let principal = account(address, services).await?;
    let caller = owner(&principal, services);
    let known = services
        .groupware
        .deputies(&caller, AccountId::from(principal.id))
        .await?;
    let mut lines = Vec::new();
    for Deputy { principal, rights } in known {
        lines.push(DeputyLine {
            deputy: address_of(principal, services).await?,
            rights: rights_names(rights),
        });
    }
    Ok(Reply::Deputies(lines))
}

async fn set_deputy(
    address: &str,
    deputy: &str,
    rights: CollectionRights,
    services: &Services,
) -> Result<Reply, Failure> {
    let principal = account(address, services).await?;
    let deputy = find(deputy, services).await?;
    if deputy.id == principal.id {
        return Err(Failure::refused(format!(
            "`{address}` cannot be the deputy of itself: name somebody else"
        )));
    }
    let caller = owner(&principal, services);
    let account = AccountId::from(principal.id);
    // The account gets its calendars now, so that the deputy finds them.
    services.groupware.collections(&caller, account).await?;
    let set = Deputy {
        principal: deputy.id,
        rights,
    };
    services.groupware.set_deputy(&caller, account, set).await?;
    Ok(Reply::Done)
}
