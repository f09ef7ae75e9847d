//! What of a request's body nobody has read when the answer is known.
//!
//! hyper ends the connection where a part of the body is left, and says so to nobody: the client takes the connection for
//! open, and its next request is lost. So a small rest is read and thrown away, and of a large one the client is told.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Bytes, Frame, SizeHint};

use crate::limits::UNREAD_OCTETS_MAX;

/// Where a body that was lent comes back to.
#[derive(Debug)]
pub(crate) struct Unread {
    left: Arc<Mutex<Option<Body>>>,
}

impl Unread {
    /// The body for whoever may want to read it.
    pub(crate) fn lend(body: Body) -> (Self, Body) {
        let left = Arc::default();
        let lent = Lent {
            body,
            left: Arc::clone(&left),
        };
        (Self { left }, Body::new(lent))
    }

    /// Reads what is left; says whether another request can follow. A client that `waits` for consent sends nothing
    /// without it (RFC 9110 10.1.1).
    pub(crate) async fn discard(self, waits: bool) -> bool {
        let Some(mut body) = self.take() else {
            return true;
        };
        if body.is_end_stream() {
            return true;
        }
        if waits {
            return false;
        }
        let mut room = UNREAD_OCTETS_MAX;
        while let Some(frame) = body.frame().await {
            let octets = frame.map(|frame| frame.data_ref().map_or(0, Bytes::len));
            match octets.ok().and_then(|octets| room.checked_sub(octets)) {
                Some(rest) => room = rest,
                None => return false,
            }
        }
        true
    }

    fn take(&self) -> Option<Body> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.take()
    }
}

/// A body that comes back when it is dropped.
struct Lent {
    body: Body,
    left: Arc<Mutex<Option<Body>>>,
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = Some(std::mem::take(&mut self.body));
    }
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
