//! Why something asked of the egress process has no answer.

use crate::wire::{Failed, FrameError};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The process is not running; nothing was done.
    #[error("the egress process is not running")]
    Down,
    /// The process ended before it answered; what it did is unknown.
    #[error("the egress process ended before it answered")]
    Lost,
    /// Too much is under way; nothing was done.
    #[error("too many requests to the outside are under way")]
    Busy,
    /// There was no answer in time; what was done is unknown.
    #[error("no answer from the outside in time")]
    TimedOut,
    /// It is not allowed.
    #[error("refused: {0}")]
    Refused(String),
    /// It went wrong.
    #[error("{0}")]
    Failed(String),
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(why) => Self::Refused(why),
            Failed::TimedOut => Self::TimedOut,
            Failed::Failed(why) => Self::Failed(why),
        }
    }
}

impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        Self::Failed(error.to_string())
    }
}
