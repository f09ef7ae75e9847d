//! Domains.

use super::principal::{address_of, find};
use crate::reply::DomainInfo;
use crate::{DomainRequest, Failure, Reply, Services};

pub(super) async fn run(request: DomainRequest, services: &Services) -> Result<Reply, Failure> {
    let (directory, actor) = (services.directory(), services.actor(None));
    match request {
        DomainRequest::Add { name } => {
            let added = directory.add_domain(&actor, &name).await;
            added.map_err(|error| Failure::from(error).about(&name))?;
        }
        DomainRequest::Remove { name } => {
            let removed = directory.remove_domain(&actor, &name).await;
            removed.map_err(|error| Failure::from(error).about(&name))?;
        }
        DomainRequest::List => return list(services).await,
        DomainRequest::CatchAll { name, address } => {
            let catch_all = match address {
                Some(address) => Some(find(&address, services).await?.id),
                None => None,
            };
            let set = directory.set_catch_all(&actor, &name, catch_all).await;
            set.map_err(|error| Failure::from(error).about(&name))?;
        }
    }
    Ok(Reply::Done)
}

async fn list(services: &Services) -> Result<Reply, Failure> {
    let mut domains = Vec::new();
    for domain in services.directory().domains().await? {
        let catch_all = match domain.catch_all {
            Some(id) => Some(address_of(id, services).await?),
            None => None,
        };
        domains.push(DomainInfo {
            name: domain.name,
            catch_all,
        });
    }
    Ok(Reply::Domains(domains))
}
