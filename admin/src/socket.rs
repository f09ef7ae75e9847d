//! The admin socket: one conversation of requests and answers over the Unix socket in the data folder.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use listen::{Budget, Connection};
use tokio::sync::mpsc;

use crate::frame::{self, Answer, FRAME_OCTETS_MAX, HEADER_OCTETS};
use crate::{Failure, Progress, Report, Request, Services, execute};

/// The socket's name in the data folder. Only the user that the server runs as may open it (0600).
pub const ADMIN_SOCKET_FILE: &str = "admin.sock";

/// Time between two requests of one conversation: an import reads its next messages meanwhile.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);
/// Time for the next portion of a frame to arrive or to be taken.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Words of progress that may wait for the command; further ones are dropped.
const PROGRESS_WAITING_MAX: usize = 16;

/// Answers requests until the command goes or the server stops; a request that was begun is finished.
/// `budget` bounds the memory of all such conversations together.
pub async fn converse(mut connection: Connection, services: Services, budget: Budget) {
    if let Err(reason) = answer_all(&mut connection, &services, &budget).await {
        tracing::debug!(%reason, "admin conversation ended");
    }
    let _ = connection.shutdown(STALL_TIMEOUT).await;
}

#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Connection(#[from] listen::Error),
    #[error(transparent)]
    Frame(#[from] frame::FrameError),
}

async fn answer_all(
    connection: &mut Connection,
    services: &Services,
    budget: &Budget,
) -> Result<(), Ended> {
    let stopping = connection.stopping();
    loop {
        // Both branches are cancellation-safe: what arrived stays in the buffer.
        let arrived = tokio::select! {
            biased;
            () = stopping.cancelled() => return Ok(()),
            arrived = connection.fill(IDLE_TIMEOUT), if connection.buffer().is_empty() => arrived?,
            () = std::future::ready(()), if !connection.buffer().is_empty() => 1,
        };
        if arrived == 0 {
            return Ok(());
        }
        let mut header = Vec::with_capacity(HEADER_OCTETS);
        connection
            .read_octets(HEADER_OCTETS, &mut header, STALL_TIMEOUT)
            .await?;
        let header = header
            .try_into()
            .map_err(|_| frame::FrameError::Malformed)?;
        let octets = match frame::length(header, FRAME_OCTETS_MAX) {
            Ok(octets) => octets,
            Err(error) => {
                let failure = Failure::refused(error.to_string());
                send(connection, &Answer::Failure(failure)).await?;
                return Err(error.into());
            }
        };
        // Twice: the octets, and the request that is read from them.
        let memory = budget
            .reserve(octets.saturating_mul(2), STALL_TIMEOUT)
            .await?;
        let mut value = Vec::with_capacity(octets);
        connection
            .read_octets(octets, &mut value, STALL_TIMEOUT)
            .await?;
        let request: Request = frame::decode(&value)?;
        drop(value);
        // Large, and not needed between two requests.
        Box::pin(answer(connection, request, services)).await?;
        drop(memory);
    }
}

async fn answer(
    connection: &mut Connection,
    request: Request,
    services: &Services,
) -> Result<(), Ended> {
    let (sender, mut progress) = mpsc::channel::<Progress>(PROGRESS_WAITING_MAX);
    let report: Report = Arc::new(move |told| drop(sender.try_send(told)));
    let mut work = pin!(execute(request, services, &report));
    let answer = loop {
        // Both branches are cancellation-safe: the work is only borrowed.
        let told = tokio::select! {
            biased;
            done = work.as_mut() => break match done {
                Ok(reply) => Answer::Reply(Box::new(reply)),
                Err(failure) => Answer::Failure(failure),
            },
            Some(told) = progress.recv() => told,
        };
        send(connection, &Answer::Progress(told)).await?;
    };
    send(connection, &answer).await
}

async fn send(connection: &mut Connection, answer: &Answer) -> Result<(), Ended> {
    let frame = frame::encode(answer)?;
    Ok(connection.send(&frame, STALL_TIMEOUT).await?)
}
