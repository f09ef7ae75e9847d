//! The bounded pool where passwords are hashed: a few at a time, each with its share of memory, the rest in a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use model::PasswordVerifier;
use tokio::sync::Semaphore;

use crate::error::Error;
use crate::password::{self, Salts};
use crate::random::Random;
use crate::secret::Secret;
use crate::settings::{Argon2Cost, Settings};

/// Passwords that wait for their turn; more are told to come again.
const WAITING_MAX: usize = 1_024;

/// Too many passwords wait, or the server is stopping.
#[derive(Debug)]
pub(crate) struct Busy;

impl From<Busy> for Error {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

#[derive(Debug)]
pub(crate) struct Hashing {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    runs: AtomicU64,
    cost: Argon2Cost,
    scram_iterations: u32,
}

impl Hashing {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(settings.hashes_at_once.max(1))),
            waiting: AtomicUsize::new(0),
            runs: AtomicU64::new(0),
            cost: settings.argon2,
            scram_iterations: settings.scram_iterations,
        }
    }

    /// How many passwords were hashed.
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// What a new prepared password is checked against.
    pub(crate) async fn verifier(
        &self,
        prepared: Secret<String>,
        random: &Random,
    ) -> Result<PasswordVerifier, Error> {
        let (cost, iterations) = (self.cost, self.scram_iterations);
        let salts = Salts {
            argon2: random.bytes(),
            scram: random.bytes(),
        };
        self.run(move || password::verifier(prepared.expose(), cost, iterations, &salts))
            .await?
    }

    /// Whether the prepared password is the one in this hash.
    pub(crate) async fn matches(
        &self,
        prepared: Secret<String>,
        phc: String,
    ) -> Result<bool, Busy> {
        self.run(move || password::matches(prepared.expose(), &phc))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = Place::take(&self.waiting)?;
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| Busy)?;
        drop(place);
        self.runs.fetch_add(1, Ordering::Relaxed);
        // The turn ends with the work, not with the asker: one who hangs up does not make room for another hash.
        tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(turn);
            answer
        })
        .await
        .map_err(|_| Busy)
    }
}

/// A place in the queue, given back also by one who stops waiting.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Busy> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < WAITING_MAX {
            Ok(place)
        } else {
            Err(Busy)
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
