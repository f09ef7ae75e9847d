//! Housekeeping: rooms answer what a crash left waiting; what was destroyed longer ago than the retention goes for good.

use std::time::Duration;

use groupware::Groupware;
use tokio_util::sync::CancellationToken;

/// Not at once, since the start should be quick.
const FIRST_AFTER: Duration = Duration::from_secs(10 * 60);
/// How often.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Lets rooms answer what waits for them, then cleans up now and then until the server stops.
pub(crate) async fn run(groupware: Groupware, retention: Duration, stopping: CancellationToken) {
    // What was stored with its answer to come, and then the power went: nobody would ask the room again.
    if let Err(error) = groupware.answer_waiting_invitations().await {
        tracing::warn!(%error, "rooms have not looked at what waits for them");
    }
    let mut pause = FIRST_AFTER;
    while tokio::time::timeout(pause, stopping.cancelled())
        .await
        .is_err()
    {
        pause = EVERY;
        if let Err(error) = groupware.directory().write_uses().await {
            tracing::warn!(%error, "when passwords and tokens were used last is not written down");
        }
        if let Err(error) = groupware.expire_uploads().await {
            tracing::warn!(%error, "what was uploaded and not used stays for now");
        }
        match groupware.purge_expired(retention).await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "destroyed messages removed for good"),
            Err(error) => tracing::warn!(%error, "destroyed messages stay for now"),
        }
    }
}
