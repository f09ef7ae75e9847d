//! Notices of the queue for whoever sends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, Mutation, QueueId};
use store::Notice;
use tokio::sync::{Notify, mpsc};

use crate::Groupware;

/// Notices that wait for a slow watcher; with one more it is told to look at the whole queue.
const NOTICES_BEHIND_MAX: usize = 16_384;

/// What happened to the queue.
#[derive(Clone, Debug)]
pub enum QueueNotice {
    /// A commit that touched the queue of this account, with all its mutations.
    Committed(AccountId, Arc<[Mutation]>),
    /// Somebody wants this message tried at once.
    Retry(AccountId, QueueId),
    /// Somebody wants everything tried at once.
    RetryAll,
    /// Notices were lost: look at the whole queue again.
    Missed,
}

/// The notices of the queue from the moment it was asked for.
#[derive(Debug)]
pub struct QueueWatch {
    receiver: mpsc::Receiver<QueueNotice>,
    lost: Arc<Lost>,
}

#[derive(Debug, Default)]
struct Lost {
    flag: AtomicBool,
    wake: Notify,
}

impl QueueWatch {
    /// The next notice; none when there will be no more. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<QueueNotice> {
        loop {
            if self.lost.flag.swap(false, Ordering::AcqRel) {
                // What waits here is in the queue that is looked at now.
                while self.receiver.try_recv().is_ok() {}
                return Some(QueueNotice::Missed);
            }
            tokio::select! {
                notice = self.receiver.recv() => return notice,
                () = self.lost.wake.notified() => {}
            }
        }
    }

    /// A notice that is here already.
    pub fn try_next(&mut self) -> Option<QueueNotice> {
        if self.lost.flag.load(Ordering::Acquire) {
            // `next` says so.
            return None;
        }
        self.receiver.try_recv().ok()
    }
}

/// Who watches.
#[derive(Debug, Default)]
pub(crate) struct QueueWatchers(Mutex<Vec<Watcher>>);

#[derive(Debug)]
struct Watcher {
    sender: mpsc::Sender<QueueNotice>,
    lost: Arc<Lost>,
}

impl QueueWatchers {
    /// Tells of a commit if it touched the queue.
    pub(crate) fn note(&self, notice: &Notice) {
        let touches = notice.mutations.iter().any(|mutation| {
            matches!(
                mutation,
                Mutation::Enqueue(_) | Mutation::Dequeue { .. } | Mutation::SetQueued { .. }
            )
        });
        if touches {
            self.tell(&QueueNotice::Committed(
                notice.account,
                Arc::clone(&notice.mutations),
            ));
        }
    }

    /// Whether somebody sends what is queued.
    pub(crate) fn has_any(&self) -> bool {
        !self.watchers().is_empty()
    }

    pub(super) fn retry(&self, account: AccountId, id: QueueId) {
        self.tell(&QueueNotice::Retry(account, id));
    }

    pub(super) fn retry_all(&self) {
        self.tell(&QueueNotice::RetryAll);
    }

    fn tell(&self, notice: &QueueNotice) {
        self.watchers()
            .retain(|watcher| match watcher.sender.try_send(notice.clone()) {
                Ok(()) => true,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    watcher.lost.flag.store(true, Ordering::Release);
                    watcher.lost.wake.notify_one();
                    true
                }
                Err(mpsc::error::TrySendError::Closed(_)) => false,
            });
    }

    fn watchers(&self) -> MutexGuard<'_, Vec<Watcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Groupware {
    /// Watches the queue of all accounts from now on. Whoever watches first and then looks misses nothing.
    #[must_use]
    pub fn watch_queue(&self) -> QueueWatch {
        let (sender, receiver) = mpsc::channel(NOTICES_BEHIND_MAX);
        let lost = Arc::<Lost>::default();
        self.queue_watchers.watchers().push(Watcher {
            sender,
            lost: Arc::clone(&lost),
        });
        QueueWatch { receiver, lost }
    }
}
