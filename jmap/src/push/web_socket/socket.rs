//! A WebSocket (RFC 6455) as a server has it: whole messages in, whole messages out, with bounds on what is held.

use bytes::{Buf, BytesMut};
use listen::http::UpgradedStream;
use listen::{Budget, Deadline, Reservation};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::frame::{CONTROL_OCTETS_MAX, CloseCode, Head, Opcode, close, head};
use crate::limits::REQUEST_OCTETS_MAX;

/// Octets that are read at once.
const READ_OCTETS: usize = 16_384;

/// How long a message waits for memory.
const MEMORY_WAIT: Duration = Duration::from_secs(10);

/// What a message may have without asking for memory: as much as a connection holds anyway.
const FREE_OCTETS: usize = 65_536;

/// What a client sent.
#[derive(Debug)]
pub(crate) enum Received {
    /// A text, with the memory that it has.
    Text(String, Option<Reservation>),
    /// It is still there: a ping or pong, already answered.
    Alive,
}

/// Why nothing more comes.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The client has said goodbye, or is gone.
    Gone,
    /// It broke a rule, and is told which.
    Broken(CloseCode),
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// The connection, with what has arrived so far.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: UpgradedStream,
    /// Octets that were read and not looked at.
    input: BytesMut,
    /// The message so far, over several frames.
    message: Vec<u8>,
    /// Whether a message has begun that has not ended.
    begun: bool,
    budget: Budget,
    /// For the message so far and the frame that arrives.
    reservation: Option<Reservation>,
}

impl Socket {
    pub(crate) fn new(stream: UpgradedStream, budget: Budget) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            message: Vec::new(),
            begun: false,
            budget,
            reservation: None,
        }
    }

    /// The next message. Cancellation-safe: what has arrived is kept.
    ///
    /// # Errors
    /// [`Ended`]
    pub(crate) async fn receive(&mut self) -> Result<Received, Ended> {
        loop {
            let head = Head::read(&self.input).map_err(Ended::Broken)?;
            let Some(head) = head else {
                self.fill(READ_OCTETS.min(CONTROL_OCTETS_MAX + 14)).await?;
                continue;
            };
            let length = self.admit(&head).await?;
            let missing = (head.octets + length).saturating_sub(self.input.len());
            if missing > 0 {
                self.fill(missing.min(READ_OCTETS)).await?;
                continue;
            }
            self.input.advance(head.octets);
            let mut payload = self.input.split_to(length);
            head.unmask(&mut payload);
            if self.input.is_empty() {
                // What a large message needed is not kept while nothing comes.
                self.input = BytesMut::new();
            }
            if let Some(received) = self.take(&head, &payload).await? {
                return Ok(received);
            }
        }
    }

    /// Whether the frame may come; the length of its payload.
    async fn admit(&mut self, head: &Head) -> Result<usize, Ended> {
        let too_big = Ended::Broken(CloseCode::TooBig);
        let Ok(length) = usize::try_from(head.length) else {
            return Err(too_big);
        };
        if head.opcode.is_control() {
            return Ok(length);
        }
        let whole = self.message.len().saturating_add(length);
        if whole > REQUEST_OCTETS_MAX {
            return Err(too_big);
        }
        let held = self.reservation.as_ref().map_or(0, Reservation::octets);
        if whole <= FREE_OCTETS || whole <= held {
            return Ok(length);
        }
        let no_room = Ended::Broken(CloseCode::Internal);
        if let Some(reservation) = &mut self.reservation {
            // Whoever holds some does not wait for more.
            return match reservation.try_grow(whole - held) {
                true => Ok(length),
                false => Err(no_room),
            };
        }
        let reserved = self.budget.reserve(whole, MEMORY_WAIT).await;
        self.reservation = Some(reserved.map_err(|_| no_room)?);
        Ok(length)
    }

    async fn fill(&mut self, octets: usize) -> Result<(), Ended> {
        self.input.reserve(octets);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(Ended::Gone),
            _ => Ok(()),
        }
    }

    /// Does what a whole frame asks for.
    async fn take(&mut self, head: &Head, payload: &[u8]) -> Result<Option<Received>, Ended> {
        match head.opcode {
            Opcode::Ping => {
                self.send(Opcode::Pong, payload).await?;
                return Ok(Some(Received::Alive));
            }
            Opcode::Pong => return Ok(Some(Received::Alive)),
            Opcode::Close => {
                let _ = self.stream.write_all(&close(CloseCode::Normal)).await;
                return Err(Ended::Gone);
            }
            Opcode::Binary => return Err(Ended::Broken(CloseCode::Unsupported)),
            // RFC 6455 5.4: the frames of a message follow one another.
            Opcode::Text if self.begun => return Err(Ended::Broken(CloseCode::Protocol)),
            Opcode::Continuation if !self.begun => return Err(Ended::Broken(CloseCode::Protocol)),
            Opcode::Text | Opcode::Continuation => {}
        }
        self.message.extend_from_slice(payload);
        self.begun = !head.last;
        if self.begun {
            return Ok(None);
        }
        let reservation = self.reservation.take();
        // RFC 6455 8.1.
        let text = String::from_utf8(std::mem::take(&mut self.message));
        let text = text.map_err(|_| Ended::Broken(CloseCode::Invalid))?;
        Ok(Some(Received::Text(text, reservation)))
    }

    /// Sends a message, and waits until the connection has taken it.
    ///
    /// # Errors
    /// [`Ended`]: the client is gone, or takes nothing.
    pub(crate) async fn send(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), Ended> {
        let mut head = head(opcode, payload.len());
        // One record and one packet for what is short.
        if payload.len() <= READ_OCTETS {
            head.extend_from_slice(payload);
            self.stream.write_all(&head).await?;
        } else {
            self.stream.write_all(&head).await?;
            self.stream.write_all(payload).await?;
        }
        Ok(self.stream.flush().await?)
    }

    /// Says why it ends (RFC 6455 7.1.2), if the client takes it in time.
    pub(crate) async fn close(mut self, code: CloseCode, within: Deadline) {
        let goodbye = async {
            self.stream.write_all(&close(code)).await?;
            self.stream.shutdown().await
        };
        let _ = within.bound(goodbye).await;
    }
}
