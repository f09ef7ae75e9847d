//! Apart: a future beside others in one task that costs nothing while it has nothing to say.
//!
//! Whatever wakes a task, all that it waits for is asked. What is waited for by every connection, such as the end of the
//! server, has a lock that all of them share: each event that is told would take it.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A future that is asked once, and again only when it says that it is to be asked.
pub struct Apart<F> {
    future: F,
    bell: Arc<Bell>,
    /// Rings the bell.
    ringer: Waker,
    /// The task that is woken by the bell.
    task: Option<Waker>,
}

/// What the future wakes.
#[derive(Debug)]
struct Bell {
    rang: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl<F> Apart<F> {
    /// Sets a future apart.
    pub fn new(future: F) -> Self {
        let bell = Arc::new(Bell {
            rang: AtomicBool::new(true),
            task: Mutex::new(None),
        });
        Self {
            future,
            ringer: Waker::from(Arc::clone(&bell)),
            bell,
            task: None,
        }
    }
}

impl<F: Future + Unpin> Future for Apart<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let task = this.task.as_ref();
        if !task.is_some_and(|task| task.will_wake(context.waker())) {
            let task = context.waker().clone();
            this.bell.wakes(Some(task.clone()));
            this.task = Some(task);
        }
        // Whoever rings from here on wakes the task that stands there now.
        if !this.bell.rang.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let mut context = Context::from_waker(&this.ringer);
        Pin::new(&mut this.future).poll(&mut context)
    }
}

impl<F> Drop for Apart<F> {
    fn drop(&mut self) {
        self.bell.wakes(None);
    }
}

impl<F> fmt::Debug for Apart<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apart").finish_non_exhaustive()
    }
}

impl Bell {
    fn wakes(&self, task: Option<Waker>) {
        let mut place = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *place, task);
        // What a waker does when it goes is not known here.
        drop(place);
        drop(before);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rang.store(true, Ordering::Release);
        let place = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let task = place.clone();
        drop(place);
        if let Some(task) = task {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use tokio_util::sync::CancellationToken;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_asked_only_when_it_said_so() {
        let asked = AtomicUsize::new(0);
        let stopping = CancellationToken::new();
        let mut end = Box::pin(stopping.cancelled());
        let counted = poll_fn(|context| {
            asked.fetch_add(1, Ordering::Relaxed);
            end.as_mut().poll(context)
        });
        let mut apart = Box::pin(Apart::new(counted));
        let (one, two) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
        let mut poll = |wakes: &Arc<Wakes>| {
            let waker = Waker::from(Arc::clone(wakes));
            apart.as_mut().poll(&mut Context::from_waker(&waker))
        };
        for _ in 0..3 {
            assert_eq!(poll(&one), Poll::Pending);
        }
        // It may go on in another task, which then is the one that is woken.
        assert_eq!(poll(&two), Poll::Pending);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        stopping.cancel();
        let woken = [&one, &two].map(|wakes| wakes.0.load(Ordering::Relaxed));
        assert_eq!(woken, [0, 1]);
        assert_eq!(poll(&two), Poll::Ready(()));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
