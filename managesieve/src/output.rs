//! What goes to the client: one buffer that is encoded into, written when the command is over.

use std::time::Duration;

use listen::{Connection, Error};

use crate::codec::Encoder;

/// A buffer that is larger is given back once it is written.
const KEPT_OCTETS: usize = 16 * 1024;

/// The connection and what is still to be written to it.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) connection: Connection,
    buffer: Vec<u8>,
    stall: Duration,
}

impl Output {
    pub(crate) fn new(connection: Connection, stall: Duration) -> Self {
        Self {
            connection,
            buffer: Vec::new(),
            stall,
        }
    }

    /// An encoder that writes into the buffer.
    pub(crate) fn encoder(&mut self) -> Encoder<'_> {
        Encoder::new(&mut self.buffer)
    }

    /// The connection, and an encoder that writes into the buffer.
    pub(crate) fn parts(&mut self) -> (&Connection, Encoder<'_>) {
        (&self.connection, Encoder::new(&mut self.buffer))
    }

    /// Writes everything, so that the client sees it.
    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        if !self.buffer.is_empty() {
            self.connection.write_all(&self.buffer, self.stall).await?;
            self.buffer.clear();
        }
        if self.buffer.capacity() > KEPT_OCTETS {
            self.buffer = Vec::new();
        }
        self.connection.flush(self.stall).await
    }

    /// Changes to TLS after everything was written.
    pub(crate) async fn start_tls(mut self, within: Duration) -> Result<Self, Error> {
        self.flush().await?;
        self.connection = self.connection.start_tls(within).await?;
        Ok(self)
    }

    /// Writes everything and ends the connection.
    pub(crate) async fn shutdown(mut self) -> Result<(), Error> {
        self.flush().await?;
        self.connection.shutdown(self.stall).await
    }
}
