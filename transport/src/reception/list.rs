//! DNS lists: addresses that somebody keeps as a zone (RFC 5782).

use std::fmt::Write as _;
use std::net::IpAddr;

use egress::wire::{Answer, Record};

/// The name to ask for an address; nothing for those that no list can know.
pub(super) fn question(address: IpAddr, zone: &str) -> Option<String> {
    let mut name = String::with_capacity(zone.len() + 64);
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let here = address.is_loopback() || address.is_private() || address.is_link_local();
            if here {
                return None;
            }
            // RFC 5782 2.1: the octets, the last first.
            let [a, b, c, d] = address.octets();
            // Writing into a String cannot fail.
            let _ = write!(name, "{d}.{c}.{b}.{a}.");
        }
        IpAddr::V6(address) => {
            let here = address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local();
            if here {
                return None;
            }
            // RFC 5782 2.4: the hexadecimal digits, the last first.
            for octet in address.octets().iter().rev() {
                let _ = write!(name, "{:x}.{:x}.", octet & 0xf, octet >> 4);
            }
        }
    }
    name.push_str(zone);
    Some(name)
}

/// Whether the answer says that the address is on the list.
pub(super) fn is_listed(answer: &Answer) -> bool {
    answer.records.iter().any(|record| match record {
        Record::A(address) => match address.octets() {
            // Spamhaus and others: an error of ours, such as asking too much, is no listing.
            [127, 255, 255, _] => false,
            // RFC 5782 2.1: listed addresses have an A record in 127.0.0.0/8; what else comes is a resolver that lies.
            [127, 0, 0, last] => last > 1,
            [127, ..] => true,
            _ => false,
        },
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use egress::wire::{Existence, Secure};

    use super::*;

    #[test]
    fn names() {
        let of = |address: &str| question(address.parse().unwrap(), "list.example");
        assert_eq!(of("192.0.2.99").as_deref(), Some("99.2.0.192.list.example"));
        assert_eq!(of("::ffff:192.0.2.99"), of("192.0.2.99"));
        assert_eq!(
            of("2001:db8:1:2:3:4:567:89ab").as_deref(),
            Some("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.list.example")
        );
        for here in ["127.0.0.1", "10.1.2.3", "::1", "fe80::1", "fd00::1"] {
            assert_eq!(of(here), None, "{here}");
        }
    }

    #[test]
    fn answers() {
        let listed = |records: &[&str]| {
            is_listed(&Answer {
                records: records
                    .iter()
                    .map(|text| Record::A(text.parse().unwrap()))
                    .collect(),
                secure: Secure::Insecure,
                ttl_seconds: 60,
                existence: Existence::Present,
                canonical_name: String::new(),
            })
        };
        assert!(listed(&["127.0.0.2"]) && listed(&["127.0.1.2", "127.0.0.1"]));
        assert!(!listed(&[]) && !listed(&["127.255.255.254"]) && !listed(&["192.0.2.1"]));
        assert!(!listed(&["127.0.0.1"]));
    }
}
