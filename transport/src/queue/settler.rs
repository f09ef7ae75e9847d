//! The settler: writes what came of attempts, as many as are waiting with one write.

use std::sync::Arc;
use std::time::Duration;

use groupware::{Error, Settlement};
use tokio::sync::{mpsc, oneshot};

use super::Shared;

/// Settlements that are written at once.
const SETTLED_AT_ONCE_MAX: usize = 256;
/// Settlements that wait; who has one more waits with it.
pub(super) const SETTLEMENTS_WAITING_MAX: usize = 1_024;
/// How long the first of them waits for others that are under way. Every write costs a sync and an entry for each account; who
/// sent a message is not told of it, and whoever is killed meanwhile sends these messages twice, as in the time that a
/// write itself takes.
const GATHERED_FOR: Duration = Duration::from_millis(4);
/// How long to wait while the store takes nothing.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// A settlement, and who waits for it.
pub(super) type Order = (Settlement, oneshot::Sender<Result<(), Error>>);

/// Writes until nobody can send any more.
pub(super) async fn run(shared: Arc<Shared>, mut orders: mpsc::Receiver<Order>) {
    let mut batch = Vec::with_capacity(SETTLED_AT_ONCE_MAX);
    while orders.recv_many(&mut batch, SETTLED_AT_ONCE_MAX).await > 0 {
        if batch.len() < SETTLED_AT_ONCE_MAX && shared.counters.read().under_way > 0 {
            pause(GATHERED_FOR).await;
            while batch.len() < SETTLED_AT_ONCE_MAX
                && let Ok(order) = orders.try_recv()
            {
                batch.push(order);
            }
        }
        let (mut settlements, mut askers): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        loop {
            let answers = shared.outside.groupware.settle(&settlements).await;
            let mut again = (Vec::new(), Vec::new());
            for ((settlement, asker), answer) in settlements.into_iter().zip(askers).zip(answers) {
                // What another server has taken must be noted, or it is sent twice: there is nothing better to do than to wait.
                if matches!(
                    answer,
                    Err(Error::Unavailable { .. } | Error::StateMismatch)
                ) {
                    again.0.push(settlement);
                    again.1.push(asker);
                } else {
                    // Nobody may be waiting any more, which is no fault.
                    let _ = asker.send(answer);
                }
            }
            if again.0.is_empty() {
                break;
            }
            (settlements, askers) = again;
            pause(STORE_PAUSE).await;
        }
    }
}

/// Waits; dropped with the task when everything ends.
pub(super) async fn pause(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}
