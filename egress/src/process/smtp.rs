//! The SMTP client: hands one message to its next hop (RFC 5321), with the TLS that the next hop's domain asks for, over
//! connections that are kept for the next message.
//!
//! **Invariants.** Every recipient gets a result. A reply of a stranger is bounded before it is understood, and every wait
//! has an end. What is not sure is transient. After the final dot only an answer counts: without one the result says that
//! nobody knows (`uncertain`).
//!
//! **Does not:** try again later, decide what a failure means for the sender, nor keep a message.

mod attempt;
mod body;
mod channel;
mod command;
mod extensions;
mod limits;
mod pool;
mod probe;
mod reply;
mod route;
mod security;
mod session;
mod tls;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;

use super::Means;
use super::mta_sts::MtaSts;
use super::surroundings::Surroundings;
use crate::wire::{Delivered, Delivery};
use attempt::Attempt;
use limits::Timeouts;
use pool::Pool;
use tls::Checks;

/// Hands messages to next hops.
pub(crate) struct Smtp {
    surroundings: Arc<dyn Surroundings>,
    checks: Checks,
    port: u16,
    timeouts: Timeouts,
    policies: MtaSts,
    pool: Pool,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

/// RFC 5321 4.5.4.2: where mail exchangers listen.
const SMTP_PORT: u16 = 25;

/// How often sessions are looked for that nobody needs any more.
const TIDY: Duration = Duration::from_secs(5);

impl Smtp {
    /// A client that stands on `means`.
    pub(crate) fn new(means: Arc<Means>) -> Self {
        let checks = Checks::new(
            Arc::clone(means.trust.roots()),
            Arc::clone(means.trust.provider()),
            means.clock.clone(),
        )
        .expect("the provider speaks TLS 1.2 and 1.3, which the fetcher uses, too");
        let port = match means.setup.smtp_port {
            0 => SMTP_PORT,
            port => port,
        };
        let timeouts = match means.setup.smtp_silence_seconds_max {
            0 => Timeouts::STANDARD,
            seconds => Timeouts::STANDARD.at_most(Duration::from_secs(seconds.into())),
        };
        Self::with(means, checks, port, timeouts)
    }

    fn with(
        surroundings: Arc<dyn Surroundings>,
        checks: Checks,
        port: u16,
        timeouts: Timeouts,
    ) -> Self {
        Self {
            surroundings,
            checks,
            port,
            timeouts,
            policies: MtaSts::new(),
            pool: Pool::default(),
        }
    }

    /// Hands one message to its next hop.
    pub(crate) async fn deliver(&self, delivery: Delivery, message: Bytes) -> Delivered {
        Attempt::new(self, &delivery, &message).run().await
    }

    /// Takes over what an earlier process remembered.
    pub(crate) fn remember(&self, memory: &[u8]) {
        self.policies.remember(memory, self.surroundings.now());
    }

    /// What is to be remembered, as soon as its revision is not `known`.
    pub(crate) async fn policies(&self, known: Option<u64>) -> (u64, Vec<u8>) {
        let now = || self.surroundings.now();
        self.policies.policies(known, now).await
    }

    /// Takes leave of servers that are not needed any more, without end: to be run beside the deliveries.
    pub(crate) async fn tidy(&self) {
        let mut ticks = tokio::time::interval(TIDY);
        loop {
            ticks.tick().await;
            let leaving = self.pool.leaving(self.surroundings.now());
            let quits = leaving
                .into_iter()
                .map(|session| session.channel.quit(self.timeouts.quit));
            join_all(quits).await;
        }
    }
}

/// Reads arbitrary input as replies of a server, and as a policy and its announcement: for the fuzzer, and for the corpus
/// in the tests.
///
/// # Panics
/// If a bound does not hold.
pub(crate) fn fuzz(input: &[u8]) {
    reply::fuzz(input);
    super::mta_sts::fuzz(input);
}

#[cfg(test)]
mod tests;
