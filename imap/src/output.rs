//! What goes to the client: one buffer that is encoded into, written whenever it has filled.

use std::io::IoSlice;
use std::time::Duration;

use listen::{Connection, Error};

use crate::codec::{Encoder, TextForm};

/// Octets after which the buffer is written although the answer goes on.
const WRITE_OCTETS: usize = 128 * 1024;
/// Octets after which the buffer is written with the literals beside it, which take no memory of its own: a client that
/// keeps up is woken for each write, and with a quarter as many octets that costs nearly a tenth of the whole.
const WRITE_WITH_OCTETS: usize = 512 * 1024;
/// A buffer that is larger is given back once it is written.
const KEPT_OCTETS: usize = 16 * 1024;

/// Literals of at least so many octets are not copied into the buffer: below, copying is cheaper than one part more.
const APART_OCTETS_MIN: usize = 1_024;
/// Literals beside the buffer after which it is written.
const APART_MAX: usize = 512;

/// Long literals that stay where they are until they are written, each behind its place in the buffer.
#[derive(Debug, Default)]
pub(crate) struct Apart<'m> {
    literals: Vec<(usize, &'m [u8])>,
    octets: usize,
}

impl<'m> Apart<'m> {
    /// Whether this literal is better left where it is.
    pub(crate) fn takes(&self, literal: &[u8]) -> bool {
        literal.len() >= APART_OCTETS_MIN
    }

    /// Notes a literal that comes at this place in the buffer; places rise.
    pub(crate) fn push(&mut self, place: usize, literal: &'m [u8]) {
        self.literals.push((place, literal));
        self.octets = self.octets.saturating_add(literal.len());
    }
}

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

    /// Whether it is time for [`Output::write_with`].
    pub(crate) fn is_full_with(&self, apart: &Apart<'_>) -> bool {
        let octets = self.buffer.len().saturating_add(apart.octets);
        octets >= WRITE_WITH_OCTETS || apart.literals.len() >= APART_MAX
    }

    /// Writes the buffer with the literals that belong into it.
    pub(crate) async fn write_with(&mut self, apart: &mut Apart<'_>) -> Result<(), Error> {
        let mut parts =
            Vec::with_capacity(apart.literals.len().saturating_mul(2).saturating_add(1));
        let mut from = 0;
        for (place, literal) in apart.literals.drain(..) {
            parts.extend(self.buffer.get(from..place).map(IoSlice::new));
            parts.push(IoSlice::new(literal));
            from = place;
        }
        apart.octets = 0;
        parts.extend(self.buffer.get(from..).map(IoSlice::new));
        self.connection.write_parts(&mut parts, self.stall).await?;
        self.written();
        Ok(())
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
        self.written();
        Ok(())
    }

    fn written(&mut self) {
        self.buffer.clear();
        if self.buffer.capacity() > WRITE_OCTETS.saturating_mul(4) {
            self.buffer = Vec::new();
        }
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
