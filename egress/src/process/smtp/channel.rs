//! Channel: one connection to a server, as octets out and replies in, each under its deadline.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use listen::Deadline;
use tokio::io::{AsyncRead as _, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::body::Stuffed;
use super::limits::{BODY_PIECES_MAX, READ_OCTETS};
use super::reply::{BadReply, Reply, ReplyReader};
use crate::process::surroundings::Io;
use crate::wire::Why;

/// Why a connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The peer has closed it, or it broke.
    Closed,
    /// The peer took too long.
    TimedOut,
    /// The peer said what is no reply.
    Bad(BadReply),
    /// The peer sent something ahead of TLS (RFC 3207 4.2: it must not be taken for something said under TLS).
    AheadOfTls,
}

impl Broken {
    /// In the words of a report.
    pub(crate) fn why(self) -> Why {
        match self {
            Self::Closed => Why::Dropped,
            Self::TimedOut => Why::TimedOut,
            Self::Bad(_) | Self::AheadOfTls => Why::Protocol,
        }
    }
}

impl From<listen::Error> for Broken {
    /// The one error of a deadline.
    fn from(_: listen::Error) -> Self {
        Self::TimedOut
    }
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// One connection.
pub(crate) struct Channel {
    stream: Box<dyn Io>,
    input: BytesMut,
    reader: ReplyReader,
    /// Nothing is waited for beyond it, except the answer to the end of a message.
    until: Deadline,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}

impl Channel {
    /// Over this stream, for use until then.
    pub(crate) fn new(stream: Box<dyn Io>, until: Deadline) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            reader: ReplyReader::default(),
            until,
        }
    }

    /// Moves the moment beyond which nothing is waited for.
    pub(crate) fn use_until(&mut self, until: Deadline) {
        self.until = until;
    }

    /// The next reply.
    pub(crate) async fn reply(&mut self, within: Duration) -> Result<Reply, Broken> {
        let until = self.until.min(Deadline::after(within));
        self.reply_until(until).await
    }

    /// The answer to the end of a message, which is waited for whatever the time (RFC 5321 4.5.3.2.6).
    pub(crate) async fn last_reply(&mut self, within: Duration) -> Result<Reply, Broken> {
        self.reply_until(Deadline::after(within)).await
    }

    async fn reply_until(&mut self, until: Deadline) -> Result<Reply, Broken> {
        match self.buffered()? {
            Some(reply) => Ok(reply),
            None => until.bound(self.read_reply()).await?,
        }
    }

    async fn read_reply(&mut self) -> Result<Reply, Broken> {
        loop {
            self.input.reserve(READ_OCTETS);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(Broken::Closed);
            }
            if let Some(reply) = self.buffered()? {
                return Ok(reply);
            }
        }
    }

    /// A reply of which everything is here.
    fn buffered(&mut self) -> Result<Option<Reply>, Broken> {
        let (taken, reply) = self.reader.push(&self.input).map_err(Broken::Bad)?;
        self.input.advance(taken);
        Ok(reply)
    }

    /// Sends commands.
    pub(crate) async fn send(&mut self, octets: &[u8], within: Duration) -> Result<(), Broken> {
        let until = self.until.min(Deadline::after(within));
        let sending = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        Ok(until.bound(sending).await??)
    }

    /// Sends a command and waits for its reply.
    pub(crate) async fn ask(&mut self, command: &str, within: Duration) -> Result<Reply, Broken> {
        self.send(command.as_bytes(), within).await?;
        self.reply(within).await
    }

    /// Writes a message with its final dot. Each block has its own deadline (RFC 5321 4.5.3.2.5).
    ///
    /// An error means that the end has not gone out. [`Self::finish`] must follow.
    pub(crate) async fn send_stuffed(
        &mut self,
        message: &[u8],
        each_block: Duration,
    ) -> Result<(), Broken> {
        let mut pieces = Stuffed::new(message);
        loop {
            let mut batch = [IoSlice::new(&[]); BODY_PIECES_MAX];
            let mut filled = 0;
            for (slot, piece) in batch.iter_mut().zip(&mut pieces) {
                *slot = IoSlice::new(piece);
                filled += 1;
            }
            if filled == 0 {
                return Ok(());
            }
            let batch = batch.get_mut(..filled).unwrap_or_default();
            self.send_pieces(batch, each_block).await?;
        }
    }

    /// Writes commands and a message behind them as it is, for BDAT. [`Self::finish`] must follow.
    pub(crate) async fn send_with(
        &mut self,
        commands: &[u8],
        message: &[u8],
        each_block: Duration,
    ) -> Result<(), Broken> {
        let mut pieces = [IoSlice::new(commands), IoSlice::new(message)];
        self.send_pieces(&mut pieces, each_block).await
    }

    /// Sends what was written and still waits here.
    pub(crate) async fn finish(&mut self, within: Duration) -> Result<(), Broken> {
        let until = Deadline::after(within);
        Ok(until.bound(self.stream.flush()).await??)
    }

    async fn send_pieces(
        &mut self,
        mut pieces: &mut [IoSlice<'_>],
        each_block: Duration,
    ) -> Result<(), Broken> {
        IoSlice::advance_slices(&mut pieces, 0);
        while !pieces.is_empty() {
            let until = self.until.min(Deadline::after(each_block));
            let written = until.bound(self.stream.write_vectored(pieces)).await??;
            if written == 0 {
                return Err(Broken::Closed);
            }
            IoSlice::advance_slices(&mut pieces, written);
        }
        Ok(())
    }

    /// Whether the peer has been silent and is still there, as far as can be seen without waiting.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        if !self.input.is_empty() {
            return false;
        }
        let stream = &mut self.stream;
        poll_fn(|context| {
            let mut octet = [0_u8; 1];
            let mut buffer = ReadBuf::new(&mut octet);
            // Closed, broken or speaking unasked: all the same.
            Poll::Ready(
                Pin::new(&mut *stream)
                    .poll_read(context, &mut buffer)
                    .is_pending(),
            )
        })
        .await
    }

    /// The stream, for TLS to begin on it.
    ///
    /// # Errors
    /// [`Broken::AheadOfTls`] if the peer has said more than was asked for.
    pub(crate) fn into_stream(self) -> Result<Box<dyn Io>, Broken> {
        match self.input.is_empty() {
            true => Ok(self.stream),
            false => Err(Broken::AheadOfTls),
        }
    }

    /// Takes leave. Nothing depends on whether the peer hears it.
    pub(crate) async fn quit(mut self, within: Duration) {
        self.until = Deadline::after(within);
        if self.ask("QUIT\r\n", within).await.is_ok() {
            let _ = self.until.bound(self.stream.shutdown()).await;
        }
    }
}
