//! Question and answer of the DNS.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// What is asked of the DNS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// The name, in ASCII (A-labels, RFC 5890 2.3.2.1); a final dot makes no difference.
    pub name: String,
    /// The type of record.
    pub kind: Kind,
}

impl Question {
    /// A question for records of a name.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
        }
    }

    /// The question for the name of an address (RFC 1035 3.5, RFC 3596 2.5).
    #[must_use]
    pub fn name_of(address: IpAddr) -> Self {
        let mut name = String::new();
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                name = format!("{d}.{c}.{b}.{a}.in-addr.arpa");
            }
            IpAddr::V6(address) => {
                for octet in address.octets().iter().rev() {
                    let _ = write!(name, "{:x}.{:x}.", octet & 15, octet >> 4);
                }
                name.push_str("ip6.arpa");
            }
        }
        Self::new(Kind::Ptr, name)
    }
}

/// Types of records that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Mail exchangers (RFC 1035 3.3.9).
    Mx,
    /// Text (RFC 1035 3.3.14).
    Txt,
    /// IPv4 addresses (RFC 1035 3.4.1).
    A,
    /// IPv6 addresses (RFC 3596 2.1).
    Aaaa,
    /// Associations of TLS certificates (RFC 6698 2.1).
    Tlsa,
    /// Names of an address (RFC 1035 3.3.12).
    Ptr,
    /// Name servers (RFC 1035 3.3.11).
    Ns,
    /// Start of authority (RFC 1035 3.3.13).
    Soa,
    /// The canonical name (RFC 1035 3.3.1).
    Cname,
    /// Who may issue certificates (RFC 8659 4.1).
    Caa,
    /// Delegation signers (RFC 4034 5.1).
    Ds,
}

/// What the DNS says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Records of the asked type, in the order received; empty if there are none, and if they are bogus.
    pub records: Vec<Record>,
    /// What DNSSEC says of the answer, aliases on the way included.
    pub secure: Secure,
    /// For how many seconds it holds; 0 if unknown.
    pub ttl_seconds: u32,
    /// Whether the name and the records are there.
    pub existence: Existence,
    /// The name behind all aliases: lower case, without a final dot.
    pub canonical_name: String,
}

/// Whether a name has records (RFC 2308 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Existence {
    /// There are records of the type.
    Present,
    /// The name is there, but no record of the type.
    NoData,
    /// There is no such name.
    NoName,
}

/// Outcomes of validation (RFC 4035 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Secure {
    /// A chain of signatures leads from a trust anchor to the answer.
    Secure,
    /// Signed proof says that the answer is not signed.
    Insecure,
    /// There should be signatures that hold, and there are not. Nothing of the answer is passed on.
    Bogus,
    /// It cannot be told.
    Indeterminate,
}

/// One record. Names are in lower case and without the final dot, so that the root is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Record {
    /// A mail exchanger. An empty exchange with preference 0 takes no mail (RFC 7505 3).
    Mx {
        /// Lower is tried first.
        preference: u16,
        /// Its name.
        exchange: String,
    },
    /// A text: its strings joined (RFC 7208 3.3).
    Txt(Vec<u8>),
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// An association of a TLS certificate.
    Tlsa {
        /// Certificate usage (RFC 6698 2.1.1).
        usage: u8,
        /// Selector (RFC 6698 2.1.2).
        selector: u8,
        /// Matching type (RFC 6698 2.1.3).
        matching: u8,
        /// Certificate association data (RFC 6698 2.1.4).
        data: Vec<u8>,
    },
    /// The name of an address.
    Ptr(String),
    /// A name server.
    Ns(String),
    /// Start of authority.
    Soa {
        /// Primary name server.
        primary: String,
        /// Mailbox of who is responsible, as a name.
        contact: String,
        /// Version of the zone.
        serial: u32,
        /// Seconds between refreshes.
        refresh: u32,
        /// Seconds between retries.
        retry: u32,
        /// Seconds after which secondaries stop answering.
        expire: u32,
        /// Seconds for which absence may be cached (RFC 2308 4).
        negative_ttl: u32,
    },
    /// What a name is an alias of.
    Cname(String),
    /// Who may issue certificates.
    Caa {
        /// Whether an issuer that does not know the tag must refuse.
        critical: bool,
        /// `issue`, `issuewild`, `iodef`.
        tag: String,
        /// Its value.
        value: Vec<u8>,
    },
    /// A delegation signer.
    Ds {
        /// Key tag.
        key_tag: u16,
        /// Algorithm (RFC 8624 3.1).
        algorithm: u8,
        /// Digest type (RFC 8624 3.3).
        digest_type: u8,
        /// Digest.
        digest: Vec<u8>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_addresses_are_reversed() {
        assert_eq!(
            Question::name_of("192.0.2.5".parse().unwrap()).name,
            "5.2.0.192.in-addr.arpa"
        );
        // RFC 3596 2.5: the example there.
        assert_eq!(
            Question::name_of("4321:0:1:2:3:4:567:89ab".parse().unwrap()).name,
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa"
        );
        assert_eq!(
            Question::name_of("::ffff:192.0.2.5".parse().unwrap()).name,
            "5.2.0.192.in-addr.arpa"
        );
    }
}
