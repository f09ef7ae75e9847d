//! The wall clock: the one place that asks the operating system for the time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Clock, Timestamp};

/// The machine's clock.
pub(crate) fn wall_clock() -> Clock {
    Clock::new(now)
}

fn now() -> Timestamp {
    Timestamp::from(Moment(SystemTime::now()))
}

/// A moment as the operating system gives it, such as a file's time.
pub(crate) struct Moment(pub(crate) SystemTime);

impl From<Moment> for Timestamp {
    fn from(Moment(time): Moment) -> Self {
        let ms = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self(ms(since)),
            Err(before) => Self(-ms(before.duration())),
        }
    }
}
