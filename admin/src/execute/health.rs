//! How the server is, in one answer.

use std::sync::Arc;

use groupware::QUEUE_PAGE_MAX;

use super::status;
use crate::reply::HealthInfo;
use crate::{Failure, Kind, Reply, Services, SetUpRequest, Surroundings};

/// Pages of the queue that are counted.
const QUEUE_PAGES_MAX: usize = 20;

pub(super) async fn health(services: &Services) -> Result<Reply, Failure> {
    let status = status::info(services).await?;
    let sealed = services.blocking(|storage| storage.checkpoint()).await?;
    let (waiting, held) = queue(services).await?;
    let (certificates, disk, memory_octets) = match &services.surroundings {
        Some(surroundings) => {
            let surroundings = Arc::clone(surroundings);
            let look = move |_: &dyn crate::Storage| {
                Ok((
                    surroundings.certificates(),
                    surroundings.disk(),
                    surroundings.memory_octets(),
                ))
            };
            services.blocking(look).await?
        }
        None => (Vec::new(), None, None),
    };
    Ok(Reply::Health(Box::new(HealthInfo {
        status,
        posture: services.locks.as_ref().map(|locks| locks.posture()),
        sealed_entries: sealed.map(|(entries, _)| entries),
        certificates,
        disk,
        memory_octets,
        waiting,
        held,
        domains: services.directory().domains().await?.len() as u64,
    })))
}

/// How many messages wait, and how many of them are held.
async fn queue(services: &Services) -> Result<(u64, u64), Failure> {
    let (mut waiting, mut held) = (0, 0);
    let mut after = None;
    for _ in 0..QUEUE_PAGES_MAX {
        let page = services.groupware.queue_page(after, QUEUE_PAGE_MAX).await?;
        waiting += page.len() as u64;
        let is_held = |queued: &&model::Queued| queued.standing.hold.is_some();
        held += page.iter().filter(is_held).count() as u64;
        match page.last() {
            Some(last) if page.len() == QUEUE_PAGE_MAX => after = Some(last.place()),
            _ => break,
        }
    }
    Ok((waiting, held))
}

pub(super) async fn set_up(request: SetUpRequest, services: &Services) -> Result<Reply, Failure> {
    let domain = match &request {
        SetUpRequest::Show { domain }
        | SetUpRequest::Check { domain }
        | SetUpRequest::MakeKeys { domain }
        | SetUpRequest::PrepareKeys { domain }
        | SetUpRequest::UseKeys { domain } => domain,
    };
    let domains = services.directory().domains().await?;
    // It names a folder of keys: nothing but what the directory has.
    if !domains.iter().any(|known| known.name == *domain) {
        return Err(Failure::not_found("the domain", domain));
    }
    let surroundings = surroundings(services)?;
    let info = surroundings.set_up(request).await?;
    Ok(Reply::SetUp(Box::new(info)))
}

pub(super) fn surroundings(services: &Services) -> Result<&dyn Surroundings, Failure> {
    services.surroundings.as_deref().ok_or_else(|| {
        Failure::new(
            Kind::Unavailable,
            "no server runs: use `wachpost doctor`, `wachpost dns` and `wachpost dkim`",
        )
    })
}
