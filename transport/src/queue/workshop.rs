//! Workshop: where messages are read and signed, one after the other on few threads.
//!
//! A thread goes on as long as there is work. To hand each piece of work to a thread that sleeps costs more than reading a
//! message: two changes of threads, on one of many whose memory is in no cache. More than one works only where much waits.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// More threads than processors gain nothing, and each holds memory.
const THREADS_MAX: usize = 4;
/// Pieces of work that wait for one thread before another begins, too.
const WAITING_PER_THREAD: usize = 8;

/// A piece of work.
type Work = Box<dyn FnOnce() + Send>;

/// The workshop.
#[derive(Default)]
pub(super) struct Workshop(Mutex<Bench>);

#[derive(Default)]
struct Bench {
    waiting: VecDeque<Work>,
    threads: usize,
}

impl Workshop {
    /// Has work done and waits for what comes of it; none if it panicked. Where nobody waits any more it is left undone.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.put(Box::new(move || {
            if !answer.is_closed() {
                // Whoever waits may go while it is done.
                let _ = answer.send(work());
            }
        }));
        answered.await.ok()
    }

    fn put(self: &Arc<Self>, work: Work) {
        if self.bench().put(work) {
            let workshop = Arc::clone(self);
            // It ends by itself, when nothing is to do.
            tokio::task::spawn_blocking(move || workshop.work());
        }
    }

    /// Works until there is nothing to do.
    fn work(&self) {
        while let Some(work) = self.next() {
            // A fault with one message is none of the others; its owner hears that there is no answer.
            let _ = catch_unwind(AssertUnwindSafe(work));
        }
    }

    fn next(&self) -> Option<Work> {
        self.bench().next()
    }

    /// The bench; nobody works with it in hand.
    fn bench(&self) -> MutexGuard<'_, Bench> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bench {
    /// Adds work; says whether another thread is to begin.
    fn put(&mut self, work: Work) -> bool {
        self.waiting.push_back(work);
        let wanted = self.waiting.len().div_ceil(WAITING_PER_THREAD);
        let begins = self.threads < wanted.min(THREADS_MAX);
        self.threads += usize::from(begins);
        begins
    }

    /// The next work for a thread; none when it is to end.
    fn next(&mut self) -> Option<Work> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.threads = self.threads.saturating_sub(1);
        }
        next
    }
}

impl std::fmt::Debug for Workshop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bench = self.bench();
        f.debug_struct("Workshop")
            .field("waiting", &bench.waiting.len())
            .field("threads", &bench.threads)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::*;

    #[test]
    fn one_thread_does_until_much_waits() {
        let mut bench = Bench::default();
        let begun = |bench: &mut Bench| usize::from(bench.put(Box::new(|| ())));
        assert_eq!(begun(&mut bench), 1);
        let more: usize = (1..WAITING_PER_THREAD).map(|_| begun(&mut bench)).sum();
        assert_eq!(more, 0);
        assert_eq!(begun(&mut bench), 1);
        let more: usize = (0..1_000).map(|_| begun(&mut bench)).sum();
        assert_eq!(more, THREADS_MAX - 2);
        while bench.next().is_some() {}
        assert_eq!(bench.threads, THREADS_MAX - 1, "each ends for itself");
        assert_eq!(begun(&mut bench), 0);
        for _ in 0..THREADS_MAX {
            assert_eq!(bench.next().is_some(), bench.threads == THREADS_MAX - 1);
        }
    }

    #[tokio::test]
    async fn what_panics_has_no_answer_and_the_rest_is_done() {
        let workshop = Arc::new(Workshop::default());
        let (bad, good) = tokio::join!(
            workshop.run(|| -> u32 { panic!("a fault") }),
            workshop.run(|| 7),
        );
        assert_eq!((bad, good), (None, Some(7)));
        assert_eq!(workshop.run(|| 8).await, Some(8));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_left_undone() {
        let workshop = Arc::new(Workshop::default());
        let is_done = Arc::new(AtomicBool::new(false));
        {
            let done = Arc::clone(&is_done);
            let given_up = workshop.run(move || done.store(true, Relaxed));
            let mut given_up = std::pin::pin!(given_up);
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            // A thread that is at work already, so that this one waits.
            workshop.bench().threads = 1;
            assert!(given_up.as_mut().poll(&mut context).is_pending());
        }
        workshop.work();
        assert_eq!(workshop.bench().threads, 0);
        assert!(!is_done.load(Relaxed));
    }
}
