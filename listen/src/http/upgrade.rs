//! Upgrade: a connection that changes from HTTP to another protocol (RFC 9110 7.8), such as WebSocket.
//!
//! The other protocol is spoken in the task that HTTP was spoken in, so that the connection keeps its place, is counted,
//! and shutdown waits for it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

/// Cancelled when the server shuts down. Every request carries it as an extension: answers without an end of their own,
/// such as streams of events, end with it.
#[derive(Clone, Debug)]
pub struct Stopping(pub CancellationToken);

/// The octets of a connection that is no longer HTTP. A peer that takes nothing for the stall time of the
/// [`super::HttpLimits`] is an error of writing; reading waits for as long as the peer is silent.
#[derive(Debug)]
pub struct UpgradedStream(TokioIo<hyper::upgrade::Upgraded>);

type Talk = Box<
    dyn FnOnce(UpgradedStream, CancellationToken) -> Pin<Box<dyn Future<Output = ()> + Send>>
        + Send,
>;

/// What is to be spoken once the response is sent. Extensions of a response can be cloned, a conversation cannot.
#[derive(Clone)]
struct Next(Arc<Mutex<Option<Talk>>>);

/// Says what is spoken over the connection once this response is sent; it becomes a 101 (Switching Protocols).
///
/// The future is run in the task of the connection and must end soon once the token is cancelled. Nothing is spoken if
/// the request did not ask for an upgrade (RFC 9110 7.8), so look before.
pub fn upgrade<F>(
    response: &mut Response<Body>,
    talk: impl FnOnce(UpgradedStream, CancellationToken) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let talk: Talk = Box::new(|stream, stopping| Box::pin(talk(stream, stopping)));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response
        .extensions_mut()
        .insert(Next(Arc::new(Mutex::new(Some(talk)))));
}

/// What one connection does after HTTP; nothing, as a rule.
#[derive(Default)]
pub(super) struct Afterwards(Mutex<Option<(OnUpgrade, Talk)>>);

impl Afterwards {
    /// Keeps what the response asks for.
    pub(super) fn note(&self, on_upgrade: OnUpgrade, response: &Response<Body>) {
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return;
        }
        let Some(Next(talk)) = response.extensions().get() else {
            return;
        };
        let talk = talk.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(talk) = talk {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((on_upgrade, talk));
        }
    }

    /// Speaks it, once HTTP has ended.
    pub(super) async fn talk(&self, stopping: CancellationToken) -> Result<(), hyper::Error> {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((on_upgrade, talk)) = next else {
            return Ok(());
        };
        let stream = UpgradedStream(TokioIo::new(on_upgrade.await?));
        talk(stream, stopping).await;
        Ok(())
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}

impl AsyncRead for UpgradedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for UpgradedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
