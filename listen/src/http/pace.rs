//! Pace: ends an HTTP exchange whose client neither sends nor takes anything for too long.
//!
//! hyper watches the time for the head of a request only.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use http_body_util::Limited;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::Connection;
use crate::connection::Place;
use crate::stream::Stream;

/// Octets that are copied together rather than listed: for so few the system takes less time over one part than over
/// several. An event, for example, is written in three: its length, itself and the end of its line (RFC 9112 7.1).
const TOGETHER_OCTETS_MAX: usize = 1_024;

/// Runs while something is awaited.
#[derive(Debug)]
struct Watch {
    stall: Duration,
    running: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    fn new(stall: Duration) -> Self {
        Self {
            stall,
            running: None,
        }
    }

    /// Passes on what is ready, and an error in place of what has been pending for too long.
    fn over<T>(&mut self, awaited: Poll<T>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if let Poll::Ready(ready) = awaited {
            self.running = None;
            return Poll::Ready(Ok(ready));
        }
        let stall = self.stall;
        ready!(
            self.running
                .get_or_insert_with(|| Box::pin(sleep(stall)))
                .as_mut()
                .poll(cx)
        );
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// A stream that must take output in time. Reading is not watched: a client may wait as long as its answer takes.
#[derive(Debug)]
pub(super) struct PacedStream {
    stream: Stream,
    watch: Watch,
    #[expect(
        dead_code,
        reason = "keeps the connection's place until the stream is closed"
    )]
    place: Place,
}

impl PacedStream {
    pub(super) fn new(connection: Connection, stall: Duration) -> Self {
        let (stream, place) = connection.into_stream();
        Self {
            stream,
            watch: Watch::new(stall),
            place,
        }
    }
}

impl AsyncRead for PacedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for PacedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, watch, .. } = self.get_mut();
        watch
            .over(Pin::new(stream).poll_write(cx, octets), cx)
            .map(|written| written.flatten())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, watch, .. } = self.get_mut();
        let stream = Pin::new(stream);
        let mut room = [0; TOGETHER_OCTETS_MAX];
        let awaited = match together(parts, &mut room) {
            Some(octets) => stream.poll_write(cx, octets),
            None => stream.poll_write_vectored(cx, parts),
        };
        watch.over(awaited, cx).map(|written| written.flatten())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, watch, .. } = self.get_mut();
        watch
            .over(Pin::new(stream).poll_flush(cx), cx)
            .map(|flushed| flushed.flatten())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, watch, .. } = self.get_mut();
        watch
            .over(Pin::new(stream).poll_shutdown(cx), cx)
            .map(|ended| ended.flatten())
    }
}

/// All parts, one behind the other; none if there is but one, or no room for them.
fn together<'a>(parts: &[io::IoSlice<'_>], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let octets: usize = parts.iter().map(|part| part.len()).sum();
    let mut rest = room.get_mut(..octets).filter(|_| parts.len() > 1)?;
    for part in parts {
        let (place, behind) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = behind;
    }
    room.get(..octets)
}

/// A request's body that must arrive in time.
#[derive(Debug)]
pub(super) struct PacedBody {
    body: Limited<Incoming>,
    watch: Watch,
    whole: Duration,
    /// Runs from the first time that the body is waited for.
    end: Option<Pin<Box<Sleep>>>,
}

impl PacedBody {
    pub(super) fn new(body: Limited<Incoming>, stall: Duration, whole: Duration) -> Self {
        Self {
            body,
            watch: Watch::new(stall),
            whole,
            end: None,
        }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self {
            body,
            watch,
            whole,
            end,
        } = self.get_mut();
        let awaited = Pin::new(body).poll_frame(cx);
        if awaited.is_pending() {
            let whole = *whole;
            let end = end.get_or_insert_with(|| Box::pin(sleep(whole)));
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())));
            }
        }
        let frame = ready!(watch.over(awaited, cx));
        Poll::Ready(frame.unwrap_or_else(|late| Some(Err(late.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use super::*;

    #[test]
    fn few_octets_are_written_as_one_part() {
        let joined = |parts: &[&[u8]]| {
            let parts: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
            together(&parts, &mut [0; 8]).map(<[u8]>::to_vec)
        };
        assert_eq!(
            joined(&[b"4", b"\r\n", b"", b"data\n"]).as_deref(),
            Some(&b"4\r\ndata\n"[..])
        );
        assert_eq!(joined(&[b"12345678", b"9"]), None);
        assert_eq!(joined(&[b"alone"]), None);
        assert_eq!(joined(&[]), None);
    }
}
