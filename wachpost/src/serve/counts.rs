//! Counts of what was committed, for the metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::Mutation;
use store::{Engine, Notice};

/// Since the start of the server.
#[derive(Debug, Default)]
pub(crate) struct CommitCounts {
    pub(crate) commits: AtomicU64,
    pub(crate) emails_added: AtomicU64,
    pub(crate) octets_added: AtomicU64,
    pub(crate) emails_destroyed: AtomicU64,
    pub(crate) enqueued: AtomicU64,
}

impl CommitCounts {
    /// Counts from now on.
    pub(crate) fn watch(engine: &dyn Engine) -> Arc<Self> {
        let counts = Arc::new(Self::default());
        let counting = Arc::clone(&counts);
        engine.watch(Box::new(move |notice| counting.note(notice)));
        counts
    }

    fn note(&self, notice: &Notice) {
        self.commits.fetch_add(1, Relaxed);
        for mutation in &*notice.mutations {
            match mutation {
                Mutation::AddEmail(new) => {
                    self.emails_added.fetch_add(1, Relaxed);
                    self.octets_added.fetch_add(u64::from(new.size), Relaxed);
                }
                Mutation::DestroyEmails(destroyed) => {
                    let emails = u64::from(destroyed.totals.emails);
                    self.emails_destroyed.fetch_add(emails, Relaxed);
                }
                Mutation::Enqueue(_) => {
                    self.enqueued.fetch_add(1, Relaxed);
                }
                _ => {}
            }
        }
    }
}
