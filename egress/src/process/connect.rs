//! Connector: TCP connections to where the address policy permits, and TLS on them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::policy::AddressPolicy;

/// Addresses of one host that are tried.
const ADDRESSES_TRIED_MAX: usize = 8;

/// Makes connections. A handle.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    policy: Arc<AddressPolicy>,
    source_v4: Option<IpAddr>,
    source_v6: Option<IpAddr>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The address policy does not permit it.
    #[error("the address may not be connected to")]
    Refused,
    /// It took too long.
    #[error("no connection in time")]
    TimedOut,
    /// The network or the other end refused.
    #[error("no connection: {0}")]
    Failed(#[source] io::Error),
    /// There is no address.
    #[error("the host has no address")]
    NoAddress,
}

impl Connector {
    /// A connector under a policy, with our own addresses to use, where they matter.
    pub(crate) fn new(policy: AddressPolicy, sources: &[IpAddr]) -> Self {
        Self {
            policy: Arc::new(policy),
            source_v4: sources.iter().copied().find(IpAddr::is_ipv4),
            source_v6: sources.iter().copied().find(IpAddr::is_ipv6),
        }
    }

    /// Connects to one address.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub(crate) async fn tcp(
        &self,
        address: SocketAddr,
        time_max: Duration,
    ) -> Result<TcpStream, ConnectError> {
        // A mapped address is the address that it maps (RFC 4291 2.5.5.2), to the policy and to the socket.
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        if !self.policy.permits(address) {
            tracing::info!(%address, "an address that may not be connected to");
            return Err(ConnectError::Refused);
        }
        let connecting = async {
            let (socket, source) = match address {
                SocketAddr::V4(_) => (TcpSocket::new_v4()?, self.source_v4),
                SocketAddr::V6(_) => (TcpSocket::new_v6()?, self.source_v6),
            };
            if let Some(source) = source {
                socket.bind(SocketAddr::new(source, 0))?;
            }
            let stream = socket.connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        match timeout(time_max, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(ConnectError::Failed(error)),
            Err(_) => Err(ConnectError::TimedOut),
        }
    }

    /// Connects to the first of the addresses that answers, in their order.
    ///
    /// # Errors
    /// [`ConnectError`] of the last one, though [`ConnectError::Refused`] only if it was that for each.
    pub(crate) async fn tcp_any(
        &self,
        addresses: &[IpAddr],
        port: u16,
        time_max_each: Duration,
    ) -> Result<TcpStream, ConnectError> {
        let mut failed = ConnectError::NoAddress;
        for address in addresses.iter().take(ADDRESSES_TRIED_MAX) {
            let address = SocketAddr::new(*address, port);
            match (self.tcp(address, time_max_each).await, &failed) {
                (Ok(stream), _) => return Ok(stream),
                (Err(ConnectError::Refused), ConnectError::TimedOut | ConnectError::Failed(_)) => {}
                (Err(error), _) => failed = error,
            }
        }
        Err(failed)
    }
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// It took too long.
    #[error("no TLS handshake in time")]
    TimedOut,
    /// What TLS says: a certificate that does not do, an alert, nonsense.
    #[error("TLS: {0}")]
    Tls(#[source] rustls::Error),
    /// The connection ended.
    #[error("TLS handshake: {0}")]
    Failed(#[source] io::Error),
}

/// Begins TLS on a connection.
///
/// # Errors
/// [`HandshakeError`].
pub(crate) async fn handshake(
    stream: TcpStream,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
    time_max: Duration,
) -> Result<TlsStream<TcpStream>, HandshakeError> {
    let connecting = TlsConnector::from(config).connect(name, stream);
    match timeout(time_max, connecting).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(of_tls(error)),
        Err(_) => Err(HandshakeError::TimedOut),
    }
}

/// The error of TLS inside of an error of input and output, if there is one.
fn of_tls(error: io::Error) -> HandshakeError {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        Some(tls) => HandshakeError::Tls(tls.clone()),
        None => HandshakeError::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;

    use super::*;

    const TIME_MAX: Duration = Duration::from_secs(5);

    async fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    fn allowing(text: &str) -> Connector {
        Connector::new(AddressPolicy::new(&[text.parse().unwrap()]), &[])
    }

    #[tokio::test]
    async fn nothing_is_connected_to_that_is_not_permitted() {
        let (listener, port) = listener().await;
        let connector = Connector::new(AddressPolicy::default(), &[]);
        for ip in ["127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "::1"] {
            let address = SocketAddr::new(ip.parse().unwrap(), port);
            let refused = connector.tcp(address, TIME_MAX).await;
            assert!(matches!(refused, Err(ConnectError::Refused)), "{ip}");
        }
        // Nobody has knocked.
        let knocked = timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(knocked.is_err());
    }

    #[tokio::test]
    async fn the_first_address_that_answers_is_taken() {
        let (_listener, port) = listener().await;
        let connector = allowing("127.0.0.1");
        let addresses = ["10.0.0.1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        let stream = connector.tcp_any(&addresses, port, TIME_MAX).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().ip(), addresses[1]);
    }

    #[tokio::test]
    async fn the_reason_says_whether_anything_was_tried() {
        let (gone, port) = listener().await;
        drop(gone);
        let connector = allowing("127.0.0.1");
        let (closed, private) = ("127.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap());
        let failed = connector.tcp_any(&[closed, private], port, TIME_MAX).await;
        assert!(matches!(failed, Err(ConnectError::Failed(_))), "{failed:?}");
        let failed = connector.tcp_any(&[private], port, TIME_MAX).await;
        assert!(matches!(failed, Err(ConnectError::Refused)), "{failed:?}");
        let failed = connector.tcp_any(&[], port, TIME_MAX).await;
        assert!(matches!(failed, Err(ConnectError::NoAddress)), "{failed:?}");
    }

    #[tokio::test]
    async fn our_own_address_can_be_chosen() {
        let (listener, port) = listener().await;
        let policy = AddressPolicy::new(&["127.0.0.1".parse().unwrap()]);
        let connector = Connector::new(policy, &["127.0.0.5".parse().unwrap()]);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let _stream = connector.tcp(address, TIME_MAX).await.unwrap();
        let (_, from) = listener.accept().await.unwrap();
        assert_eq!(from.ip(), Ipv4Addr::new(127, 0, 0, 5));
    }
}
