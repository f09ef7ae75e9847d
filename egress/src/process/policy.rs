//! Address policy: which addresses may be connected to.
//!
//! Everything that connects asks with the address at hand, after the name was resolved, so that no name can lead to a
//! place that a check of the name would not have shown.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::wire::Allowed;

/// The policy: the open Internet, and what is allowed besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressPolicy {
    allowed: Vec<Allowed>,
}

impl AddressPolicy {
    /// The policy with these exceptions.
    pub(crate) fn new(allowed: &[Allowed]) -> Self {
        Self {
            allowed: allowed.to_vec(),
        }
    }

    /// Whether an address may be connected to.
    pub(crate) fn permits(&self, target: SocketAddr) -> bool {
        if target.port() == 0 {
            return false;
        }
        let canonical = SocketAddr::new(target.ip().to_canonical(), target.port());
        self.allowed.iter().any(|allowed| allowed.covers(canonical)) || is_public(canonical.ip())
    }
}

/// Whether an address belongs to the open Internet.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// IPv4 networks that are not the open Internet: first address, prefix length.
const CLOSED_V4: [(Ipv4Addr, u32); 15] = [
    // RFC 6890 2.2.2: this network, private use, shared space of providers, loopback, link-local, private use,
    // protocol assignments, documentation.
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // RFC 7526 4: the former relays between IPv4 and IPv6.
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // RFC 6890 2.2.2: private use, benchmarks, documentation twice.
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // RFC 5771 3: multicast. RFC 6890 2.2.2: reserved, limited broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Whether an IPv4 address belongs to the open Internet.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !CLOSED_V4
        .iter()
        .any(|(network, bits)| (network.to_bits() ^ address.to_bits()).leading_zeros() >= *bits)
}

/// Networks in `2000::/3` that are not the open Internet: first address, prefix length.
const CLOSED_V6: [(Ipv6Addr, u32); 4] = [
    // RFC 6890 2.2.3: protocol assignments, Teredo and benchmarks among them.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // RFC 6890 2.2.3: documentation.
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // RFC 3056 2: an IPv4 address stands inside, which a router on the way unpacks.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // RFC 9637 3: documentation.
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an IPv6 address, not a mapped one, belongs to the open Internet.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    // RFC 6052 2.1: a translator turns these into the IPv4 address in the last 32 bits.
    if bits >> 32 == NAT64_PREFIX {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the last 32 bits are wanted"
        )]
        return is_public_v4(Ipv4Addr::from_bits(bits as u32));
    }
    // RFC 4291 2.4, RFC 3587 3: global unicast is assigned from 2000::/3 only; outside lie loopback, link-local, unique
    // local, multicast, local translation (RFC 8215), discard, IPv4-compatible addresses.
    bits >> 125 == 1
        && !CLOSED_V6
            .iter()
            .any(|(network, prefix)| (network.to_bits() ^ bits).leading_zeros() >= *prefix)
}

/// The first 96 bits of `64:ff9b::/96`.
const NAT64_PREFIX: u128 = 0x0064_ff9b_0000_0000_0000_0000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn permits(allowed: &[&str], target: &str) -> bool {
        let allowed: Vec<Allowed> = allowed.iter().map(|text| text.parse().unwrap()).collect();
        AddressPolicy::new(&allowed).permits(target.parse().unwrap())
    }

    #[test]
    fn the_internet_may_be_connected_to() {
        for target in [
            "8.8.8.8:53",
            "100.63.255.255:25",
            "100.128.0.0:25",
            "172.15.255.255:25",
            "172.32.0.0:25",
            "192.0.1.0:25",
            "198.17.255.255:25",
            "198.20.0.0:25",
            "223.255.255.255:25",
            "[2a00:1450::1]:443",
            "[2001:200::1]:25",
            "[64:ff9b::808:808]:25",
            "[::ffff:8.8.8.8]:25",
        ] {
            assert!(permits(&[], target), "{target}");
        }
    }

    #[test]
    fn what_is_not_the_internet_may_not() {
        for target in [
            "0.0.0.0:25",
            "0.1.2.3:25",
            "10.0.0.1:25",
            "100.64.0.1:25",
            "100.127.255.255:25",
            "127.0.0.1:25",
            "127.255.255.255:80",
            "169.254.169.254:80",
            "172.16.0.1:25",
            "172.31.255.255:25",
            "192.0.0.8:25",
            "192.0.2.1:25",
            "192.88.99.1:25",
            "192.168.1.1:25",
            "198.18.0.1:25",
            "198.19.255.255:25",
            "198.51.100.1:25",
            "203.0.113.1:25",
            "224.0.0.1:25",
            "239.255.255.255:25",
            "240.0.0.1:25",
            "255.255.255.255:25",
            "[::]:25",
            "[::1]:25",
            "[::7f00:1]:25",
            "[::ffff:127.0.0.1]:25",
            "[::ffff:10.0.0.1]:25",
            "[64:ff9b::7f00:1]:25",
            "[64:ff9b::a00:1]:25",
            "[64:ff9b:1::808:808]:25",
            "[100::1]:25",
            "[2001::1]:25",
            "[2001:2::1]:25",
            "[2001:db8::1]:25",
            "[2002:7f00:1::]:25",
            "[3fff::1]:25",
            "[5f00::1]:25",
            "[fc00::1]:25",
            "[fd00::1]:25",
            "[fe80::1]:25",
            "[fec0::1]:25",
            "[ff02::1]:25",
            "8.8.8.8:0",
        ] {
            assert!(!permits(&[], target), "{target}");
        }
    }

    #[test]
    fn what_is_allowed_may() {
        assert!(permits(&["127.0.0.1:2525"], "127.0.0.1:2525"));
        assert!(permits(&["127.0.0.1:2525"], "[::ffff:127.0.0.1]:2525"));
        assert!(!permits(&["127.0.0.1:2525"], "127.0.0.1:25"));
        assert!(!permits(&["127.0.0.1:2525"], "127.0.0.2:2525"));
        assert!(permits(&["10.0.0.0/8"], "10.1.2.3:1"));
        assert!(permits(&["::1"], "[::1]:25"));
        assert!(!permits(&["::1"], "127.0.0.1:25"));
        assert!(!permits(&["0.0.0.0/0"], "1.2.3.4:0"));
    }

    proptest! {
        #[test]
        fn no_way_to_write_a_closed_address_opens_it(
            network in 0..CLOSED_V4.len(),
            host in any::<u32>(),
            port in any::<u16>(),
        ) {
            let (first, bits) = CLOSED_V4[network];
            let address = Ipv4Addr::from_bits(first.to_bits() | (host & (u32::MAX >> bits)));
            let [a, b, c, d] = address.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            let policy = AddressPolicy::default();
            for written in [
                IpAddr::V4(address),
                IpAddr::V6(address.to_ipv6_mapped()),
                IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low)),
                IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low)),
                IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low)),
                IpAddr::V6(Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1)),
                IpAddr::V6(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low)),
            ] {
                prop_assert!(!policy.permits(SocketAddr::new(written, port)), "{}", written);
            }
        }

        #[test]
        fn only_global_unicast_is_open(bits in any::<u128>(), port in any::<u16>()) {
            let address = Ipv6Addr::from_bits(bits);
            let target = SocketAddr::new(IpAddr::V6(address), port);
            if AddressPolicy::default().permits(target) && address.to_ipv4_mapped().is_none() {
                prop_assert!(bits >> 125 == 1 || bits >> 32 == NAT64_PREFIX);
                prop_assert!(!address.is_loopback() && !address.is_multicast());
                prop_assert!(!address.is_unique_local() && !address.is_unicast_link_local());
            }
        }

        #[test]
        fn open_v4_addresses_are_none_that_the_standard_library_knows_as_closed(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            if AddressPolicy::default().permits(SocketAddr::new(IpAddr::V4(address), 25)) {
                prop_assert!(!address.is_private() && !address.is_loopback() && !address.is_link_local());
                prop_assert!(!address.is_multicast() && !address.is_broadcast());
                prop_assert!(!address.is_documentation() && !address.is_unspecified());
            }
        }
    }
}
