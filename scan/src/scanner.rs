//! The door: one scanner and its conversation over a connection that is given.

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::envelope::Envelope;
use crate::error::Error;
use crate::lesson::Lesson;
use crate::verdict::{Action, Source, Verdict};
use crate::{clamd, milter, rspamd};

/// Which protocol a scanner speaks, and what it needs for that; where it listens is known elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scanner {
    /// rspamd's HTTP protocol.
    Rspamd {
        /// The password of its controller, where it wants one.
        password: Option<String>,
    },
    /// ClamAV's daemon.
    Clamd,
    /// A milter.
    Milter,
}

impl Scanner {
    /// In whose name its verdicts are.
    #[must_use]
    pub fn source(&self) -> Source {
        match self {
            Self::Rspamd { .. } => Source::Rspamd,
            Self::Clamd => Source::Clamd,
            Self::Milter => Source::Milter,
        }
    }

    /// Has a message looked at, over a fresh connection that is of no use afterwards. The caller keeps the deadline;
    /// dropping the future leaves nothing behind.
    ///
    /// # Errors
    /// The scanner gave no verdict. That the message is too large for it is one: [`Action::TooLarge`].
    pub async fn scan<S>(
        &self,
        stream: S,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<Verdict, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let verdict = match self {
            Self::Rspamd { password } => {
                rspamd::scan(stream, password.as_deref(), envelope, message).await
            }
            Self::Clamd => clamd::scan(stream, message).await,
            Self::Milter => milter::scan(stream, envelope, message).await,
        };
        match verdict {
            Err(Error::MessageTooLarge) => Ok(Verdict::plain(self.source(), Action::TooLarge)),
            other => other,
        }
    }

    /// Teaches the scanner by an example.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where it is not rspamd; or it would not learn.
    pub async fn learn<S>(&self, stream: S, lesson: Lesson, message: &[u8]) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        match self {
            Self::Rspamd { password } => {
                rspamd::learn(stream, password.as_deref(), lesson, message).await
            }
            Self::Clamd | Self::Milter => Err(Error::Unsupported),
        }
    }

    /// Finds out whether the scanner is there and speaks its protocol.
    ///
    /// # Errors
    /// It is not, or does not.
    pub async fn ping<S>(&self, stream: S) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        match self {
            Self::Rspamd { .. } => rspamd::ping(stream).await,
            Self::Clamd => clamd::ping(stream).await,
            Self::Milter => milter::ping(stream).await,
        }
    }
}

impl std::fmt::Debug for Scanner {
    /// Without the password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.source().name())
    }
}
