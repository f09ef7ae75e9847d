//! Housekeeping: what was destroyed longer ago than the retention goes for good.

use std::time::Duration;

use groupware::Groupware;
use tokio_util::sync::CancellationToken;

/// Not at once, since the start should be quick.
const FIRST_AFTER: Duration = Duration::from_secs(10 * 60);
/// How often.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Cleans up now and then until the server stops.
pub(crate) async fn run(groupware: Groupware, retention: Duration, stopping: CancellationToken) {
    let mut pause = FIRST_AFTER;
    while tokio::time::timeout(pause, stopping.cancelled())
        .await
        .is_err()
    {
        pause = EVERY;
        match groupware.purge_expired(retention).await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "destroyed messages removed for good"),
            Err(error) => tracing::warn!(%error, "destroyed messages stay for now"),
        }
    }
}
