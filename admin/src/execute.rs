//! Executing requests: one function for all of them, one file per noun.

mod access;
mod account;
mod alias;
mod app_password;
mod collection;
mod credential;
mod deeds;
mod domain;
mod filter;
mod group;
mod health;
mod journal;
mod lists;
mod mail;
mod mailbox_path;
mod object;
mod principal;
mod queue;
mod resource;
mod sending;
mod status;
mod version;

use crate::{Failure, Progress, Reply, Report, Request, Services};

/// Does what is asked for. `report` is told how far long work is.
///
/// # Errors
/// [`Failure`], in words for the administrator.
pub async fn execute(
    request: Request,
    services: &Services,
    report: &Report,
) -> Result<Reply, Failure> {
    match request {
        Request::Status => status::status(services).await,
        Request::Domain(request) => domain::run(request, services).await,
        Request::Account(request) => account::run(request, services).await,
        Request::Group(request) => group::run(request, services).await,
        Request::Alias(request) => alias::run(request, services).await,
        Request::AppPassword(request) => app_password::run(request, services).await,
        Request::Mail(request) => mail::run(request, services).await,
        Request::Journal(request) => journal::run(request, services).await,
        Request::Queue(request) => queue::run(request, services).await,
        Request::Checkpoint => status::checkpoint(services).await,
        Request::Reindex => reindex(services, report).await,
        Request::Collection(request) => collection::run(request, services).await,
        Request::Object(request) => object::run(request, services).await,
        Request::Resource(request) => resource::run(request, services).await,
        Request::Sieve(request) => filter::sieve(request, services).await,
        Request::Vacation(request) => filter::vacation(request, services).await,
        Request::Credential(request) => credential::run(request, services).await,
        Request::Posture => status::posture(services),
        Request::Health => health::health(services).await,
        Request::SetUp(request) => health::set_up(request, services).await,
        Request::Deeds(request) => deeds::run(request, services).await,
    }
}

async fn reindex(services: &Services, report: &Report) -> Result<Reply, Failure> {
    let report = Report::clone(report);
    let work = move |storage: &dyn crate::Storage| {
        storage.reindex(&mut |done, total| {
            report(Progress {
                what: "messages indexed".to_owned(),
                done,
                total,
            });
        })
    };
    services.blocking(work).await.map(|()| Reply::Done)
}
