//! The wire: lines in and replies out over a connection, with their deadlines.
//!
//! Replies are gathered while commands lie ready, and sent before anything is waited for (RFC 2920 3.2).

use std::time::Duration;

use listen::{Connection, Deadline, Error};
use tokio_util::sync::CancellationToken;

use crate::codec::{LineError, LineKind, LineReader, LineStep, Reply};
use crate::session::Behind;

/// Time for the next command. RFC 5321 4.5.3.2.7: five minutes at least.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Time for the next command of a client that has to sign in and has not. RFC 6409 5.3: submission may have shorter
/// timeouts; a program knows the password before it connects, and strangers shall not hold places.
pub(crate) const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(60);

/// Silence within a message. RFC 5321 4.5.3.2.5: clients wait three minutes for a block to be taken.
const CONTENT_STALL_TIMEOUT: Duration = Duration::from_secs(3 * 60);

/// Time for the content of one message or chunk in all. Ours: 50 MiB at 15 KB/s; whoever drips octets is not waited for.
pub(crate) const CONTENT_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Time in which the client must take a portion of replies. RFC 5321 4.5.3.2: its own waits are minutes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// Time for a TLS handshake. Ours.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Replies that are gathered before they are sent in any case. Ours.
const GATHERED_OCTETS_MAX: usize = 8 * 1024;

/// Memory for replies that a connection keeps while it waits. Ours.
const KEPT_OCTETS: usize = 1_024;

/// Why a dialogue ends without a last command.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The client went.
    Gone,
    /// The client was silent for too long.
    Idle,
    /// The server stops.
    Stopping,
    /// The connection broke.
    Broken(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error {
            Error::Closed => Self::Gone,
            Error::TimedOut => Self::Idle,
            other => Self::Broken(other),
        }
    }
}

/// A connection with the replies that are not sent yet.
#[derive(Debug)]
pub(crate) struct Wire {
    connection: Connection,
    lines: LineReader,
    gathered: Vec<u8>,
    stopping: CancellationToken,
}

impl Wire {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            stopping: connection.stopping(),
            connection,
            lines: LineReader::new(),
            gathered: Vec::new(),
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Gathers a reply.
    pub(crate) fn say(&mut self, reply: &Reply) {
        reply.encode(&mut self.gathered);
    }

    /// Waits for a line, and has it read; says whether more lies behind it.
    pub(crate) async fn line<T>(
        &mut self,
        kind: LineKind,
        within: Duration,
        read: impl FnOnce(Result<&[u8], LineError>, Behind) -> T,
    ) -> Result<T, Ended> {
        let deadline = Deadline::after(within);
        loop {
            let buffer = self.connection.buffer();
            let (line, consumed) = match self.lines.next(buffer, kind) {
                LineStep::Line { line, consumed } => (Ok(line), consumed),
                LineStep::Bad { error, consumed } => (Err(error), consumed),
                LineStep::More { consumed } => {
                    self.connection.consume(consumed);
                    self.wait(deadline).await?;
                    continue;
                }
            };
            let behind = match buffer.len() > consumed {
                true => Behind::Octets,
                false => Behind::Nothing,
            };
            let read = read(line, behind);
            self.connection.consume(consumed);
            if self.gathered.len() > GATHERED_OCTETS_MAX {
                self.flush().await?;
            }
            return Ok(read);
        }
    }

    /// Waits for more input while a line is expected, or for the server to stop.
    async fn wait(&mut self, deadline: Deadline) -> Result<(), Ended> {
        self.flush().await?;
        // Both branches are cancellation-safe: what `fill` has read is in the buffer.
        let filled = tokio::select! {
            biased;
            filled = self.connection.fill(deadline) => filled?,
            () = self.stopping.cancelled() => return Err(Ended::Stopping),
        };
        match filled {
            0 => Err(Ended::Gone),
            _ => Ok(()),
        }
    }

    /// Gives content to `take` as it comes, until that says how much of the last portion was content.
    pub(crate) async fn content<T>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Content<T>,
    ) -> Result<T, Ended> {
        let whole = Deadline::after(CONTENT_TIMEOUT);
        loop {
            let buffer = self.connection.buffer();
            let octets = buffer.len();
            match take(buffer) {
                Content::Done { consumed, outcome } => {
                    self.connection.consume(consumed);
                    return Ok(outcome);
                }
                Content::More => self.connection.consume(octets),
            }
            self.flush().await?;
            let deadline = whole.min(Deadline::after(CONTENT_STALL_TIMEOUT));
            if self.connection.fill(deadline).await? == 0 {
                return Err(Ended::Gone);
            }
        }
    }

    /// Sends what is gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.connection.send(&self.gathered, WRITE_TIMEOUT).await?;
        self.gathered.clear();
        if self.gathered.capacity() > KEPT_OCTETS {
            self.gathered = Vec::new();
        }
        Ok(())
    }

    /// Sends what is gathered and changes to TLS; what the client sent before is never read.
    pub(crate) async fn start_tls(mut self) -> Result<Self, Ended> {
        self.flush().await?;
        let connection = self.connection.start_tls(HANDSHAKE_TIMEOUT).await?;
        Ok(Self {
            connection,
            lines: LineReader::new(),
            ..self
        })
    }

    /// Sends what is gathered and ends the connection so that it arrives.
    pub(crate) async fn close(mut self) -> Result<(), Ended> {
        self.flush().await?;
        Ok(self.connection.shutdown(WRITE_TIMEOUT).await?)
    }
}

/// What became of a portion of content.
#[derive(Debug)]
pub(crate) enum Content<T> {
    /// All of it was content, and more is to come.
    More,
    /// The content ended after so many octets.
    Done {
        /// Octets of the portion that belong to it.
        consumed: usize,
        /// What it was.
        outcome: T,
    },
}
