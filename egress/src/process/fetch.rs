//! Fetcher: the HTTP client.
//!
//! HTTP/1.1 over TLS, one connection for each request, nothing kept: no cookies, no cache. A redirect leads at most to
//! another path of the same host.

mod exchange;
mod target;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::ClientConfig;
use tokio::time::timeout;

use super::connect::{ConnectError, Connector, HandshakeError, handshake};
use super::resolve::{Resolver, Unresolved};
use super::trust::Trust;
use crate::wire::{HttpRequest, HttpResponse, Method, Redirects};
use exchange::exchange;
use target::{Scheme, Target};

/// Redirects of one request that are followed.
const REDIRECTS_MAX: usize = 3;

/// How long one address may take to answer.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(15);

/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(30);

/// Asks web servers. A handle.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    resolver: Resolver,
    connector: Connector,
    tls: Arc<ClientConfig>,
    plain_http: Arc<[String]>,
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    /// The request cannot be sent as it is.
    #[error("the request: {0}")]
    BadRequest(&'static str),
    /// The DNS has no address of the host.
    #[error("the host is not found")]
    Unresolved,
    /// The host is at an address that may not be connected to.
    #[error("the host is at an address that may not be connected to")]
    Refused,
    /// No connection came about.
    #[error("the host cannot be reached")]
    Unreachable,
    /// No TLS came about.
    #[error("{0}")]
    Tls(String),
    /// It took too long.
    #[error("no response in time")]
    TimedOut,
    /// The response is larger than wanted.
    #[error("the response is too large")]
    TooLarge,
    /// The response leads somewhere else, or too often.
    #[error("the response redirects to another host or too often")]
    Redirected,
    /// What came is no response.
    #[error("the response is malformed")]
    Protocol,
}

impl Fetcher {
    /// A client that trusts whom `trust` does, and speaks without TLS to `plain_http` hosts only.
    pub(crate) fn new(
        resolver: Resolver,
        connector: Connector,
        trust: &Trust,
        plain_http: &[String],
    ) -> Self {
        let mut tls = (*trust.verified()).clone();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let plain_http = plain_http.iter().map(|host| host.to_ascii_lowercase());
        Self {
            resolver,
            connector,
            tls: Arc::new(tls),
            plain_http: plain_http.collect(),
        }
    }

    /// Asks, and gives the response with its body.
    ///
    /// # Errors
    /// [`FetchError`]. Any status is a response.
    pub(crate) async fn fetch(
        &self,
        request: &HttpRequest,
        body: Bytes,
    ) -> Result<(HttpResponse, Bytes), FetchError> {
        let time_ms = request.time_ms_max.min(HttpRequest::TIME_MS_MAX);
        let time_max = Duration::from_millis(u64::from(time_ms));
        match timeout(time_max, self.follow(request, body)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(FetchError::TimedOut),
        }
    }

    /// Asks, and asks again where the response says to.
    async fn follow(
        &self,
        request: &HttpRequest,
        body: Bytes,
    ) -> Result<(HttpResponse, Bytes), FetchError> {
        let mut target = Target::parse(&request.url)?;
        for _ in 0..=REDIRECTS_MAX {
            let (response, received) = self.once(&target, request, body.clone()).await?;
            let follows = request.redirects == Redirects::SameHost
                && matches!(request.method, Method::Get | Method::Head)
                // RFC 9110 15.4: those that keep the method.
                && matches!(response.status, 301 | 302 | 303 | 307 | 308);
            let Some(location) = response.header("location").filter(|_| follows) else {
                return Ok((response, received));
            };
            let next = target.join(location)?;
            if !next.is_same_host(&target) {
                return Err(FetchError::Redirected);
            }
            target = next;
        }
        Err(FetchError::Redirected)
    }

    /// Asks once.
    async fn once(
        &self,
        target: &Target,
        request: &HttpRequest,
        body: Bytes,
    ) -> Result<(HttpResponse, Bytes), FetchError> {
        if target.scheme == Scheme::Http && !self.plain_http.contains(&target.host) {
            return Err(FetchError::BadRequest("only https is allowed"));
        }
        let addresses = self.resolver.addresses(&target.host).await?;
        let stream = self
            .connector
            .tcp_any(&addresses.list, target.port, CONNECT_TIME_MAX)
            .await?;
        match target.scheme {
            Scheme::Http => exchange(stream, target, request, body).await,
            Scheme::Https => {
                let tls = Arc::clone(&self.tls);
                let stream =
                    handshake(stream, target.server_name()?, tls, HANDSHAKE_TIME_MAX).await?;
                exchange(stream, target, request, body).await
            }
        }
    }
}

impl From<Unresolved> for FetchError {
    fn from(error: Unresolved) -> Self {
        match error {
            Unresolved::TimedOut => Self::TimedOut,
            Unresolved::BadName | Unresolved::ServerFailed => Self::Unresolved,
        }
    }
}

impl From<ConnectError> for FetchError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Refused => Self::Refused,
            ConnectError::TimedOut => Self::TimedOut,
            ConnectError::Failed(_) => Self::Unreachable,
            ConnectError::NoAddress => Self::Unresolved,
        }
    }
}

impl From<HandshakeError> for FetchError {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::TimedOut => Self::TimedOut,
            HandshakeError::Tls(_) => Self::Tls(error.to_string()),
            HandshakeError::Failed(_) => Self::Unreachable,
        }
    }
}

/// Reads arbitrary input as a URL, and as where a response leads.
///
/// # Panics
/// If a redirect to a path leaves the host.
pub(super) fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = Target::parse(&text);
    let Ok(from) = Target::parse("https://host.example:444/path") else {
        return;
    };
    if let Ok(to) = from.join(&text) {
        assert!(to.path.starts_with('/'), "a path begins at its root");
        assert!(
            to.is_same_host(&from) || text.contains("://"),
            "a path leads to the same host"
        );
    }
}

#[cfg(test)]
mod tests;
