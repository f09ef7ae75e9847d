//! The handle that everything above the store uses.

use std::sync::Arc;

use tokio::sync::{Semaphore, broadcast, oneshot};

use crate::change::{Committed, Request};
use crate::engine::Engine;
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
        }
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
        let (sender, receiver) = oneshot::channel();
        // The asker may have gone away; the commit stands all the same.
        self.engine.submit(
            requests,
            Box::new(move |answers| drop(sender.send(answers))),
        );
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
        let (sender, receiver) = oneshot::channel();
        // The asker may have gone away; the commits stand all the same.
        self.engine.submit_together(
            requests,
            Box::new(move |answers| drop(sender.send(answers))),
        );
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

fn stopped() -> Error {
    Error::Unavailable("it is stopping".into())
}
