//! Reading: a bounded buffer that is filled from the peer and consumed by the face.

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};

use super::Connection;
use crate::limits::{IDLE_RELEASE_AFTER, READ_BUFFER_OCTETS_MAX, READ_CHUNK_OCTETS};
use crate::{Deadline, Error};

impl Connection {
    /// What has arrived and was not consumed.
    pub fn buffer(&self) -> &[u8] {
        self.input.unread()
    }

    /// Drops so many octets from the front of the buffer.
    pub fn consume(&mut self, octets: usize) {
        self.input.consume(octets);
    }

    /// Waits for more input and appends it to the buffer; says how much, zero if the peer will send no more.
    ///
    /// Cancellation-safe: dropping the future loses nothing; what arrived is in the buffer.
    ///
    /// # Errors
    /// [`Error::TooLong`] if [`READ_BUFFER_OCTETS_MAX`] octets are there that nobody consumed, [`Error::TimedOut`] at
    /// the deadline, [`Error::Closed`] if the peer went without a word.
    pub fn fill(
        &mut self,
        within: impl Into<Deadline>,
    ) -> impl Future<Output = Result<usize, Error>> + Send {
        self.fill_until(within.into())
    }

    async fn fill_until(&mut self, deadline: Deadline) -> Result<usize, Error> {
        let soon = deadline.min(Deadline::after(IDLE_RELEASE_AFTER));
        if let Ok(filled) = soon.bound(poll_fn(|cx| self.poll_fill(cx))).await {
            return filled;
        }
        self.release_memory();
        deadline.bound(poll_fn(|cx| self.poll_fill(cx))).await?
    }

    /// Reads a line with its line feed, of at most so many octets in all; whether CR stands before LF is the face's
    /// to judge. No limit lets a line be longer than [`READ_BUFFER_OCTETS_MAX`]. The deadline is for the whole line.
    ///
    /// Cancellation-safe, as [`Connection::fill`].
    ///
    /// # Errors
    /// [`Error::TooLong`], with the line still in the buffer: go on with [`Connection::skip_line`] or close.
    /// [`Error::Closed`] if the peer went, also within a line, and [`Error::TimedOut`].
    pub fn line(
        &mut self,
        limit_octets: usize,
        within: impl Into<Deadline>,
    ) -> impl Future<Output = Result<Vec<u8>, Error>> + Send {
        self.line_until(limit_octets.min(READ_BUFFER_OCTETS_MAX), within.into())
    }

    async fn line_until(
        &mut self,
        limit_octets: usize,
        deadline: Deadline,
    ) -> Result<Vec<u8>, Error> {
        loop {
            if let Some(octets) = self.input.line_octets() {
                if octets > limit_octets {
                    return Err(Error::TooLong { limit_octets });
                }
                let line = self.buffer()[..octets].to_vec();
                self.consume(octets);
                return Ok(line);
            }
            if self.input.len() >= limit_octets {
                return Err(Error::TooLong { limit_octets });
            }
            if self.fill_until(deadline).await? == 0 {
                return Err(Error::Closed);
            }
        }
    }

    /// Drops everything up to and with the next line feed; says how many octets that were.
    ///
    /// Not cancellation-safe: what was dropped stays dropped.
    ///
    /// # Errors
    /// [`Error::TooLong`] if there is no line feed within so many octets, [`Error::Closed`], [`Error::TimedOut`].
    pub async fn skip_line(
        &mut self,
        limit_octets: usize,
        within: impl Into<Deadline>,
    ) -> Result<usize, Error> {
        let deadline = within.into();
        let mut skipped = 0_usize;
        loop {
            let found = self.input.line_octets();
            let octets = found.unwrap_or(self.input.len());
            skipped = skipped.saturating_add(octets);
            if skipped > limit_octets {
                return Err(Error::TooLong { limit_octets });
            }
            self.consume(octets);
            if found.is_some() {
                return Ok(skipped);
            }
            if self.fill_until(deadline).await? == 0 {
                return Err(Error::Closed);
            }
        }
    }

    /// Reads exactly so many octets and appends them; the peer may be silent for `stall` between two portions. The
    /// caller bounds the number and reserves the memory ([`crate::Budget`]).
    ///
    /// Not cancellation-safe: what was read so far is in `into`.
    ///
    /// # Errors
    /// [`Error::Closed`] if the peer goes before, [`Error::TimedOut`].
    pub async fn read_octets(
        &mut self,
        octets: usize,
        into: &mut Vec<u8>,
        stall: Duration,
    ) -> Result<(), Error> {
        let mut missing = octets;
        loop {
            let ready = self.buffer();
            let portion = ready.get(..missing).unwrap_or(ready);
            let taken = portion.len();
            into.extend_from_slice(portion);
            self.consume(taken);
            missing -= taken;
            if missing == 0 {
                return Ok(());
            }
            if self.fill(stall).await? == 0 {
                return Err(Error::Closed);
            }
        }
    }

    /// Reads once into the buffer. Everything it takes from the stream is in the buffer before it returns.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        let room = READ_BUFFER_OCTETS_MAX
            .saturating_sub(self.input.len())
            .min(READ_CHUNK_OCTETS);
        if room == 0 {
            return Poll::Ready(Err(Error::TooLong {
                limit_octets: READ_BUFFER_OCTETS_MAX,
            }));
        }
        // On the stack, so that a waiting connection has no buffer.
        let mut chunk = [const { MaybeUninit::<u8>::uninit() }; READ_CHUNK_OCTETS];
        loop {
            if let Some(deflate) = &mut self.deflate {
                let inflated = deflate.inflate(room, self.input.tail())?;
                if inflated > 0 || deflate.ended() {
                    return Poll::Ready(Ok(inflated));
                }
            }
            let mut read = ReadBuf::uninit(&mut chunk[..room]);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read)) {
                Ok(()) => {}
                // Many clients close without TLS's farewell; all our protocols say themselves where they end.
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return Poll::Ready(Ok(0));
                }
                Err(error) => return Poll::Ready(Err(error.into())),
            }
            let arrived = read.filled();
            match &mut self.deflate {
                Some(deflate) if !arrived.is_empty() => deflate.feed(arrived),
                _ => {
                    self.input.tail().extend_from_slice(arrived);
                    return Poll::Ready(Ok(arrived.len()));
                }
            }
        }
    }

    fn release_memory(&mut self) {
        self.input.release();
        if let Some(deflate) = &mut self.deflate {
            deflate.release();
        }
    }
}
