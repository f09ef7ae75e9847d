//! Gate: counts the open connections of one or several services, in all and per client network, and lets in what is
//! within the limits.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::{CONNECTIONS_PER_ADDRESS_DEFAULT, CONNECTIONS_TOTAL_DEFAULT};
use crate::{Network, Peer};

/// How many connections may be open at a time.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// In all.
    pub total: usize,
    /// Per IPv4 address or IPv6 /64.
    pub per_address: usize,
    /// Networks that the limit per address does not apply to: by default this machine, whose webmail speaks for many.
    pub exempt: Vec<Network>,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            total: CONNECTIONS_TOTAL_DEFAULT,
            per_address: CONNECTIONS_PER_ADDRESS_DEFAULT,
            exempt: Network::LOOPBACK.to_vec(),
        }
    }
}

/// Counts open connections. A clone is the same gate: services that share one share its limits.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: ConnectionLimits,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    /// Holds an entry only while a connection is open, so it is bounded by `total`.
    by_network: HashMap<ClientNetwork, usize>,
}

/// What counts as one client. RFC 6177 2: an IPv6 site gets at least a /64, so single IPv6 addresses mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ClientNetwork {
    V4(u32),
    V6Slash64(u64),
}

impl Gate {
    /// A gate with these limits and nobody inside.
    pub fn new(limits: ConnectionLimits) -> Self {
        Self(Arc::new(Inner {
            limits,
            open: Mutex::default(),
        }))
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.0.open().total
    }

    /// Lets in one more connection, if the total allows it.
    pub(crate) fn enter(&self) -> Option<Permit> {
        let mut open = self.0.open();
        if open.total >= self.0.limits.total {
            return None;
        }
        open.total += 1;
        drop(open);
        Some(Permit {
            gate: self.clone(),
            network: None,
        })
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, Open> {
        // The counts are whole at every point where a panic could happen.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place; given back on drop.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Gate,
    network: Option<ClientNetwork>,
}

impl Permit {
    /// Books the connection on its client, once that is known; false if the client has too many.
    pub(crate) fn book(&mut self, peer: Peer) -> bool {
        let Some(ip) = peer.ip() else { return true };
        let Inner { limits, .. } = &*self.gate.0;
        if self.network.is_some() || limits.exempt.iter().any(|network| network.contains(ip)) {
            return true;
        }
        let network = client_network(ip);
        let mut open = self.gate.0.open();
        let count = open.by_network.get(&network).copied().unwrap_or(0);
        if count >= limits.per_address {
            return false;
        }
        open.by_network.insert(network, count + 1);
        self.network = Some(network);
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.gate.0.open();
        open.total -= 1;
        let Some(network) = self.network else { return };
        let left = open
            .by_network
            .get(&network)
            .copied()
            .unwrap_or(0)
            .saturating_sub(1);
        if left == 0 {
            open.by_network.remove(&network);
        } else {
            open.by_network.insert(network, left);
        }
    }
}

fn client_network(ip: IpAddr) -> ClientNetwork {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ClientNetwork::V4(ip.to_bits()),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            ClientNetwork::V6Slash64(
                u64::from(a) << 48 | u64::from(b) << 32 | u64::from(c) << 16 | u64::from(d),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn gate(total: usize, per_address: usize) -> Gate {
        Gate::new(ConnectionLimits {
            total,
            per_address,
            exempt: Vec::new(),
        })
    }

    fn peer(ip: &str) -> Peer {
        SocketAddr::new(ip.parse().unwrap(), 1).into()
    }

    #[test]
    fn total_is_exact_and_given_back() {
        let gate = gate(2, 9);
        let first = gate.enter().unwrap();
        let _second = gate.enter().unwrap();
        assert!(gate.enter().is_none());
        drop(first);
        assert!(gate.enter().is_some());
        assert_eq!(gate.open(), 1);
    }

    #[test]
    fn ipv6_is_counted_by_its_64() {
        let gate = gate(9, 1);
        let mut first = gate.enter().unwrap();
        assert!(first.book(peer("2001:db8:0:1::1")));
        let mut same = gate.enter().unwrap();
        assert!(!same.book(peer("2001:db8:0:1:ffff::2")));
        let mut other = gate.enter().unwrap();
        assert!(other.book(peer("2001:db8:0:2::1")));
        drop(first);
        assert!(same.book(peer("2001:db8:0:1:ffff::2")));
    }

    #[test]
    fn nothing_remains_when_all_are_gone() {
        let gate = gate(9, 5);
        let permits: Vec<_> = (0..5)
            .map(|_| {
                let mut permit = gate.enter().unwrap();
                assert!(permit.book(peer("192.0.2.1")));
                permit
            })
            .collect();
        drop(permits);
        let open = gate.0.open();
        assert_eq!((open.total, open.by_network.len()), (0, 0));
    }

    #[test]
    fn exempt_networks_are_not_counted() {
        let limits = ConnectionLimits {
            per_address: 0,
            ..ConnectionLimits::default()
        };
        let mut permit = Gate::new(limits).enter().unwrap();
        assert!(permit.book(peer("127.0.0.1")));
        assert!(!permit.book(peer("192.0.2.1")));
    }
}
