//! How the server is, and what was sealed last.

use crate::reply::{CheckpointInfo, StatusInfo};
use crate::{Failure, Kind, Reply, Services, moment};

pub(super) async fn status(services: &Services) -> Result<Reply, Failure> {
    Ok(Reply::Status(info(services).await?))
}

pub(super) async fn info(services: &Services) -> Result<StatusInfo, Failure> {
    let sizes = services.blocking(|storage| storage.sizes()).await?;
    let witnesses = services.witnesses.clone();
    let history = services
        .blocking(move |_| Ok(witnesses.map(|witnesses| witnesses.history())))
        .await?;
    Ok(StatusInfo {
        version: services.version.to_owned(),
        serving: !services.listeners.is_empty(),
        process: std::process::id(),
        started_at: moment::to_text(services.started_at),
        listeners: services.listeners.to_vec(),
        entries: sizes.entries,
        journal_octets: sizes.journal_octets,
        state_octets: sizes.state_octets,
        search_octets: sizes.search_octets,
        history,
    })
}

pub(super) async fn checkpoint(services: &Services) -> Result<Reply, Failure> {
    let checkpoint = services.blocking(|storage| storage.checkpoint()).await?;
    Ok(Reply::Checkpoint(
        checkpoint.map(|(entries, note)| CheckpointInfo { entries, note }),
    ))
}

pub(super) fn posture(services: &Services) -> Result<Reply, Failure> {
    let locks = services
        .locks
        .as_ref()
        .ok_or_else(|| Failure::new(Kind::Unavailable, "no server runs: nothing is locked in"))?;
    Ok(Reply::Posture(locks.posture()))
}
