//! Writing: every portion must be taken by the peer within the given time.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::Connection;
use crate::limits::{LINGER_OCTETS_MAX, LINGER_TIMEOUT, WRITE_CHUNK_OCTETS};
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
        for chunk in octets.chunks(WRITE_CHUNK_OCTETS) {
            if let Some(deflate) = &mut self.deflate {
                let mut compressed = Vec::new();
                deflate.deflate(chunk, &mut compressed)?;
                self.write_chunk(&compressed, stall).await?;
            } else {
                self.write_chunk(chunk, stall).await?;
            }
        }
        Ok(())
    }

    async fn write_chunk(&mut self, chunk: &[u8], stall: Duration) -> Result<(), Error> {
        Ok(Deadline::after(stall)
            .bound(self.stream.write_all(chunk))
            .await??)
    }

    /// Hands everything written to the network.
    ///
    /// # Errors
    /// As [`Connection::write_all`].
    pub async fn flush(&mut self, stall: Duration) -> Result<(), Error> {
        if let Some(deflate) = &mut self.deflate {
            let mut compressed = Vec::new();
            deflate.flush(&mut compressed)?;
            self.write_chunk(&compressed, stall).await?;
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
