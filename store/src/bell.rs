//! The bell: how an answer of the engine's threads reaches the one task that waits for it.
//!
//! When a thread of its own wakes a task, the runtime wakes a worker that has nothing to do, and this one, as it found
//! something, wakes the next, which finds nothing and sleeps again. A client that asks for one change after the other pays
//! for that with each of them. What the runtime learns from its files and sockets wakes one worker only: so the answer is
//! put down, and a pipe that a task reads says that it is there.
//!
//! **Invariant:** what was put down is told, also when the runtime ends: whoever puts it down later tells it by itself.
//! It is not for many answers at once, for which more workers are welcome.

use std::io::{PipeWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use crate::change::Committed;
use crate::error::Error;

/// What became of each request of a submission.
pub(crate) type Answers = Vec<Result<Committed, Error>>;

/// Pulls read at once; there is seldom more than one.
const PULLS_OCTETS: usize = 16;

/// Where answers are put down.
#[derive(Debug)]
pub(crate) struct Bell {
    put_down: Mutex<PutDown>,
    rope: PipeWriter,
}

#[derive(Debug)]
struct PutDown {
    answers: Vec<(oneshot::Sender<Answers>, Answers)>,
    /// Whether the task that listens is there.
    is_heard: bool,
}

impl Bell {
    /// A bell that a task on this runtime hears for as long as the bell is kept.
    ///
    /// # Errors
    /// There is no pipe for it.
    pub(crate) fn hang() -> std::io::Result<Arc<Self>> {
        let (pulls, rope) = std::io::pipe()?;
        let pulls = pipe::Receiver::from_owned_fd(pulls.into())?;
        let bell = Arc::new(Self {
            put_down: Mutex::new(PutDown {
                answers: Vec::new(),
                is_heard: true,
            }),
            rope,
        });
        tokio::spawn(listen(pulls, Ear(Arc::downgrade(&bell))));
        Ok(bell)
    }

    /// Tells who waits for these answers.
    pub(crate) fn ring(&self, asker: oneshot::Sender<Answers>, answers: Answers) {
        let mut put_down = self.put_down();
        put_down.answers.push((asker, answers));
        // Whoever put down the first has pulled, or is about to.
        let is_first = put_down.answers.len() == 1;
        let is_heard = put_down.is_heard;
        drop(put_down);
        if !is_heard || (is_first && (&self.rope).write_all(&[1]).is_err()) {
            self.tell();
        }
    }

    fn tell(&self) {
        let answers = std::mem::take(&mut self.put_down().answers);
        for (asker, answers) in answers {
            // The asker may have gone away; what was done stands all the same.
            drop(asker.send(answers));
        }
    }

    fn put_down(&self) -> MutexGuard<'_, PutDown> {
        self.put_down.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task's side; without it, the bell tells by itself.
struct Ear(Weak<Bell>);

impl Drop for Ear {
    fn drop(&mut self) {
        if let Some(bell) = self.0.upgrade() {
            bell.put_down().is_heard = false;
            bell.tell();
        }
    }
}

/// Tells what is put down until the bell or the runtime is gone.
async fn listen(mut pulls: pipe::Receiver, ear: Ear) {
    let mut octets = [0; PULLS_OCTETS];
    while let Ok(1..) = pulls.read(&mut octets).await
        && let Some(bell) = ear.0.upgrade()
    {
        bell.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap()
    }

    fn answers(count: usize) -> Answers {
        vec![Err(Error::NotTogether); count]
    }

    #[test]
    fn what_another_thread_puts_down_is_told() {
        let runtime = runtime();
        runtime.block_on(async {
            let bell = Bell::hang().unwrap();
            for count in 1..50 {
                let (asker, answer) = oneshot::channel();
                let (other_asker, other_answer) = oneshot::channel();
                let ringing = Arc::clone(&bell);
                let thread = std::thread::spawn(move || {
                    ringing.ring(asker, answers(count));
                    ringing.ring(other_asker, answers(count + 1));
                });
                assert_eq!(answer.await.unwrap(), answers(count));
                assert_eq!(other_answer.await.unwrap(), answers(count + 1));
                thread.join().unwrap();
            }
            // Who asked may be gone.
            drop(oneshot::channel::<Answers>().1);
            let (gone, _) = oneshot::channel();
            bell.ring(gone, answers(1));
        });
    }

    #[test]
    fn nothing_is_kept_back_when_the_runtime_ends() {
        let runtime = runtime();
        let bell = runtime.block_on(async { Bell::hang().unwrap() });
        let (asker, before) = oneshot::channel();
        bell.ring(asker, answers(1));
        drop(runtime);
        assert_eq!(before.blocking_recv().unwrap(), answers(1));
        let (asker, after) = oneshot::channel();
        bell.ring(asker, answers(2));
        assert_eq!(after.blocking_recv().unwrap(), answers(2));
    }

    #[test]
    fn the_task_ends_with_the_bell() {
        runtime().block_on(async {
            let bell = Bell::hang().unwrap();
            let tasks = || {
                tokio::runtime::Handle::current()
                    .metrics()
                    .num_alive_tasks()
            };
            assert_eq!(tasks(), 1);
            drop(bell);
            while tasks() > 0 {
                tokio::task::yield_now().await;
            }
        });
    }
}
