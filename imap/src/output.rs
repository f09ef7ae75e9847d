//! What goes to the client: one buffer that is encoded into, written whenever it has filled.

use std::time::Duration;

use listen::{Connection, Error};

use crate::codec::{Encoder, TextForm};

/// Octets after which the buffer is written although the answer goes on.
const WRITE_OCTETS: usize = 128 * 1024;
/// A buffer that is larger is given back once it is written.
const KEPT_OCTETS: usize = 16 * 1024;

/// The connection and what is still to be written to it.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) connection: Connection,
    pub(crate) buffer: Vec<u8>,
    pub(crate) form: TextForm,
    stall: Duration,
}

impl Output {
    pub(crate) fn new(connection: Connection, stall: Duration) -> Self {
        Self {
            connection,
            buffer: Vec::new(),
            form: TextForm::Ascii,
            stall,
        }
    }

    /// An encoder that writes into the buffer.
    pub(crate) fn encoder(&mut self) -> Encoder<'_> {
        Encoder::new(&mut self.buffer, self.form)
    }

    /// Writes the buffer if much is in it: to be called between the lines of a long answer.
    pub(crate) async fn relieve(&mut self) -> Result<(), Error> {
        if self.is_full() {
            self.write().await
        } else {
            Ok(())
        }
    }

    /// Whether it is time for [`Output::relieve`].
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() >= WRITE_OCTETS
    }

    /// Writes everything, so that the client sees it.
    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        if !self.buffer.is_empty() {
            self.write().await?;
        }
        if self.buffer.capacity() > KEPT_OCTETS {
            self.buffer = Vec::new();
        }
        self.connection.flush(self.stall).await
    }

    async fn write(&mut self) -> Result<(), Error> {
        self.connection.write_all(&self.buffer, self.stall).await?;
        self.buffer.clear();
        if self.buffer.capacity() > WRITE_OCTETS.saturating_mul(4) {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    /// Changes to TLS after everything was written.
    pub(crate) async fn start_tls(mut self, within: Duration) -> Result<Self, Error> {
        self.flush().await?;
        self.connection = self.connection.start_tls(within).await?;
        Ok(self)
    }

    /// Changes to compression after everything was written.
    pub(crate) async fn compress(mut self) -> Result<Self, Error> {
        self.flush().await?;
        self.connection = self.connection.compress()?;
        Ok(self)
    }

    /// Writes everything and ends the connection.
    pub(crate) async fn shutdown(mut self) -> Result<(), Error> {
        self.flush().await?;
        self.connection.shutdown(self.stall).await
    }
}
