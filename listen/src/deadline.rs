//! Deadline: the moment after which nobody waits any longer for a peer.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::Error;

/// A moment in the future. Made from a [`Duration`] it starts counting at once, so that one deadline can stand over
/// several steps, and a peer that sends one octet at a time gains nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// Longer waits than this are cut to it (30 years, as tokio does).
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

impl Deadline {
    /// The moment that lies so far ahead of now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time.min(FAR))
    }

    /// Waits for a future until the deadline.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if it is not ready by then.
    pub async fn bound<T>(self, future: impl Future<Output = T>) -> Result<T, Error> {
        timeout_at(self.0, future)
            .await
            .map_err(|_| Error::TimedOut)
    }
}

impl From<Duration> for Deadline {
    fn from(time: Duration) -> Self {
        Self::after(time)
    }
}
