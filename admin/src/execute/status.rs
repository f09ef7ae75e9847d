//! How the server is, what waits to be sent, and what was sealed last.

use model::Queued;

use crate::reply::{CheckpointInfo, QueueLine, StatusInfo};
use crate::{Failure, Reply, Services, moment};

pub(super) async fn status(services: &Services) -> Result<Reply, Failure> {
    let sizes = services.blocking(|storage| storage.sizes()).await?;
    Ok(Reply::Status(StatusInfo {
        version: services.version.to_owned(),
        serving: !services.listeners.is_empty(),
        process: std::process::id(),
        started_at: moment::to_text(services.started_at),
        listeners: services.listeners.to_vec(),
        entries: sizes.entries,
        journal_octets: sizes.journal_octets,
        state_octets: sizes.state_octets,
        search_octets: sizes.search_octets,
    }))
}

pub(super) async fn queue(limit: u32, services: &Services) -> Result<Reply, Failure> {
    let queue = services
        .blocking(move |storage| storage.queue(limit as usize))
        .await?;
    let lines = queue
        .into_iter()
        .map(|Queued { account, item, .. }| QueueLine {
            account: account.0,
            id: item.id.0,
            accepted_at: moment::to_text(item.accepted_at),
            from: item.reverse_path,
            to: item
                .recipients
                .into_iter()
                .map(|recipient| recipient.forward_path)
                .collect(),
            octets: item.size,
        });
    Ok(Reply::Queue(lines.collect()))
}

pub(super) async fn checkpoint(services: &Services) -> Result<Reply, Failure> {
    let checkpoint = services.blocking(|storage| storage.checkpoint()).await?;
    Ok(Reply::Checkpoint(
        checkpoint.map(|(entries, note)| CheckpointInfo { entries, note }),
    ))
}
