//! Portions: a long body that is made while it is sent, so that it is never in memory as a whole.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::Frame;

/// The next part of a body, and what makes the one after it; none for the end.
pub(crate) type Portion = Option<(Vec<u8>, Box<dyn Source>)>;

/// Makes a body part by part.
pub(crate) trait Source: Send {
    /// The next part, never empty.
    fn next(self: Box<Self>) -> Pin<Box<dyn Future<Output = Portion> + Send>>;
}

/// The body that a source makes. What fits into one part is sent as a whole, with its length.
pub(crate) async fn portions(source: Box<dyn Source>) -> Body {
    let Some((first, rest)) = source.next().await else {
        return Body::empty();
    };
    match rest.next().await {
        None => Body::from(first),
        Some((second, rest)) => Body::new(Portions {
            ready: [Some(second), Some(first)],
            making: Making::Next(rest),
        }),
    }
}

struct Portions {
    /// Parts that wait to be sent, the last one first.
    ready: [Option<Vec<u8>>; 2],
    making: Making,
}

enum Making {
    Next(Box<dyn Source>),
    Waiting(Pin<Box<dyn Future<Output = Portion> + Send>>),
    Done,
}

impl fmt::Debug for Portions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Portions")
    }
}

impl hyper::body::Body for Portions {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let [second, first] = &mut this.ready;
        if let Some(part) = first.take().or_else(|| second.take()) {
            return Poll::Ready(Some(Ok(Frame::data(part.into()))));
        }
        loop {
            match std::mem::replace(&mut this.making, Making::Done) {
                Making::Next(source) => this.making = Making::Waiting(source.next()),
                Making::Waiting(mut waiting) => {
                    let polled = waiting.as_mut().poll(cx);
                    if polled.is_pending() {
                        this.making = Making::Waiting(waiting);
                    }
                    let Some((part, rest)) = ready!(polled) else {
                        return Poll::Ready(None);
                    };
                    this.making = Making::Next(rest);
                    return Poll::Ready(Some(Ok(Frame::data(part.into()))));
                }
                Making::Done => return Poll::Ready(None),
            }
        }
    }
}
