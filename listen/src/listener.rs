//! Listener: a bound socket that is not served yet, so that everything can be bound first and rights dropped after.

mod unix;

use std::io;
use std::net::{self, SocketAddr};
use std::os::unix::net as std_unix;
use std::path::Path;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, UnixListener};

use crate::limits::{KEEPALIVE_AFTER, KEEPALIVE_INTERVAL, LISTEN_BACKLOG_CONNECTIONS};
use crate::transport::Transport;
use crate::{Address, Peer, SetupError};

pub(crate) use unix::SocketFile;

/// A bound and listening socket. Clients that connect wait in the kernel until [`crate::serve`] takes it over.
#[derive(Debug)]
pub struct Listener {
    socket: Bound,
    address: Address,
}

#[derive(Debug)]
enum Bound {
    Tcp(net::TcpListener),
    Unix(std_unix::UnixListener, SocketFile),
}

/// Who of this machine may connect to a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketMode {
    /// The user that the server runs as (0600).
    Owner,
    /// Its group as well (0660).
    Group,
}

impl Listener {
    /// Binds a TCP port; port 0 takes a free one. An IPv6 address takes IPv6 clients only, also `[::]`: name both
    /// `0.0.0.0` and `[::]` to serve both.
    ///
    /// # Errors
    /// [`SetupError::Bind`] with the address and what the operating system says.
    pub fn tcp(address: SocketAddr) -> Result<Self, SetupError> {
        let (socket, address) = bind_tcp(address).map_err(|why| SetupError::Bind {
            address: Address::Ip(address),
            why,
        })?;
        Ok(Self {
            socket: Bound::Tcp(socket),
            address: Address::Ip(address),
        })
    }

    /// Binds a Unix socket. A socket file that nobody listens on any more is replaced; anything else there is left
    /// alone. The file is removed again when the listener ends.
    ///
    /// # Errors
    /// [`SetupError::SocketInUse`], [`SetupError::NotASocket`], or [`SetupError::Bind`] for the rest.
    pub fn unix(path: &Path, mode: SocketMode) -> Result<Self, SetupError> {
        let (socket, file) = unix::bind(path, mode)?;
        Ok(Self {
            socket: Bound::Unix(socket, file),
            address: Address::Unix(path.to_owned()),
        })
    }

    /// Where it listens; with the port that was chosen where port 0 was asked for.
    pub fn local_address(&self) -> &Address {
        &self.address
    }

    /// Hands the socket to the runtime; must be called inside of it.
    pub(crate) fn start(self) -> io::Result<Running> {
        Ok(match self.socket {
            Bound::Tcp(socket) => Running::Tcp(TcpListener::from_std(socket)?),
            Bound::Unix(socket, file) => {
                Running::Unix(UnixListener::from_std(socket)?, self.address, file)
            }
        })
    }
}

/// A listener inside the runtime.
#[derive(Debug)]
pub(crate) enum Running {
    Tcp(TcpListener),
    Unix(
        UnixListener,
        Address,
        #[expect(dead_code, reason = "removes the socket file on drop")] SocketFile,
    ),
}

/// A connection as the kernel hands it over.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) transport: Transport,
    pub(crate) peer: Peer,
    pub(crate) local: Address,
}

impl Running {
    /// Waits for the next client. Cancellation-safe: a client is either handed over or still waits in the kernel.
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(socket) => {
                let (stream, peer) = socket.accept().await?;
                stream.set_nodelay(true)?;
                let local = Address::Ip(stream.local_addr()?);
                Ok(Accepted {
                    transport: Transport::tcp(stream),
                    peer: peer.into(),
                    local,
                })
            }
            Self::Unix(socket, address, _) => {
                let (stream, _) = socket.accept().await?;
                let user_id = stream.peer_cred().ok().map(|credentials| credentials.uid());
                Ok(Accepted {
                    transport: Transport::unix(stream),
                    peer: Peer::Unix { user_id },
                    local: address.clone(),
                })
            }
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<(net::TcpListener, SocketAddr)> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restart must not wait for the connections of its predecessor to leave TIME-WAIT (RFC 9293 3.6.1).
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    // Accepted sockets inherit this.
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_INTERVAL);
    SockRef::from(&socket).set_tcp_keepalive(&keepalive)?;
    socket.listen(LISTEN_BACKLOG_CONNECTIONS)?;
    let socket = net::TcpListener::from(socket);
    let address = socket.local_addr()?;
    Ok((socket, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_zero_becomes_a_port_and_is_then_taken() {
        for text in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(first) = Listener::tcp(text.parse().unwrap()) else {
                assert!(text.starts_with('['), "no IPv4 loopback");
                continue;
            };
            let address = first.local_address().socket().unwrap();
            assert_ne!(address.port(), 0);
            let error = Listener::tcp(address).unwrap_err().to_string();
            assert!(error.contains(&address.to_string()), "{error}");
        }
    }
}
