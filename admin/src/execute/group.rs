//! Groups.

use directory::NewGroup;
use model::PrincipalKind;

use super::lists;
use super::principal::{find, group, name_or_local_part, page};
use crate::reply::Added;
use crate::{Failure, GroupRequest, Reply, Services};

pub(super) async fn run(request: GroupRequest, services: &Services) -> Result<Reply, Failure> {
    let (directory, actor) = (services.directory(), services.actor(None));
    match request {
        GroupRequest::Add {
            address,
            name,
            members,
        } => return add(address, name, members, services).await,
        GroupRequest::Remove { address } => {
            let group = group(&address, services).await?;
            directory.remove(&actor, group.id).await?;
        }
        GroupRequest::List { after } => {
            return page(
                after,
                |kind| matches!(kind, PrincipalKind::Group { .. }),
                services,
            )
            .await;
        }
        GroupRequest::AddMember { address, member } => {
            let group = group(&address, services).await?;
            if lists::outside_member(&group, &member, true, services).await? {
                return Ok(Reply::Done);
            }
            let member = find(&member, services).await?;
            directory.add_member(&actor, group.id, member.id).await?;
        }
        GroupRequest::RemoveMember { address, member } => {
            let group = group(&address, services).await?;
            if lists::outside_member(&group, &member, false, services).await? {
                return Ok(Reply::Done);
            }
            let member = find(&member, services).await?;
            directory.remove_member(&actor, group.id, member.id).await?;
        }
        GroupRequest::SetList { address, change } => {
            return lists::change(&address, change, services).await;
        }
        GroupRequest::Pending { address } => return lists::pending(address, services).await,
        GroupRequest::Approve { address, number } => {
            return lists::decide(&address, number, None, services).await;
        }
        GroupRequest::Reject {
            address,
            number,
            reason,
        } => return lists::decide(&address, number, Some(reason), services).await,
    }
    Ok(Reply::Done)
}

async fn add(
    address: String,
    name: Option<String>,
    members: Vec<String>,
    services: &Services,
) -> Result<Reply, Failure> {
    let mut ids = Vec::with_capacity(members.len());
    for member in members {
        ids.push(find(&member, services).await?.id);
    }
    let group = NewGroup {
        name: name_or_local_part(name, &address),
        address: address.clone(),
        members: ids,
    };
    let actor = services.actor(None);
    let id = services
        .directory()
        .add_group(&actor, group)
        .await
        .map_err(|error| Failure::from(error).about(&address))?;
    Ok(Reply::Added(Added {
        id: id.0,
        address: address.to_lowercase(),
        password: None,
    }))
}
