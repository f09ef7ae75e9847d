//! Event source (RFC 8620 7.3): what changes, as a stream of server-sent events over a response without an end.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, Response};
use bytes::Bytes;
use futures_util::stream;
use listen::http::{Apart, Stopping};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::feed::{Ended, Feed};
use super::pause;
use crate::error::Problem;
use crate::pushes::StateChange;
use crate::subscription::Wanted;
use crate::turns::Turn;
use crate::visit::Visit;

/// RFC 8620 7.3: a server may choose another interval than the client asks for, in seconds: not so often that it is a
/// burden.
const PING_S_MIN: u64 = 30;

/// Not so rarely that a client thinks it is connected for long after it is not, in seconds.
const PING_S_MAX: u64 = 900;

/// Octets of `Last-Event-ID`: more is none of ours.
const MARK_OCTETS_MAX: usize = 64;

/// Octets of what stands behind `?` in the URL.
const QUERY_OCTETS_MAX: usize = 8_192;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    types: Wanted,
    /// Whether the response ends with the first event.
    closes: bool,
    /// The time between two signs of life; none if the client does not want any.
    ping: Option<Duration>,
}

impl Asked {
    /// Reads the query of the URL. What is missing is what a client can do without.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub(crate) fn read(query: &str) -> Result<Self, &'static str> {
        let mut asked = Self {
            types: Wanted::All,
            closes: false,
            ping: Some(Duration::from_secs(300)),
        };
        if query.len() > QUERY_OCTETS_MAX {
            return Err("The query is too long.");
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "types" => {
                    let types = decoded(value).and_then(|value| Wanted::listed(&value));
                    asked.types = types.ok_or("`types` is a list of types, or `*`.")?;
                }
                "closeafter" => {
                    asked.closes = match value {
                        "state" => true,
                        "no" | "" => false,
                        _ => return Err("`closeafter` is `state` or `no`."),
                    };
                }
                "ping" => asked.ping = ping(value).ok_or("`ping` is a number of seconds.")?,
                // RFC 8620 7.3 knows no others; whoever sends more hears what there is to hear.
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// RFC 8620 7.3: 0 is never.
fn ping(value: &str) -> Option<Option<Duration>> {
    if value.is_empty() || value.len() > 10 {
        return None;
    }
    let seconds: u64 = value.parse().ok()?;
    let wanted = (seconds > 0).then(|| seconds.clamp(PING_S_MIN, PING_S_MAX));
    Some(wanted.map(Duration::from_secs))
}

/// RFC 3986 2.1: commas and stars come with percent signs from clients that are careful.
fn decoded(value: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        octets.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(octets).ok()
}

/// What the stream goes on with.
struct Events {
    feed: Feed,
    asked: Asked,
    /// Waited for once, not anew for each event.
    stopping: Apart<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// Whether the last event was given out.
    ended: bool,
    _turn: Turn,
}

/// The response to somebody who is signed in.
///
/// # Errors
/// A query that is none; more clients than somebody may have.
pub(crate) async fn serve(
    visit: &Arc<Visit>,
    query: &str,
    fields: &HeaderMap,
    Stopping(stopping): Stopping,
) -> Result<Response<Body>, Problem> {
    let asked = Asked::read(query).map_err(|why| Problem::plain(400, why))?;
    let pushes = &visit.house.pushes;
    let turn = pushes.clients.take(visit.principal.id).ok_or_else(|| {
        Problem::plain(
            429,
            "Too many connections of yours wait for changes already.",
        )
    })?;
    // WHATWG HTML 9.2.3: a browser that comes back says what it heard last.
    let mark = fields.get("last-event-id").and_then(|id| id.to_str().ok());
    let mark = mark.filter(|mark| !mark.is_empty() && mark.len() <= MARK_OCTETS_MAX);
    let feed = Feed::open(Arc::clone(visit), mark).await;
    let feed = feed.map_err(|ended| match ended {
        Ended::Unwelcome => Problem::plain(401, "Sign in again."),
        Ended::Stopping | Ended::Failed => Problem::plain(503, "Come again later."),
    })?;
    let events = Events {
        feed,
        asked,
        stopping: Apart::new(Box::pin(stopping.cancelled_owned())),
        ended: false,
        _turn: turn,
    };
    let stream = stream::unfold(Box::new(events), |mut events| async move {
        let event = events.next().await?;
        Some((Ok::<_, Infallible>(event), events))
    });
    let mut response = Response::new(Body::from_stream(stream));
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // What proxies such as nginx hold back until it is much would come too late.
    fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

impl Events {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        // All branches are cancellation-safe.
        tokio::select! {
            biased;
            change = self.feed.next(&self.asked.types) => {
                let change = change.ok()?;
                self.ended = self.asked.closes;
                Some(change.event(state))
            }
            () = &mut self.stopping => None,
            () = pause(self.asked.ping) => {
                self.feed.check_welcome().await.ok()?;
                let interval_s = self.asked.ping.map_or(0, |ping| ping.as_secs());
                // RFC 8620 7.3: the interval that is kept.
                let ping = format!("event: ping\ndata: {{\"interval\":{interval_s}}}\n\n");
                Some(Bytes::from(ping))
            }
        }
    }
}

/// RFC 8620 7.3: an event named `state`.
fn state(change: &StateChange) -> Bytes {
    let (id, data) = (&change.mark, change.value());
    Bytes::from(format!("event: state\nid: {id}\ndata: {data}\n\n"))
}

/// Reads any text as a query.
pub(crate) fn fuzz(text: &str) {
    let _ = Asked::read(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read() {
        let asked = Asked::read("types=Email%2CMailbox&closeafter=state&ping=60").unwrap();
        assert_eq!(asked.types, Wanted::listed("Email,Mailbox").unwrap());
        assert!(asked.closes);
        assert_eq!(asked.ping, Some(Duration::from_secs(60)));
        assert_eq!(
            Asked::read("types=*&closeafter=no&ping=0").unwrap().ping,
            None
        );
        let clamped = |ping: &str| Asked::read(ping).unwrap().ping.unwrap().as_secs();
        assert_eq!((clamped("ping=1"), clamped("ping=99999")), (30, 900));
        for wrong in [
            "closeafter=x",
            "ping=",
            "ping=-1",
            "ping=99999999999",
            "types=%zz",
        ] {
            assert!(Asked::read(wrong).is_err(), "{wrong}");
        }
    }
}
