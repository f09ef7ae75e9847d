//! Domains.

use directory::Resolved;

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
        DomainRequest::Archive { name, address } => {
            archive(name.as_deref(), address.as_deref(), services).await?;
        }
    }
    Ok(Reply::Done)
}

async fn archive(
    name: Option<&str>,
    address: Option<&str>,
    services: &Services,
) -> Result<(), Failure> {
    let (directory, actor) = (services.directory(), services.actor(None));
    if let Some(address) = address {
        let resolved = directory.resolve(address).await;
        if resolved.map_err(directory::Error::from)? == Resolved::Unknown {
            return Err(Failure::not_found("the address", address));
        }
    }
    let set = directory.set_archive(&actor, name, address).await;
    set.map_err(|error| Failure::from(error).about(name.or(address).unwrap_or_default()))
}

async fn list(services: &Services) -> Result<Reply, Failure> {
    let archives = services.directory().archives().await;
    let archives = archives.map_err(directory::Error::from)?;
    let mut domains = Vec::new();
    for domain in services.directory().domains().await? {
        let catch_all = match domain.catch_all {
            Some(id) => Some(address_of(id, services).await?),
            None => None,
        };
        let of_it = archives
            .iter()
            .filter(|archive| archive.domain.as_ref().is_none_or(|it| *it == domain.name));
        domains.push(DomainInfo {
            archives: of_it.map(|archive| archive.address.clone()).collect(),
            name: domain.name,
            catch_all,
        });
    }
    Ok(Reply::Domains(domains))
}
