//! The handle that everything above the store uses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::{Semaphore, broadcast, oneshot};

use crate::bell::{Answers, Bell};
use crate::change::{Committed, Request};
use crate::engine::{Engine, Reply};
use crate::error::Error;
use crate::notice::Notice;

/// Notices that a slow watcher may fall behind before it is told to look again.
const NOTICES_BEHIND_MAX: usize = 4_096;
/// Reads that run at the same time; more wait their turn.
const READS_AT_ONCE_MAX: usize = 16;

/// A stream of notices. [`broadcast::error::RecvError::Lagged`] means: look again at everything.
pub type Watch = broadcast::Receiver<Notice>;

/// A cheap handle to the engine: async on the outside, blocking threads on the inside.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Arc<dyn Engine>,
    notices: broadcast::Sender<Notice>,
    reads: Arc<Semaphore>,
    askers: Arc<Askers>,
}

/// Those who wait for a commit.
#[derive(Debug, Default)]
struct Askers {
    count: AtomicUsize,
    bell: OnceLock<Arc<Bell>>,
}

impl Store {
    /// The handle to this engine.
    #[must_use]
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        let (notices, _) = broadcast::channel(NOTICES_BEHIND_MAX);
        let sender = notices.clone();
        // Nobody may be listening, which is no fault.
        engine.watch(Box::new(move |notice| drop(sender.send(notice.clone()))));
        Self {
            engine,
            notices,
            reads: Arc::new(Semaphore::new(READS_AT_ONCE_MAX)),
            askers: Arc::default(),
        }
    }

    /// Lets this runtime, inside of which it must be called, wake whoever waits for a commit alone: that takes less of the
    /// processors than when the engine's threads do. Where it cannot, they go on doing so.
    #[must_use]
    pub fn answering_through_this_runtime(self) -> Self {
        if std::env::var_os("NOBELL").is_none()
            && let Ok(bell) = Bell::hang()
        {
            // One is enough.
            drop(self.askers.bell.set(bell));
        }
        self
    }

    /// The engine, for code that runs on a thread of its own.
    #[must_use]
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Every commit from now on, in commit order.
    #[must_use]
    pub fn watch(&self) -> Watch {
        self.notices.subscribe()
    }

    /// Makes one request durable.
    ///
    /// # Errors
    /// What the request asks for cannot be done, or the store cannot take it.
    pub async fn commit(&self, request: Request) -> Result<Committed, Error> {
        let mut answers = self.commit_all(vec![request]).await;
        answers.pop().unwrap_or_else(|| Err(stopped()))
    }

    /// Makes several requests durable with one write; each succeeds or fails for itself.
    pub async fn commit_all(&self, requests: Vec<Request>) -> Vec<Result<Committed, Error>> {
        let count = requests.len();
        let (reply, receiver) = Asker::of(&self.askers);
        self.engine.submit(requests, reply);
        receiver
            .await
            .unwrap_or_else(|_| vec![Err(stopped()); count])
    }

    /// Makes requests of different accounts durable with one write, all or none.
    ///
    /// # Errors
    /// The place of the first request that cannot be done, and why.
    pub async fn commit_together(
        &self,
        requests: Vec<Request>,
    ) -> Result<Vec<Committed>, (usize, Error)> {
        let (reply, receiver) = Asker::of(&self.askers);
        self.engine.submit_together(requests, reply);
        let answers = receiver.await.map_err(|_| (0, stopped()))?;
        let at_fault = |answer: &Result<Committed, Error>| matches!(answer, Err(error) if *error != Error::NotTogether);
        let fault = answers.iter().position(at_fault);
        let mut done = Vec::with_capacity(answers.len());
        for (place, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(committed) => done.push(committed),
                Err(error) if fault.is_none_or(|fault| fault == place) => {
                    return Err((place, error));
                }
                Err(_) => {}
            }
        }
        Ok(done)
    }

    /// Runs blocking reads on a thread for such work.
    ///
    /// # Errors
    /// What `work` returns, or that the store is stopping.
    pub async fn read<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&dyn Engine) -> Result<T, Error> + Send + 'static,
    {
        let _turn = self.reads.acquire().await.map_err(|_| stopped())?;
        let engine = Arc::clone(&self.engine);
        tokio::task::spawn_blocking(move || work(&*engine))
            .await
            .unwrap_or_else(|_| Err(stopped()))
    }
}

/// One who waits for a commit; counted as long as it lives.
struct Asker(Arc<Askers>);

impl Asker {
    /// What the engine is to call, and where the answer comes.
    fn of(askers: &Arc<Askers>) -> (Reply, oneshot::Receiver<Answers>) {
        let (sender, receiver) = oneshot::channel();
        askers.count.fetch_add(1, Ordering::Relaxed);
        let asker = Self(Arc::clone(askers));
        (
            Box::new(move |answers| asker.hear(sender, answers)),
            receiver,
        )
    }

    fn hear(self, sender: oneshot::Sender<Answers>, answers: Answers) {
        match self.0.bell.get() {
            Some(bell) if self.0.count.load(Ordering::Relaxed) == 1 => bell.ring(sender, answers),
            // The asker may have gone away; the commit stands all the same.
            _ => drop(sender.send(answers)),
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}

fn stopped() -> Error {
    Error::Unavailable("it is stopping".into())
}
