//! Frame: a length, a kind, the number of a conversation, and what is said.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Request, Response, Setup};

/// Octets that one frame may have after its length. A delivery for [`super::Delivery::RECIPIENTS_MAX`] recipients with
/// the longest addresses fits.
pub const FRAME_OCTETS_MAX: usize = 512 * 1024;

/// Octets of a message or body in one frame, so that others get their turn in between.
pub const DATA_OCTETS_MAX: usize = 256 * 1024;

/// Octets of one message or body: those of the largest message that the server keeps.
pub const BODY_OCTETS_MAX: u32 = 256 * 1024 * 1024;

/// Octets of kind and number.
const HEADER_OCTETS: usize = 9;

/// Octets that are asked of the socket at once.
const READ_OCTETS: usize = 64 * 1024;

/// Number of a conversation; the asking side counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

/// What begins a conversation or its second half.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Head<T> {
    /// What is said.
    pub what: T,
    /// How many octets follow in [`Frame::Data`]; at most [`BODY_OCTETS_MAX`].
    pub body_octets: u32,
}

/// One frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The first one, to the egress process.
    Setup(Box<Setup>),
    /// Something is asked.
    Request(Id, Box<Head<Request>>),
    /// Octets that belong to the request or response before; at most [`DATA_OCTETS_MAX`].
    Data(Id, Bytes),
    /// The asking side no longer wants to know.
    Cancel(Id),
    /// Something is answered.
    Response(Id, Box<Head<Response>>),
}

/// Why a frame cannot be read or written. The connection is of no use after that.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side has gone.
    #[error("the other process has closed the connection")]
    Closed,
    /// A frame is larger than allowed.
    #[error("a frame or body of {octets} octets is too large")]
    TooLarge {
        /// Its size.
        octets: usize,
    },
    /// A frame is none.
    #[error("a frame is malformed")]
    Malformed,
    /// The socket.
    #[error("the connection to the other process: {0}")]
    Io(#[from] io::Error),
}

impl Frame {
    /// Reads what follows the length.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] for anything that [`Frame::encode`] does not write, [`FrameError::TooLarge`] for too
    /// much.
    pub fn decode(mut frame: Bytes) -> Result<Self, FrameError> {
        if frame.len() > FRAME_OCTETS_MAX {
            return Err(FrameError::TooLarge {
                octets: frame.len(),
            });
        }
        if frame.len() < HEADER_OCTETS {
            return Err(FrameError::Malformed);
        }
        let kind = frame.get_u8();
        let id = Id(frame.get_u64());
        match kind {
            0 => Ok(Self::Setup(Box::new(whole(&frame)?))),
            1 => Ok(Self::Request(id, Box::new(head(&frame)?))),
            2 if frame.len() > DATA_OCTETS_MAX => Err(FrameError::TooLarge {
                octets: frame.len(),
            }),
            2 => Ok(Self::Data(id, frame)),
            3 if frame.is_empty() => Ok(Self::Cancel(id)),
            4 => Ok(Self::Response(id, Box::new(head(&frame)?))),
            _ => Err(FrameError::Malformed),
        }
    }

    /// Appends the frame with its length.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`]; nothing was appended then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        match self {
            Self::Setup(setup) => put(out, 0, Id(0), &encoded(setup)?),
            Self::Request(id, head) => put(out, 1, *id, &encoded(head)?),
            Self::Data(id, data) if data.len() > DATA_OCTETS_MAX => {
                let _ = id;
                Err(FrameError::TooLarge { octets: data.len() })
            }
            Self::Data(id, data) => put(out, 2, *id, data),
            Self::Cancel(id) => put(out, 3, *id, &[]),
            Self::Response(id, head) => put(out, 4, *id, &encoded(head)?),
        }
    }
}

/// Appends length, kind, number and payload.
fn put(out: &mut Vec<u8>, kind: u8, id: Id, payload: &[u8]) -> Result<(), FrameError> {
    let octets = payload.len().saturating_add(HEADER_OCTETS);
    let length = u32::try_from(octets)
        .ok()
        .filter(|_| octets <= FRAME_OCTETS_MAX)
        .ok_or(FrameError::TooLarge { octets })?;
    out.extend_from_slice(&length.to_be_bytes());
    out.push(kind);
    out.extend_from_slice(&id.0.to_be_bytes());
    out.extend_from_slice(payload);
    Ok(())
}

/// The encoding of a value.
fn encoded(value: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    postcard::to_stdvec(value).map_err(|_| FrameError::Malformed)
}

/// A value that takes all of the octets.
fn whole<T: DeserializeOwned>(octets: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(octets) {
        Ok((value, [])) => Ok(value),
        _ => Err(FrameError::Malformed),
    }
}

/// A head with a body that is not too large.
fn head<T: DeserializeOwned>(octets: &[u8]) -> Result<Head<T>, FrameError> {
    let head: Head<T> = whole(octets)?;
    if head.body_octets > BODY_OCTETS_MAX {
        return Err(FrameError::TooLarge {
            octets: head.body_octets as usize,
        });
    }
    Ok(head)
}

/// A body in pieces that fit into frames.
pub(crate) fn pieces(mut body: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let piece = body.split_to(body.len().min(DATA_OCTETS_MAX));
        (!piece.is_empty()).then_some(piece)
    })
}

/// Reads frames from a socket.
#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    socket: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// A reader that has read nothing yet.
    pub(crate) fn new(socket: R) -> Self {
        Self {
            socket,
            buffer: BytesMut::new(),
        }
    }

    /// The next frame. Cancellation-safe: what was read stays in the buffer.
    pub(crate) async fn frame(&mut self) -> Result<Frame, FrameError> {
        loop {
            let missing = match self.buffer.first_chunk::<4>() {
                Some(length) => {
                    let octets = u32::from_be_bytes(*length) as usize;
                    if octets > FRAME_OCTETS_MAX {
                        return Err(FrameError::TooLarge { octets });
                    }
                    let all = octets.saturating_add(4);
                    if self.buffer.len() >= all {
                        let mut frame = self.buffer.split_to(all).freeze();
                        frame.advance(4);
                        return Frame::decode(frame);
                    }
                    all.saturating_sub(self.buffer.len())
                }
                None => 4,
            };
            self.buffer.reserve(missing.max(READ_OCTETS));
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(FrameError::Closed);
            }
        }
    }
}

/// Writes frames to a socket, many at once.
#[derive(Debug)]
pub(crate) struct FrameWriter<W> {
    socket: W,
    buffer: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> FrameWriter<W> {
    /// A writer that has written nothing yet.
    pub(crate) fn new(socket: W) -> Self {
        Self {
            socket,
            buffer: Vec::new(),
        }
    }

    /// Adds a frame. It is on its way after [`FrameWriter::flush`], or when much has gathered.
    pub(crate) async fn put(&mut self, frame: &Frame) -> Result<(), FrameError> {
        frame.encode(&mut self.buffer)?;
        if self.buffer.len() >= DATA_OCTETS_MAX {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what has gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), FrameError> {
        if !self.buffer.is_empty() {
            self.socket.write_all(&self.buffer).await?;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// Reads any octets as frames, one after the other; what can be read is written and read again.
#[cfg_attr(
    not(test),
    expect(clippy::panic, reason = "a fuzz target reports by panicking")
)]
pub fn fuzz(input: &[u8]) {
    let mut rest = Bytes::copy_from_slice(input);
    while let Some(length) = rest.first_chunk::<4>() {
        let octets = u32::from_be_bytes(*length) as usize;
        rest.advance(4);
        let frame = rest.split_to(octets.min(rest.len()));
        let Ok(frame) = Frame::decode(frame) else {
            continue;
        };
        let mut written = Vec::new();
        if frame.encode(&mut written).is_err() {
            panic!("a frame that was read cannot be written");
        }
        let again = Frame::decode(Bytes::from(written).slice(4..));
        if !matches!(again, Ok(ref again) if *again == frame) {
            panic!("a frame is read differently the second time");
        }
    }
}

#[cfg(test)]
mod tests;
