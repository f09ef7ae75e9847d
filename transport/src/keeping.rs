//! Keeping: takes over at the start what transport counted before, writes what changes, and writes the last of it at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use egress::Egress;
use tokio_util::sync::CancellationToken;

use crate::kept::{Keeper, Keepsake, Kept};
use crate::limits::SenderLimits;
use crate::queue::Queue;

/// How often what has changed is written.
const EVERY: Duration = Duration::from_secs(60);
/// The least time between two writes of the same.
const APART: Duration = Duration::from_secs(5);
/// Octets that may be written of one thing each time; what is larger is written as many times more seldom, so that a flood of made-up
/// domains does not become a flood of writes.
const OCTETS_PER_ROUND: usize = 4 * 1024 * 1024;
/// Rounds that one thing rests at most.
const ROUNDS_RESTED_MAX: u32 = 15;
/// How long the process that connects out has for its last answer when the server stops.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// Keeps what the queue and the limits of senders count.
///
/// **What a kill loses.** Of the tallies for reports the last minute; of tallies above 4 MiB, which only a flood fills, as many minutes
/// as they have times 4 MiB, up to 16. Reports that were sent within the last minute are sent once more, under the same id. Of
/// what senders sent the last minute, and never more than 100 recipients and what is sent within five seconds. Of policies those
/// of the last five seconds.
#[derive(Clone, Debug)]
pub struct Keeping(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    keeper: Arc<dyn Keeper>,
    limits: Arc<SenderLimits>,
    queue: Queue,
    egress: Egress,
    /// Rounds that each still rests.
    resting: [AtomicU32; Kept::ALL.len()],
}

impl Keeping {
    /// Takes over what was kept; before anything is counted.
    #[must_use]
    pub fn begin(
        keeper: Arc<dyn Keeper>,
        limits: Arc<SenderLimits>,
        queue: Queue,
        egress: Egress,
    ) -> Self {
        let keeping = Self(Arc::new(Shared {
            keeper,
            limits,
            queue,
            egress,
            resting: Default::default(),
        }));
        keeping.0.restore();
        keeping
    }

    /// Writes what changes, until the server stops.
    pub async fn run(self, stopping: CancellationToken) {
        tokio::join!(
            self.write_now_and_then(&stopping),
            self.follow_policies(&stopping),
        );
    }

    /// Writes what is not written yet; when nobody counts any more. Blocks.
    pub fn finish(&self) {
        for (kept, keepsake) in self.0.keepsakes() {
            self.0.write(kept, keepsake);
        }
    }

    async fn write_now_and_then(&self, stopping: &CancellationToken) {
        loop {
            // All branches are cancellation-safe.
            let round = tokio::select! {
                () = stopping.cancelled() => return,
                () = pause(EVERY) => true,
                () = self.0.limits.much_is_unsaved() => false,
            };
            let shared = Arc::clone(&self.0);
            let written = tokio::task::spawn_blocking(move || shared.write_round(round)).await;
            if let Err(error) = written {
                tracing::error!(%error, "what is counted is not kept");
            }
            if !round {
                pause(APART).await;
            }
        }
    }

    /// RFC 8461 10.2: who could make us forget policies could send mail another way.
    async fn follow_policies(&self, stopping: &CancellationToken) {
        let mut known = None;
        loop {
            let asked = stopping.run_until_cancelled(self.0.egress.policies(known));
            match asked.await {
                None => return,
                Some(Ok((revision, octets))) => {
                    self.keep_policies(&octets).await;
                    known = Some(revision);
                }
                // Nothing changed for long.
                Some(Err(egress::Error::TimedOut)) => continue,
                // Another process knows nothing of what this one counted.
                Some(Err(_)) => known = None,
            }
            if stopping.run_until_cancelled(pause(APART)).await.is_none() {
                break;
            }
        }
        // What came meanwhile.
        let last = tokio::time::timeout(LAST_ANSWER, self.0.egress.policies(None)).await;
        if let Ok(Ok((_, octets))) = last {
            self.keep_policies(&octets).await;
        }
    }

    async fn keep_policies(&self, octets: &bytes::Bytes) {
        let (shared, octets) = (Arc::clone(&self.0), octets.clone());
        let written =
            tokio::task::spawn_blocking(move || shared.put(Kept::StsPolicies, &octets)).await;
        if let Err(error) = written {
            tracing::error!(%error, "policies of other domains are not kept");
        }
    }
}

impl Shared {
    fn keepsakes(&self) -> [(Kept, &dyn Keepsake); 3] {
        [
            (Kept::SenderCounts, &*self.limits),
            (Kept::DmarcTally, &**self.queue.dmarc_reports()),
            (Kept::TlsTally, self.queue.tls_reports()),
        ]
    }

    fn restore(&self) {
        let now_s = self.queue.now_s();
        for (kept, keepsake) in self.keepsakes() {
            let file = kept.name();
            match self.keeper.read(kept) {
                Ok(None) => {}
                Ok(Some(octets)) if keepsake.restore(&octets, now_s) => {
                    tracing::debug!(kept = file, octets = octets.len(), "taken over from before");
                }
                Ok(Some(_)) => {
                    tracing::warn!(kept = file, "what was kept cannot be read: it begins anew");
                }
                Err(error) => {
                    tracing::warn!(kept = file, %error, "what was kept cannot be read: it begins anew");
                }
            }
        }
    }

    /// Writes what has changed: everything that does not rest, or the counts of senders alone.
    fn write_round(&self, everything: bool) {
        for ((kept, keepsake), rests) in self.keepsakes().into_iter().zip(&self.resting) {
            if !everything && kept != Kept::SenderCounts {
                continue;
            }
            let left = rests.load(Ordering::Relaxed);
            if everything && left > 0 {
                rests.store(left - 1, Ordering::Relaxed);
                continue;
            }
            let octets = self.write(kept, keepsake);
            let rounds = u32::try_from(octets / OCTETS_PER_ROUND).unwrap_or(u32::MAX);
            rests.store(rounds.min(ROUNDS_RESTED_MAX), Ordering::Relaxed);
        }
    }

    /// Writes one thing if it has changed; how large it is.
    fn write(&self, kept: Kept, keepsake: &dyn Keepsake) -> usize {
        let Some(octets) = keepsake.changed() else {
            return 0;
        };
        self.put(kept, &octets);
        octets.len()
    }

    fn put(&self, kept: Kept, octets: &[u8]) {
        let file = kept.name();
        if octets.len() > kept.octets_max() {
            tracing::warn!(kept = file, octets = octets.len(), "too large to be kept");
            return;
        }
        if let Err(error) = self.keeper.write(kept, octets) {
            tracing::warn!(kept = file, %error, "what is counted is not kept for now");
        }
    }
}

/// Waits; dropped with the task when everything ends.
async fn pause(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}
