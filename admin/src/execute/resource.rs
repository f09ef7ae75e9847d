//! Rooms and equipment.

use directory::{NewResource, ResourceKind};
use model::PrincipalKind;

use super::principal::{find, name_or_local_part, owner, page};
use crate::reply::Added;
use crate::{Failure, Reply, ResourceRequest, Services};

pub(super) async fn run(request: ResourceRequest, services: &Services) -> Result<Reply, Failure> {
    match request {
        ResourceRequest::AddRoom {
            address,
            name,
            capacity,
        } => add(address, name, ResourceKind::Room(capacity), services).await,
        ResourceRequest::AddEquipment { address, name } => {
            add(address, name, ResourceKind::Equipment, services).await
        }
        ResourceRequest::Remove { address } => remove(&address, services).await,
        ResourceRequest::List { after } => page(after, is_resource, services).await,
    }
}

fn is_resource(kind: &PrincipalKind) -> bool {
    matches!(kind, PrincipalKind::Room { .. } | PrincipalKind::Equipment)
}

async fn add(
    address: String,
    name: Option<String>,
    what: ResourceKind,
    services: &Services,
) -> Result<Reply, Failure> {
    let resource = NewResource {
        name: name_or_local_part(name, &address),
        address: address.clone(),
        what,
    };
    let actor = services.actor(None);
    let id = services
        .directory()
        .add_resource(&actor, resource)
        .await
        .map_err(|error| Failure::from(error).about(&address))?;
    // It gets its calendar now, so that colleagues see when it is free before it is booked for the first time.
    let principal = find(&address, services).await?;
    let caller = owner(&principal, services);
    services
        .groupware
        .collections(&caller, principal.id.into())
        .await?;
    Ok(Reply::Added(Added {
        id: id.0,
        address: principal.address.clone(),
        password: None,
    }))
}

async fn remove(address: &str, services: &Services) -> Result<Reply, Failure> {
    let principal = find(address, services).await?;
    if !is_resource(&principal.kind) {
        return Err(Failure::refused(format!(
            "`{address}` is no room and no equipment: use `wachpost account remove` or `wachpost group remove`"
        )));
    }
    let actor = services.actor(None);
    services.directory().remove(&actor, principal.id).await?;
    Ok(Reply::Done)
}
