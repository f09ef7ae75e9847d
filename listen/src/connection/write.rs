//! Writing: every portion must be taken by the peer within the given time.

use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::Connection;
use crate::limits::{LINGER_OCTETS_MAX, LINGER_TIMEOUT, WRITE_CHUNK_OCTETS};
use crate::stream::Stream;
use crate::{Deadline, Error};

impl Connection {
    /// Writes all octets; call [`Connection::flush`] before waiting for an answer. The peer must take each
    /// [`WRITE_CHUNK_OCTETS`] within `stall`.
    ///
    /// Not cancellation-safe: a connection whose write was given up must be closed.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if the peer takes nothing, [`Error::Closed`] if it went.
    pub async fn write_all(&mut self, octets: &[u8], stall: Duration) -> Result<(), Error> {
        self.write_parts(&mut [IoSlice::new(octets)], stall).await
    }

    /// Writes all octets of several parts, one behind the other, without copying them together.
    ///
    /// Not cancellation-safe, as [`Connection::write_all`]. The slices are of no use afterwards.
    ///
    /// # Errors
    /// As [`Connection::write_all`].
    pub async fn write_parts(
        &mut self,
        parts: &mut [IoSlice<'_>],
        stall: Duration,
    ) -> Result<(), Error> {
        let Some(deflate) = &mut self.deflate else {
            return write_to(&mut self.stream, parts, stall).await;
        };
        for chunk in parts
            .iter()
            .flat_map(|part| part.chunks(WRITE_CHUNK_OCTETS))
        {
            let mut compressed = Vec::new();
            deflate.deflate(chunk, &mut compressed)?;
            write_to(&mut self.stream, &mut [IoSlice::new(&compressed)], stall).await?;
        }
        Ok(())
    }

    /// Hands everything written to the network.
    ///
    /// # Errors
    /// As [`Connection::write_all`].
    pub async fn flush(&mut self, stall: Duration) -> Result<(), Error> {
        if let Some(deflate) = &mut self.deflate {
            let mut compressed = Vec::new();
            deflate.flush(&mut compressed)?;
            write_to(&mut self.stream, &mut [IoSlice::new(&compressed)], stall).await?;
        }
        Ok(Deadline::after(stall).bound(self.stream.flush()).await??)
    }

    /// Writes all octets and flushes: a whole answer.
    ///
    /// # Errors
    /// As [`Connection::write_all`].
    pub async fn send(&mut self, octets: &[u8], stall: Duration) -> Result<(), Error> {
        self.write_all(octets, stall).await?;
        self.flush(stall).await
    }

    /// Ends the connection so that the last answer arrives: flushes, says goodbye, and reads what the peer may still
    /// have sent ([`LINGER_OCTETS_MAX`], [`LINGER_TIMEOUT`]).
    ///
    /// # Errors
    /// As [`Connection::write_all`].
    pub async fn shutdown(mut self, stall: Duration) -> Result<(), Error> {
        self.flush(stall).await?;
        Deadline::after(stall)
            .bound(self.stream.shutdown())
            .await??;
        self.deflate = None;
        let deadline = Deadline::after(LINGER_TIMEOUT);
        let mut read = 0;
        while read < LINGER_OCTETS_MAX {
            self.consume(usize::MAX);
            match self.fill(deadline).await {
                Ok(0) | Err(_) => break,
                Ok(octets) => read += octets,
            }
        }
        Ok(())
    }
}

/// Writes all parts; the time starts anew with each portion that was taken.
async fn write_to(
    stream: &mut Stream,
    mut parts: &mut [IoSlice<'_>],
    stall: Duration,
) -> Result<(), Error> {
    // Empty parts at the front would look like a peer that takes nothing.
    IoSlice::advance_slices(&mut parts, 0);
    let mut deadline = Deadline::after(stall);
    let mut taken = 0;
    while !parts.is_empty() {
        let write = poll_fn(|cx| Pin::new(&mut *stream).poll_write_vectored(cx, parts));
        let written = deadline.bound(write).await??;
        if written == 0 {
            return Err(Error::Closed);
        }
        IoSlice::advance_slices(&mut parts, written);
        taken += written;
        if taken >= WRITE_CHUNK_OCTETS {
            (deadline, taken) = (Deadline::after(stall), 0);
        }
    }
    Ok(())
}
