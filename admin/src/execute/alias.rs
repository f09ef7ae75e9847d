//! Further addresses.

use super::principal::find;
use crate::reply::AliasInfo;
use crate::{AliasRequest, Failure, Reply, Services};

pub(super) async fn run(request: AliasRequest, services: &Services) -> Result<Reply, Failure> {
    let (directory, actor) = (services.directory(), services.actor(None));
    match request {
        AliasRequest::Add { alias, address } => {
            let principal = find(&address, services).await?;
            directory
                .set_alias(&actor, &alias, principal.id)
                .await
                .map_err(|error| Failure::from(error).about(&alias))?;
            Ok(Reply::Done)
        }
        AliasRequest::Remove { alias } => {
            directory
                .remove_alias(&actor, &alias)
                .await
                .map_err(|error| Failure::from(error).about(&alias))?;
            Ok(Reply::Done)
        }
        AliasRequest::List { address } => {
            let principal = find(&address, services).await?;
            let aliases = directory.aliases(principal.id).await?;
            let lines = aliases.into_iter().map(|alias| AliasInfo {
                alias,
                address: principal.address.clone(),
            });
            Ok(Reply::Aliases(lines.collect()))
        }
    }
}
