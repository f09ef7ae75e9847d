//! Transport: the bare socket under a connection, TCP or Unix, with its octets counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::Counters;
use crate::limits::PROXY_V1_OCTETS_MAX;

/// A socket and the counters of its service.
#[derive(Debug)]
pub(crate) struct Transport {
    socket: Socket,
    counters: Option<Arc<Counters>>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Transport {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Self {
            socket: Socket::Tcp(stream),
            counters: None,
        }
    }

    pub(crate) fn unix(stream: UnixStream) -> Self {
        Self {
            socket: Socket::Unix(stream),
            counters: None,
        }
    }

    pub(crate) fn count_into(&mut self, counters: Arc<Counters>) {
        self.counters = Some(counters);
    }

    /// Says a last word without waiting; a new socket has room for it. The caller drops the socket.
    pub(crate) fn refuse(&self, text: &[u8]) {
        let socket = match &self.socket {
            Socket::Tcp(stream) => SockRef::from(stream),
            Socket::Unix(stream) => SockRef::from(stream),
        };
        // Best effort: a peer that cannot be told is closed all the same.
        let _ = socket.send(text);
        let _ = socket.shutdown(std::net::Shutdown::Write);
    }

    /// Reads exactly so many octets behind what is in `into`.
    pub(crate) async fn read_more(&mut self, octets: usize, into: &mut Vec<u8>) -> io::Result<()> {
        let start = into.len();
        into.resize(start + octets, 0);
        let Some(fresh) = into.get_mut(start..) else {
            return Ok(());
        };
        self.read_exact(fresh).await.map(drop)
    }

    /// Reads up to and with the next line feed, or one portion without any; at most `limit` octets, and nothing
    /// beyond the line feed.
    pub(crate) async fn read_to_line_feed(
        &mut self,
        limit: usize,
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut ahead = [0; PROXY_V1_OCTETS_MAX];
        let limit = limit.min(ahead.len());
        let seen = match &self.socket {
            Socket::Tcp(stream) => stream.peek(&mut ahead[..limit]).await?,
            // No PROXY protocol on Unix sockets; one octet is always right.
            Socket::Unix(_) => limit.min(1),
        };
        if seen == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let take = memchr::memchr(b'\n', &ahead[..seen]).map_or(seen, |at| at + 1);
        self.read_more(take, into).await
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(match &mut self.socket {
            Socket::Tcp(stream) => Pin::new(stream).poll_read(cx, into),
            Socket::Unix(stream) => Pin::new(stream).poll_read(cx, into),
        })?;
        if let Some(counters) = &self.counters {
            counters.read_octets(into.filled().len() - before);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(match &mut self.socket {
            Socket::Tcp(stream) => Pin::new(stream).poll_write(cx, octets),
            Socket::Unix(stream) => Pin::new(stream).poll_write(cx, octets),
        })?;
        if let Some(counters) = &self.counters {
            counters.wrote_octets(written);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(match &mut self.socket {
            Socket::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Socket::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
        })?;
        if let Some(counters) = &self.counters {
            counters.wrote_octets(written);
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Sockets have nothing to flush.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
