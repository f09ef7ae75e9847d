//! Exchange: one request and its response on one connection.

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::FetchError;
use super::target::Target;
use crate::wire::{HttpRequest, HttpResponse, Method};

/// Fields of a header, sent or received.
const HEADER_FIELDS_MAX: usize = 100;

/// Octets of the header of a response.
const HEADER_OCTETS_MAX: usize = 64 * 1024;

/// Octets of a body that room is made for before they are here.
const BODY_OCTETS_AT_FIRST: u64 = 64 * 1024;

/// What we say that we are.
const OUR_NAME: HeaderValue = HeaderValue::from_static("Wachpost");

/// Sends the request and reads the response.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    target: &Target,
    request: &HttpRequest,
    body: Bytes,
) -> Result<(HttpResponse, Bytes), FetchError> {
    let outgoing = compose(target, request, body)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(HEADER_FIELDS_MAX)
        .max_buf_size(HEADER_OCTETS_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| FetchError::Unreachable)?;
    let conversation = async {
        let response = sender.send_request(outgoing).await.map_err(protocol)?;
        receive(response, request.body_octets_max).await
    };
    tokio::pin!(connection, conversation);
    let mut is_open = true;
    loop {
        // The connection does the work for both; what it has read before it ends is still there for the conversation.
        tokio::select! {
            biased;
            received = &mut conversation => return received,
            _ = &mut connection, if is_open => is_open = false,
        }
    }
}

/// The request as sent.
fn compose(
    target: &Target,
    request: &HttpRequest,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, FetchError> {
    let method = match request.method {
        Method::Get => hyper::Method::GET,
        Method::Head => hyper::Method::HEAD,
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
        Method::Delete => hyper::Method::DELETE,
    };
    if request.headers.len() > HEADER_FIELDS_MAX {
        return Err(FetchError::BadRequest("too many header fields"));
    }
    let malformed = || FetchError::BadRequest("a header field is malformed");
    let mut outgoing = Request::new(Full::new(body));
    *outgoing.method_mut() = method;
    *outgoing.uri_mut() = target
        .path
        .parse()
        .map_err(|_| FetchError::BadRequest("the path is malformed"))?;
    let headers = outgoing.headers_mut();
    let host = HeaderValue::from_str(&target.authority).map_err(|_| malformed())?;
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, OUR_NAME);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?;
        let value = HeaderValue::from_str(value).map_err(|_| malformed())?;
        headers.insert(name, value);
    }
    Ok(outgoing)
}

/// The response with its whole body.
async fn receive(
    response: Response<Incoming>,
    body_octets_max: u32,
) -> Result<(HttpResponse, Bytes), FetchError> {
    let (head, mut body) = response.into_parts();
    let limit = body_octets_max as usize;
    let announced = body.size_hint().lower();
    if announced > u64::from(body_octets_max) {
        return Err(FetchError::TooLarge);
    }
    let at_first = usize::try_from(announced.min(BODY_OCTETS_AT_FIRST)).unwrap_or(0);
    let mut received = BytesMut::with_capacity(at_first);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(protocol)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if received.len().saturating_add(data.len()) > limit {
            return Err(FetchError::TooLarge);
        }
        received.extend_from_slice(data);
    }
    let headers = head.headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let response = HttpResponse {
        status: head.status.as_u16(),
        headers: headers.collect(),
    };
    Ok((response, received.freeze()))
}

/// The error for one of hyper's.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn protocol(error: hyper::Error) -> FetchError {
    tracing::debug!(%error, "an HTTP exchange failed");
    if error.is_parse_too_large() {
        return FetchError::TooLarge;
    }
    FetchError::Protocol
}
