//! Surroundings: all that sending mail needs from the world, in one place, so that a test can be the world.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use model::{Clock, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Means;
use super::connect::ConnectError;
use super::fetch::FetchError;
use super::resolve::{Addresses, Unresolved};
use crate::wire::{Answer, HttpRequest, HttpResponse, Question};

/// A byte stream: TCP, TLS over it, or what a test puts in its place.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connected stream.
pub(crate) struct Connected {
    /// The stream.
    pub(crate) stream: Box<dyn Io>,
    /// Our address on it.
    pub(crate) local: Option<IpAddr>,
}

/// The world.
pub(crate) trait Surroundings: Send + Sync {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// Asks the DNS.
    fn lookup<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Answer, Unresolved>>;

    /// Asks the DNS for all addresses of a host.
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Addresses, Unresolved>>;

    /// Connects, if the address policy allows it.
    fn connect(
        &self,
        address: SocketAddr,
        within: Duration,
    ) -> BoxFuture<'_, Result<Connected, ConnectError>>;

    /// Fetches over HTTPS.
    fn fetch<'a>(
        &'a self,
        request: &'a HttpRequest,
    ) -> BoxFuture<'a, Result<(HttpResponse, Bytes), FetchError>>;

    /// A number nobody can guess.
    fn random(&self) -> u64;
}

impl Surroundings for Means {
    fn now(&self) -> Timestamp {
        Clock::now(&self.clock)
    }

    fn lookup<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Answer, Unresolved>> {
        self.resolver.lookup(question).boxed()
    }

    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Addresses, Unresolved>> {
        self.resolver.addresses(name).boxed()
    }

    fn connect(
        &self,
        address: SocketAddr,
        within: Duration,
    ) -> BoxFuture<'_, Result<Connected, ConnectError>> {
        async move {
            let stream = self.connector.tcp(address, within).await?;
            let local = stream.local_addr().ok().map(|address| address.ip());
            Ok(Connected {
                stream: Box::new(stream),
                local,
            })
        }
        .boxed()
    }

    fn fetch<'a>(
        &'a self,
        request: &'a HttpRequest,
    ) -> BoxFuture<'a, Result<(HttpResponse, Bytes), FetchError>> {
        self.fetcher.fetch(request, Bytes::new()).boxed()
    }

    fn random(&self) -> u64 {
        // Only the order of mail exchangers hangs on it.
        getrandom::u64().unwrap_or_default()
    }
}
